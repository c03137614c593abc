"""A deadline has one effect, however many look at it."""

import asyncio
from datetime import UTC, datetime, timedelta

from shared.clock import SteppedClock
from shared.consume import Handler
from shared.contracts.refusal import Refused
from shared.due import Deadlines, call_off, schedule
from shared.journal import SYSTEM, Document, once
from shared.runtime import Runtime
from shared.unit import Unit, run

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class NotOpen(Refused):
    """It is closed."""

    code = "NOT_OPEN"


async def remind(unit: Unit, deadline: Document) -> None:
    unit.insert("links", {"_id": f"effect-{deadline['_id']}", "subject": deadline["subject"]})


async def planned(runtime: Runtime, due: datetime) -> None:
    async def work(unit: Unit) -> None:
        schedule(unit, id="dl_1", kind="remind", subject="ck_1", client_id="cl_1", due=due)

    await run(runtime.database, work, once(SYSTEM, "test", NOON))


async def effects(runtime: Runtime) -> int:
    return int(await runtime.database.links.count_documents({}))


async def test_nothing_happens_before_its_time(runtime: Runtime, clock: SteppedClock) -> None:
    await planned(runtime, NOON + MINUTE)
    deadlines = Deadlines(runtime, {"remind": remind})
    assert await deadlines.work() == 0
    clock.advance(MINUTE)
    assert await deadlines.work() == 1
    assert await effects(runtime) == 1


async def test_several_processes_complete_it_once(runtime: Runtime) -> None:
    await planned(runtime, NOON)
    several = [Deadlines(runtime, {"remind": remind}) for _ in range(5)]
    await asyncio.gather(*(deadlines.work() for deadlines in several))
    assert await effects(runtime) == 1


async def test_a_process_that_died_with_the_lease_is_followed(
    runtime: Runtime, clock: SteppedClock
) -> None:
    await planned(runtime, NOON)
    deadlines = Deadlines(runtime, {"remind": remind})

    async def dies(_: Document) -> None:
        raise RuntimeError

    deadlines._complete = dies  # type: ignore[assignment,method-assign]
    await deadlines.work()
    successor = Deadlines(runtime, {"remind": remind})
    assert await successor.work() == 0  # still leased
    clock.advance(MINUTE)
    await successor.work()
    assert await effects(runtime) == 1


async def test_a_called_off_deadline_does_nothing(runtime: Runtime) -> None:
    await planned(runtime, NOON)

    async def work(unit: Unit) -> None:
        await call_off(unit, "dl_1")

    await run(runtime.database, work, once(SYSTEM, "test", NOON))
    await Deadlines(runtime, {"remind": remind}).work()
    assert await effects(runtime) == 0


async def test_a_final_refusal_ends_it(runtime: Runtime, clock: SteppedClock) -> None:
    await planned(runtime, NOON)

    async def refuse(unit: Unit, deadline: Document) -> None:
        raise NotOpen

    await Deadlines(runtime, {"remind": refuse}).work()
    deadline = await runtime.database.deadlines.find_one({"_id": "dl_1"})
    assert deadline is not None and deadline["state"] == "refused"
    assert deadline["code"] == "NOT_OPEN"


async def test_what_it_needs_is_prepared_before_the_unit(runtime: Runtime) -> None:
    await planned(runtime, NOON)
    seen: list[str] = []

    async def prepare(runtime: Runtime, deadline: Document) -> str:
        return f"key of {deadline['client_id']}"

    async def use(unit: Unit, deadline: Document, key: str) -> None:
        seen.append(key)

    await Deadlines(runtime, {"remind": Handler(use, prepare=prepare)}).work()
    assert seen == ["key of cl_1"]


async def test_another_kind_is_left_alone(runtime: Runtime) -> None:
    await planned(runtime, NOON)
    assert await Deadlines(runtime, {"other": remind}).work() == 0

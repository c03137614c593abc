"""One transaction: documents and one journal row, once for each cause."""

import asyncio
from datetime import UTC, datetime

import pytest

from shared.contracts.aftercare import CheckinAnswered
from shared.contracts.refusal import Refused
from shared.events import open_envelope
from shared.journal import SYSTEM, Cause
from shared.runtime import Runtime
from shared.unit import Conflict, KeyReused, RefusedBefore, Unavailable, Unit, run

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class NotOpen(Refused):
    """It is closed."""

    code = "NOT_OPEN"


def answered(client: str = "cl_1", checkin: str = "ck_1") -> CheckinAnswered:
    return CheckinAnswered(
        client_id=client, checkin_id=checkin, instrument="pulse", answered_at=NOON
    )


def cause(id: str = "http/staff/st_1/k1", fingerprint: str = "f1") -> Cause:
    return Cause(id=id, actor=SYSTEM, action="test", at=NOON, fingerprint=fingerprint)


async def write(unit: Unit) -> None:
    unit.insert("links", {"_id": "a", "subject": "ck_1"})
    unit.emit(answered())
    unit.reply(link_id="a")


async def test_document_and_journal_row_are_written_together(runtime: Runtime) -> None:
    answer = await run(runtime.database, write, cause())
    row = await runtime.database.journal.find_one({"_id": cause().id})
    assert row is not None and row["pending"] and row["subjects"] == ["cl_1"]
    assert await runtime.database.links.find_one({"_id": "a", "version": 1})
    envelope = open_envelope(row["events"][0]["value"])
    assert envelope.sequence == 1 and envelope.event() == answered()
    assert answer.body == {"link_id": "a", "service": "aftercare", "streams": {"cl_1": 1}}


async def test_the_same_cause_has_one_effect_and_the_same_answer(runtime: Runtime) -> None:
    first = await run(runtime.database, write, cause())
    again = await run(runtime.database, write, cause())
    assert again.replayed and again.body == first.body
    assert await runtime.database.journal.count_documents({}) == 1


async def test_two_at_once_with_one_key_have_one_effect(runtime: Runtime) -> None:
    answers = await asyncio.gather(*(run(runtime.database, write, cause()) for _ in range(6)))
    assert len({str(answer.body) for answer in answers}) == 1
    assert sum(not answer.replayed for answer in answers) == 1
    assert await runtime.database.journal.count_documents({}) == 1


async def test_the_same_key_for_another_request_is_refused(runtime: Runtime) -> None:
    await run(runtime.database, write, cause())
    with pytest.raises(KeyReused):
        await run(runtime.database, write, cause(fingerprint="f2"))


async def test_nothing_is_kept_when_the_use_case_fails(runtime: Runtime) -> None:
    async def fail(unit: Unit) -> None:
        await write(unit)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await run(runtime.database, fail, cause())
    assert await runtime.database.links.count_documents({}) == 0
    assert await runtime.database.journal.count_documents({}) == 0
    assert await runtime.database.streams.count_documents({}) == 0


async def test_a_final_refusal_is_kept_under_its_cause(runtime: Runtime) -> None:
    async def refuse(unit: Unit) -> None:
        raise NotOpen

    with pytest.raises(NotOpen):
        await run(runtime.database, refuse, cause())
    with pytest.raises(RefusedBefore) as refused:
        await run(runtime.database, write, cause())
    assert refused.value.code == "NOT_OPEN"
    row = await runtime.database.journal.find_one({"_id": cause().id})
    assert row is not None and row["outcome"] == "refused"


async def test_a_passing_refusal_leaves_the_cause_free(runtime: Runtime) -> None:
    async def conflict(unit: Unit) -> None:
        raise Conflict

    with pytest.raises(Conflict):
        await run(runtime.database, conflict, cause())
    assert not (await run(runtime.database, write, cause())).replayed


async def test_a_stale_version_is_a_conflict(runtime: Runtime) -> None:
    await run(runtime.database, write, cause())

    async def change(unit: Unit) -> None:
        document = await unit.get("links", "a")
        assert document is not None
        unit.replace("links", {**document, "version": document["version"] - 1})

    with pytest.raises(Conflict):
        await run(runtime.database, change, cause("c2"))


async def test_fifty_writers_on_one_client_all_succeed_without_gap(runtime: Runtime) -> None:
    """On a busy machine some run into the time limit; asked again, each has its one effect."""

    async def emit(unit: Unit) -> None:
        unit.emit(answered())

    async def insist(number: int) -> None:
        asked = cause(f"http/staff/st_1/key-{number}")
        while True:
            try:
                await run(runtime.database, emit, asked)
                return
            except Unavailable:
                continue

    await asyncio.gather(*(insist(number) for number in range(50)))
    rows = await runtime.database.journal.find({}).to_list()
    assert sorted(row["events"][0]["sequence"] for row in rows) == list(range(1, 51))

"""One record: handled, duplicate, ignored, waiting or parked; order kept, others never stopped."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.clock import SteppedClock
from shared.consume import Consumer, Outcome, Record, TooEarly
from shared.contracts.intake import ClientDischarged, ConsentRevoked
from shared.events import Envelope, Event, seal
from shared.runtime import Runtime
from shared.unit import Unit

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
QUEUE = "intake/cl_1"


def discharged(client: str = "cl_1", program: str = "p") -> ClientDischarged:
    return ClientDischarged(
        client_id=client,
        discharge_id="d",
        program_id=program,
        site_id="s",
        discharged_on=NOON.date(),
        level_of_care="2.1",
        recovery_date_basis="none",
        plan_template="standard",
    )


def revoked(client: str = "cl_1") -> ConsentRevoked:
    return ConsentRevoked(
        client_id=client, consent_id="co", recipient_id="pa", revoked_at=NOON, door="staff"
    )


def envelope(event: Event, sequence: int) -> Envelope:
    return Envelope(
        id=f"ev_{event.key_value}_{sequence}",
        service="intake",
        type=event.type,
        subject="s",
        key=event.key_value,
        sequence=sequence,
        time=NOON,
        data=event.model_dump(mode="json"),
    )


def record(envelope: Envelope, offset: int = 0) -> Record:
    return Record(
        topic="intake.events",
        partition=1,
        offset=offset,
        key=envelope.key.encode(),
        value=seal(envelope),
    )


class Effects:
    """Handlers that write what they did, and fail when the test says so."""

    def __init__(self) -> None:
        self.fail: Exception | None = None

    async def start_plan(self, unit: Unit, event: ClientDischarged) -> None:
        if self.fail is not None and event.program_id == "bad":
            raise self.fail
        unit.insert("links", {"_id": f"{unit.cause.causation_id}", "client_id": event.client_id})

    async def cut_access(self, unit: Unit, event: ConsentRevoked) -> None:
        unit.insert("links", {"_id": "cut", "client_id": event.client_id})


@pytest.fixture
def effects() -> Effects:
    return Effects()


@pytest.fixture
def consumer(runtime: Runtime, effects: Effects) -> Consumer:
    return Consumer(
        runtime,
        {ClientDischarged.type: [effects.start_plan], ConsentRevoked.type: [effects.cut_access]},
    )


async def effects_of(runtime: Runtime) -> list[str]:
    return [row["_id"] async for row in runtime.database.links.find().sort("_id", 1)]


async def test_an_event_is_handled_once(consumer: Consumer, runtime: Runtime) -> None:
    first = record(envelope(discharged(), 1))
    assert await consumer.consume(first) is Outcome.HANDLED
    assert await consumer.consume(first) is Outcome.DUPLICATE
    assert await effects_of(runtime) == ["ev_cl_1_1"]


async def test_a_redelivery_after_a_lost_position_has_no_second_effect(
    consumer: Consumer, runtime: Runtime
) -> None:
    first = record(envelope(discharged(), 1))
    await consumer.consume(first)
    await runtime.database.positions.delete_many({})
    assert await consumer.consume(first) is Outcome.DUPLICATE
    assert await consumer.queue.position(envelope(discharged(), 1)) == 1


async def test_a_later_event_waits_for_the_missing_one(
    consumer: Consumer, runtime: Runtime
) -> None:
    assert await consumer.consume(record(envelope(discharged(), 2))) is Outcome.WAITING
    assert await effects_of(runtime) == []
    assert await consumer.consume(record(envelope(discharged(), 1))) is Outcome.HANDLED
    assert await effects_of(runtime) == ["ev_cl_1_1", "ev_cl_1_2"]
    assert await runtime.database.waiting.count_documents({}) == 0


async def test_an_event_too_early_is_tried_again_by_the_timer(
    consumer: Consumer, runtime: Runtime, effects: Effects, clock: SteppedClock
) -> None:
    effects.fail = TooEarly()
    assert await consumer.consume(record(envelope(discharged(program="bad"), 1))) is Outcome.WAITING
    effects.fail = None
    await consumer.retry_due({("intake.events", 1)})
    assert await effects_of(runtime) == []  # not before its second
    clock.advance(timedelta(seconds=2))
    await consumer.retry_due({("intake.events", 7)})
    assert await effects_of(runtime) == []  # not our partition
    await consumer.retry_due({("intake.events", 1)})
    assert await effects_of(runtime) == ["ev_cl_1_1"]


async def test_poison_is_parked_and_the_next_client_is_handled(
    consumer: Consumer, runtime: Runtime, effects: Effects
) -> None:
    effects.fail = ValueError("with the person's name in it")
    bad = record(envelope(discharged(program="bad"), 1))
    assert await consumer.consume(bad) is Outcome.PARKED
    assert await consumer.consume(record(envelope(discharged("cl_2"), 1))) is Outcome.HANDLED
    parked = await runtime.database.waiting.find_one({"parked": True})
    assert parked is not None and parked["value"] == bad.value
    assert parked["reason"] == "ValueError"


@pytest.mark.parametrize(
    "value",
    [
        b"{not json",
        b"\xff\xfe",
        b'{"specversion":"1.0"}',
        b"[]",
        None,
        b'{"id":NaN}',
        b'{"id":"\\ud800"}',
        b"x" * 300_000,
    ],
)
async def test_what_is_no_event_is_parked_byte_for_byte(
    consumer: Consumer, runtime: Runtime, value: bytes | None
) -> None:
    bad = Record(topic="intake.events", partition=1, offset=5, key=b"cl_1", value=value)
    assert await consumer.consume(bad) is Outcome.PARKED
    assert await consumer.consume(bad) is Outcome.PARKED
    parked = await runtime.database.waiting.find({}).to_list()
    assert [row["value"] for row in parked] == [value]
    assert await consumer.consume(record(envelope(discharged(), 1))) is Outcome.HANDLED


async def test_an_event_under_another_clients_key_is_parked(consumer: Consumer) -> None:
    stray = replace(record(envelope(discharged(), 1)), key=b"cl_2")
    assert await consumer.consume(stray) is Outcome.PARKED


async def test_later_events_stand_behind_a_parked_one_until_staff_retry(
    consumer: Consumer, runtime: Runtime, effects: Effects
) -> None:
    effects.fail = ValueError()
    await consumer.consume(record(envelope(discharged(program="bad"), 1)))
    assert await consumer.consume(record(envelope(discharged(), 2))) is Outcome.WAITING
    effects.fail = None
    await _flag(runtime, 1, "retry")
    await consumer.retry_due({("intake.events", 1)})
    assert await effects_of(runtime) == ["ev_cl_1_1", "ev_cl_1_2"]


async def test_a_discarded_event_lets_the_others_pass(
    consumer: Consumer, runtime: Runtime, effects: Effects
) -> None:
    effects.fail = ValueError()
    await consumer.consume(record(envelope(discharged(program="bad"), 1)))
    await consumer.consume(record(envelope(discharged(), 2)))
    await _flag(runtime, 1, "discard")
    await consumer.retry_due({("intake.events", 1)})
    assert await effects_of(runtime) == ["ev_cl_1_2"]
    assert await runtime.database.waiting.count_documents({}) == 0


async def test_a_revocation_behind_a_parked_event_is_applied_at_once_and_only_once(
    consumer: Consumer, runtime: Runtime, effects: Effects
) -> None:
    effects.fail = ValueError()
    await consumer.consume(record(envelope(discharged(program="bad"), 1)))
    await consumer.consume(record(envelope(revoked(), 2)))
    assert await effects_of(runtime) == ["cut"]
    await _flag(runtime, 1, "discard")
    await consumer.retry_due({("intake.events", 1)})
    assert await effects_of(runtime) == ["cut"]
    assert await runtime.database.waiting.count_documents({}) == 0


async def test_shuffled_and_doubled_events_end_in_order(
    consumer: Consumer, runtime: Runtime
) -> None:
    order = [3, 1, 1, 5, 2, 4, 3, 6, 6, 2]
    for offset, sequence in enumerate(order):
        await consumer.consume(record(envelope(discharged(), sequence), offset))
    rows: list[dict[str, Any]] = await runtime.database.journal.find({}).sort("_id", 1).to_list()
    assert [row["_id"] for row in rows] == [f"event/ev_cl_1_{n}/start_plan" for n in range(1, 7)]
    assert await runtime.database.waiting.count_documents({}) == 0


async def test_clients_together_do_not_disturb_each_other(
    consumer: Consumer, runtime: Runtime
) -> None:
    async def one(client: str) -> None:
        for sequence in (1, 2, 3):
            await consumer.consume(record(envelope(discharged(client), sequence)))

    await asyncio.gather(*(one(f"cl_{n}") for n in range(10)))
    assert len(await effects_of(runtime)) == 30


async def _flag(runtime: Runtime, sequence: int, flag: str) -> None:
    result = await runtime.database.waiting.update_one(
        {"_id": f"{QUEUE}/{sequence}"}, {"$set": {"flag": flag}}
    )
    assert result.matched_count == 1

"""Journal → Kafka: in order, marked, sealed; a crash repeats but never skips."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from kafka import KafkaConsumer, TopicPartition
from pymongo import MongoClient

from deploy import environment, topology
from deploy.environment import Deployment
from shared import journal
from shared.clock import new_id
from shared.config import Process
from shared.contracts.aftercare import CheckinAnswered
from shared.events import Envelope, open_envelope
from shared.journal import AWARE, SYSTEM, Document, once
from shared.kafka_client import security
from shared.operations import check_seals
from shared.relay import LeaseLost, Relay
from shared.runtime import Runtime
from shared.unit import Unit, run

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def relay_settings(deployment_with_kafka: Deployment, monkeypatch: pytest.MonkeyPatch) -> Process:
    known = {process.name: process for process in topology.processes()}
    environ = environment.of(known["aftercare-relay"], deployment_with_kafka)
    with monkeypatch.context() as patch:
        for name, value in environ.items():
            patch.setenv(name, value)
        return Process.read()


@pytest.fixture
def new_relay(relay_settings: Process) -> Iterator[Callable[[], Relay]]:
    client: MongoClient[Document] = MongoClient(
        relay_settings.mongo_url, w="majority", journal=True
    )
    database = client.get_database(relay_settings.mongo_database, codec_options=AWARE)
    made: list[Relay] = []

    def make() -> Relay:
        made.append(Relay(relay_settings, database))
        return made[-1]

    yield make
    for relay in made:
        relay.close()
    client.close()


async def emit(runtime: Runtime, client: str, times: int) -> None:
    async def work(unit: Unit) -> None:
        unit.emit(
            CheckinAnswered(client_id=client, checkin_id="ck", instrument="pulse", answered_at=NOON)
        )

    for _ in range(times):
        await run(runtime.database, work, once(SYSTEM, "test", runtime.clock.now()))


def envelopes(settings: Process, listener: Process, client: str) -> list[Envelope]:
    """What the topic holds about one client, read by a service that listens to it."""
    consumer = KafkaConsumer(**security(listener), group_id=None, auto_offset_reset="earliest")
    places = [TopicPartition("aftercare.events", n) for n in range(topology.PARTITIONS)]
    consumer.assign(places)
    ends = consumer.end_offsets(places)
    found: list[Envelope] = []
    while any(consumer.position(place) < ends[place] for place in places):
        for records in consumer.poll(timeout_ms=500).values():
            found += [open_envelope(r.value) for r in records if r.key == client.encode()]
    consumer.close()
    return found


@pytest.fixture
def dashboard_settings(
    deployment_with_kafka: Deployment, monkeypatch: pytest.MonkeyPatch
) -> Process:
    known = {process.name: process for process in topology.processes()}
    environ = environment.of(known["dashboard-listener"], deployment_with_kafka)
    with monkeypatch.context() as patch:
        for name, value in environ.items():
            patch.setenv(name, value)
        return Process.read()


async def test_events_arrive_in_order_and_rows_are_sealed(
    runtime: Runtime,
    new_relay: Callable[[], Relay],
    relay_settings: Process,
    dashboard_settings: Process,
) -> None:
    client = new_id("cl")
    await emit(runtime, client, 5)
    relay = new_relay()
    assert relay.hold_lease()
    assert relay.work() == 5
    found = envelopes(relay_settings, dashboard_settings, client)
    assert [envelope.sequence for envelope in found] == [1, 2, 3, 4, 5]
    assert await runtime.database.journal.count_documents({"pending": True}) == 0
    assert (await check_seals(runtime.database))["whole"]


async def test_a_relay_killed_before_the_mark_repeats_in_order(
    runtime: Runtime,
    new_relay: Callable[[], Relay],
    relay_settings: Process,
    dashboard_settings: Process,
) -> None:
    client = new_id("cl")
    await emit(runtime, client, 3)
    first = new_relay()
    assert first.hold_lease()
    first._send(first._unsent())  # and dies here
    first.release()
    second = new_relay()
    assert second.hold_lease()
    assert second.work() == 3
    found = envelopes(relay_settings, dashboard_settings, client)
    assert [envelope.sequence for envelope in found] == [1, 2, 3, 1, 2, 3]
    assert len({envelope.id for envelope in found}) == 3


async def test_a_relay_that_lost_its_lease_marks_nothing(
    runtime: Runtime, new_relay: Callable[[], Relay]
) -> None:
    client = new_id("cl")
    await emit(runtime, client, 1)
    sleeper, successor = new_relay(), new_relay()
    assert sleeper.hold_lease()
    assert not successor.hold_lease()
    rows = sleeper._unsent()
    positions = sleeper._send(rows)
    await runtime.database.leases.update_one(
        {"_id": "relay"}, {"$set": {"until": NOON - timedelta(hours=1)}}
    )
    assert successor.hold_lease()
    with pytest.raises(LeaseLost):
        sleeper._mark_and_seal(rows, positions)
    assert successor.work() == 1


async def test_a_changed_journal_row_is_named_by_the_seal_check(
    runtime: Runtime, new_relay: Callable[[], Relay], mongo: object
) -> None:
    client = new_id("cl")
    relay = new_relay()
    assert relay.hold_lease()
    for _ in range(3):
        await emit(runtime, client, 1)
        relay.work()
    with mongo.admin() as admin:  # type: ignore[attr-defined]
        admin["aftercare"].journal.update_one({"seal": 2}, {"$set": {"outcome": "refused"}})
    assert await check_seals(runtime.database) == {
        "whole": False,
        "number": 3,
        "broken_at": 2,
    }


def test_the_digest_leaves_out_what_the_relay_adds() -> None:
    row = journal.row(once(SYSTEM, "test", NOON), outcome="done")
    marked = {name: value for name, value in row.items() if name != "pending"} | {"seal": 4}
    assert journal.digest(row) == journal.digest(marked)

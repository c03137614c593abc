"""A service cannot reach what is not its own, in the embedded default as well."""

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from kafka import KafkaConsumer, KafkaProducer
from kafka.admin import (
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ResourcePatternFilter,
    ResourceType,
)
from kafka.admin import ACLResourcePatternType as PatternType
from kafka.errors import KafkaError
from kafka.structs import TopicPartition
from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.errors import OperationFailure

from deploy import kafka as broker_admin
from deploy import topics, topology
from deploy.embedded import KafkaBroker, MongoServer

NOT_AUTHORIZED = 13
UNSUPPORTED_SASL_MECHANISM = 33
SASL_AUTHENTICATION_FAILED = 58
Client = MongoClient[dict[str, Any]]


@contextmanager
def refused() -> Iterator[None]:
    with pytest.raises(OperationFailure) as error:
        yield
    assert error.value.code == NOT_AUTHORIZED


@pytest.fixture(scope="module")
def intake(mongo: MongoServer) -> Iterator[Client]:
    with Client(mongo.url("intake")) as client:
        yield client


@pytest.fixture(scope="module")
def intake_relay(mongo: MongoServer) -> Iterator[Client]:
    with Client(mongo.url("intake-relay")) as client:
        yield client


def test_a_service_works_in_its_own_database(intake: Client) -> None:
    deadlines: Collection[dict[str, Any]] = intake["intake"]["deadlines"]
    with intake.start_session() as session, session.start_transaction():
        deadlines.insert_one({"_id": "d1"}, session=session)
        deadlines.update_one({"_id": "d1"}, {"$set": {"kind": "x"}}, session=session)
        intake["intake"]["journal"].insert_one({"_id": "j1"}, session=session)
    assert deadlines.find_one({"_id": "d1"}) == {"_id": "d1", "kind": "x"}
    deadlines.delete_one({"_id": "d1"})


@pytest.mark.parametrize("other", [s for s in topology.SERVICES if s != "intake"])
def test_a_service_cannot_touch_another_ones_database(intake: Client, other: str) -> None:
    for name in ("journal", "deadlines", "anything"):
        with refused():
            intake[other][name].find_one()
        with refused():
            intake[other][name].insert_one({"_id": "x"})


def test_a_service_cannot_rewrite_its_journal_or_its_seals(intake: Client) -> None:
    journal, seals = intake["intake"]["journal"], intake["intake"]["seals"]
    for collection in (journal, seals):
        with refused():
            collection.update_one({}, {"$set": {"actor": "nobody"}})
        with refused():
            collection.delete_many({})
        with refused():
            collection.drop()
    with refused():
        seals.insert_one({"_id": 1})


def test_a_service_cannot_change_users_or_rights(intake: Client) -> None:
    with refused():
        intake["intake"].command("createUser", "me", pwd="x", roles=[])
    with refused():
        intake["intake"].command(
            "grantRolesToUser", "intake", roles=[{"role": "root", "db": "admin"}]
        )


def test_a_relay_reads_and_marks_the_journal_and_writes_seals(intake_relay: Client) -> None:
    database = intake_relay["intake"]
    database["journal"].update_many({"_id": "absent"}, {"$set": {"pending": False}})
    database["seals"].insert_one({"_id": "s1"})
    database["leases"].replace_one({"_id": "relay"}, {"token": "t"}, upsert=True)
    with database["journal"].watch(max_await_time_ms=1) as changes:
        assert changes.try_next() is None


def test_a_relay_cannot_add_to_the_journal_or_touch_a_document(intake_relay: Client) -> None:
    database = intake_relay["intake"]
    with refused():
        database["journal"].insert_one({"_id": "forged"})
    with refused():
        database["seals"].update_one({}, {"$set": {"hash": "x"}})
    for name in ("deadlines", "keys", "deliveries", "clients"):
        with refused():
            database[name].find_one()
        with refused():
            database[name].insert_one({"_id": "x"})


def _login(kafka: KafkaBroker, user: str) -> dict[str, Any]:
    return {
        "bootstrap_servers": kafka.bootstrap,
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "SCRAM-SHA-256",
        "sasl_plain_username": user,
        "sasl_plain_password": kafka.passwords[user],
    }


def _send(kafka: KafkaBroker, user: str, topic: str) -> None:
    producer = KafkaProducer(**_login(kafka, user), acks="all", max_block_ms=5000)
    try:
        producer.send(topic, key=b"cl_1", value=b"{}").get(timeout=10)
    finally:
        producer.close(timeout=1)


def _read(kafka: KafkaBroker, user: str, topic: str, group: str | None = None) -> int:
    consumer = KafkaConsumer(**_login(kafka, user), group_id=group)
    try:
        partition = TopicPartition(topic, 0)
        consumer.assign([partition])
        if group:
            consumer.commit({})
            consumer.committed(partition)
        end: int = consumer.end_offsets([partition])[partition]
        return end
    finally:
        consumer.close()


def test_a_relay_writes_its_own_topic_alone(kafka: KafkaBroker) -> None:
    _send(kafka, "intake-relay", "intake.events")
    with pytest.raises(KafkaError):
        _send(kafka, "intake-relay", "aftercare.events")


def test_a_listener_reads_what_it_listens_to_and_writes_nothing(kafka: KafkaBroker) -> None:
    assert _read(kafka, "aftercare", "intake.events", group="aftercare") >= 0
    for topic in ("intake.events", "aftercare.events"):
        with pytest.raises(KafkaError):
            _send(kafka, "aftercare", topic)
    with pytest.raises(KafkaError):
        _read(kafka, "aftercare", "dashboard.events")
    with pytest.raises(KafkaError):
        _read(kafka, "aftercare", "intake.events", group="referrals")


def _everything() -> ACLFilter:
    pattern = ResourcePatternFilter(ResourceType.ANY, None, PatternType.ANY)
    return ACLFilter(None, None, ACLOperation.ANY, ACLPermissionType.ANY, pattern)


def test_a_service_cannot_see_or_change_access_rules(kafka: KafkaBroker) -> None:
    client = broker_admin.admin(kafka.bootstrap, kafka.passwords["intake"], user="intake")
    with pytest.raises(KafkaError):
        client.describe_acls(_everything())
    failed = client.create_acls(topics.rules()[:1])["failed"]
    client.close()
    assert failed


def _ask(connection: socket.socket, api: int, version: int, body: bytes) -> bytes:
    """One raw request; empty when the server hangs up. The controller knows no client library."""
    request = struct.pack(">hhih", api, version, 1, -1) + body
    connection.sendall(struct.pack(">i", len(request)) + request)
    size = connection.recv(4, socket.MSG_WAITALL)
    if not size:
        return b""
    return connection.recv(int.from_bytes(size), socket.MSG_WAITALL)[4:]


def _error(answer: bytes) -> int:
    code: int = struct.unpack(">h", answer[:2])[0]
    return code


def _plain_login(port: int, user: str, password: str) -> int:
    """The error code of a log-in with SASL PLAIN; 0 is success."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        handshake = _ask(connection, 17, 1, struct.pack(">h", 5) + b"PLAIN")
        if _error(handshake):
            return _error(handshake)
        token = f"\0{user}\0{password}".encode()
        return _error(_ask(connection, 36, 0, struct.pack(">i", len(token)) + token))


def test_the_controller_knows_its_own_user_alone(kafka: KafkaBroker) -> None:
    port, passwords = kafka.controller_port, kafka.passwords
    assert _plain_login(port, "controller", passwords["controller"]) == 0
    for user in ("controller", "admin", "intake", "ANONYMOUS"):
        assert _plain_login(port, user, "guessed") == SASL_AUTHENTICATION_FAILED
    for user in ("admin", "intake", "intake-relay"):
        assert _plain_login(port, user, passwords[user]) == SASL_AUTHENTICATION_FAILED


def test_clients_cannot_log_in_without_scram(kafka: KafkaBroker) -> None:
    known = kafka.passwords["intake"]
    assert _plain_login(kafka.port, "intake", known) == UNSUPPORTED_SASL_MECHANISM


@pytest.mark.parametrize("listener", ["port", "controller_port"])
def test_whoever_has_not_logged_in_is_cut_off(kafka: KafkaBroker, listener: str) -> None:
    describe_acls = struct.pack(">bhhbhhbb", 1, -1, 3, 1, -1, -1, 1, 1)
    with socket.create_connection(("127.0.0.1", getattr(kafka, listener)), timeout=10) as stranger:
        assert _ask(stranger, 29, 1, describe_acls) == b""


def test_deploying_again_changes_nothing_and_another_partition_count_is_refused(
    kafka: KafkaBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = broker_admin.admin(kafka.bootstrap, kafka.passwords["admin"])
    before = admin.describe_acls(_everything())[0]
    topics.prepare(admin, kafka.passwords)
    assert len(admin.describe_acls(_everything())[0]) == len(before) == len(topics.rules())
    monkeypatch.setattr(topology, "PARTITIONS", 13)
    with pytest.raises(topics.TopicDiffers):
        topics.prepare(admin, kafka.passwords)
    admin.close()

"""A real Faust worker on a real broker: killed, restarted, poisoned."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kafka import KafkaProducer

from deploy import environment, topology
from deploy.embedded import MongoServer
from deploy.environment import Deployment
from shared.clock import new_id
from shared.events import Envelope, seal
from shared.runtime import Runtime
from tests.integration.shared.test_consume import discharged, envelope
from tests.support import eventually, soon

WORKER = "tests.integration.shared.worker_app"


@pytest.fixture
def environ(deployment_with_kafka: Deployment) -> dict[str, str]:
    known = {process.name: process for process in topology.processes()}
    return environment.of(known["aftercare-listener"], deployment_with_kafka)


@pytest.fixture
def start(environ: dict[str, str], tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []
    log = (tmp_path / "worker.log").open("w")

    def begin() -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "faust", "-A", WORKER, "worker", "--without-web"]
        process = subprocess.Popen(
            command, env={**os.environ, **environ}, stdout=log, stderr=log, text=True
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()
    log.close()


@pytest.fixture
def publish(
    deployment_with_kafka: Deployment,
) -> Iterator[Callable[[Envelope], None]]:
    known = {process.name: process for process in topology.processes()}
    relay = environment.of(known["intake-relay"], deployment_with_kafka)
    producer = KafkaProducer(
        bootstrap_servers=relay["KAFKA_BOOTSTRAP"],
        security_protocol="SASL_PLAINTEXT",
        sasl_mechanism="SCRAM-SHA-256",
        sasl_plain_username=relay["KAFKA_USER"],
        sasl_plain_password=relay["KAFKA_PASSWORD"],
    )

    def send(envelope: Envelope) -> None:
        producer.send("intake.events", key=envelope.key.encode(), value=seal(envelope))
        producer.flush()

    yield send
    producer.close()


async def test_nothing_is_lost_or_doubled_when_the_worker_is_killed(
    runtime: Runtime,
    start: Callable[[], subprocess.Popen[str]],
    publish: Callable[[Envelope], None],
) -> None:
    clients = [new_id("cl") for _ in range(3)]

    async def effects() -> int:
        return int(await runtime.database.links.count_documents({"client_id": {"$in": clients}}))

    worker = start()
    for sequence in (1, 2, 3):
        for client in clients:
            publish(envelope(discharged(client), sequence))
    await eventually(effects, within=30)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    publish(envelope(discharged(clients[0], "poison"), 4))
    for client in clients[1:]:
        publish(envelope(discharged(client), 4))
    worker = start()

    async def all_there() -> bool:
        return await effects() == 11

    await eventually(all_there, within=40)

    async def parked() -> int:
        query = {"parked": True, "client_id": clients[0]}  # others may share the topic
        return int(await runtime.database.waiting.count_documents(query))

    assert await eventually(parked) == 1
    assert await runtime.database.journal.count_documents({"subjects": {"$in": clients}}) == 11
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=15) == 0


def test_a_second_worker_of_a_slot_ends_while_the_first_works_on(
    start: Callable[[], subprocess.Popen[str]], kafka: object, clean_mongo: MongoServer
) -> None:
    """The first is at work already, so that a lock which does not last is found out."""
    first = start()

    def at_work() -> bool:
        with clean_mongo.admin() as admin:
            row = admin["aftercare"].processes.find_one({"_id": "aftercare-listener"})
        return row is not None and row["pid"] == first.pid

    soon(at_work, within=60)
    second = start()
    assert second.wait(timeout=60) == 1
    assert first.poll() is None

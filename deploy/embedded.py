"""Kafka and MongoDB as children of this process, for tests and measurements.

`make up` runs the same two servers, prepared by the same code, under the process manager.
"""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from deploy import databases, kafka, keys, mongodb, topics

STOP_SECONDS = 10


@dataclass(frozen=True)
class MongoServer:
    """A database server with every user, role, collection and index in place."""

    port: int
    passwords: dict[str, str]

    def url(self, user: str) -> str:
        """Where this user connects; a service's and its relay's live in the service's database."""
        administrator = mongodb.admin_url(self.port, self.passwords["admin"])
        if user == "admin":
            return administrator
        return mongodb.as_user(administrator, user, self.passwords[user])

    def admin(self) -> MongoClient[dict[str, Any]]:
        return MongoClient(self.url("admin"), tz_aware=True)


@dataclass(frozen=True)
class KafkaBroker:
    """A broker with every user, topic and access rule in place."""

    port: int
    controller_port: int
    passwords: dict[str, str]

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self.port}"


@dataclass(frozen=True)
class Stack:
    run_dir: Path
    keys: keys.Keys
    mongo: MongoServer
    kafka: KafkaBroker | None


def free_ports(count: int) -> list[int]:
    """Ports nobody listens on, all different."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


@contextmanager
def running(command: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as output:
        child = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


@contextmanager
def mongo_server(run_dir: Path, secrets: keys.Keys) -> Iterator[MongoServer]:
    [port] = free_ports(1)
    command = mongodb.prepare(run_dir, secrets, port=port)
    with running(command, run_dir / "mongodb.log"):
        mongodb.wait_until_ready(port, secrets.mongo["admin"])
        server = MongoServer(port, dict(secrets.mongo))
        with server.admin() as admin:
            databases.prepare(admin, secrets.mongo)
        yield server


@contextmanager
def kafka_broker(run_dir: Path, secrets: keys.Keys) -> Iterator[KafkaBroker]:
    port, controller_port = free_ports(2)
    command = kafka.prepare(run_dir, secrets, port=port, controller_port=controller_port)
    with running(command, run_dir / "kafka.log"):
        broker = KafkaBroker(port, controller_port, dict(secrets.kafka))
        kafka.wait_until_ready(broker.bootstrap, secrets.kafka["admin"])
        admin = kafka.admin(broker.bootstrap, secrets.kafka["admin"])
        topics.prepare(admin, secrets.kafka)
        admin.close()
        yield broker


@contextmanager
def stack(run_dir: Path, *, kafka: bool = True) -> Iterator[Stack]:
    """A database server and, if asked for, a broker, on free ports, stopped at the end."""
    secrets = keys.load(run_dir)
    with ExitStack() as servers:
        mongo = servers.enter_context(mongo_server(run_dir, secrets))
        broker = servers.enter_context(kafka_broker(run_dir, secrets)) if kafka else None
        yield Stack(run_dir, secrets, mongo, broker)

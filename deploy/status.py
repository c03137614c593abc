"""How each process is: asked over HTTP, or read from the row it writes every two seconds."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from deploy import kafka, supervisor, topology
from deploy.running import Platform
from deploy.topology import Process
from shared.heartbeat import STALE_AFTER_SECONDS

PATIENCE_SECONDS = 3


@dataclass(frozen=True)
class State:
    name: str
    kind: str
    pid: int | None
    address: str | None
    healthy: bool
    lag_seconds: float | None


def collect(platform: Platform) -> list[State]:
    """Everything that should be running, Kafka and MongoDB first."""
    try:
        pids = {
            name: known["pid"] or None
            for name, known in supervisor.states(platform.run_dir).items()
        }
    except supervisor.NotRunning:
        pids = {}
    known = topology.processes(platform.deployment.ports)
    if platform.own_mongo and not pids.get("mongodb"):
        return _nothing_runs(platform, known, pids)
    with ThreadPoolExecutor(8) as pool, _database(platform) as database:
        servers = [
            pool.submit(_kafka_state, platform, pids.get("kafka")),
            pool.submit(_mongodb_state, platform, database, pids.get("mongodb")),
        ]
        asked = [
            pool.submit(_process_state, platform, database, process, pids.get(process.name))
            for process in known
        ]
        return [answer.result() for answer in (*servers, *asked)]


def _nothing_runs(
    platform: Platform, known: list[Process], pids: dict[str, int | None]
) -> list[State]:
    """Without our own database no row can be read: say so at once."""
    deployment = platform.deployment
    servers = [
        State("kafka", "broker", pids.get("kafka"), deployment.kafka_bootstrap, False, None),
        State("mongodb", "database", None, _mongo_address(platform), False, None),
    ]
    return servers + [
        State(each.name, each.kind, pids.get(each.name), _address(each), False, None)
        for each in known
    ]


def _mongo_address(platform: Platform) -> str:
    return platform.admin_mongo_url.partition("@")[2].partition("/")[0]


def _address(process: Process) -> str | None:
    return f"http://127.0.0.1:{process.port}" if process.port else None


def _database(platform: Platform) -> MongoClient[dict[str, Any]]:
    return MongoClient(
        platform.admin_mongo_url,
        tz_aware=True,
        serverSelectionTimeoutMS=PATIENCE_SECONDS * 1000,
        connectTimeoutMS=PATIENCE_SECONDS * 1000,
    )


def _kafka_state(platform: Platform, pid: int | None) -> State:
    bootstrap = platform.deployment.kafka_bootstrap
    user, password = platform.kafka_admin
    try:
        kafka.wait_until_ready(bootstrap, password, user=user, within=0)
        healthy = True
    except kafka.BrokerNotReady:
        healthy = False
    return State("kafka", "broker", pid, bootstrap, healthy, None)


def _mongodb_state(
    platform: Platform, database: MongoClient[dict[str, Any]], pid: int | None
) -> State:
    address = _mongo_address(platform)
    try:
        healthy = bool(database.admin.command("hello")["isWritablePrimary"])
    except PyMongoError:
        healthy = False
    return State("mongodb", "database", pid, address, healthy, None)


def _process_state(
    platform: Platform, database: MongoClient[dict[str, Any]], process: Process, pid: int | None
) -> State:
    address = _address(process)
    if address is None:
        return _by_heartbeat(database, process, pid)
    return State(process.name, process.kind, pid, address, bool(pid) and _is_ready(address), None)


def _is_ready(address: str) -> bool:
    try:
        answer = httpx.get(f"{address}/readyz", timeout=PATIENCE_SECONDS, trust_env=False)
    except httpx.HTTPError:
        return False
    return answer.is_success


def _by_heartbeat(
    database: MongoClient[dict[str, Any]], process: Process, pid: int | None
) -> State:
    """Fresh and written by the process that runs now, not by one before it."""
    try:
        row = database[str(process.service)]["processes"].find_one({"_id": process.name})
    except PyMongoError:
        row = None
    if row is None:
        return State(process.name, process.kind, pid, None, False, None)
    age = (datetime.now(UTC) - row["at"]).total_seconds()
    healthy = pid == row["pid"] and age < STALE_AFTER_SECONDS
    return State(process.name, process.kind, pid, None, healthy, row["lag_seconds"])

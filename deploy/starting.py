"""Starts the whole platform in order, waits until all of it is healthy, and ends it again."""

import importlib.util
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from pymongo import MongoClient

from deploy import databases, kafka, mongodb, status, supervisor, topics
from deploy.environment import Deployment
from deploy.paths import ROOT
from deploy.running import Platform

HEALTHY_SECONDS = 120
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
Say = Callable[[str], None]


class NotHealthy(Exception):
    """These processes did not become healthy in time."""


class SeedFailed(Exception):
    """The demo data could not be made; nothing else was started."""


def start(platform: Platform, say: Say, *, detached: bool) -> None:
    """From nothing to every process healthy; on failure everything is ended again."""
    say("starting Kafka and MongoDB")
    supervisor.configure(platform)
    supervisor.start(platform.run_dir, detached=detached)
    try:
        _start_ground(platform)
        _seed_once(platform, say)
        say("starting the services")
        supervisor.call(platform.run_dir, "startProcessGroup", supervisor.SERVICES, False)
        _wait_until_healthy(platform)
    except BaseException:
        stop(platform)
        raise


def _start_ground(platform: Platform) -> None:
    if platform.own_kafka or platform.own_mongo:
        supervisor.call(platform.run_dir, "startProcessGroup", supervisor.GROUND, False)
    if platform.own_mongo:
        port = platform.deployment.ports["mongodb"]
        mongodb.wait_until_ready(port, platform.keys.mongo["admin"])
    with MongoClient[dict[str, Any]](platform.admin_mongo_url) as admin:
        databases.prepare(admin, platform.keys.mongo)
    user, password = platform.kafka_admin
    bootstrap = platform.deployment.kafka_bootstrap
    kafka.wait_until_ready(bootstrap, password, user=user)
    client = kafka.admin(bootstrap, password, user=user)
    topics.prepare(client, platform.keys.kafka)
    client.close()


def _seed_once(platform: Platform, say: Say) -> None:
    """Demo data is made before the first start of the services, by the services' own code."""
    done = platform.run_dir / "seeded"
    if done.exists() or importlib.util.find_spec("deploy.seed") is None:
        return
    say("making the demo center and its people")
    log = platform.run_dir / "logs" / "seed.log"
    with log.open("ab") as output:
        seeded = subprocess.run(
            [sys.executable, "-m", "deploy.seed"],
            cwd=ROOT,
            stdout=output,
            stderr=output,
            check=False,
        )
    if seeded.returncode:
        raise SeedFailed(str(log))
    done.touch()


def _wait_until_healthy(platform: Platform) -> None:
    ends = time.monotonic() + HEALTHY_SECONDS
    while True:
        ill = [state.name for state in status.collect(platform) if not state.healthy]
        if not ill:
            return
        if time.monotonic() > ends:
            raise NotHealthy(", ".join(ill))
        time.sleep(0.3)


def stay(platform: Platform) -> None:
    """Return when asked to stop, or when the process manager has ended by itself."""
    while supervisor.is_running(platform.run_dir):
        time.sleep(1)


def stop(platform: Platform) -> None:
    """End everything; a second Ctrl-C does not interrupt it."""
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    supervisor.stop(platform.run_dir)


def stop_on_signals() -> None:
    """SIGTERM and a closed terminal ask for a clean end as Ctrl-C does."""
    for number in STOP_SIGNALS:
        signal.signal(number, _interrupt)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def addresses(deployment: Deployment) -> list[tuple[str, str]]:
    """What a person opens first."""
    return [
        ("staff", deployment.url("dashboard")),
        ("contact form", deployment.url("intake")),
        ("sent messages", deployment.url("provider")),
    ]


def new_demo_logins(platform: Platform) -> str | None:
    """The generated passwords of the demo staff, once; the file stays for its owner."""
    kept, told = platform.run_dir / "demo-logins", platform.run_dir / "demo-logins-told"
    if told.exists() or not kept.exists():
        return None
    told.touch()
    return kept.read_text()

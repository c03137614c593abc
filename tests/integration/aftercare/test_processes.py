"""The processes of aftercare as deployment starts them, on a real broker and database."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from kafka import KafkaConsumer, KafkaProducer

from deploy import environment, topology
from deploy.environment import Deployment
from services.aftercare.settings import Settings
from shared.auth import Staff, Tokens
from shared.clock import SystemClock, new_id
from shared.confidential import encrypt
from shared.contracts.aftercare import CheckinDue, CheckinMissed, PlanStarted
from shared.contracts.intake import ClientDischarged
from shared.events import Envelope, open_envelope, seal
from tests.support import soon

CLIENT = new_id("cl")
PATIENCE = 90  # seconds; a busy machine starts four processes slowly
LOGIN = {"security_protocol": "SASL_PLAINTEXT", "sasl_mechanism": "SCRAM-SHA-256"}


def login(told: dict[str, str]) -> dict[str, Any]:
    return {
        **LOGIN,
        "bootstrap_servers": told["KAFKA_BOOTSTRAP"],
        "sasl_plain_username": told["KAFKA_USER"],
        "sasl_plain_password": told["KAFKA_PASSWORD"],
    }


@pytest.fixture
def told(deployment_with_kafka: Deployment) -> dict[str, dict[str, str]]:
    ports = dict(deployment_with_kafka.ports)
    return {
        process.name: environment.of(process, deployment_with_kafka)
        for process in topology.processes(ports)
    }


@pytest.fixture
def running(
    deployment_with_kafka: Deployment, told: dict[str, dict[str, str]], tmp_path: Path
) -> Iterator[list[subprocess.Popen[bytes]]]:
    started: list[subprocess.Popen[bytes]] = []
    binaries = Path(sys.executable).parent
    with (tmp_path / "log").open("w") as log:
        for process in topology.processes(dict(deployment_with_kafka.ports)):
            if process.service == "aftercare":
                program = str(binaries / process.command[0])
                known = {**os.environ, **told[process.name]}
                command = [program, *process.command[1:]]
                started.append(subprocess.Popen(command, env=known, stdout=log, stderr=log))
        yield started
        for one in started:
            one.terminate()
        for one in started:
            one.wait(PATIENCE)


@pytest.fixture
def published(told: dict[str, dict[str, str]]) -> Iterator[Callable[[str], Envelope | None]]:
    """What aftercare told the others about our client, by type."""
    reader = KafkaConsumer(
        "aftercare.events", auto_offset_reset="earliest", **login(told["dashboard-listener"])
    )
    seen: dict[str, Envelope] = {}

    def newest(type: str) -> Envelope | None:
        for records in reader.poll(timeout_ms=200).values():
            for record in records:
                envelope = open_envelope(record.value)
                if envelope.key == CLIENT:
                    seen[envelope.type] = envelope
        return seen.get(type)

    yield newest
    reader.close()


def discharge(told: dict[str, dict[str, str]]) -> None:
    now = datetime.now(UTC)
    event = ClientDischarged(
        client_id=CLIENT,
        discharge_id="dis_1",
        program_id="pr_1",
        site_id="site_1",
        discharged_on=now.date(),
        level_of_care="2.1",
        recovery_date_basis="abstinence",
        plan_template="standard",
    )
    envelope = Envelope(
        id=new_id("ev"),
        service="intake",
        type=event.type,
        subject="dis_1",
        key=CLIENT,
        sequence=1,
        time=now,
        data=event.model_dump(mode="json"),
    )
    producer = KafkaProducer(**login(told["intake-relay"]))
    producer.send("intake.events", key=CLIENT.encode(), value=seal(envelope))
    producer.flush()
    producer.close()


def ask_now(told: dict[str, dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> httpx.Response:
    for name, value in told["dashboard-web"].items():
        monkeypatch.setenv(name, value)
    staff = Staff(id="st_1", roles=("counselor",), sites=(), client_id=CLIENT, relation="own")
    token = Tokens(Settings.read(), SystemClock()).for_staff("aftercare", staff)
    address = f"{told['dashboard-web']['AFTERCARE_URL']}/clients/{CLIENT}/checkins"
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": new_id("k")}
    return httpx.post(address, json={}, headers=headers)


def test_from_a_discharge_on_a_topic_to_a_missed_checkin_on_another(
    clean_mongo: Any,
    told: dict[str, dict[str, str]],
    running: list[subprocess.Popen[bytes]],
    published: Callable[[str], Envelope | None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with clean_mongo.admin() as admin:
        database = admin["aftercare"]
        wrap_key = Settings(**_own(told["aftercare-web"])).wrap_key
        database["keys"].insert_one(
            {"_id": CLIENT, "wrapped": encrypt(wrap_key, os.urandom(32), f"keys/{CLIENT}")}
        )
        discharge(told)
        assert (
            soon(lambda: published(PlanStarted.type), within=PATIENCE).data["template"]
            == "standard"
        )

        assert ask_now(told, monkeypatch).status_code == 201
        due = soon(lambda: published(CheckinDue.type), within=PATIENCE)
        assert "token" not in json.dumps(due.data)

        window = {"kind": "checkin-window-ended", "client_id": CLIENT}
        database.deadlines.update_one(window, {"$set": {"due": datetime.now(UTC)}})
        missed = soon(lambda: published(CheckinMissed.type), within=PATIENCE)
        assert missed.data["checkin_id"] == due.data["checkin_id"]

        names = {"aftercare-listener", "aftercare-due", "aftercare-relay"}
        assert soon(lambda: names <= {row["_id"] for row in database.processes.find({})}, PATIENCE)
    assert all(process.poll() is None for process in running)


def _own(told: dict[str, str]) -> dict[str, Any]:
    """The settings of another process than the one whose environment is set."""
    names = {name.lower(): value for name, value in told.items()}
    kept = {name: names[name] for name in Settings.model_fields if name in names}
    for name in ("public_keys", "link_keys", "public_urls"):
        kept[name] = json.loads(kept[name])
    return kept

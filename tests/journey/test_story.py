"""One person's story through five services on real servers, also while they are being killed."""

import os
import random
import re
import signal
import subprocess
import threading
import time
from pathlib import Path

import httpx
import pytest
from kafka import KafkaConsumer, TopicPartition

from deploy import running, supervisor, topology
from deploy.demo.people import Phone
from deploy.demo.visitor import Visitor
from tests.journey.conftest import Platform
from tests.support import soon

SEED = int(os.environ.get("STORY_SEED", "7"))


def _told(run: subprocess.CompletedProcess[str]) -> str:
    return run.stdout + run.stderr


def test_the_story_holds(platform: Platform) -> None:
    run = platform.run("demo", "--patient")
    assert run.returncode == 0, _told(run)
    assert "all held: 7 steps" in run.stdout


def test_the_story_holds_while_every_process_is_killed_once(platform: Platform) -> None:
    """kill -9 of one process after the other during the story, each text sent once."""
    victims = [process.name for process in topology.processes() if process.kind != "provider"]
    random.Random(SEED).shuffle(victims)
    over = threading.Event()
    killer = threading.Thread(target=_kill_in_turn, args=(platform, victims, over))
    killer.start()
    try:
        run = platform.run("demo", "--patient")
    finally:
        over.set()
        killer.join()
    assert run.returncode == 0, f"seed {SEED}: {_told(run)}"
    _each_text_was_asked_for_once(platform)


def _kill_in_turn(platform: Platform, victims: list[str], over: threading.Event) -> None:
    for name in victims:
        if over.is_set():
            return
        state = supervisor.call(platform.run_dir, "getProcessInfo", _program(name))
        if state["pid"]:
            os.kill(state["pid"], signal.SIGKILL)
        over.wait(1.5)


def _program(name: str) -> str:
    return f"{supervisor.SERVICES}:{name}"


def _each_text_was_asked_for_once(platform: Platform) -> None:
    counts = httpx.get(f"{platform.url('provider')}/counts", trust_env=False).json()
    twice = [each["calls"] for each in counts if each["kind"] == "text" and each["calls"] > 1]
    assert twice == []


@pytest.fixture
def settings(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> running.Platform:
    for name, value in platform.environment.items():
        monkeypatch.setenv(name, value)
    return running.current()


def test_nothing_personal_is_in_a_log_a_topic_or_a_file_name(
    platform: Platform, settings: running.Platform
) -> None:
    """Every part of a name, number and answer of the story is searched in all that was written."""
    canaries = _canaries(platform)
    assert canaries
    for path in platform.run_dir.rglob("*"):
        assert not [name for name in canaries if name in path.name.encode()]
    for path in (platform.run_dir / "logs").glob("*"):
        written = path.read_bytes()
        assert not [name for name in canaries if name in written], path.name
    records = _records(settings)
    assert len(records) > 100
    for record in records:
        assert not [name for name in canaries if name in record]


def _canaries(platform: Platform) -> set[bytes]:
    """Family names are unique to each run of the story; numbers are those that were texted."""
    sent = httpx.get(f"{platform.url('provider')}/messages", trust_env=False).json()
    numbers = {each["to"].removeprefix("+1") for each in sent if "555" in each["to"]}
    kept = (platform.run_dir / "demo-story").read_text().split()
    return {canary.encode() for canary in numbers | set(kept)}


def _records(settings: running.Platform) -> list[bytes]:
    user, password = settings.kafka_admin
    consumer = KafkaConsumer(
        bootstrap_servers=settings.deployment.kafka_bootstrap,
        security_protocol="SASL_PLAINTEXT",
        sasl_mechanism="SCRAM-SHA-256",
        sasl_plain_username=user,
        sasl_plain_password=password,
        group_id=None,
        auto_offset_reset="earliest",
    )
    places = [
        TopicPartition(topology.topic(service), number)
        for service in topology.SERVICES
        for number in range(topology.PARTITIONS)
    ]
    consumer.assign(places)
    ends = consumer.end_offsets(places)
    found: list[bytes] = []
    while any(consumer.position(place) < ends[place] for place in places):
        for records in consumer.poll(timeout_ms=500).values():
            found += [b"%b %b" % (record.key or b"", record.value or b"") for record in records]
    consumer.close()
    return found


def _send_form(platform: Platform, given: str) -> str:
    person = Visitor()
    person.open(f"http://127.0.0.1:{platform.environment['PORT_INTAKE']}/contact")
    person.send("/contact")
    person.send("/you", asking="self")
    person.send("/name", given_name=given)
    person.send("/reach", phone=Phone.new(platform.url("provider")).number, ways=["text"])
    person.send("/help")
    return person.send("/check").url


def _sign_in(platform: Platform, role: str) -> Visitor:
    email, password = platform.login(role)
    visitor = Visitor()
    visitor.open(f"{platform.url('dashboard')}/sign-in")
    visitor.send("/sign-in", email=email, password=password)
    return visitor


def test_a_crisis_text_is_answered_at_once_and_stands_on_top(platform: Platform) -> None:
    """From a number nobody knows: the fixed reply, on top of My day, a mail to who is on call."""
    stranger = Phone.new(platform.url("provider"))
    stranger.write("I want to kill myself")
    assert stranger.text_with(r"988")
    staff = _sign_in(platform, "counselor")
    page = staff.page

    def on_top() -> bool:
        nonlocal page
        page = staff.open(f"{platform.url('dashboard')}/")
        return 0 <= page.text.find("Crisis") < len(page.text) // 2

    soon(on_top, within=10)
    crisis = next(href for _, href in page.links if "/crises/" in href)
    mails = httpx.get(f"{platform.url('provider')}/mails", trust_env=False).json()
    assert any("on-call" in str(mail["to"]) for mail in mails)
    staff.open(platform.url("dashboard") + crisis)
    staff.send("/acknowledge")
    staff.open(platform.url("dashboard") + crisis)
    staff.send("/close", note="Spoke with them; a friend is there.")
    soon(lambda: crisis not in str(staff.open(f"{platform.url('dashboard')}/").links), within=10)


def test_with_kafka_away_every_write_is_taken_and_arrives_later(platform: Platform) -> None:
    staff = _sign_in(platform, "intake-worker")
    before = len(_forms(staff, platform))
    supervisor.call(platform.run_dir, "stopProcess", f"{supervisor.GROUND}:kafka")
    try:
        assert _send_form(platform, "Later").endswith("/contact/sent")
        soon(lambda: "late" in staff.open(f"{platform.url('dashboard')}/").text.lower(), within=60)
        assert len(_forms(staff, platform)) == before
    finally:
        supervisor.call(platform.run_dir, "startProcess", f"{supervisor.GROUND}:kafka", False)
    soon(lambda: len(_forms(staff, platform)) == before + 1, within=90)


def _forms(staff: Visitor, platform: Platform) -> set[str]:
    page = staff.open(f"{platform.url('dashboard')}/intake")
    return {href for _, href in page.links if re.search(r"/intake/sub_", href)}


def test_with_mongodb_away_the_answer_is_503_at_once_and_it_recovers(platform: Platform) -> None:
    supervisor.call(platform.run_dir, "stopProcess", f"{supervisor.GROUND}:mongodb")
    try:
        began = time.monotonic()
        answer = httpx.post(
            f"{platform.url('intake')}/contact",
            data={"site_id": ""},
            timeout=10,
            trust_env=False,
        )
        assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
        assert time.monotonic() - began < 5
        assert answer.json()["code"] == "UNAVAILABLE"
    finally:
        supervisor.call(platform.run_dir, "startProcess", f"{supervisor.GROUND}:mongodb", False)

    def healthy() -> bool:
        return platform.run("status").returncode == 0

    soon(healthy, within=90)
    assert _send_form(platform, "Again").endswith("/contact/sent")


def test_it_is_small(platform: Platform) -> None:
    """Below 1.5 GB resident without Kafka and MongoDB."""
    states = supervisor.call(platform.run_dir, "getAllProcessInfo")
    pids = [state["pid"] for state in states if state["group"] == supervisor.SERVICES]
    assert sum(_resident(pid) for pid in pids if pid) < 1.5e9


def _resident(pid: int) -> int:
    """Its own memory and its share of what several processes map together, in bytes."""
    told = Path(f"/proc/{pid}/smaps_rollup").read_text()
    found = re.search(r"^Pss:\s+(\d+) kB", told, re.MULTILINE)
    assert found is not None
    return int(found[1]) * 1024

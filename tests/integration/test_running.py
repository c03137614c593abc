"""The platform as one command runs it, here with the few processes that need no service."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy import running, status, supervisor, topology
from deploy.embedded import KafkaBroker, MongoServer, free_ports
from tests.support import soon

PROCESSES = ("provider", "intake-relay", "dashboard-relay")
NARROWED = f"""
from deploy import topology
every = topology.processes
topology.processes = lambda *given: [p for p in every(*given) if p.name in {PROCESSES}]
from deploy.cli import main
main()
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    names = [f"PORT_{name.upper().replace('-', '_')}" for name in topology.PORTS]
    ports = dict(zip(names, map(str, free_ports(len(names))), strict=True))
    folder = tmp_path_factory.mktemp("platform")
    (folder / "seeded").touch()  # no demo data is needed here
    return {**os.environ, **ports, "RUN_DIR": str(folder)}


def throughline(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", NARROWED, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def platform(environment: dict[str, str]) -> Iterator[dict[str, str]]:
    started = throughline(environment, "up", "--detach")
    assert "ready" in started.stdout.splitlines(), started.stdout + started.stderr
    yield environment
    throughline(environment, "down")


def _states(platform: dict[str, str]) -> dict[str, dict[str, Any]]:
    answer = throughline(platform, "status", "--json")
    states = {state["name"]: state for state in json.loads(answer.stdout)}
    assert (answer.returncode == 0) == all(state["healthy"] for state in states.values())
    return states


def _is_alive(pid: int) -> bool:
    state = Path(f"/proc/{pid}/stat")
    return state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z"


def test_everything_is_listed_and_healthy(platform: dict[str, str]) -> None:
    states = _states(platform)
    assert set(states) == {"kafka", "mongodb", *PROCESSES}
    for state in states.values():
        assert set(state) == {"name", "kind", "pid", "address", "healthy", "lag_seconds"}
        assert state["healthy"]
        assert _is_alive(state["pid"])


def test_a_second_start_says_that_it_runs_already(platform: dict[str, str]) -> None:
    again = throughline(platform, "up")
    assert again.returncode == 0
    assert "already running" in again.stdout


@pytest.mark.parametrize("name", ["intake-relay", "mongodb", "kafka"])
def test_a_killed_process_comes_back(platform: dict[str, str], name: str) -> None:
    before = _states(platform)[name]["pid"]
    os.kill(before, signal.SIGKILL)

    def is_back() -> bool:
        states = _states(platform)
        return states[name]["pid"] != before and all(s["healthy"] for s in states.values())

    soon(is_back, within=30)


def test_no_secret_can_be_read_by_others(platform: dict[str, str]) -> None:
    folder = Path(platform["RUN_DIR"])
    secret = json.loads((folder / "secrets.json").read_text())["mongo"]["intake"]
    for path in folder.rglob("*"):
        if path.is_file() and path.stat().st_mode & 0o077 and "mongodb/" not in str(path):
            assert secret not in path.read_text(errors="replace"), path
    for state in _states(platform).values():
        assert secret not in Path(f"/proc/{state['pid']}/cmdline").read_text()


def test_down_leaves_no_process_and_the_data_stays(platform: dict[str, str]) -> None:
    pids = [state["pid"] for state in _states(platform).values()]
    pids.append(supervisor.call(Path(platform["RUN_DIR"]), "getPID"))
    down = subprocess.Popen([sys.executable, "-c", NARROWED, "down"], env=platform)
    soon(lambda: not all(state["healthy"] for state in _states(platform).values()), within=15)
    assert down.wait(15) == 0
    assert not [pid for pid in pids if _is_alive(pid)]
    after = _states(platform)
    assert not any(state["healthy"] or state["pid"] for state in after.values())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_however_it_ends_no_process_is_left(
    environment: dict[str, str], number: signal.Signals
) -> None:
    foreground = subprocess.Popen(
        [sys.executable, "-c", NARROWED, "up"], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert foreground.stdout
    assert "ready\n" in iter(foreground.stdout.readline, "")
    pids = [state["pid"] for state in _states(environment).values()]
    foreground.send_signal(number)
    foreground.wait(15)
    foreground.stdout.close()
    soon(lambda: not [pid for pid in pids if _is_alive(pid)], within=15)


def test_a_process_that_never_wrote_its_row_is_not_healthy(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    states = status.collect(running.current())
    assert not [state.name for state in states if state.healthy]


def test_outside_servers_are_set_up_and_used(
    clean_mongo: MongoServer, kafka: KafkaBroker, run_dir: Path, tmp_path: Path
) -> None:
    """With the passwords of the test servers, which other tests use as well."""
    (tmp_path / "seeded").touch()
    (tmp_path / "secrets.json").write_text((run_dir / "secrets.json").read_text())
    outside = {
        **os.environ,
        "RUN_DIR": str(tmp_path),
        "MONGO_URL": clean_mongo.url("admin"),
        "KAFKA_BOOTSTRAP": kafka.bootstrap,
        "KAFKA_ADMIN_USER": "admin",
        "KAFKA_ADMIN_PASSWORD": kafka.passwords["admin"],
        "PORT_PROVIDER": str(free_ports(1)[0]),
        "PORT_PROVIDER_SMTP": str(free_ports(1)[0]),
    }
    try:
        started = throughline(outside, "up", "--detach")
        assert "ready" in started.stdout.splitlines(), started.stdout + started.stderr
        states = _states(outside)
        assert states["kafka"]["pid"] is None
        assert states["kafka"]["address"] == kafka.bootstrap
        assert states["intake-relay"]["healthy"]
    finally:
        throughline(outside, "down")

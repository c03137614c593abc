"""The whole platform, started as a person would, on free ports and in a folder of its own."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy import supervisor, topology
from deploy.embedded import free_ports

ENDS_WITHIN_SECONDS = 15


@dataclass(frozen=True)
class Platform:
    """A running platform: its environment, and where to look."""

    environment: dict[str, str]

    @property
    def run_dir(self) -> Path:
        return Path(self.environment["RUN_DIR"])

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.environment[f'PORT_{name.upper()}']}"

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """One `throughline` command against it."""
        return subprocess.run(
            [sys.executable, "-m", "deploy.cli", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=400,
            check=False,
        )

    def login(self, role: str) -> tuple[str, str]:
        """E-mail and password of the demo login with this role."""
        for line in (self.run_dir / "demo-logins").read_text().splitlines():
            kept, email, password = line.split()
            if kept == role:
                return email, password
        raise LookupError(role)


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    names = [f"PORT_{name.upper().replace('-', '_')}" for name in topology.PORTS]
    ports = dict(zip(names, map(str, free_ports(len(names))), strict=True))
    place = {"RUN_DIR": str(tmp_path_factory.mktemp("whole")), "DEMO_PEOPLE": "3"}
    running = Platform({**os.environ, **ports, **place})
    started = running.run("up", "--detach")
    assert "ready" in started.stdout.splitlines(), started.stdout + started.stderr
    yield running
    pids = [state["pid"] for state in supervisor.call(running.run_dir, "getAllProcessInfo")]
    began = time.monotonic()
    assert running.run("down").returncode == 0
    assert time.monotonic() - began < ENDS_WITHIN_SECONDS
    assert not [pid for pid in pids if pid and Path(f"/proc/{pid}").exists()]

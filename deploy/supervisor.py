"""The process manager: writes its configuration, starts it, and speaks to it over its socket."""

import contextlib
import hashlib
import http.client
import json
import os
import shlex
import socket
import subprocess
import sys
import tempfile
import time
import xmlrpc.client
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy import environment, kafka, mongodb, topology
from deploy.keys import write_private
from deploy.launch import end_with_parent
from deploy.paths import ROOT
from deploy.running import Platform

GROUND = "ground"
SERVICES = "services"
SHUTDOWN_STATE = 6  # how it refuses every question while it ends
STOP_SECONDS = {GROUND: 4, SERVICES: 8}
LONGEST_SOCKET_PATH = 100  # the system's limit is 108

HEAD = """\
[supervisord]
nodaemon=true
identifier=throughline
logfile={logs}/supervisord.log
logfile_maxbytes=5MB
logfile_backups=1
pidfile={run_dir}/supervisord.pid
[unix_http_server]
file={socket}
chmod=0700
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
"""

PROGRAM = """\
[program:{name}]
command={python} -m deploy.launch {file}
directory={root}
autostart=false
autorestart=true
startsecs=1
startretries=1000
stopwaitsecs={stop_seconds}
stopasgroup=true
killasgroup=true
redirect_stderr=true
stdout_logfile={logs}/{name}.log
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=1
"""


class NotRunning(Exception):
    """There is no process manager to speak to."""


class Stopping(NotRunning):
    """It is on its way out and answers no questions any more."""


class StillRunning(Exception):
    """The process manager did not end in time and was killed."""


@dataclass(frozen=True)
class Program:
    name: str
    group: str
    command: list[str]
    environment: dict[str, str]


def programs(platform: Platform) -> list[Program]:
    """Kafka and MongoDB where they are ours, then every process of the topology."""
    found = []
    ports = platform.deployment.ports
    basic = _basic_environment()
    if platform.own_mongo:
        command = mongodb.prepare(platform.run_dir, platform.keys, port=ports["mongodb"])
        found.append(Program("mongodb", GROUND, command, basic))
    if platform.own_kafka:
        command = kafka.prepare(
            platform.run_dir,
            platform.keys,
            port=ports["kafka"],
            controller_port=ports["kafka-controller"],
        )
        found.append(Program("kafka", GROUND, command, basic))
    for process in topology.processes(ports):
        told = {**basic, **environment.of(process, platform.deployment)}
        found.append(Program(process.name, SERVICES, list(process.command), told))
    return found


def _basic_environment() -> dict[str, str]:
    binaries = Path(sys.executable).parent
    return {
        "PATH": f"{binaries}:{os.environ.get('PATH', os.defpath)}",
        "HOME": os.environ.get("HOME", "/"),
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": str(ROOT / "deploy" / "lean"),
    }


def configure(platform: Platform) -> None:
    """Write what the process manager and each of its programs are told."""
    folder = platform.run_dir
    logs = folder / "logs"
    logs.mkdir(parents=True, exist_ok=True, mode=0o700)
    text = HEAD.format(run_dir=folder, logs=logs, socket=socket_path(folder))
    known = programs(platform)
    for program in known:
        file = folder / "programs" / f"{program.name}.json"
        told = {"command": program.command, "environment": program.environment}
        write_private(file, json.dumps(told, indent=1))
        text += PROGRAM.format(
            name=program.name,
            python=shlex.quote(sys.executable),
            file=shlex.quote(str(file)),
            root=ROOT,
            stop_seconds=STOP_SECONDS[program.group],
            logs=logs,
        )
    for number, group in enumerate((GROUND, SERVICES), start=1):
        members = [program.name for program in known if program.group == group]
        if members:
            # the highest number stops first
            text += f"[group:{group}]\nprograms={','.join(members)}\npriority={number}\n"
    write_private(folder / "supervisord.conf", text)


def socket_path(folder: Path) -> Path:
    path = folder / "supervisor.sock"
    if len(str(path)) <= LONGEST_SOCKET_PATH:
        return path
    name = hashlib.sha256(str(folder).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"throughline-{name}.sock"


def start(folder: Path, *, detached: bool) -> subprocess.Popen[bytes]:
    """Start the process manager; unless detached it ends with this process, however that ends."""
    command = [sys.executable, "-W", "ignore", "-m", "supervisor.supervisord"]
    with (folder / "logs" / "supervisord.out").open("ab") as output:
        manager = subprocess.Popen(
            [*command, "-c", str(folder / "supervisord.conf")],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=None if detached else end_with_parent,  # noqa: PLW1509
        )
    ends = time.monotonic() + 10
    while not is_running(folder):
        if manager.poll() is not None or time.monotonic() > ends:
            raise NotRunning(f"the process manager did not start; see {output.name}")
        time.sleep(0.05)
    return manager


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=20)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


class _Transport(xmlrpc.client.Transport):
    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def make_connection(self, host: object) -> http.client.HTTPConnection:
        return _Connection(self._path)


def call(folder: Path, method: str, *arguments: object) -> Any:
    """One question to the process manager."""
    proxy = xmlrpc.client.ServerProxy("http://localhost", _Transport(socket_path(folder)))
    try:
        return getattr(proxy.supervisor, method)(*arguments)
    except xmlrpc.client.Fault as fault:
        if fault.faultCode == SHUTDOWN_STATE:
            raise Stopping(str(folder)) from fault
        raise
    except (OSError, http.client.HTTPException) as error:
        raise NotRunning(str(folder)) from error


def is_running(folder: Path) -> bool:
    try:
        call(folder, "getState")
    except Stopping:
        return True
    except NotRunning:
        return False
    return True


def states(folder: Path) -> dict[str, dict[str, Any]]:
    """Program name → what the process manager knows of it."""
    return {known["name"]: known for known in call(folder, "getAllProcessInfo")}


def stop(folder: Path, *, within: float = 14) -> None:
    """End everything, services first; returns when no process is left."""
    manager = _pid(folder)
    children: list[int] = []
    try:
        children = [known["pid"] for known in states(folder).values() if known["pid"]]
        call(folder, "shutdown")
    except Stopping:
        pass  # somebody else has asked already
    ends = time.monotonic() + within
    while time.monotonic() < ends:
        if not _alive(manager):
            return
        time.sleep(0.05)
    for pid in (manager, *children):
        _kill(pid)
    raise StillRunning


def _pid(folder: Path) -> int:
    try:
        return int((folder / "supervisord.pid").read_text())
    except FileNotFoundError as error:
        raise NotRunning(str(folder)) from error


def _alive(pid: int) -> bool:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)  # it may be our own child, and then a zombie
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _kill(pid: int) -> None:
    try:
        os.kill(pid, 9)
    except ProcessLookupError:
        return

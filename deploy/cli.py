"""The command line `throughline`: run the platform on this machine and look after it."""

import asyncio
import importlib
import inspect
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from pymongo import MongoClient
from rich.console import Console
from rich.table import Table

from deploy import broker, environment, running, starting, status, supervisor, topology
from deploy.running import Platform
from shared.contracts.refusal import Refused

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)
imports = typer.Typer(no_args_is_help=True, help="Bring in data from files.")
staff = typer.Typer(no_args_is_help=True, help="Staff accounts.")
app.add_typer(imports, name="import")
app.add_typer(staff, name="staff")

# in a file or a pipe there is no screen whose width would cut anything off
console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 160)


@app.command()
def up(
    detach: Annotated[bool, typer.Option("--detach", help="Leave it running.")] = False,
) -> None:
    """Start everything; stays until Ctrl-C, which ends everything."""
    platform = running.current()
    if supervisor.is_running(platform.run_dir):
        console.print("already running; `throughline down` ends it")
        _welcome(platform)
        return
    starting.stop_on_signals()
    try:
        _start(platform, detach=detach)
        if not detach:
            starting.stay(platform)
            console.print(f"the process manager has ended; see {platform.run_dir / 'logs'}")
            raise typer.Exit(1)
    except KeyboardInterrupt:
        console.print("stopping")
        _end(platform)


def _start(platform: Platform, *, detach: bool) -> None:
    try:
        starting.start(platform, console.print, detached=detach)
    except (starting.NotHealthy, starting.SeedFailed) as error:
        console.print(f"did not start: {error}")
        console.print(f"logs: {platform.run_dir / 'logs'}")
        raise typer.Exit(1) from None
    console.print("ready")
    _welcome(platform)


def _welcome(platform: Platform) -> None:
    for name, address in starting.addresses(platform.deployment):
        console.print(f"  {name:<15} {address}")
    logins = starting.new_demo_logins(platform)
    if logins:
        console.print("demo logins, shown once:")
        console.print(logins.rstrip(), markup=False)


@app.command()
def down() -> None:
    """End what `up --detach` left running."""
    platform = running.current()
    if supervisor.is_running(platform.run_dir):
        _end(platform)
    else:
        console.print("not running")


def _end(platform: Platform) -> None:
    try:
        starting.stop(platform)
    except supervisor.NotRunning:
        return
    except supervisor.StillRunning:
        console.print("some processes did not end in time and were killed")
        raise typer.Exit(1) from None


@app.command("status")
def show_status(
    as_json: Annotated[bool, typer.Option("--json", help="As a list for programs.")] = False,
) -> None:
    """How each process is; the exit code is 0 only when all are healthy."""
    states = status.collect(running.current())
    if as_json:
        print(json.dumps([asdict(state) for state in states], indent=1))
    else:
        table = Table("process", "kind", "pid", "address", "healthy", "lag (s)", box=None)
        for state in states:
            lag = "" if state.lag_seconds is None else f"{state.lag_seconds:.1f}"
            healthy = "yes" if state.healthy else "[red]no[/red]"
            pid, address = str(state.pid or ""), state.address or ""
            table.add_row(state.name, state.kind, pid, address, healthy, lag)
        console.print(table)
    if not all(state.healthy for state in states):
        raise typer.Exit(1)


@app.command()
def demo(
    patient: Annotated[bool, typer.Option("--patient", help="Late is as good as quick.")] = False,
) -> None:
    """Play one person's whole story against the running platform."""
    _answer(importlib.import_module("deploy.demo").main(patient=patient))


@app.command()
def topics() -> None:
    """Each topic, and how much of it each listener has not read yet."""
    with broker.administrator(running.current()) as admin:
        found = broker.readings(admin)
    table = Table("topic", "events", "listener", "unread", box=None)
    for each in found:
        table.add_row(each.topic, str(each.events), each.listener, str(each.unread))
    console.print(table)


@app.command()
def parked() -> None:
    """Events that wait or were set aside; retry and discard are on the operations page."""
    platform = running.current()
    table = Table("service", "event", "type", "state", "reason", "tries", "since", box=None)
    with MongoClient[dict[str, Any]](platform.admin_mongo_url, tz_aware=True) as admin:
        for service in topology.SERVICES:
            for entry in admin[service]["waiting"].find().sort("since", 1):
                state = "parked" if entry["parked"] else "waiting"
                event, kind = entry["event_id"] or entry["_id"], entry["type"] or ""
                tries, since = str(entry["tries"]), entry["since"].isoformat(timespec="seconds")
                table.add_row(service, event, kind, state, entry["reason"], tries, since)
    console.print(table if table.row_count else "nothing waits and nothing is parked")


@app.command()
def replay(service: Annotated[str, typer.Argument(help="Whose listener.")]) -> None:
    """Let a listener read its topics from the start; what it handled has no second effect."""
    if service not in topology.SERVICES:
        raise typer.BadParameter(f"one of {', '.join(topology.SERVICES)}")
    broker.replay(running.current(), service)


@imports.command("directory")
def import_directory(
    path: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="HSDS as CSV tables.")],
) -> None:
    """Bring a directory of organizations and services; a second time changes nothing."""
    _become("referrals-web")
    _answer(importlib.import_module("services.referrals.directory_import").main(path))


@staff.command("add")
def add_staff(
    email: str,
    name: Annotated[str, typer.Option(help="As colleagues know this person.")],
    role: Annotated[list[str], typer.Option(help="May be given several times.")],
    site: Annotated[list[str], typer.Option(help="May be given several times.")],
) -> None:
    """Make a staff account; its first password is printed once."""
    _become("dashboard-web")
    add = importlib.import_module("services.dashboard.staff_cli").add
    try:
        staff_id, password = add(email=email, name=name, roles=role, sites=site)
    except Refused as refusal:
        console.print(f"refused: {refusal.code}")
        raise typer.Exit(1) from None
    console.print(f"{staff_id}  first password: {password}", markup=False)


def _become(name: str) -> None:
    """Take the place of one process: its environment, and so its rights and no others."""
    deployment = running.current().deployment
    [process] = [p for p in topology.processes(deployment.ports) if p.name == name]
    os.environ.update(environment.of(process, deployment) | {"PROCESS": f"{name}-command"})


def _answer(result: Any) -> None:
    if inspect.iscoroutine(result):
        result = asyncio.run(result)
    if result:
        raise typer.Exit(int(result))


def main() -> None:
    app()


if __name__ == "__main__":
    main()

"""Bring a directory export (HSDS as CSV tables in the Ohana form) from a folder, at a terminal."""

import asyncio
import csv
from collections.abc import Iterable
from pathlib import Path

from pymongo.errors import ConnectionFailure
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from services.referrals.directory import load, tables
from services.referrals.directory.load import Import, Report
from services.referrals.directory.rows import Known
from services.referrals.directory.store import Counts
from services.referrals.directory.tables import Export, Finding
from services.referrals.directory.words import plain
from services.referrals.settings import Settings
from shared.runtime import opened
from shared.unit import Unavailable

DONE, DATABASE_AWAY, NOT_AN_EXPORT = 0, 1, 2
SHOWN = 50
KILOBYTE = 1024

console = Console(highlight=False, soft_wrap=True)


def main(path: Path, source: str | None = None) -> int:
    """The exit code: 0 when it went through, refused rows or not. ``source`` keeps the ids of
    different exports apart; by default it is the folder's name."""
    try:
        export = tables.opened(path)
    except tables.NotAnExport as error:
        console.print(f"not a directory export: {error}", markup=False)
        return NOT_AN_EXPORT
    name = plain(source or path.resolve().name).replace(" ", "_")[:60] or "directory"
    settings = Settings.read()
    try:
        report = asyncio.run(_bring(settings, export, name))
    except (ConnectionFailure, Unavailable):
        console.print("the database does not answer; run this again when it does")
        return DATABASE_AWAY
    kept = _write_down(report, Path(settings.run_dir), name)
    _tell(report, export, kept)
    return DONE


async def _bring(settings: Settings, export: Export, source: str) -> Report:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TextColumn("KB"), TimeElapsedColumn(), console=console) as progress:
        bars = {
            table: progress.add_task(table, total=-(-export.size(table) // KILOBYTE))
            for table in load.READ
            if table in export.tables
        }

        def progressed(table: str, bytes_read: int) -> None:
            if table in bars:
                progress.update(bars[table], completed=-(-bytes_read // KILOBYTE))

        going = Import(export, Known(source), Report(), progressed)
        async with opened(settings) as runtime:
            await load.load(runtime.database, going)
            await load.record(runtime.database, going, runtime.clock)
    return going.report


def _write_down(report: Report, folder: Path, source: str) -> Path | None:
    """All findings of this run as a table; none, no file."""
    path = folder / f"directory-{source}-findings.csv"
    if not report.refused and not report.remarks:
        path.unlink(missing_ok=True)
        return None
    folder.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("outcome", "table", "row", "field", "reason"))
        writer.writerows(_lines("left out", report.refused))
        writer.writerows(_lines("kept", report.remarks))
    return path


def _lines(outcome: str, findings: Iterable[Finding]) -> Iterable[tuple[str, str, int, str, str]]:
    return ((outcome, each.table, each.row, each.field, each.reason) for each in findings)


def _tell(report: Report, export: Export, kept: Path | None) -> None:
    table = Table(
        *("table", "rows", "new", "changed", "unchanged", "no longer listed", "left out"), box=None
    )
    for name, rows in report.rows.items():
        if name in export.tables:
            table.add_row(name, *(str(number) for number in _numbers(report, name, rows)))
    console.print(table)
    unread = sorted(export.tables - set(load.READ))
    if unread:
        console.print(f"not read: {', '.join(unread)}", markup=False)
    for each in report.refused[:SHOWN]:
        what = f"{each.field}: {each.reason}" if each.field else each.reason
        console.print(f"left out: {each.table} row {each.row}, {what}", markup=False)
    if len(report.refused) > SHOWN:
        console.print(f"and {len(report.refused) - SHOWN} more")
    if report.remarks:
        console.print(f"kept with a remark: {len(report.remarks)}")
    if kept:
        console.print(f"all of it: {kept}", markup=False)


def _numbers(report: Report, table: str, rows: int) -> tuple[int | str, ...]:
    refused = sum(each.table == table for each in report.refused)
    if table not in load.KEPT:
        return rows, "", "", "", "", refused
    counts = report.counts.get(table, Counts())
    return rows, counts.added, counts.changed, counts.unchanged, counts.withdrawn, refused

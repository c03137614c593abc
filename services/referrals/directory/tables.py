"""The tables of an export, read row by row."""

import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from services.referrals.directory.cells import Unreadable, clean

SUFFIX = ".csv"
# Without these columns a table of this name is something else.
NEEDED = {
    "organizations": ("id", "name"),
    "locations": ("id", "organization_id", "name"),
    "services": ("id", "name"),
}
LONGEST_CELL = 20_000
_ID = re.compile(r"[A-Za-z0-9._-]{1,80}")

T = TypeVar("T")


class NotAnExport(Exception):
    """The folder lacks the tables of a directory export."""


class RowRefused(Exception):
    """The row is left out; ``field`` and the text say what is wrong with it."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something to tell about one row. ``row`` counts as a spreadsheet does: the header is 1."""

    table: str
    row: int
    field: str
    reason: str


@dataclass(kw_only=True)
class Row:
    """One row; what is doubtful but acceptable is remarked on while its cells are read."""

    table: str
    number: int
    cells: dict[str, str]
    bytes_read: int
    remarks: list[Finding] = field(default_factory=list)

    def text(self, name: str) -> str:
        return self.cells.get(name, "")

    def required(self, name: str) -> str:
        if not self.text(name):
            raise RowRefused(name, "is missing")
        return self.text(name)

    def id(self, name: str = "id") -> str:
        if not _ID.fullmatch(self.required(name)):
            raise RowRefused(name, "is not an id of letters, digits, dots and dashes")
        return self.text(name)

    def read(self, name: str, reader: Callable[[str], T]) -> T:
        """A cell that must be readable, or the row is refused."""
        try:
            return reader(self.required(name))
        except Unreadable as error:
            raise RowRefused(name, str(error)) from error

    def try_read(self, name: str, reader: Callable[[str], T]) -> T | None:
        """A cell that may be empty; an unreadable one is left out and remarked on."""
        if not self.text(name):
            return None
        try:
            return reader(self.text(name))
        except Unreadable as error:
            self.remark(name, f"{error}; left out")
            return None

    def remark(self, name: str, reason: str) -> None:
        self.remarks.append(Finding(table=self.table, row=self.number, field=name, reason=reason))


@dataclass(frozen=True)
class Export:
    folder: Path
    tables: frozenset[str]

    def size(self, table: str) -> int:
        return self._path(table).stat().st_size if table in self.tables else 0

    def rows(self, table: str) -> Iterator[Row | Finding]:
        """The rows of a table that is there; a row out of shape comes as a finding."""
        if table not in self.tables:
            return
        # bytes that are no UTF-8 come through and are repaired cell by cell
        with self._path(table).open("rb") as raw, _text(raw) as lines:
            reader = csv.reader(lines)
            header = [clean(name).lower() for name in next(reader, [])]
            number = 1
            try:
                for number, cells in enumerate(reader, 2):
                    if cells:
                        yield _row(table, number, header, cells, raw.tell())
            except csv.Error:
                yield Finding(
                    table=table,
                    row=number + 1,
                    field="",
                    reason="the rest of the table cannot be read; a quotation mark may be open",
                )

    def _path(self, table: str) -> Path:
        return self.folder / f"{table}{SUFFIX}"


def opened(folder: Path) -> Export:
    """Raises NotAnExport, saying what is missing."""
    if not folder.is_dir():
        raise NotAnExport("this is not a folder")
    export = Export(folder, frozenset(path.stem for path in folder.glob(f"*{SUFFIX}")))
    for table, columns in NEEDED.items():
        if table not in export.tables:
            raise NotAnExport(f"there is no {table}{SUFFIX}")
        lacking = set(columns) - set(_header(export.folder / f"{table}{SUFFIX}"))
        if lacking:
            raise NotAnExport(f"{table}{SUFFIX} has no column {', '.join(sorted(lacking))}")
    return export


def _text(raw: io.BufferedReader) -> io.TextIOWrapper:
    return io.TextIOWrapper(raw, "utf-8-sig", errors="surrogateescape", newline="")


def _header(path: Path) -> list[str]:
    with path.open("rb") as raw, _text(raw) as lines:
        try:
            return [clean(name).lower() for name in next(csv.reader(lines), [])]
        except csv.Error:
            return []


def _row(
    table: str, number: int, header: list[str], cells: list[str], bytes_read: int
) -> Row | Finding:
    if len(cells) != len(header):
        reason = f"has {len(cells)} cells where the header has {len(header)}"
        return Finding(table=table, row=number, field="", reason=reason)
    named = dict(zip(header, (clean(cell) for cell in cells), strict=True))
    for name, cell in named.items():
        if len(cell) > LONGEST_CELL:
            reason = f"is longer than {LONGEST_CELL} characters"
            return Finding(table=table, row=number, field=name, reason=reason)
    return Row(table=table, number=number, cells=named, bytes_read=bytes_read)

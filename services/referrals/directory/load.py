"""One import: every table in the order in which they refer to each other, in batches."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from services.referrals.directory import rows, store
from services.referrals.directory.domain import Kind, Place
from services.referrals.directory.rows import Known
from services.referrals.directory.store import Counts
from services.referrals.directory.tables import Export, Finding, Row, RowRefused
from shared.clock import Clock
from shared.journal import Actor, Database, Document, once
from shared.unit import Unit, run

BATCH = 500
# Postal addresses stay out: nothing here is mailed, and they carry people's names.
READ = (
    *("organizations", "addresses", "regular_schedules", "holiday_schedules"),
    *("locations", "services", "contacts", "phones"),
)
# What becomes documents, and where.
KEPT: dict[str, tuple[Kind, str]] = {
    "organizations": ("org", store.ORGANIZATIONS),
    "locations": ("loc", store.LOCATIONS),
    "services": ("svc", store.SERVICES),
    "phones": ("tel", store.PHONES),
}
ACTOR = Actor(kind="system", id="import-directory")

T = TypeVar("T")


@dataclass
class Report:
    """What came of it: by table, and by row where something was wrong or doubtful."""

    counts: dict[str, Counts] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    refused: list[Finding] = field(default_factory=list)
    remarks: list[Finding] = field(default_factory=list)

    def count(self, table: str, counts: Counts) -> None:
        self.counts[table] = self.counts.get(table, Counts()) + counts


@dataclass
class Import:
    """An import on its way. ``progressed`` hears how many bytes of which table are read."""

    export: Export
    known: Known
    report: Report
    progressed: Callable[[str, int], None]
    seen: dict[str, set[str]] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    claims: list[tuple[str, Finding]] = field(default_factory=list)
    """Rows that speak of a place or service that is only read later."""

    def values(self, table: str, read: Callable[[Row, Known], T]) -> Iterator[T]:
        """What the rows stand for; refused ones go to the report."""
        self.report.rows[table] = 0
        for row in self.export.rows(table):
            self.report.rows[table] += 1
            if isinstance(row, Finding):
                self._refuse_unread(row)
                continue
            self.progressed(table, row.bytes_read)
            try:
                self._note_id(row)
                value = read(row, self.known)
            except RowRefused as refusal:
                self.report.refused.append(_finding(row, refusal.field, refusal.reason))
                continue
            self.report.remarks.extend(row.remarks)
            yield value
        self.progressed(table, self.export.size(table))

    def _refuse_unread(self, finding: Finding) -> None:
        """Without this row's id, nothing of its table may be taken for no longer listed."""
        self.report.refused.append(finding)
        self.broken.add(finding.table)

    def _note_id(self, row: Row) -> None:
        seen = self.seen.setdefault(row.table, set())
        if row.id() in seen:
            raise RowRefused("id", "appears a second time; the first row was taken")
        seen.add(row.id())

    def claim(self, row: Row, column: str, owner: str) -> None:
        reason = "names something that is not in this export, or whose row was left out"
        self.claims.append((owner, _finding(row, column, reason)))


async def load(database: Database, going: Import) -> None:
    """Bring all tables, then hide what the source no longer lists."""
    known, source = going.known, going.known.source
    for found in _batches(going.values("organizations", rows.organization)):
        known.organizations.update((each.id, each.name) for each in found)
        await _put(database, going, "organizations", [store.organization(source, e) for e in found])
    _gather(going)
    for places in _batches(going.values("locations", rows.location)):
        known.places.update(
            (
                p.id,
                Place(id=p.id, organization_id=p.organization_id, name=p.name, address=p.address),
            )
            for p in places
        )
        await _put(database, going, "locations", [store.location(source, each) for each in places])
    for services in _batches(going.values("services", rows.service)):
        known.services.update(each.id for each in services)
        await _put(database, going, "services", [store.service(source, e) for e in services])
    known.contacts.update(going.values("contacts", rows.contact))
    for phones in _batches(going.values("phones", rows.phone)):
        await _put(database, going, "phones", [store.phone(source, each) for each in phones])
    _refuse_ownerless(going)
    await _withdraw(database, going)


def _gather(going: Import) -> None:
    """Addresses and hours, kept by what they belong to until that is read."""
    known = going.known

    def address(row: Row, _: Known) -> None:
        owner, found = rows.address(row, known)
        if owner in known.addresses:
            raise RowRefused("location_id", "has an address already; the first row was taken")
        known.addresses[owner] = found
        going.claim(row, "location_id", owner)

    def hours(row: Row, _: Known) -> None:
        owner, found = rows.hours(row, known)
        known.hours.setdefault(owner, []).append(found)
        going.claim(row, "location_id", owner)

    def holiday(row: Row, _: Known) -> None:
        owner, found = rows.holiday(row, known)
        known.holidays.setdefault(owner, []).append(found)
        going.claim(row, "location_id", owner)

    for table, read in (
        ("addresses", address),
        ("regular_schedules", hours),
        ("holiday_schedules", holiday),
    ):
        for _ in going.values(table, read):
            pass


def _refuse_ownerless(going: Import) -> None:
    there = going.known.places.keys() | going.known.services
    going.report.refused.extend(finding for owner, finding in going.claims if owner not in there)


async def _put(database: Database, going: Import, table: str, documents: list[Document]) -> None:
    going.report.count(table, await store.put(database, KEPT[table][1], documents))


async def _withdraw(database: Database, going: Import) -> None:
    for table, (kind, collection) in KEPT.items():
        if table in going.export.tables and table not in going.broken:
            seen = (going.known.key(kind, id) for id in going.seen.get(table, ()))
            counts = await store.withdraw(database, collection, going.known.source, seen)
            going.report.count(table, counts)


async def record(database: Database, going: Import, clock: Clock) -> None:
    """One journal row for the run: who, when, and how much of what."""
    report, source = going.report, going.known.source

    async def work(unit: Unit) -> None:
        counts = {table: vars(each) for table, each in report.counts.items()}
        unit.note(imported={"rows": report.rows, "counts": counts, "refused": len(report.refused)})

    await run(database, work, once(ACTOR, "import-directory", clock.now(), f"directory:{source}"))


def _finding(row: Row, column: str, reason: str) -> Finding:
    return Finding(table=row.table, row=row.number, field=column, reason=reason)


def _batches(values: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(values)
    while batch := list(islice(rest, BATCH)):
        yield batch

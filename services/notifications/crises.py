"""A crisis: open until a person takes it, paged again until then, closed with a note (R3.9)."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.contracts import Refused
from shared.contracts.notifications import CrisisAcknowledged, CrisisClosed, CrisisOpened
from shared.events import Event

OPEN, ACKNOWLEDGED, CLOSED = "open", "acknowledged", "closed"

PAGES_AT = (timedelta(0), timedelta(minutes=5), timedelta(minutes=10), timedelta(minutes=15))
NO_SURVEYS = timedelta(hours=24)


class CrisisEnded(Refused):
    """This is closed already."""

    code = "CRISIS_CLOSED"


class NotAcknowledged(Refused):
    """Say that you have it before you close it."""

    code = "NOT_ACKNOWLEDGED"
    final = False


@dataclass(frozen=True, kw_only=True)
class Crisis:
    """``text_ids`` are the texts that came while nobody had taken it yet; ``address`` is the
    digest of the number they came from."""

    id: str
    client_id: str | None
    source: str
    address: str | None
    opened_at: datetime
    text_ids: tuple[str, ...] = ()
    state: str = OPEN
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None
    closed_by: str | None = None
    closed_at: datetime | None = None
    note: bytes | None = None
    note_key: str | None = None
    version: int = 0

    @property
    def thread_key(self) -> str:
        return self.client_id or self.id


def open_by_text(
    crisis_id: str, *, client_id: str | None, text_id: str, address: str, at: datetime
) -> tuple[Crisis, list[Event]]:
    crisis = Crisis(
        id=crisis_id,
        client_id=client_id,
        source="text",
        address=address,
        opened_at=at,
        text_ids=(text_id,),
    )
    opened = CrisisOpened(
        thread_key=crisis.thread_key,
        crisis_id=crisis.id,
        client_id=client_id,
        source=crisis.source,
        at=at,
        page_next_at=at + PAGES_AT[1],
    )
    return crisis, [opened]


def add_text(crisis: Crisis, text_id: str) -> Crisis:
    """One more text while nobody has it yet: the same alarm, not a second one."""
    return replace(crisis, text_ids=(*crisis.text_ids, text_id))


def acknowledge(crisis: Crisis, *, by: str, at: datetime) -> tuple[Crisis, list[Event]]:
    """The first to say so has it; saying it again changes nothing."""
    if crisis.state == CLOSED:
        raise CrisisEnded
    if crisis.state == ACKNOWLEDGED:
        return crisis, []
    taken = replace(crisis, state=ACKNOWLEDGED, acknowledged_by=by, acknowledged_at=at)
    return taken, [
        CrisisAcknowledged(thread_key=crisis.thread_key, crisis_id=crisis.id, staff_id=by, at=at)
    ]


def close(
    crisis: Crisis, *, by: str, note: bytes, note_key: str, at: datetime
) -> tuple[Crisis, list[Event]]:
    if crisis.state == CLOSED:
        raise CrisisEnded
    if crisis.state == OPEN:
        raise NotAcknowledged
    closed = replace(crisis, state=CLOSED, closed_by=by, closed_at=at, note=note, note_key=note_key)
    return closed, [
        CrisisClosed(thread_key=crisis.thread_key, crisis_id=crisis.id, staff_id=by, at=at)
    ]

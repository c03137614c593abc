"""The rows of My day: how one changes, and how they are ranked.

A row says why it is here and what comes next; both are codes here, words in ``rowviews.py``.
Which facts open and end a row is in ``reasons.py``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

CRISIS = "crisis"
KINDS = (
    CRISIS,
    "risk",
    "unreachable",
    "text",
    "unattributed",
    "help",
    "missed",
    "message-failed",
    "message-unclear",
    "referral-blocked",
    "referral-overdue",
    "referral-rejected",
    "consent-expiring",
    "submission",
    "task",
    "seal",
    "held",
)
RANKS = {"crisis": 0, "very-high": 1, "high": 2, "elevated": 3, "unknown": 3}
LAST_RANK = 4


@dataclass(frozen=True, kw_only=True)
class Row:
    """``appears_at`` lies in the future for what is known but not yet due to be shown."""

    id: str
    kind: str
    client_id: str | None = None
    about_id: str
    params: Mapping[str, Any] = field(default_factory=dict)
    act_by: datetime | None = None
    appears_at: datetime
    opened_at: datetime
    state: str = "open"
    snoozed_until: datetime | None = None
    level: str | None = None
    rank: int = LAST_RANK
    applied: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Opened:
    """This row is there from now on, or again; done and snoozed before means nothing now."""

    id: str
    kind: str
    about_id: str
    at: datetime
    params: Mapping[str, Any] = field(default_factory=dict)
    act_by: datetime | None = None
    appears_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Amended:
    """The row stays as it is, and says more."""

    id: str
    params: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Closed:
    id: str


@dataclass(frozen=True, kw_only=True)
class ClosedLike:
    """Every row of this client and kind whose params contain these."""

    kind: str
    params: Mapping[str, Any]


Change = Opened | Amended | Closed | ClosedLike


def change(
    row: Row | None,
    what: Opened | Amended | Closed,
    *,
    service: str,
    sequence: int,
    client_id: str | None = None,
    level: str | None = None,
) -> Row | None:
    """The row after one change; None when there is nothing to keep.

    A close that comes before its opening (urgent facts overtake) leaves a closed row, so that
    the late opening finds it and stays shut.
    """
    if row and sequence <= row.applied.get(service, 0):
        return row
    if isinstance(what, Opened):
        opened = _opened(what, client_id, level)
        return replace(opened, applied={**(row.applied if row else {}), service: sequence})
    if row is None:
        return _tombstone(what, service, sequence, client_id)
    applied = {**row.applied, service: sequence}
    if isinstance(what, Closed):
        return replace(row, state="done", snoozed_until=None, applied=applied)
    return replace(row, params={**row.params, **what.params}, applied=applied)


def _opened(what: Opened, client_id: str | None, level: str | None) -> Row:
    return Row(
        id=what.id,
        kind=what.kind,
        client_id=client_id,
        about_id=what.about_id,
        params=dict(what.params),
        act_by=what.act_by,
        appears_at=what.appears_at or what.at,
        opened_at=what.at,
        level=level,
        rank=rank_of(what.kind, level),
    )


def _tombstone(
    what: Amended | Closed, service: str, sequence: int, client_id: str | None
) -> Row | None:
    if isinstance(what, Amended):
        return None
    never = datetime.max.replace(tzinfo=UTC, microsecond=0)
    return Row(
        id=what.id,
        kind=what.id.split("/")[0],
        client_id=client_id,
        about_id=what.id.split("/", 1)[1],
        appears_at=never,
        opened_at=never,
        state="done",
        applied={service: sequence},
    )


def rank_of(kind: str, level: str | None) -> int:
    """Crisis first, then the client's level (unknown with elevated); deadlines come after."""
    if kind in (CRISIS, "seal"):
        return RANKS["crisis"]
    if kind == "unattributed":  # it may be anybody: read it as if it were somebody we worry about
        return RANKS["unknown"]
    return RANKS.get(level or "", LAST_RANK)

"""One line of the client list, folded from every service's facts about that client.

Topics of different services arrive in any order, and urgent facts out of turn: so nothing here
depends on which of two services spoke first, and each family of facts of one service remembers
the last ``sequence`` it took.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from shared.contracts import aftercare, dashboard, intake, notifications
from shared.events import Event

LEVELS = ("very-high", "high", "elevated", "unknown", "routine")


@dataclass(frozen=True, kw_only=True)
class Point:
    """A number or address by id; once removed it never comes back."""

    channel: str = ""
    verified: bool = False
    opted_out: bool = False
    removed: bool = False

    @property
    def usable(self) -> bool:
        return self.verified and not self.opted_out and not self.removed


@dataclass(frozen=True, kw_only=True)
class Client:
    id: str
    code: str = ""
    site_id: str | None = None
    registered_at: datetime | None = None
    counselor_id: str | None = None
    level: str | None = None
    level_since: datetime | None = None
    act_by: datetime | None = None
    phase: str | None = None
    discharged_on: date | None = None
    last_contact_at: datetime | None = None
    next_on: date | None = None
    misses: int = 0
    points: Mapping[str, Point] = field(default_factory=dict)
    sealed_card: bytes | None = None
    digests: tuple[str, ...] = ()
    erased: bool = False
    applied: Mapping[str, int] = field(default_factory=dict)

    @property
    def reachable(self) -> bool:
        return any(point.usable for point in self.points.values())

    @property
    def opted_out(self) -> bool:
        return any(point.opted_out and not point.removed for point in self.points.values())


@dataclass(frozen=True, kw_only=True)
class SealedCard:
    """Names, encrypted again for this place, and the digests by which they are found."""

    content: bytes
    digests: tuple[str, ...]


Change = dict[str, Any]


def _registered(client: Client, event: intake.ClientRegistered) -> Change:
    return {
        "code": event.code,
        "site_id": event.site_id,
        "registered_at": event.registered_at,
    }


def _card_changed(client: Client, event: intake.ContactCardChanged) -> Change:
    """Adds only: what is gone is told by ContactRemoved."""
    told = {ref.contact_point_id: ref.channel for ref in event.contact_points}
    points = {
        id: replace(client.points.get(id, Point()), channel=channel) for id, channel in told.items()
    }
    return {"points": {**client.points, **points}}


def _discharged(client: Client, event: intake.ClientDischarged) -> Change:
    return {"discharged_on": event.discharged_on, "site_id": event.site_id}


def _erased(client: Client, event: intake.ClientErased) -> Change:
    return {"erased": True, "sealed_card": None, "digests": (), "points": {}}


def _plan_started(client: Client, event: aftercare.PlanStarted) -> Change:
    return {"phase": event.phase, "next_on": event.first_checkin_on, "misses": 0}


def _checkin_due(client: Client, event: aftercare.CheckinDue) -> Change:
    return {"next_on": event.due_at.date()}


def _answered(client: Client, event: aftercare.CheckinAnswered) -> Change:
    return {"misses": 0, "next_on": event.next_on, **_heard(client, event.answered_at)}


def _missed(client: Client, event: aftercare.CheckinMissed) -> Change:
    return {"misses": event.consecutive}


def _risk_changed(client: Client, event: aftercare.RiskChanged) -> Change:
    return {"level": event.level, "level_since": event.evaluated_at, "act_by": event.act_by}


def _assigned(client: Client, event: dashboard.CaseloadAssigned) -> Change:
    return {"counselor_id": event.staff_id}


def _heard(client: Client, at: datetime) -> Change:
    return {"last_contact_at": max(client.last_contact_at or at, at)}


def _point(client: Client, id: str, **change: Any) -> Change:
    return {"points": {**client.points, id: replace(client.points.get(id, Point()), **change)}}


APPLY: dict[type[Event], Callable[[Client, Any], Change]] = {
    intake.ClientRegistered: _registered,
    intake.ContactCardChanged: _card_changed,
    intake.ContactRemoved: lambda c, e: _point(c, e.contact_point_id, removed=True),
    intake.ClientDischarged: _discharged,
    intake.ClientErased: _erased,
    aftercare.PlanStarted: _plan_started,
    aftercare.CheckinDue: _checkin_due,
    aftercare.CheckinAnswered: _answered,
    aftercare.CheckinMissed: _missed,
    aftercare.RiskChanged: _risk_changed,
    dashboard.CaseloadAssigned: _assigned,
    notifications.ContactPointVerified: lambda c, e: _point(
        c, e.contact_point_id, channel=e.channel, verified=True
    ),
    notifications.ContactPointUnverified: lambda c, e: _point(
        c, e.contact_point_id, channel=e.channel, verified=False
    ),
    notifications.OptedOut: lambda c, e: _point(c, e.contact_point_id, opted_out=True),
    notifications.OptedIn: lambda c, e: _point(c, e.contact_point_id, opted_out=False),
    notifications.TextReceived: lambda c, e: _heard(c, e.received_at),
    notifications.HelpRequested: lambda c, e: _heard(c, e.at),
}

# Facts that overwrite each other share a family; in each, only a later sequence counts.
FAMILIES: dict[type[Event], str] = {
    aftercare.RiskChanged: "risk",
    aftercare.PlanStarted: "plan",
    aftercare.CheckinDue: "plan",
    aftercare.CheckinAnswered: "plan",
    aftercare.CheckinMissed: "plan",
    dashboard.CaseloadAssigned: "caseload",
    intake.ClientDischarged: "discharge",
}


def family(event: Event) -> str:
    """The name under which the last sequence is kept; points count each for itself."""
    point = getattr(event, "contact_point_id", None)
    kind = "opt" if isinstance(event, notifications.OptedOut | notifications.OptedIn) else "way"
    return f"{kind}:{point}" if point else FAMILIES.get(type(event), type(event).__name__)


def apply(client: Client, event: Event, sequence: int, card: SealedCard | None = None) -> Client:
    """The client after this fact; unchanged by an older one of the same family."""
    change = APPLY.get(type(event))
    kept = f"{event.service}:{family(event)}"
    if change is None or client.erased or sequence <= client.applied.get(kept, 0):
        return client
    after = replace(client, **change(client, event))
    if card is not None:
        after = replace(after, sealed_card=card.content, digests=card.digests)
    return replace(after, applied={**client.applied, kept: sequence})

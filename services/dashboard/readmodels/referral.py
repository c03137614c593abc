"""One referral as the board shows it, folded from the facts of the service that owns it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from shared.contracts import referrals
from shared.events import Event

CLOSED = ("completed", "failed", "rejected", "cancelled", "entered-in-error")
STATES = ("draft", "requested", "accepted", "in-progress", "on-hold", *CLOSED)


@dataclass(frozen=True, kw_only=True)
class Referral:
    """``late`` is the stage (view, decide) whose time ran out; ``blocked`` the gate's code."""

    id: str
    client_id: str
    partner_id: str
    need: str = "sdoh-category-unspecified"
    urgency: str = "routine"
    service_id: str | None = None
    status: str = "draft"
    sent_at: datetime | None = None
    viewed_at: datetime | None = None
    decide_by: datetime | None = None
    late: str | None = None
    late_since: datetime | None = None
    blocked: str | None = None
    reason: str | None = None
    changed_at: datetime | None = None
    sequence: int = 0

    @property
    def open(self) -> bool:
        return self.status not in CLOSED

    @property
    def stalled(self) -> bool:
        return self.open and (self.late is not None or self.blocked is not None)


Change = dict[str, Any]


def _drafted(event: referrals.ReferralDrafted) -> Change:
    return {
        "need": event.need,
        "urgency": event.urgency,
        "service_id": event.service_id,
        "status": "draft",
    }


def _sent(event: referrals.ReferralSent) -> Change:
    return {
        "need": event.need,
        "urgency": event.urgency,
        "service_id": event.service_id,
        "status": "requested",
        "sent_at": event.sent_at,
        "decide_by": event.decide_by,
        "blocked": None,
    }


def _decided(status: str, **more: Any) -> Change:
    return {"status": status, "late": None, "late_since": None, "blocked": None, **more}


APPLY: dict[type[Event], Callable[[Any], Change]] = {
    referrals.ReferralDrafted: _drafted,
    referrals.ReferralBlocked: lambda e: {"blocked": e.code},
    referrals.ReferralSent: _sent,
    referrals.ReferralViewed: lambda e: {"viewed_at": e.viewed_at},
    referrals.ReferralOverdue: lambda e: {"late": e.stage, "late_since": e.due_at},
    referrals.ReferralAccepted: lambda e: _decided("accepted", need=e.need),
    referrals.ReferralRejected: lambda e: _decided("rejected", need=e.need, reason=e.reason),
    referrals.ReferralProgressed: lambda e: _decided(e.status, reason=e.reason),
    referrals.ReferralCancelled: lambda e: _decided("cancelled", reason=e.reason),
}


def apply(referral: Referral | None, event: Any, sequence: int, at: datetime) -> Referral | None:
    """The referral after this fact. A cancellation that came out of turn is never undone."""
    change = APPLY.get(type(event))
    if change is None:
        return referral
    before = referral or Referral(
        id=event.referral_id, client_id=event.client_id, partner_id=event.partner_id
    )
    if sequence <= before.sequence:
        return _fill(before, change(event))
    return replace(before, **change(event), sequence=sequence, changed_at=at)


def _fill(referral: Referral, earlier: Change) -> Referral:
    """What an earlier fact still adds to a referral that a later one has already moved."""
    names = ("need", "urgency", "service_id", "sent_at", "viewed_at", "decide_by")
    missing = {
        name: earlier[name]
        for name in names
        if name in earlier and getattr(referral, name) in (None, *_BLANK)
    }
    return replace(referral, **missing)


_BLANK = ("sdoh-category-unspecified", "routine")

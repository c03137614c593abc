"""Why a row of My day opens and which fact ends it, fact by fact."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

from services.dashboard.readmodels.rows import (
    CRISIS,
    LAST_RANK,
    RANKS,
    Amended,
    Change,
    Closed,
    ClosedLike,
    Opened,
)
from shared.contracts import aftercare, intake, notifications, referrals
from shared.contracts.journal import JournalSealed
from shared.events import Event

EXPIRING = timedelta(days=14)
TASK_SHOWN_BEFORE = timedelta(days=3)
FIRST_REACH = timedelta(hours=24)
ALARMING = ("elevated", "high", "very-high", "unknown")


def _crisis_opened(event: notifications.CrisisOpened) -> list[Change]:
    params = {"source": event.source, "page_next_at": event.page_next_at}
    return [
        Opened(
            id=f"crisis/{event.crisis_id}",
            kind=CRISIS,
            about_id=event.crisis_id,
            at=event.at,
            params=params,
        )
    ]


def _crisis_acknowledged(event: notifications.CrisisAcknowledged) -> list[Change]:
    params = {"staff_id": event.staff_id, "acknowledged_at": event.at, "page_next_at": None}
    return [Amended(id=f"crisis/{event.crisis_id}", params=params)]


def _risk(event: aftercare.RiskChanged) -> list[Change]:
    id = f"risk/{event.client_id}"
    if event.level not in ALARMING:
        return [Closed(id=id)]
    if _rank(event.level) > _rank(event.previous_level):
        return [Amended(id=id, params={"level": event.level, "previous": event.previous_level})]
    params = {"level": event.level, "previous": event.previous_level}
    return [
        Opened(
            id=id,
            kind="risk",
            about_id=event.evaluation_id,
            at=event.evaluated_at,
            params=params,
            act_by=event.act_by,
        )
    ]


def _text(event: notifications.TextReceived) -> list[Change]:
    id = event.message_id
    return [Opened(id=f"text/{id}", kind="text", about_id=id, at=event.received_at)]


def _unattributed(event: notifications.TextUnattributed) -> list[Change]:
    id, count = event.message_id, {"candidates": event.candidates}
    row = Opened(
        id=f"text/{id}", kind="unattributed", about_id=id, at=event.received_at, params=count
    )
    return [row]


def _help(event: notifications.HelpRequested) -> list[Change]:
    id = event.message_id
    return [Opened(id=f"help/{id}", kind="help", about_id=id, at=event.at)]


def _missed(event: aftercare.CheckinMissed) -> list[Change]:
    return [
        Opened(
            id=f"missed/{event.client_id}",
            kind="missed",
            about_id=event.checkin_id,
            at=event.missed_at,
            params={"consecutive": event.consecutive},
        )
    ]


def _message(kind: str) -> Callable[[Any], list[Change]]:
    def opened(event: Any) -> list[Change]:
        params = {"purpose": event.purpose, "reason": getattr(event, "reason", None)}
        id = event.delivery_id
        return [Opened(id=f"message/{id}", kind=kind, about_id=id, at=event.at, params=params)]

    return opened


def _blocked(event: referrals.ReferralBlocked, at: datetime) -> list[Change]:
    return [_referral(event, "referral-blocked", at, {"code": event.code})]


def _overdue(event: referrals.ReferralOverdue, at: datetime) -> list[Change]:
    return [_referral(event, "referral-overdue", at, {"stage": event.stage}, event.due_at)]


def _rejected(event: referrals.ReferralRejected, at: datetime) -> list[Change]:
    params = {"reason": event.reason, "need": event.need}
    return [_referral(event, "referral-rejected", event.rejected_at, params)]


def _referral(
    event: Any,
    kind: str,
    at: datetime,
    params: dict[str, Any],
    act_by: datetime | None = None,
) -> Opened:
    return Opened(
        id=f"referral/{event.referral_id}",
        kind=kind,
        about_id=event.referral_id,
        at=at,
        params={**params, "partner_id": event.partner_id},
        act_by=act_by,
    )


def _sent(event: referrals.ReferralSent) -> list[Change]:
    """Another try for the same need answers a partner's "cannot help"."""
    return [
        Closed(id=f"referral/{event.referral_id}"),
        ClosedLike(kind="referral-rejected", params={"need": event.need}),
    ]


def _granted(event: intake.ConsentGranted) -> list[Change]:
    """A newer consent for the same recipient and purpose answers the older one's expiry."""
    same = {"recipient_id": event.recipient_id, "purpose": event.purpose}
    older = ClosedLike(kind="consent-expiring", params=same)
    if event.expires_on is None:
        return [older]
    ends = datetime.combine(event.expires_on, time(), UTC)
    expiring = Opened(
        id=f"consent/{event.consent_id}",
        kind="consent-expiring",
        about_id=event.consent_id,
        at=event.granted_at,
        params={**same, "expires_on": event.expires_on.isoformat()},
        act_by=ends,
        appears_at=ends - EXPIRING,
    )
    return [older, expiring]


def _submission(event: intake.SubmissionReceived) -> list[Change]:
    id, params = event.submission_id, {"language": event.language, "channel": event.channel}
    row = Opened(
        id=f"submission/{id}",
        kind="submission",
        about_id=id,
        at=event.received_at,
        params=params,
    )
    return [row]


def _task(event: aftercare.TaskOpened, at: datetime) -> list[Change]:
    if event.owner != "staff" or event.due_at is None:
        return []
    return [
        Opened(
            id=f"task/{event.task_id}",
            kind="task",
            about_id=event.task_id,
            at=at,
            params={"code": event.code},
            act_by=event.due_at,
            appears_at=event.due_at - TASK_SHOWN_BEFORE,
        )
    ]


def unreachable(client_id: str, at: datetime) -> Opened:
    """Nobody without a verified way to be reached goes unnoticed."""
    return Opened(
        id=f"reach/{client_id}",
        kind="unreachable",
        about_id=client_id,
        at=at,
        act_by=at + FIRST_REACH,
    )


def reached(client_id: str) -> Closed:
    return Closed(id=f"reach/{client_id}")


def seal_differs(event: JournalSealed, at: datetime) -> Opened:
    """A published seal has another hash than the one we kept: somebody rewrote history."""
    params = {"publisher": event.publisher, "number": event.seal}
    id = f"{event.publisher}/{event.seal}"
    return Opened(id=f"seal/{id}", kind="seal", about_id=id, at=at, params=params)


OPENING: dict[type[Event], Callable[[Any], list[Change]]] = {
    notifications.CrisisOpened: _crisis_opened,
    notifications.CrisisAcknowledged: _crisis_acknowledged,
    notifications.CrisisClosed: lambda e: [Closed(id=f"crisis/{e.crisis_id}")],
    notifications.TextReceived: _text,
    notifications.TextUnattributed: _unattributed,
    notifications.TextClosed: lambda e: [Closed(id=f"text/{e.message_id}")],
    notifications.HelpRequested: _help,
    notifications.MessageFailed: _message("message-failed"),
    notifications.MessageUnclear: _message("message-unclear"),
    notifications.MessageDelivered: lambda e: [Closed(id=f"message/{e.delivery_id}")],
    aftercare.RiskChanged: _risk,
    aftercare.CheckinMissed: _missed,
    aftercare.CheckinAnswered: lambda e: [Closed(id=f"missed/{e.client_id}")],
    aftercare.TaskClosed: lambda e: [Closed(id=f"task/{e.task_id}")],
    intake.ConsentGranted: _granted,
    intake.ConsentRevoked: lambda e: [Closed(id=f"consent/{e.consent_id}")],
    intake.SubmissionReceived: _submission,
    intake.SubmissionClosed: lambda e: [Closed(id=f"submission/{e.submission_id}")],
    referrals.ReferralSent: _sent,
    referrals.ReferralAccepted: lambda e: [Closed(id=f"referral/{e.referral_id}")],
    referrals.ReferralProgressed: lambda e: [Closed(id=f"referral/{e.referral_id}")],
    referrals.ReferralCancelled: lambda e: [Closed(id=f"referral/{e.referral_id}")],
}
OPENING_AT: dict[type[Event], Callable[[Any, datetime], list[Change]]] = {
    referrals.ReferralBlocked: _blocked,
    referrals.ReferralOverdue: _overdue,
    referrals.ReferralRejected: _rejected,
    aftercare.TaskOpened: _task,
}


def changes_of(event: Event, at: datetime) -> list[Change]:
    """What this fact does to My day; ``at`` is when it was said."""
    timed = OPENING_AT.get(type(event))
    if timed:
        return timed(event, at)
    plain = OPENING.get(type(event))
    return plain(event) if plain else []


def _rank(level: str) -> int:
    return RANKS.get(level, LAST_RANK)

"""One line for each fact about a client: a sentence's code, its parameters, who acted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.contracts import aftercare, dashboard, intake, notifications, referrals
from shared.events import Envelope, Event

CATEGORIES = ("care", "help", "messages", "consent")


@dataclass(frozen=True, kw_only=True)
class Entry:
    id: str
    client_id: str
    at: datetime
    service: str
    category: str
    code: str
    actor: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Line:
    """How facts of one type read; the sentences themselves are in ``words.py``."""

    category: str
    code: str
    actor: str
    fields: tuple[str, ...] = ()


LINES: dict[type[Event], Line] = {
    intake.ClientRegistered: Line("care", "registered", "staff"),
    intake.ContactCardChanged: Line("care", "card-changed", "staff"),
    intake.ContactRemoved: Line("messages", "contact-removed", "staff"),
    intake.ConsentDrafted: Line("consent", "consent-drafted", "staff", ("recipient_id",)),
    intake.LinkOffered: Line("consent", "link-offered", "staff", ("purpose",)),
    intake.ConsentGranted: Line(
        "consent", "consent-granted", "client", ("recipient_id", "purpose", "expires_on")
    ),
    intake.ConsentRevoked: Line("consent", "consent-revoked", "client", ("recipient_id", "door")),
    intake.ClientDischarged: Line(
        "care", "discharged", "staff", ("program_id", "discharged_on", "level_of_care")
    ),
    aftercare.PlanStarted: Line("care", "plan-started", "system", ("review_due_on",)),
    aftercare.TaskOpened: Line("care", "task-opened", "system", ("code", "owner", "due_at")),
    aftercare.TaskClosed: Line("care", "task-closed", "system", ("status", "reason")),
    aftercare.CheckinDue: Line("care", "checkin-due", "system", ("instrument", "window_ends_at")),
    aftercare.CheckinLinkRenewed: Line("care", "checkin-renewed", "client"),
    aftercare.CheckinMissed: Line("care", "checkin-missed", "system", ("consecutive",)),
    aftercare.ContactAttemptDue: Line("care", "contact-attempt", "system", ("rung",)),
    aftercare.CheckinAnswered: Line("care", "checkin-answered", "client", ("instrument",)),
    aftercare.RiskChanged: Line("care", "risk-changed", "system", ("level", "previous_level")),
    referrals.ReferralDrafted: Line(
        "help", "referral-drafted", "staff", ("need", "partner_id", "urgency")
    ),
    referrals.ReferralBlocked: Line("help", "referral-blocked", "system", ("code", "partner_id")),
    referrals.ReferralSent: Line(
        "help", "referral-sent", "staff", ("need", "partner_id", "decide_by")
    ),
    referrals.ReferralViewed: Line("help", "referral-viewed", "partner", ("partner_id",)),
    referrals.ReferralAccepted: Line("help", "referral-accepted", "system", ("need", "partner_id")),
    referrals.ReferralRejected: Line(
        "help", "referral-rejected", "system", ("need", "partner_id", "reason")
    ),
    referrals.ReferralProgressed: Line(
        "help", "referral-progressed", "system", ("status", "partner_id", "reason")
    ),
    referrals.ReferralCancelled: Line(
        "help", "referral-cancelled", "system", ("reason", "partner_id")
    ),
    referrals.ReferralOverdue: Line("help", "referral-overdue", "system", ("stage", "partner_id")),
    referrals.DisclosureMade: Line("consent", "disclosed", "partner", ("recipient_id",)),
    notifications.ContactPointVerified: Line("messages", "verified", "client", ("channel",)),
    notifications.ContactPointUnverified: Line(
        "messages", "unverified", "system", ("channel", "reason")
    ),
    notifications.OptedOut: Line("messages", "opted-out", "client", ("clear",)),
    notifications.OptedIn: Line("messages", "opted-in", "client"),
    notifications.HelpRequested: Line("messages", "help-asked", "client"),
    notifications.MessageQueued: Line(
        "messages", "message-queued", "system", ("purpose", "channel")
    ),
    notifications.MessageHandedOver: Line(
        "messages", "message-sent", "system", ("purpose", "channel", "simulated")
    ),
    notifications.MessageDelivered: Line("messages", "message-delivered", "system"),
    notifications.MessageFailed: Line(
        "messages", "message-failed", "system", ("purpose", "reason")
    ),
    notifications.MessageDropped: Line(
        "messages", "message-dropped", "system", ("purpose", "reason")
    ),
    notifications.MessageUnclear: Line("messages", "message-unclear", "system", ("purpose",)),
    notifications.TextReceived: Line("messages", "text-received", "client"),
    notifications.TextClosed: Line("messages", "text-closed", "staff"),
    notifications.CrisisOpened: Line("care", "crisis-opened", "client", ("source",)),
    notifications.CrisisAcknowledged: Line("care", "crisis-acknowledged", "staff", ("staff_id",)),
    notifications.CrisisClosed: Line("care", "crisis-closed", "staff", ("staff_id",)),
    dashboard.CaseloadAssigned: Line("care", "assigned", "staff", ("staff_id", "assigned_by")),
}


def entry_of(envelope: Envelope, event: Event, client_id: str) -> Entry | None:
    """The line this fact writes into the client's timeline, if it writes one."""
    line = LINES.get(type(event))
    if line is None:
        return None
    said = event.model_dump(mode="json", include=set(line.fields))
    return Entry(
        id=envelope.id,
        client_id=client_id,
        at=envelope.time,
        service=envelope.service,
        category=line.category,
        code=line.code,
        actor=_actor(event, line),
        params=said,
    )


def _actor(event: Event, line: Line) -> str:
    if isinstance(event, intake.ConsentRevoked) and event.door == "staff":
        return "staff"
    return line.actor

"""A referral and what can happen to it (R6.2, R6.5): state in, new state and facts out."""

from dataclasses import dataclass, replace
from datetime import datetime

from services.referrals.lifecycle import steps, transitions
from services.referrals.lifecycle.hours import OfficeHours
from services.referrals.lifecycle.steps import CLIENT_ERASED, CONSENT_REVOKED, Step
from services.referrals.lifecycle.transitions import FINAL, READABLE, NotAllowed, Party, Status
from shared.contracts import Refused
from shared.contracts.referrals import (
    DisclosureMade,
    ReferralAccepted,
    ReferralBlocked,
    ReferralCancelled,
    ReferralDrafted,
    ReferralOverdue,
    ReferralProgressed,
    ReferralRejected,
    ReferralSent,
    ReferralViewed,
)
from shared.events import Event

URGENT, ROUTINE = "urgent", "routine"
VIEW_HOURS_URGENT, DECIDE_DAYS_URGENT = 4, 1
VIEW_DAYS_ROUTINE, DECIDE_DAYS_ROUTINE = 2, 5
VIEW, DECIDE = "view", "decide"


class ConsentWithdrawn(Refused):
    """The person ended this consent; nothing more may be read (R1.7)."""

    code = "CONSENT_REVOKED"
    final = False


class NoticeNotAcknowledged(Refused):
    """Read and acknowledge the notice of 42 CFR part 2 first (R1.9)."""

    code = "NOTICE_NOT_ACKNOWLEDGED"
    final = False


class NoticeOutdated(Refused):
    """There is a newer wording of the notice; acknowledge that one."""

    code = "NOTICE_OUTDATED"


class Moved(Refused):
    """The referral has changed since you saw it."""

    code = "CONFLICT"
    final = False


@dataclass(frozen=True, kw_only=True)
class Referral:
    """``note`` and the steps' ``words`` are sealed under the client's key; nobody outside reads."""

    id: str
    client_id: str
    partner_id: str
    service_id: str
    service_name: str
    need: str
    urgency: str
    categories: tuple[str, ...]
    drafted_by: str
    status: Status = Status.DRAFT
    business_status: str | None = None
    reason: str | None = None
    consent_id: str | None = None
    sent_at: datetime | None = None
    view_by: datetime | None = None
    decide_by: datetime | None = None
    viewed_at: datetime | None = None
    notice_version: str | None = None
    note: bytes | None = None
    history: tuple[Step, ...] = ()
    version: int = 0

    @property
    def open(self) -> bool:
        return self.status not in FINAL

    @property
    def _ids(self) -> dict[str, str]:
        return {
            "client_id": self.client_id,
            "referral_id": self.id,
            "partner_id": self.partner_id,
        }


Outcome = tuple[Referral, list[Event]]


def draft(referral: Referral, *, at: datetime) -> Outcome:
    """A new referral; nothing has left the house."""
    started = _stepped(referral, Step(at=at, status=Status.DRAFT, party=Party.REQUESTER))
    fact = ReferralDrafted(
        **referral._ids,
        service_id=referral.service_id,
        need=referral.need,
        urgency=referral.urgency,
    )
    return started, [fact]


def block(referral: Referral, code: str) -> Outcome:
    """The gate said no, or could not be asked: the draft waits for a consent (R1.10)."""
    if referral.status is not Status.DRAFT:
        raise NotAllowed
    blocked = replace(referral, business_status="awaiting-consent")
    return blocked, [ReferralBlocked(**referral._ids, code=code)]


def send(referral: Referral, *, consent_id: str, at: datetime, office: OfficeHours) -> Outcome:
    """draft → requested, after the gate said yes; the partner's clock starts (R6.5)."""
    transitions.check_move(referral.status, Status.REQUESTED, Party.REQUESTER)
    view_by, decide_by = _time_limits(referral.urgency, at, office)
    step = Step(at=at, status=Status.REQUESTED, party=Party.REQUESTER, business_status="sent")
    sent = replace(
        _stepped(referral, step),
        consent_id=consent_id,
        sent_at=at,
        view_by=view_by,
        decide_by=decide_by,
    )
    fact = ReferralSent(
        **referral._ids,
        service_id=referral.service_id,
        need=referral.need,
        urgency=referral.urgency,
        consent_id=consent_id,
        sent_at=at,
        view_by=view_by,
        decide_by=decide_by,
    )
    return sent, [fact]


def _time_limits(urgency: str, at: datetime, office: OfficeHours) -> tuple[datetime, datetime]:
    if urgency == URGENT:
        view_by = office.hours_after(at, VIEW_HOURS_URGENT)
        return view_by, office.days_after(at, DECIDE_DAYS_URGENT)
    return office.days_after(at, VIEW_DAYS_ROUTINE), office.days_after(at, DECIDE_DAYS_ROUTINE)


def acknowledge(referral: Referral, *, notice_version: str, current: str) -> Outcome:
    """The partner has read the notice that goes with every disclosure (R1.9)."""
    check_readable(referral)
    if notice_version != current:
        raise NoticeOutdated(fields={"notice_version": f"The current one is {current}."})
    return replace(referral, notice_version=notice_version), []


def check_readable(referral: Referral) -> None:
    """Details are there while the referral is open and the consent stands."""
    if referral.status is Status.CANCELLED and referral.reason == CONSENT_REVOKED:
        raise ConsentWithdrawn
    if referral.status not in READABLE:
        raise transitions.NotOpen


def check_acknowledged(referral: Referral, current: str) -> None:
    if referral.notice_version != current:
        raise NoticeNotAcknowledged


def disclose(referral: Referral, *, permit_id: str, current: str, at: datetime) -> Outcome:
    """The partner reads the details: each time a disclosure, the first time also a view."""
    check_readable(referral)
    check_acknowledged(referral, current)
    disclosed = DisclosureMade(
        client_id=referral.client_id,
        referral_id=referral.id,
        permit_id=permit_id,
        recipient_id=referral.partner_id,
        disclosed_at=at,
    )
    if referral.viewed_at:
        return referral, [disclosed]
    viewed = replace(referral, viewed_at=at, business_status="viewed")
    return viewed, [ReferralViewed(**referral._ids, viewed_at=at), disclosed]


def move(referral: Referral, step: Step) -> Outcome:
    """Any step after sending, by whoever may take it; some need a reason (R6.2)."""
    transitions.check_move(referral.status, step.status, step.party)
    steps.check(step)
    moved = _stepped(referral, step)
    return moved, [_fact(moved, step)]


def waitlist(referral: Referral, *, at: datetime, office: OfficeHours) -> Outcome:
    """The partner has no place yet but keeps the request: still undecided, with a new term.

    R6.2 has no way from requested to on-hold, so only the business status moves (R6.3).
    """
    if referral.status is not Status.REQUESTED:
        raise NotAllowed if referral.open else transitions.NotOpen
    step = Step(at=at, status=Status.REQUESTED, party=Party.TARGET, reason="waitlisted")
    new_term = office.days_after(at, DECIDE_DAYS_ROUTINE)
    waiting = replace(_stepped(referral, step), decide_by=new_term)
    return waiting, [_fact(waiting, step)]


def cancel_for(referral: Referral, code: str, *, at: datetime) -> Outcome:
    """Consent revoked or client erased: the house ends whatever is open, without asking."""
    if not referral.open:
        return referral, []
    step = Step(at=at, status=Status.CANCELLED, party=Party.REQUESTER, reason=code)
    ended = _stepped(referral, step)
    return ended, [_fact(ended, step)]


def overdue(referral: Referral, stage: str) -> list[Event]:
    """The term for viewing or deciding has passed; nothing to say if the partner was in time."""
    if stage == VIEW:
        due_at, in_time = referral.view_by, referral.viewed_at is not None
    else:
        due_at, in_time = referral.decide_by, False
    if in_time or due_at is None or referral.status is not Status.REQUESTED:
        return []
    return [ReferralOverdue(**referral._ids, stage=stage, due_at=due_at)]


def check_draft(referral: Referral) -> None:
    transitions.check_move(referral.status, Status.REQUESTED, Party.REQUESTER)


def check_version(referral: Referral, expected: int | None) -> None:
    """Somebody who saw an older state is told what it is now."""
    if expected is not None and expected != referral.version:
        raise Moved(fields={"status": referral.status, "version": str(referral.version)})


def without_words(referral: Referral) -> Referral:
    """Nothing that anybody wrote remains; codes and times do."""
    history = tuple(replace(step, words=None) for step in referral.history)
    return replace(referral, note=None, history=history)


def _stepped(referral: Referral, step: Step) -> Referral:
    return replace(
        referral,
        status=step.status,
        business_status=steps.business_status(step) or referral.business_status,
        reason=step.reason,
        history=(*referral.history, step),
    )


def _fact(referral: Referral, step: Step) -> Event:
    ids, reason = referral._ids, step.reason or steps.OTHER
    match step.status:
        case Status.ACCEPTED:
            return ReferralAccepted(**ids, need=referral.need, accepted_at=step.at)
        case Status.REJECTED:
            return ReferralRejected(**ids, need=referral.need, reason=reason, rejected_at=step.at)
        case Status.CANCELLED:
            house = reason in (CONSENT_REVOKED, CLIENT_ERASED)
            side = "partner" if step.party is Party.TARGET else "requester"
            return ReferralCancelled(**ids, reason=reason if house else side, cancelled_at=step.at)
    return ReferralProgressed(**ids, status=step.status, reason=step.reason, at=step.at)

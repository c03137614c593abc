"""What referrals tells the others: how each referral stands, what was disclosed, who helps."""

from datetime import datetime

from shared.events import Event


class PartnerRegistered(
    Event, type="referrals.partner_registered.v1", subject="partner_id", key="partner_id"
):
    """A partner organization and its public name from the directory."""

    partner_id: str
    name: str
    active: bool = True


class ReferralDrafted(Event, type="referrals.referral_drafted.v1", subject="referral_id"):
    client_id: str
    referral_id: str
    partner_id: str
    service_id: str
    need: str  # R6.4 code
    urgency: str  # urgent, routine


class ReferralBlocked(Event, type="referrals.referral_blocked.v1", subject="referral_id"):
    """The disclosure gate said no (R1.10) or could not be asked (HELD); nothing left the house."""

    client_id: str
    referral_id: str
    partner_id: str
    code: str


class ReferralSent(Event, type="referrals.referral_sent.v1", subject="referral_id"):
    client_id: str
    referral_id: str
    partner_id: str
    service_id: str
    need: str
    urgency: str
    consent_id: str
    sent_at: datetime
    view_by: datetime
    decide_by: datetime


class ReferralViewed(Event, type="referrals.referral_viewed.v1", subject="referral_id"):
    """The partner acknowledged the notice (R1.9) and read the details."""

    client_id: str
    referral_id: str
    partner_id: str
    viewed_at: datetime


class ReferralAccepted(Event, type="referrals.referral_accepted.v1", subject="referral_id"):
    client_id: str
    referral_id: str
    partner_id: str
    need: str
    accepted_at: datetime


class ReferralRejected(Event, type="referrals.referral_rejected.v1", subject="referral_id"):
    client_id: str
    referral_id: str
    partner_id: str
    need: str
    reason: str  # code; the partner's own words stay with referrals
    rejected_at: datetime


class ReferralProgressed(Event, type="referrals.referral_progressed.v1", subject="referral_id"):
    """Any later step of R6.2: in-progress, on-hold, completed, failed."""

    client_id: str
    referral_id: str
    partner_id: str
    status: str
    reason: str | None = None
    at: datetime


class ReferralCancelled(
    Event, type="referrals.referral_cancelled.v1", subject="referral_id", urgent=True
):
    client_id: str
    referral_id: str
    partner_id: str
    reason: str  # consent-revoked, requester, partner, client-erased
    cancelled_at: datetime


class ReferralOverdue(Event, type="referrals.referral_overdue.v1", subject="referral_id"):
    """The partner did not view or decide in time (R6.5)."""

    client_id: str
    referral_id: str
    partner_id: str
    stage: str  # view, decide
    due_at: datetime


class DisclosureMade(Event, type="referrals.disclosure_made.v1", subject="permit_id"):
    """The permitted disclosure happened; intake turns its permit into an accounting row (R1.15)."""

    client_id: str
    permit_id: str
    referral_id: str
    recipient_id: str
    disclosed_at: datetime

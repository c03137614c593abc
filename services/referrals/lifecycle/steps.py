"""One step of a referral: where to, by which side, and why, in codes (R6.2, R6.3)."""

from dataclasses import dataclass
from datetime import datetime

from services.referrals.lifecycle.transitions import NEED_REASON, Party, Status
from shared.contracts import Refused

OTHER = "other"
CONSENT_REVOKED = "consent-revoked"
CLIENT_ERASED = "client-erased"

REASONS = (
    "no-capacity",
    "ineligible",
    "client-declined",
    "client-unreachable",
    "waitlisted",
    OTHER,
)
# The part of R6.3 that a partner, or staff on the partner's behalf, may choose.
BUSINESS_STATUSES = (
    "waitlisted",
    "contacted-client",
    "client-unreachable",
    "client-declined",
    "ineligible",
    "no-capacity",
    "appointment-set",
    "moved-in",
    "hired",
    "retained-30d",
    "retained-90d",
)


class ReasonMissing(Refused):
    """Say why (R6.2)."""

    code = "REASON_MISSING"


class UnknownWord(Refused):
    """Choose a reason or a business status from the list (R6.3)."""

    code = "UNKNOWN_WORD"


@dataclass(frozen=True, kw_only=True)
class Step:
    """``words`` are the mover's own, sealed under the client's key; facts carry the code alone."""

    at: datetime
    status: Status
    party: Party
    business_status: str | None = None
    reason: str | None = None
    words: bytes | None = None


def check(step: Step) -> None:
    """Some steps need a reason text (R6.2): a listed code carries its own, "other" does not."""
    unsaid = step.reason is None or (step.reason == OTHER and not step.words)
    if step.status in NEED_REASON and unsaid:
        raise ReasonMissing(fields={"reason": "Say why."})
    if step.reason and step.reason not in REASONS:
        raise UnknownWord(fields={"reason_code": "Choose a reason from the list."})
    if step.business_status and step.business_status not in BUSINESS_STATUSES:
        raise UnknownWord(fields={"business_status": "Choose one from the list."})


def business_status(step: Step) -> str | None:
    """As it was said, else what the reason means where it is also a business status."""
    return step.business_status or (step.reason if step.reason in BUSINESS_STATUSES else None)

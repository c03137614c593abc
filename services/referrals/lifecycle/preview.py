"""What the gate would say, from the copies of consents: for the composer only, never a yes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.referrals.lifecycle import template
from services.referrals.lifecycle.domain import Referral
from shared.journal import Document

ALLOW = "ALLOW"


@dataclass(frozen=True, kw_only=True)
class Preview:
    code: str
    consent_id: str | None = None
    expires_on: str | None = None

    @property
    def decision(self) -> str:
        return ALLOW if self.code == ALLOW else "DENY"


def preview(referral: Referral, consents: Sequence[Document], today: date) -> Preview:
    """The first consent that covers it, else the nearest reason why none does (R1.10 order)."""
    purpose = template.purpose_of(referral.need)
    theirs = [kept for kept in consents if kept.get("recipient_id") == referral.partner_id]
    if not theirs:
        return Preview(code="RECIPIENT_NOT_COVERED" if consents else "NO_LEGAL_BASIS")
    judged = [(_judge(kept, purpose, referral.categories, today), kept) for kept in theirs]
    for code, kept in judged:
        if code == ALLOW:
            expires_on = kept["expires_on"]
            return Preview(code=ALLOW, consent_id=kept["_id"], expires_on=expires_on)
    return Preview(code=judged[-1][0])


def _judge(kept: Document, purpose: str, categories: Sequence[str], today: date) -> str:
    if kept["revoked_at"]:
        return "CONSENT_REVOKED"
    if kept["expires_on"] and date.fromisoformat(kept["expires_on"]) < today:
        return "CONSENT_EXPIRED"
    if kept["purpose"] != purpose:
        return "PURPOSE_NOT_COVERED"
    if set(categories) - set(kept["categories"]):
        return "CATEGORY_NOT_COVERED"
    return ALLOW

"""The disclosure gate of R1.10: one pure function, and what becomes of the permit it gives."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from services.intake.consents import domain as consents
from services.intake.consents.domain import COUNSELING_NOTES, DISCLOSER, Consent

PERMIT_LIFETIME = timedelta(seconds=2)
NOTICE_VERSION = "part2-statement-1-2024"  # R1.9


class Code(StrEnum):
    """The gate's answers, in the order in which they are asked; the first denial wins."""

    NO_IDENTITY = "NO_IDENTITY"
    NO_LEGAL_BASIS = "NO_LEGAL_BASIS"
    CONSENT_PATIENT_MISMATCH = "CONSENT_PATIENT_MISMATCH"
    CONSENT_INCOMPLETE = "CONSENT_INCOMPLETE"
    CONSENT_NOT_YET_EFFECTIVE = "CONSENT_NOT_YET_EFFECTIVE"
    CONSENT_REVOKED = "CONSENT_REVOKED"
    CONSENT_EXPIRED = "CONSENT_EXPIRED"
    DISCLOSER_NOT_COVERED = "DISCLOSER_NOT_COVERED"
    RECIPIENT_NOT_COVERED = "RECIPIENT_NOT_COVERED"
    PURPOSE_NOT_COVERED = "PURPOSE_NOT_COVERED"
    CATEGORY_NOT_COVERED = "CATEGORY_NOT_COVERED"
    COUNSELING_NOTES_BLOCKED = "COUNSELING_NOTES_BLOCKED"
    NOTICE_MISSING = "NOTICE_MISSING"
    SCOPE_COPY_MISSING = "SCOPE_COPY_MISSING"
    ALLOW = "ALLOW"


class LegalBasis(StrEnum):
    CONSENT = "consent"
    EMERGENCY = "emergency"


@dataclass(frozen=True, kw_only=True)
class Emergency:
    """What R1.12 asks to be recorded at once when no consent can be had."""

    recipient_name: str
    affiliation: str
    discloser: str
    at: datetime
    nature: str

    @property
    def complete(self) -> bool:
        texts = (self.recipient_name, self.affiliation, self.discloser, self.nature)
        return all(text.strip() for text in texts)


@dataclass(frozen=True, kw_only=True)
class Request:
    """What somebody wants to disclose, to whom, what for."""

    client_id: str
    recipient_id: str
    purpose: str
    categories: tuple[str, ...]
    notice: bool
    scope_copy: bool
    identified: bool = True  # the client is known here and not erased
    legal_basis: LegalBasis = LegalBasis.CONSENT
    emergency: Emergency | None = None
    discloser: str = DISCLOSER


@dataclass(frozen=True, kw_only=True)
class Decision:
    code: Code
    consent: Consent | None = None

    @property
    def allowed(self) -> bool:
        return self.code is Code.ALLOW


@dataclass(frozen=True, kw_only=True)
class Permit:
    """One asked-for disclosure and its answer; an accounting row once the disclosure was made."""

    id: str
    client_id: str
    recipient_id: str
    purpose: str
    categories: tuple[str, ...]
    about_id: str
    channel: str
    asked_by: str
    asked_at: datetime
    decision: Code
    consent_id: str | None = None
    consent_version: int | None = None
    expires_at: datetime | None = None
    disclosed_at: datetime | None = None
    version: int = 0

    @property
    def state(self) -> str:
        if self.decision is not Code.ALLOW:
            return "denied"
        return "made" if self.disclosed_at else "allowed"


def decide(
    request: Request, known: Sequence[Consent], *, now: datetime, zone: ZoneInfo
) -> Decision:
    """May this go out, now? Of several consents the one that comes furthest decides.

    A consent that names the recipient speaks before those that do not, so that a revoked
    consent is called revoked although another recipient's is still good.
    """
    if not request.identified:
        return Decision(code=Code.NO_IDENTITY)
    if request.legal_basis is LegalBasis.EMERGENCY:
        complete = request.emergency is not None and request.emergency.complete
        return Decision(code=Code.ALLOW if complete else Code.NO_LEGAL_BASIS)
    naming = [consent for consent in known if consent.recipient_id == request.recipient_id]
    answers = [
        Decision(code=_judge(request, consent, now, zone), consent=consent)
        for consent in sorted(naming or known, key=_drafted_at, reverse=True)
    ]
    order = list(Code)
    best = max(answers, key=lambda answer: order.index(answer.code), default=None)
    return best or Decision(code=Code.NO_LEGAL_BASIS)


def grant(permit: Permit, decision: Decision, *, at: datetime) -> Permit:
    """The permit with its answer. An allowed one is good for two seconds."""
    consent = decision.consent
    return replace(
        permit,
        decision=decision.code,
        consent_id=consent.id if consent else None,
        consent_version=consent.version if consent else None,
        expires_at=at + PERMIT_LIFETIME if decision.allowed else None,
    )


def disclosed(permit: Permit, *, at: datetime) -> Permit:
    """The disclosure happened: the permit becomes a row of the accounting (R1.15)."""
    return replace(permit, disclosed_at=permit.disclosed_at or at)


def _drafted_at(consent: Consent) -> datetime:
    return consent.drafted_at


def _judge(request: Request, consent: Consent, now: datetime, zone: ZoneInfo) -> Code:
    return (
        _wrong_with_consent(request, consent, now, zone)
        or _not_covered(request, consent)
        or _wrong_with_sending(request, consent)
        or Code.ALLOW
    )


def _wrong_with_consent(
    request: Request, consent: Consent, now: datetime, zone: ZoneInfo
) -> Code | None:
    if consent.client_id != request.client_id:
        return Code.CONSENT_PATIENT_MISMATCH
    signature = consent.signature
    if signature is None or consents.missing_to_be_valid(consent, today=date.min):
        return Code.CONSENT_INCOMPLETE
    if signature.signed_at > now:
        return Code.CONSENT_NOT_YET_EFFECTIVE
    if consent.state != "active":
        return Code.CONSENT_REVOKED
    return Code.CONSENT_EXPIRED if consents.has_expired(consent, now, zone) else None


def _not_covered(request: Request, consent: Consent) -> Code | None:
    if consent.discloser != request.discloser:
        return Code.DISCLOSER_NOT_COVERED
    if consent.recipient_id != request.recipient_id:
        return Code.RECIPIENT_NOT_COVERED
    if consent.purpose != request.purpose:
        return Code.PURPOSE_NOT_COVERED
    if not request.categories or not set(request.categories) <= set(consent.categories):
        return Code.CATEGORY_NOT_COVERED
    return None


def _wrong_with_sending(request: Request, consent: Consent) -> Code | None:
    alone = set(request.categories) == {COUNSELING_NOTES} == set(consent.categories)
    if COUNSELING_NOTES in request.categories and not alone:
        return Code.COUNSELING_NOTES_BLOCKED
    if not request.notice:
        return Code.NOTICE_MISSING
    return None if request.scope_copy else Code.SCOPE_COPY_MISSING

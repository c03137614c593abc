"""Consents under 42 CFR Part 2: what must be in one, and how it begins and ends (R1.3-R1.7)."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

from shared.contracts import Refused
from shared.contracts.intake import (
    CATEGORIES,
    PURPOSES,
    TREATMENT_PAYMENT_OPERATIONS,
    ConsentDrafted,
    ConsentGranted,
    ConsentRevoked,
    LinkOffered,
)
from shared.events import Event

DISCLOSER = "center"
COUNSELING_NOTES = "counseling_notes"
LINK_LIFETIME = timedelta(hours=24)  # R5.6
TPO_EVENTS = ("none", "end-of-treatment")
SELF = "self"
CAPACITIES = (SELF, "guardian", "personal-representative")  # R1.20

# R1.4: these may be named as a class under a consent for treatment, payment and operations
HEALTH_RECIPIENTS = ("treating-provider", "health-plan", "payer")
RECIPIENT_KINDS = (*HEALTH_RECIPIENTS, "organization")
STATEMENTS = ("revocation", "refusal", "redisclosure")  # R1.3 elements 6 and 10, in the wording


class ConsentIncomplete(Refused):
    """This consent lacks something it must have (R1.3); ``fields`` names each missing element."""

    code: ClassVar[str] = "CONSENT_INCOMPLETE"
    final: ClassVar[bool] = False


class NotOpen(Refused):
    """This consent was answered or ended already."""

    code: ClassVar[str] = "CONSENT_NOT_OPEN"


@dataclass(frozen=True, kw_only=True)
class Signature:
    """Who agreed, in which capacity, to which words. ``text`` is what the person was shown."""

    name: str
    signed_at: datetime
    language: str
    wording: str
    text: str
    statements: tuple[str, ...]
    drawing: str | None = None  # a PNG as base64, where somebody drew their name


@dataclass(frozen=True, kw_only=True)
class Consent:
    id: str
    client_id: str
    patient_name: str
    recipient_id: str
    recipient_name: str
    recipient_kind: str
    purpose: str
    categories: tuple[str, ...]
    description: str
    drafted_at: datetime
    discloser: str = DISCLOSER
    expires_on: date | None = None
    expires_event: str | None = None
    capacity: str = SELF
    authority: str = ""  # why this person may sign for the client
    state: str = "draft"  # draft, active, declined, revoked
    signature: Signature | None = None
    revoked_at: datetime | None = None
    version: int = 0


def missing_in_draft(consent: Consent, *, today: date) -> dict[str, str]:
    """The elements of R1.3 that staff must fill in, by field, each with what to do."""
    missing = {
        "patient_name": "" if consent.patient_name.strip() else "Enter the name of the client",
        "recipient_name": _recipient(consent),
        "purpose": _purpose(consent),
        "categories": _categories(consent),
        "description": "" if consent.description.strip() else "Say which information, in words",
        "expires_on": _expiry(consent, today),
        "capacity": _capacity(consent),
    }
    return {name: sentence for name, sentence in missing.items() if sentence}


def missing_to_be_valid(consent: Consent, *, today: date) -> dict[str, str]:
    """Everything R1.3 asks for, signature and statements included."""
    missing = missing_in_draft(consent, today=today)
    signature = consent.signature
    if signature is None or not signature.name.strip():
        return {**missing, "signature": "The signature is missing"}
    left_out = [name for name in STATEMENTS if name not in signature.statements]
    if left_out:
        missing["statements"] = "The text lacks a statement it must have"
    return missing


def draft(consent: Consent, *, today: date) -> tuple[Consent, list[Event]]:
    """Staff prepared it. It allows nothing until it is signed."""
    missing = missing_in_draft(consent, today=today)
    if COUNSELING_NOTES in consent.categories and len(consent.categories) > 1:  # R1.5
        missing["categories"] = "Counseling notes need a consent of their own"
    if missing:
        raise ConsentIncomplete(fields=missing)
    fact = ConsentDrafted(
        client_id=consent.client_id, consent_id=consent.id, recipient_id=consent.recipient_id
    )
    return consent, [fact]


def sign(consent: Consent, signature: Signature, *, today: date) -> tuple[Consent, list[Event]]:
    """The client agrees: from this instant on it allows what it names."""
    if consent.state != "draft":
        raise NotOpen
    signed = replace(consent, state="active", signature=signature)
    if missing := missing_to_be_valid(signed, today=today):
        raise ConsentIncomplete(fields=missing)
    granted = ConsentGranted(
        client_id=signed.client_id,
        consent_id=signed.id,
        version=signed.version + 1,
        recipient_id=signed.recipient_id,
        purpose=signed.purpose,
        categories=list(signed.categories),
        granted_at=signature.signed_at,
        expires_on=signed.expires_on,
    )
    return signed, [granted]


def decline(consent: Consent) -> tuple[Consent, list[Event]]:
    """The client says no; that ends the draft and needs no reason."""
    if consent.state != "draft":
        raise NotOpen
    return replace(consent, state="declined"), []


def revoke(consent: Consent, *, door: str, at: datetime) -> tuple[Consent, list[Event]]:
    """Nothing is disclosed under it from now on (R1.7); a draft is simply withdrawn."""
    if consent.state not in ("draft", "active"):
        raise NotOpen
    fact = ConsentRevoked(
        client_id=consent.client_id,
        consent_id=consent.id,
        recipient_id=consent.recipient_id,
        revoked_at=at,
        door=door,
    )
    return replace(consent, state="revoked", revoked_at=at), [fact]


def offer_link(
    client_id: str, link_id: str, purpose: str, *, at: datetime
) -> tuple[datetime, list[Event]]:
    """A link goes to the client; who knows the link key derives its token from the id."""
    expires_at = at + LINK_LIFETIME
    offered = LinkOffered(
        client_id=client_id, link_id=link_id, purpose=purpose, expires_at=expires_at
    )
    return expires_at, [offered]


def ends_at(consent: Consent, zone: ZoneInfo) -> datetime | None:
    """The first instant it no longer holds: the expiry date is inclusive, local (R1.6)."""
    if consent.expires_on is None:
        return None
    return datetime.combine(consent.expires_on + timedelta(days=1), time.min, zone)


def has_expired(consent: Consent, at: datetime, zone: ZoneInfo) -> bool:
    end = ends_at(consent, zone)
    return end is not None and at >= end


def shown_state(consent: Consent, at: datetime, zone: ZoneInfo) -> str:
    """Its state for people: an active one whose last day is over reads expired."""
    if consent.state == "active" and has_expired(consent, at, zone):
        return "expired"
    return consent.state


def _recipient(consent: Consent) -> str:
    if not consent.recipient_id or not consent.recipient_name.strip():
        return "Choose who may receive the information, by name"
    if consent.recipient_kind not in RECIPIENT_KINDS:
        return "Choose what kind of recipient this is"
    return ""


def _purpose(consent: Consent) -> str:
    if consent.purpose not in PURPOSES:
        return "Choose what the information is for"
    health = consent.recipient_kind in HEALTH_RECIPIENTS
    if consent.purpose == TREATMENT_PAYMENT_OPERATIONS and not health:
        return "Choose the one purpose this organization needs it for"  # R1.4
    return ""


def _categories(consent: Consent) -> str:
    if not consent.categories or any(code not in CATEGORIES for code in consent.categories):
        return "Choose which information may be shared, one by one"  # never "everything"
    return ""


def _expiry(consent: Consent, today: date) -> str:
    if consent.expires_on is not None:
        return "Choose a last day that is not over" if consent.expires_on < today else ""
    for_treatment = consent.purpose == TREATMENT_PAYMENT_OPERATIONS
    if for_treatment and consent.expires_event in TPO_EVENTS:
        return ""
    return "Choose the day on which it ends"


def _capacity(consent: Consent) -> str:
    if consent.capacity not in CAPACITIES:
        return "Choose who signs"
    if consent.capacity != SELF and not consent.authority.strip():
        return "Say why this person may sign"
    return ""

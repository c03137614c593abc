"""One consent, and what people do with it, for the tests of this folder."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.intake.consents import domain, wording
from services.intake.consents.domain import Consent, Signature

NOW = datetime(2026, 6, 2, 14, 0, tzinfo=UTC)
TODAY = date(2026, 6, 2)
ZONE = ZoneInfo("America/New_York")


def a_draft(**changes: Any) -> Consent:
    values: dict[str, Any] = {
        "id": "con_1",
        "client_id": "cl_1",
        "patient_name": "Dana Ruiz",
        "recipient_id": "pt_hope_house",
        "recipient_name": "Hope House",
        "recipient_kind": "organization",
        "purpose": "housing",
        "categories": ("identity", "contact", "housing_need"),
        "description": "Name, phone and that a room is needed",
        "drafted_at": NOW,
        "expires_on": date(2026, 12, 2),
    }
    return Consent(**{**values, **changes})


def a_signature(consent: Consent, **changes: Any) -> Signature:
    text = wording.write_out(consent, "en", center_name="The Center", center_phone="555")
    values: dict[str, Any] = {
        "name": "Dana Ruiz",
        "signed_at": NOW,
        "language": "en",
        "wording": text.version,
        "text": text.full_text,
        "statements": text.statements,
    }
    return Signature(**{**values, **changes})


def a_signed(*, signed_at: datetime = NOW, **changes: Any) -> Consent:
    consent = a_draft(**changes)
    signed, _ = domain.sign(
        consent, a_signature(consent, signed_at=signed_at), today=date(2026, 1, 1)
    )
    return signed

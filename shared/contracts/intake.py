"""What intake tells the others: who is a client, when they leave treatment, what they allow."""

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict

from shared.events import Event

# What a consent and a permit may speak of (R1.3, R1.10). A need of R6.4 is referred for one
# purpose; saying that a person has it is the category "<purpose>_need".
PURPOSE_OF_NEED = {
    "housing-instability": "housing",
    "homelessness": "housing",
    "inadequate-housing": "housing",
    "employment-status": "employment",
    "transportation-insecurity": "transport",
    "financial-insecurity": "finances",
    "food-insecurity": "food",
    "utility-insecurity": "utilities",
    "educational-attainment": "education",
    "social-connection": "support",
    "intimate-partner-violence": "safety",
    "health-insurance-coverage-status": "coverage",
    "incarceration-status": "legal",
    "veteran-status": "veterans",
    "language-access": "language",
    "sdoh-category-unspecified": "other",
}
TREATMENT_PAYMENT_OPERATIONS = "treatment-payment-operations"
PURPOSES = (*dict.fromkeys(PURPOSE_OF_NEED.values()), TREATMENT_PAYMENT_OPERATIONS)
CATEGORIES = (
    "identity",
    "contact",
    *(f"{purpose}_need" for purpose in dict.fromkeys(PURPOSE_OF_NEED.values())),
    "attendance",
    "plan",
    "scores",
    "medication",
    "diagnosis",
    "counseling_notes",
)


def category_of_need(need: str) -> str:
    """The category that a referral for this need discloses besides identity and contact."""
    return f"{PURPOSE_OF_NEED[need]}_need"


class SubmissionReceived(
    Event, type="intake.submission_received.v1", subject="submission_id", key="submission_id"
):
    """Somebody sent the contact form; its content stays with intake."""

    submission_id: str
    site_id: str
    language: str
    channel: str  # web, phone
    received_at: datetime


class SubmissionClosed(
    Event, type="intake.submission_closed.v1", subject="submission_id", key="submission_id"
):
    """The form was answered: registered as a client, or closed with a reason code."""

    submission_id: str
    reason: str  # registered, not-for-us, duplicate, withdrawn
    client_id: str | None = None


class ClientRegistered(Event, type="intake.client_registered.v1", subject="client_id"):
    """A person is a client from now on. ``code`` is the handle staff say aloud, such as K7M-4Q."""

    client_id: str
    code: str
    site_id: str
    registered_at: datetime
    submission_id: str | None = None


class ContactPointRef(BaseModel):
    """A number or address by id; its value is in the confidential part."""

    model_config = ConfigDict(frozen=True)

    contact_point_id: str
    channel: str  # sms, email


class ContactCardChanged(Event, type="intake.contact_card_changed.v1", subject="client_id"):
    """The contact card as it is now. Confidential part: see ``ContactCard`` in shared/contracts."""

    client_id: str
    version: int
    contact_points: list[ContactPointRef]


class ContactRemoved(
    Event, type="intake.contact_removed.v1", subject="contact_point_id", urgent=True
):
    """Nothing may be sent to this number or address again."""

    client_id: str
    contact_point_id: str


class ContactCard(BaseModel):
    """The confidential part of ContactCardChanged; never in the open part of anything."""

    model_config = ConfigDict(frozen=True)

    given_name: str
    family_name: str
    preferred_name: str | None = None
    birth_date: date | None = None
    language: str = "en"  # en, es
    time_zone: str | None = None  # IANA name, as the client stated it
    contact_values: dict[str, str]  # contact_point_id -> E.164 number or e-mail address
    safe_voicemail: bool = False
    unencrypted_ok: bool = False  # warned that others may read messages and prefers them (R1.18)


class ConsentDrafted(Event, type="intake.consent_drafted.v1", subject="consent_id"):
    """Staff prepared a consent; it allows nothing until it is signed."""

    client_id: str
    consent_id: str
    recipient_id: str


class LinkOffered(Event, type="intake.link_offered.v1", subject="link_id"):
    """The client should get a one-time link; who knows the link key can derive it from the id."""

    client_id: str
    link_id: str
    purpose: str  # sign-consent, revoke-consent
    expires_at: datetime


class ConsentGranted(Event, type="intake.consent_granted.v1", subject="consent_id"):
    """A complete, signed consent (R1.3): to whom, what for, which categories, until when."""

    client_id: str
    consent_id: str
    version: int
    recipient_id: str
    purpose: str
    categories: list[str]
    granted_at: datetime
    expires_on: date | None = None


class ConsentRevoked(Event, type="intake.consent_revoked.v1", subject="consent_id", urgent=True):
    """From now on nothing may be disclosed under this consent (R1.7)."""

    client_id: str
    consent_id: str
    recipient_id: str
    revoked_at: datetime
    door: str  # link, staff


class ClientDischarged(Event, type="intake.client_discharged.v1", subject="discharge_id"):
    """The person leaves treatment and aftercare begins."""

    client_id: str
    discharge_id: str
    program_id: str
    site_id: str
    discharged_on: date
    level_of_care: str  # R6.7 code as the clinician chose it
    recovery_date_basis: str  # R8.3 code
    plan_template: str
    time_zone: str | None = None
    recovery_date: date | None = None


class ClientErased(Event, type="intake.client_erased.v1", subject="client_id", urgent=True):
    """The data key is gone: what is left anywhere about this client can no longer be read."""

    client_id: str
    erased_at: datetime

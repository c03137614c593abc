"""Codes as staff read them: person first, active, never blaming (R7)."""

from shared.contracts.intake import CATEGORIES, PURPOSE_OF_NEED, PURPOSES

ROLES = {
    "intake-worker": "Intake worker",
    "counselor": "Counselor",
    "supervisor": "Supervisor",
    "operations": "Operations",
    "administrator": "Administrator",
    "privacy-officer": "Privacy officer",
}
LEVELS = {
    "very-high": "Very high",
    "high": "High",
    "elevated": "Elevated",
    "routine": "Routine",
    "unknown": "Unknown",
}
CHANNELS = {"sms": "text", "email": "e-mail", "web": "web form", "phone": "by phone"}
LANGUAGES = {"en": "English", "es": "Spanish"}
SERVICES = {
    "intake": "Intake",
    "aftercare": "Aftercare",
    "referrals": "Referrals",
    "notifications": "Messages",
    "dashboard": "Staff",
}
ACTORS = {"staff": "by staff", "client": "by the client", "partner": "by the partner", "system": ""}
NEEDS = {
    "housing-instability": "Housing is not secure",
    "homelessness": "A place to live",
    "inadequate-housing": "Better housing",
    "employment-status": "Work",
    "transportation-insecurity": "Transport",
    "financial-insecurity": "Money",
    "food-insecurity": "Food",
    "utility-insecurity": "Heat, light, water",
    "educational-attainment": "School or training",
    "social-connection": "People to be with",
    "intimate-partner-violence": "Safety at home",
    "health-insurance-coverage-status": "Health insurance",
    "incarceration-status": "Legal help",
    "veteran-status": "Veterans' services",
    "language-access": "Language help",
    "sdoh-category-unspecified": "Another need",
}
CATEGORY_WORDS = {
    "identity": "name",
    "contact": "phone and e-mail",
    "attendance": "attendance",
    "plan": "aftercare plan",
    "scores": "scores",
    "medication": "medication",
    "diagnosis": "diagnosis",
    "counseling_notes": "counseling notes",
}
LEVELS_OF_CARE = {
    "1.0": "1.0 Long-term remission monitoring",
    "1.5": "1.5 Outpatient",
    "1.7": "1.7 Medically managed outpatient",
    "2.1": "2.1 Intensive outpatient",
    "2.5": "2.5 High-intensity outpatient",
    "2.7": "2.7 Medically managed intensive outpatient",
    "3.1": "3.1 Clinically managed low-intensity residential",
    "3.5": "3.5 Clinically managed residential",
    "3.7": "3.7 Medically managed residential",
    "4": "4 Medically managed inpatient",
    "RR": "RR Recovery residence",
}
RECOVERY_DATE_BASES = {
    "abstinence": "Not using anything",
    "one-substance": "Not using one substance",
    "medication-supported": "Recovery with medication",
    "days-engaged": "Days engaged in aftercare",
    "none": "No date counts",
}
HELP = {
    "housing": "housing",
    "work": "work",
    "transport": "transport",
    "food": "food",
    "someone-to-talk-to": "someone to talk to",
    "family": "family",
    "health": "health",
    "other": "something else",
}
MESSAGE_PURPOSES = {
    "verification": "the code",
    "checkin": "the check-in",
    "new-link": "the new link",
    "reminder": "the reminder",
    "sign-link": "the link to sign",
    "revoke-link": "the link to stop sharing",
    "revocation-done": "the confirmation of the stop",
    "news": "the news",
    "reply": "the reply",
    "crisis-reply": "the crisis reply",
    "page": "the page to the on-call person",
}
GATE = {
    "ALLOW": "Yes: a consent covers all of it.",
    "HELD": "Held: something about this client is still on its way. Try again in a minute.",
    "NO_IDENTITY": "No: it is not clear who this is about.",
    "NO_LEGAL_BASIS": "No: there is no signed consent for this partner and purpose.",
    "CONSENT_PATIENT_MISMATCH": "No: the consent is another person's.",
    "CONSENT_INCOMPLETE": "No: the consent lacks something it must have.",
    "CONSENT_NOT_YET_EFFECTIVE": "No: the consent is not signed yet.",
    "CONSENT_REVOKED": "No: the client has stopped this sharing.",
    "CONSENT_EXPIRED": "No: the consent has ended.",
    "DISCLOSER_NOT_COVERED": "No: the consent does not name this center.",
    "RECIPIENT_NOT_COVERED": "No: no consent names this partner.",
    "PURPOSE_NOT_COVERED": "No: the consent is for another purpose.",
    "CATEGORY_NOT_COVERED": "No: the consent leaves some of this out.",
    "COUNSELING_NOTES_BLOCKED": "No: counseling notes need a consent of their own.",
    "NOTICE_MISSING": "No: the notice is missing.",
    "SCOPE_COPY_MISSING": "No: the copy of the consent is missing.",
}
REASONS = {
    "no-capacity": "no place free",
    "ineligible": "not eligible there",
    "client-declined": "the client decided against it",
    "client-unreachable": "they could not reach the client",
    "waitlisted": "on the waiting list",
    "other": "another reason",
    "consent-revoked": "the client stopped the sharing",
    "client-erased": "the record was erased",
    "requester": "by us",
    "partner": "by the partner",
    "new": "new",
    "changed": "changed",
    "code-expired": "the code ran out",
    "carrier-error": "the carrier could not deliver",
    "referral-accepted": "a partner accepted",
    "staff": "by staff",
    "heard-from": "they were heard from",
    "opted-out": "they asked for no more texts",
    "no-verified-contact": "no confirmed number or address",
    "unverified": "not confirmed",
    "stale": "it had become too old",
    "not-for-us": "not for us",
    "duplicate": "already known",
    "withdrawn": "withdrawn by the person",
    "registered": "registered",
}
STATUSES = {
    "draft": "draft",
    "requested": "sent",
    "accepted": "accepted",
    "in-progress": "under way",
    "on-hold": "on hold",
    "completed": "completed",
    "rejected": "declined",
    "failed": "not completed",
    "cancelled": "cancelled",
    "entered-in-error": "entered in error",
}
BUSINESS_STATUSES = {
    "awaiting-consent": "waiting for a consent",
    "sent": "sent",
    "viewed": "seen by the partner",
    "waitlisted": "on the waiting list",
    "contacted-client": "in contact with the client",
    "appointment-set": "appointment set",
    "moved-in": "moved in",
    "hired": "hired",
    "retained-30d": "still there after 30 days",
    "retained-90d": "still there after 90 days",
}
TASKS = {
    "first-contact": "Speak with the client within 72 hours",
    "call-client": "Call the client: no answer for some days",
    "call-asked-for": "Call the client today: they asked for it",
    "safety-plan": "Go over the safety plan",
    "plan-review": "Review the plan",
}
CLIENT_STATES = {"registered": "Registered", "in-aftercare": "In aftercare", "erased": "Erased"}
FLASHES = {
    "saved": "Saved.",
    "catching-up": "Saved. This page is catching up.",
    "signed-out": "You are signed out.",
    "done": "Done. The row is closed.",
    "snoozed": "The row comes back later.",
    "sent-code": "The code is on its way.",
    "retry": "The event will be tried again.",
    "discard": "The event will be discarded.",
}
FIELDS = {
    "missing": "Enter this.",
    "string_too_long": "This is too long.",
    "string_too_short": "Enter this.",
    "date_from_datetime_parsing": "Enter a date.",
    "date_parsing": "Enter a date.",
    "literal_error": "Choose one from the list.",
    "enum": "Choose one from the list.",
}
PROBLEMS = {
    "CONFLICT": "Somebody else changed this. Look at both and save again.",
    "ALREADY_EXISTS": "There is one of these already.",
    "IDEMPOTENCY_KEY_REUSED": "This form was sent before with other answers. Look again.",
    "ALREADY_DISCHARGED": "This discharge, or a later one, is recorded already.",
    "ALREADY_CLOSED": "Somebody has answered this form already.",
    "CONSENT_INCOMPLETE": "The consent lacks something it must have.",
    "CONSENT_NOT_OPEN": "This consent was answered or ended already.",
    "TRANSITION_NOT_ALLOWED": "The referral cannot go there from where it stands.",
    "REFERRAL_CLOSED": "This referral is closed. To try again, start a new one.",
    "REASON_MISSING": "Say why.",
    "NOT_COUNSELOR": "This person cannot have a caseload.",
    "EMAIL_TAKEN": "There is an account with this e-mail already.",
    "WRONG_CODE": "The code is not right.",
}


def need(code: str) -> str:
    return NEEDS.get(code, spelled(code))


def gate(code: str) -> str:
    """The gate's answer as a sentence (R1.10)."""
    return GATE.get(code, f"No: {spelled(code)}.")


def category(code: str) -> str:
    """As part of a sentence: "name", "housing need"."""
    return CATEGORY_WORDS.get(code, spelled(code))


def purpose(code: str) -> str:
    return "treatment, payment and operations" if "operations" in code else spelled(code)


def purposes() -> list[tuple[str, str]]:
    return [(code, purpose(code).capitalize()) for code in PURPOSES]


def categories() -> list[tuple[str, str]]:
    return [(code, category(code).capitalize()) for code in CATEGORIES]


def purpose_of_need(code: str) -> str:
    return str(PURPOSE_OF_NEED.get(code, "other"))


def reason(code: str | None) -> str:
    return REASONS.get(code or "", spelled(code)) if code else ""


def task(code: str) -> str:
    if code.endswith("-referral"):
        return f"Find help: {spelled(code.removesuffix('-referral'))}"
    return TASKS.get(code, spelled(code).capitalize())


def spelled(code: str | None) -> str:
    return (code or "").replace("-", " ").replace("_", " ").lower()


def problem(code: str) -> str:
    return PROBLEMS.get(code) or GATE.get(code) or "This cannot be done now."


def field(said: str) -> str:
    """A sentence for a field: the owner's own, or ours for a validator's word."""
    return said if " " in said else FIELDS.get(said, "Check this.")

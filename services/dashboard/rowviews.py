"""A row of My day as a person reads it: the tag, why it is here, what comes next."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.dashboard import times, words
from services.dashboard.people import Person
from services.dashboard.readmodels.rows import CRISIS, Row

FILTERS = {
    "care": ("Check-ins", ("risk", "missed", "task")),
    "messages": (
        "Messages",
        ("text", "unattributed", "help", "message-failed", "message-unclear", "unreachable"),
    ),
    "referrals": ("Referrals", ("referral-blocked", "referral-overdue", "referral-rejected")),
    "consents": ("Consents", ("consent-expiring",)),
    "intake": ("Intake", ("submission",)),
    "system": ("System", ("held", "seal")),
}

ENDED_BY_OWNER = (CRISIS, "text", "unattributed", "submission", "held", "seal")


@dataclass(frozen=True, kw_only=True)
class Around:
    """What the words of a row need from outside it."""

    people: Mapping[str, Person]
    partners: Mapping[str, str]
    staff: Mapping[str, str]
    now: datetime
    zone: ZoneInfo

    def said(self, at: Any) -> str:
        return times.said(times.instant(at), self.now, self.zone)


@dataclass(frozen=True, kw_only=True)
class RowView:
    id: str
    tag: str
    tag_text: str
    name: str
    code: str
    href: str
    reason: str
    due: str
    late: bool
    action: str
    address: str
    take: str = ""
    """Where "I have this" is posted: crises only."""
    can_end: bool = True
    """Whether the row ends here: a crisis, a text, a form end where they are owned."""
    can_wait: bool = True


def view(row: Row, around: Around) -> RowView:
    person = around.people.get(row.client_id or "")
    due, late = times.due(row.act_by, around.now, around.zone)
    tag, tag_text = _tag(row, late)
    action, address = _next(row)
    taken = bool(row.params.get("staff_id"))
    code = person.code if person else ""
    return RowView(
        id=row.id,
        tag=tag,
        tag_text=tag_text,
        name=(person.short if person else "") or code or _nobody(row),
        code=code if person and person.short else "",
        href=f"/clients/{row.client_id}" if row.client_id and person else "",
        reason=_REASONS[row.kind](row.params, around),
        due="" if row.kind == "consent-expiring" else due,  # its reason names the day
        late=late,
        action=action,
        address=address,
        take=f"/crises/{row.about_id}/acknowledge" if row.kind == CRISIS and not taken else "",
        can_wait=may_wait(row),
        can_end=row.kind not in ENDED_BY_OWNER,
    )


def may_wait(row: Row) -> bool:
    """Crisis and very high cannot be put off."""
    return row.kind != CRISIS and row.level != "very-high"


def _tag(row: Row, late: bool) -> tuple[str, str]:
    if row.kind == CRISIS:
        return "crisis", ""
    if row.kind == "seal":
        return "stop", "Alarm"
    if row.level in ("very-high", "high", "elevated", "unknown"):
        return row.level, ""
    if late or row.kind == "referral-overdue":
        return "late", ""
    return _TAGS.get(row.kind, ("wait", ""))


_TAGS = {
    "submission": ("info", "New form"),
    "text": ("info", "Text"),
    "unattributed": ("wait", "Text"),
    "help": ("wait", "HELP"),
    "unreachable": ("wait", "No way to reach"),
    "missed": ("wait", "No answer"),
    "task": ("info", "Task"),
    "message-failed": ("stop", "Did not arrive"),
    "message-unclear": ("wait", "Unclear"),
    "referral-blocked": ("stop", "Not sent"),
    "referral-rejected": ("stop", "Cannot help"),
    "consent-expiring": ("wait", "Consent ends"),
    "held": ("wait", "Update waits"),
}


def _nobody(row: Row) -> str:
    unknown = {"submission": "Contact form", "held": "System", "seal": "System"}
    return unknown.get(row.kind, "Unknown sender")


def _next(row: Row) -> tuple[str, str]:
    """The verb of the next action and where it is done."""
    client, about = f"/clients/{row.client_id}", row.about_id
    actions = {
        CRISIS: ("Open", f"/crises/{about}"),
        "risk": ("See why", f"{client}/checkins"),
        "unreachable": ("Confirm a number", f"{client}/messages"),
        "text": ("Read text", f"/texts/{about}"),
        "unattributed": ("Read text", f"/texts/{about}"),
        "help": ("Open messages", f"{client}/messages"),
        "missed": ("Open check-ins", f"{client}/checkins"),
        "message-failed": ("Open messages", f"{client}/messages"),
        "message-unclear": ("Open messages", f"{client}/messages"),
        "referral-blocked": ("Open referral", f"/referrals/{about}"),
        "referral-overdue": ("Open referral", f"/referrals/{about}"),
        "referral-rejected": ("Refer elsewhere", f"{client}/refer"),
        "consent-expiring": ("Renew consent", f"{client}/sharing"),
        "submission": ("Review form", f"/intake/{about}"),
        "task": ("Open plan", f"{client}/plan"),
        "seal": ("Open operations", "/operations"),
        "held": ("Open operations", "/operations"),
    }
    return actions[row.kind]


def _crisis(params: Mapping[str, Any], around: Around) -> str:
    source = "a check-in answer" if params.get("source") == "checkin" else "a text"
    told = f"Crisis words in {source}. The reply with 988 and 911 went out."
    if params.get("staff_id"):
        who = around.staff.get(params["staff_id"], "A colleague")
        return f"{told} {who} has this since {around.said(params.get('acknowledged_at'))}."
    following = around.said(params.get("page_next_at"))
    return f"{told} Nobody has this{f'; next page {following}' if following else ''}."


def _risk(params: Mapping[str, Any], around: Around) -> str:
    level = words.LEVELS.get(params["level"], params["level"])
    before = words.LEVELS.get(params["previous"], params["previous"]).lower()
    if params["level"] == "unknown":
        return f"We do not know how this person is; the level was {before}."
    return f"{level} now, was {before}."


def _missed(params: Mapping[str, Any], around: Around) -> str:
    count = params.get("consecutive", 1)
    return "No answer to the last check-in." if count == 1 else f"No answer to {count} check-ins."


def _partner(params: Mapping[str, Any], around: Around) -> str:
    return around.partners.get(str(params.get("partner_id")), "The partner")


def _blocked(params: Mapping[str, Any], around: Around) -> str:
    partner = around.partners.get(str(params.get("partner_id")), "the partner")
    return f"The referral to {partner} was not sent. {words.gate(params['code'])}"


def _failed(params: Mapping[str, Any], around: Around) -> str:
    purpose = words.MESSAGE_PURPOSES.get(params["purpose"], "a message")
    return f"Did not arrive: {purpose}. {words.reason(params.get('reason')).capitalize()}."


def _unclear(params: Mapping[str, Any], around: Around) -> str:
    purpose = words.MESSAGE_PURPOSES.get(params["purpose"], "a message")
    return f"It is unclear whether {purpose} arrived. Nothing is sent again by itself."


def _expiring(params: Mapping[str, Any], around: Around) -> str:
    who = around.partners.get(str(params.get("recipient_id")), "a recipient")
    ends = times.day(times.on_date(params["expires_on"]), around.now.date())
    return f"The consent for {who} ends {ends}."


def _form(params: Mapping[str, Any], around: Around) -> str:
    language = words.LANGUAGES.get(params["language"], params["language"])
    how = "taken by phone" if params["channel"] == "phone" else "sent from the web"
    return f"A new contact form, {how}, in {language}."


def _unattributed(params: Mapping[str, Any], around: Around) -> str:
    count = params.get("candidates", 0)
    if count > 1:
        return f"A text from a number that {count} clients share. Read it before you decide whose."
    return "A text from a number that nobody here has."


def _held(params: Mapping[str, Any], around: Around) -> str:
    service = words.SERVICES.get(params["service"], params["service"])
    state = "was set aside" if params["parked"] else "has been waiting for long"
    if not params.get("client"):
        return f"An update to {service} {state}. Operations shows why."
    return f"An update to {service} {state}. Until then, nothing goes out about this person."


_REASONS: dict[str, Callable[[Mapping[str, Any], Around], str]] = {
    CRISIS: _crisis,
    "risk": _risk,
    "unreachable": lambda p, a: "No confirmed number or address: nothing can reach this person.",
    "text": lambda p, a: "A text that nobody has read yet.",
    "unattributed": _unattributed,
    "help": lambda p, a: "Texted HELP and got the answer. A person in distress may type it.",
    "missed": _missed,
    "message-failed": _failed,
    "message-unclear": _unclear,
    "referral-blocked": _blocked,
    "referral-overdue": lambda p, a: f"{_partner(p, a)} has not answered.",
    "referral-rejected": lambda p, a: (
        f"{_partner(p, a)} cannot help: {words.reason(p.get('reason')) or 'no reason given'}."
    ),
    "consent-expiring": _expiring,
    "submission": _form,
    "task": lambda p, a: f"{words.task(p['code'])}.",
    "seal": lambda p, a: (
        f"A sealed record of {words.SERVICES.get(p['publisher'], p['publisher'])} has changed: "
        f"seal {p['number']}. Tell the administrator."
    ),
    "held": _held,
}

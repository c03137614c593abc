"""The sentences of the timeline: one for each kind of fact about a client."""

from collections.abc import Callable, Mapping
from typing import Any

from services.dashboard import words

Names = Mapping[str, str]
When = Callable[[str | None], str]
"""An ISO instant or date → how staff read it."""


def line(code: str, params: Mapping[str, Any], partners: Names, staff: Names, when: When) -> str:
    """The sentence of one timeline entry; partners and staff by name, clients never."""
    told = {name: value for name, value in params.items() if value is not None}
    partner = partners.get(str(told.get("partner_id") or told.get("recipient_id")), "a partner")
    who = staff.get(str(told.get("staff_id")), "a colleague")
    said = _LINES.get(code)
    if said is None:
        return words.spelled(code).capitalize()
    spoken = {
        "partner": partner,
        "who": who,
        "need": words.need(str(told.get("need", ""))).lower(),
        "reason": words.reason(told.get("reason")) or "no reason given",
        "why": (words.reason(told.get("reason")) or "no reason given").capitalize(),
        "purpose": words.MESSAGE_PURPOSES.get(
            str(told.get("purpose")), words.spelled(told.get("purpose"))
        ),
        "channel": words.CHANNELS.get(str(told.get("channel")), ""),
        "level": words.LEVELS.get(str(told.get("level")), "unknown").lower(),
        "before": words.LEVELS.get(str(told.get("previous_level")), "unknown").lower(),
        "status": words.STATUSES.get(str(told.get("status")), words.spelled(told.get("status"))),
        "task": words.task(str(told.get("code", ""))),
        "gate": words.gate(str(told.get("code", ""))),
        "times": told.get("consecutive", 1),
        "rung": "a second way" if told.get("rung") == 2 else "a reminder",
        "on": when(
            told.get("expires_on")
            or told.get("review_due_on")
            or told.get("due_at")
            or told.get("decide_by")
            or told.get("window_ends_at")
        ),
        "day": when(told.get("discharged_on")),
    }
    sentence = said.format(**spoken)
    return sentence[:1].upper() + sentence[1:]


_LINES = {
    "registered": "Registered as a client.",
    "card-changed": "The contact card was changed.",
    "contact-removed": "A number or address was removed; nothing is sent there any more.",
    "consent-drafted": "A consent for {partner} was prepared. It allows nothing until signed.",
    "link-offered": "A one-time link was offered to the client.",
    "consent-granted": "Agreed that {partner} may be told, until {on}.",
    "consent-revoked": "Sharing with {partner} was stopped.",
    "discharged": "Left treatment on {day}; aftercare begins.",
    "plan-started": "The plan started. Review by {on}.",
    "task-opened": "Task: {task}, by {on}.",
    "task-closed": "A task was {status}: {reason}.",
    "checkin-due": "A check-in is due; answers count until {on}.",
    "checkin-renewed": "Asked for a new check-in link.",
    "checkin-missed": "No answer to the check-in. In a row: {times}.",
    "contact-attempt": "We tried again: {rung}.",
    "checkin-answered": "Answered the check-in.",
    "risk-changed": "The level is {level} now; it was {before}.",
    "referral-drafted": "A referral to {partner} was prepared: {need}.",
    "referral-blocked": "The referral to {partner} was not sent. {gate}",
    "referral-sent": "Referred to {partner}: {need}. Answer by {on}.",
    "referral-viewed": "{partner} has read the details.",
    "referral-accepted": "{partner} accepted: {need}.",
    "referral-rejected": "{partner} cannot help: {reason}.",
    "referral-progressed": "{partner}: {status}.",
    "referral-cancelled": "The referral to {partner} was cancelled: {reason}.",
    "referral-overdue": "{partner} has not answered in time.",
    "disclosed": "{partner} was shown what the consent covers.",
    "verified": "Confirmed a way to be reached: {channel}.",
    "unverified": "A {channel} contact is not confirmed: {reason}.",
    "opted-out": "Asked for no more texts.",
    "opted-in": "Texts may be sent again.",
    "help-asked": "Texted HELP and got the answer.",
    "message-queued": "Getting ready to send {purpose}.",
    "message-sent": "Sent {purpose} by {channel}.",
    "message-delivered": "A message arrived.",
    "message-failed": "Did not arrive: {purpose}. {why}.",
    "message-dropped": "Not sent on purpose: {purpose}. {why}.",
    "message-unclear": "It is unclear whether {purpose} arrived. It is not sent again by itself.",
    "text-received": "Wrote a text.",
    "text-closed": "A text was read and closed.",
    "crisis-opened": "Crisis words. The reply with 988 and 911 went out.",
    "crisis-acknowledged": "{who} took the crisis.",
    "crisis-closed": "{who} closed the crisis with a note.",
    "assigned": "{who} is the counselor now.",
}

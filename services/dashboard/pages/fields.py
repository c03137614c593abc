"""What several forms share: dates in three parts, the contact card, lists to choose from."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from services.dashboard import words
from services.dashboard.pages.frame import Posted, Viewer

ZONES = [
    ("America/New_York", "Eastern"),
    ("America/Chicago", "Central"),
    ("America/Denver", "Mountain"),
    ("America/Phoenix", "Arizona"),
    ("America/Los_Angeles", "Pacific"),
    ("America/Anchorage", "Alaska"),
    ("Pacific/Honolulu", "Hawaii"),
    ("America/Puerto_Rico", "Puerto Rico"),
]
POINTS = [("phone_1", "sms"), ("phone_2", "sms"), ("email_1", "email"), ("email_2", "email")]


def options(choices: Mapping[str, str]) -> list[tuple[str, str]]:
    return list(choices.items())


def sites(viewer: Viewer) -> list[tuple[str, str]]:
    """The sites this person works for."""
    known = viewer.settings.sites
    return [(site, known.get(site, site)) for site in viewer.account.sites]


def typed_date(posted: Posted, name: str) -> dict[str, str]:
    return {part: posted.text(f"{name}_{part}") for part in ("month", "day", "year")}


def date_text(posted: Posted, name: str) -> str | None:
    """As ISO text, even where there is no such day: the owner names what is wrong."""
    typed = typed_date(posted, name)
    if not any(typed.values()):
        return None
    return f"{typed['year']:0>4}-{typed['month']:0>2}-{typed['day']:0>2}"


def parts(iso: str | None) -> dict[str, str]:
    """A kept date in the three parts of its fieldset."""
    if not iso:
        return {"month": "", "day": "", "year": ""}
    on = date.fromisoformat(iso[:10])
    return {"month": str(on.month), "day": str(on.day), "year": str(on.year)}


def card_values(posted: Posted) -> dict[str, Any]:
    return {**posted.values, "birth_date": typed_date(posted, "birth_date")}


def card_body(posted: Posted) -> dict[str, Any]:
    """The contact card as intake takes it."""
    return {
        "given_name": posted.text("given_name"),
        "family_name": posted.text("family_name"),
        "preferred_name": posted.text("preferred_name") or None,
        "birth_date": date_text(posted, "birth_date"),
        "language": posted.text("language") or "en",
        "time_zone": posted.text("time_zone") or None,
        "contact_points": [
            {"channel": channel, "value": posted.text(name)} for name, channel in _filled(posted)
        ],
        "safe_voicemail": posted.text("safe_voicemail") == "yes",
        "unencrypted_ok": posted.text("unencrypted_ok") == "yes",
    }


def _filled(posted: Posted) -> list[tuple[str, str]]:
    return [(name, channel) for name, channel in POINTS if posted.text(name)]


def card_errors(posted: Posted, errors: Mapping[str, str]) -> dict[str, str]:
    """Intake names a contact point by its place in the list; the form by its own field."""
    names = {
        f"contact_points.{place}.value": name for place, (name, _) in enumerate(_filled(posted))
    }
    return {names.get(name, name): sentence for name, sentence in errors.items()}


def card_from(card: Mapping[str, Any]) -> dict[str, Any]:
    """A kept card as the values of the form."""
    points = {"sms": ["phone_1", "phone_2"], "email": ["email_1", "email_2"]}
    values: dict[str, Any] = {}
    for point in card["contact_points"]:
        if points[point["channel"]]:
            values[points[point["channel"]].pop(0)] = point["value"]
    plain = ("given_name", "family_name", "preferred_name", "language", "time_zone", "version")
    values |= {name: card.get(name) or "" for name in plain}
    values["birth_date"] = parts(card.get("birth_date"))
    values["safe_voicemail"] = "yes" if card.get("safe_voicemail") else ""
    values["unencrypted_ok"] = "yes" if card.get("unencrypted_ok") else ""
    return values


def card_choices(viewer: Viewer) -> dict[str, Any]:
    return {"languages": options(words.LANGUAGES), "zones": ZONES, "sites": sites(viewer)}

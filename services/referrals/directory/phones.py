"""Phone numbers as people typed them into a directory, made dialable where that is possible."""

import re

import phonenumbers

from services.referrals.directory.cells import Unreadable
from services.referrals.directory.domain import Number

# N11 codes are dialed as they are and have no E.164 form.
SHORT_CODES = frozenset({"211", "311", "411", "511", "611", "711", "811", "911", "988"})
_EXTENSION = re.compile(r"\b(?:ext(?:ension)?s?\b\.?|x\.?)\s*(\d{1,6})\b", re.IGNORECASE)
_EDGES = " ,;:-()"


def number(text: str, *, region: str, extension: str = "", label: str = "") -> Number:
    """Never loses what was written; ``e164`` is None where it cannot be dialed like that."""
    if not any(each.isalnum() for each in text):
        raise Unreadable("holds no digits")
    parsed = _parsed(text, region)
    written = re.sub(r"\D", "", text)
    further = _further(label, region)
    inside, rest = ("", label) if extension or further else _extension_in(label)
    return Number(
        text=written if parsed is None and written in SHORT_CODES else text,
        e164=_e164(parsed) if parsed else None,
        extension=extension or (parsed.extension if parsed else None) or inside,
        label=rest,
        also=further,
    )


def _parsed(text: str, region: str) -> phonenumbers.PhoneNumber | None:
    try:
        found = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    return found if phonenumbers.is_valid_number(found) else None


def _e164(parsed: phonenumbers.PhoneNumber) -> str:
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def _extension_in(label: str) -> tuple[str, str]:
    """``"X 217, Director"`` → extension 217 of "Director"; two candidates are left to a person."""
    found = _EXTENSION.findall(label)
    if len(found) != 1 or re.search(r"\bor\b", label, re.IGNORECASE):
        return "", label
    return found[0], _EXTENSION.sub(" ", label).strip(_EDGES)


def _further(label: str, region: str) -> tuple[str, ...]:
    """Second numbers that were written into the label."""
    matches = phonenumbers.PhoneNumberMatcher(label, region)
    return tuple(_e164(match.number) for match in matches)

"""What makes a name, a number, an address or a date usable, and one sentence for each problem.

Every check gives the cleaned value or raises ``Unusable`` with a sentence that says what to do.
The sentences are message ids of the catalog; they never repeat what was typed.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from zoneinfo import available_timezones

import phonenumbers

LANGUAGES = ("en", "es")
HOME_REGION = "US"
OLDEST_YEAR = 1900
TIME_ZONES = frozenset(available_timezones())
EMAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@"
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)


def _(sentence: str) -> str:
    """Marks a sentence for the catalog; the page translates it."""
    return sentence


class Unusable(ValueError):
    """The sentence that tells the person what to enter instead."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def line(typed: str, *, limit: int = 100) -> str:
    """One line of text: trimmed, no control characters; empty stays empty."""
    clean = " ".join(unicodedata.normalize("NFC", typed).split())
    return _short(clean, limit)


def paragraph(typed: str, *, limit: int = 2000) -> str:
    """Text of several lines."""
    clean = unicodedata.normalize("NFC", typed).replace("\r\n", "\n").strip()
    return _short(clean, limit)


def _short(clean: str, limit: int) -> str:
    if len(clean) > limit:
        raise Unusable(_("Shorten this text"))
    if any(unicodedata.category(char) in ("Cc", "Cs") and char != "\n" for char in clean):
        raise Unusable(_("Remove the characters that cannot be shown"))
    return clean


def name(typed: str) -> str:
    """A name as the person writes it; anything with a letter in it is a name."""
    clean = line(typed)
    if not any(char.isalpha() for char in clean):
        raise Unusable(_("Enter a name"))
    return clean


def phone(typed: str) -> str:
    """The number in E.164; without a country code it is taken as a US number."""
    try:
        number = phonenumbers.parse(line(typed, limit=40), HOME_REGION)
    except phonenumbers.NumberParseException as error:
        raise Unusable(_("Enter a phone number, with area code")) from error
    if not phonenumbers.is_valid_number(number) or number.extension:
        raise Unusable(_("Enter a phone number, with area code"))
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def email(typed: str) -> str:
    """The address as typed, its domain in small letters."""
    clean = line(typed, limit=254)
    if not EMAIL.fullmatch(clean) or ".." in clean or "." in (clean[0], clean.split("@")[0][-1]):
        raise Unusable(_("Enter an e-mail address, such as name@example.org"))
    local, _at, domain = clean.rpartition("@")
    return f"{local}@{domain.lower()}"


def day(typed: str, sentence: str = _("Enter the date as month, day and year")) -> date:
    """A date from ISO text."""
    try:
        return date.fromisoformat(line(typed, limit=10))
    except ValueError as error:
        raise Unusable(sentence) from error


def birth_date(typed: str, *, today: date) -> date:
    """From ISO text; somebody who lives, so neither in the future nor before 1900."""
    born = day(typed, _("Enter the birth date as month, day and year"))
    if not born.year >= OLDEST_YEAR or born > today:
        raise Unusable(_("Check the year of the birth date"))
    return born


def date_parts(typed: Mapping[str, str], field: str) -> str:
    """Month, day and year of a form as ISO text; empty when all three are empty."""
    parts = [typed.get(f"{field}_{part}", "").strip() for part in ("year", "month", "day")]
    if not any(parts):
        return ""
    year, month, day = parts
    return f"{year}-{month:0>2}-{day:0>2}"


def language(typed: str) -> str:
    if typed not in LANGUAGES:
        raise Unusable(_("Choose a language"))
    return typed


def time_zone(typed: str) -> str:
    if typed not in TIME_ZONES:
        raise Unusable(_("Choose a time zone"))
    return typed


def contact_value(channel: str, typed: str) -> str:
    """What to call or write to on this channel."""
    if channel == "sms":
        return phone(typed)
    if channel == "email":
        return email(typed)
    raise Unusable(_("Choose text or e-mail"))

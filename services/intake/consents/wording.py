"""The words a client agrees to, by version and language; a released version never changes.

The texts are data files beside this module. What a client was shown is stored with the signature,
so a consent can be read as it was signed whatever the files say later.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from babel.dates import format_date

from services.intake.consents.domain import Consent

CURRENT = "consent-1"
FOLDER = Path(__file__).parent / "words"


@dataclass(frozen=True, kw_only=True)
class Paragraph:
    heading: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Wording:
    version: str
    language: str
    title: str
    statements: tuple[str, ...]
    paragraphs: tuple[Paragraph, ...]

    @property
    def full_text(self) -> str:
        return "\n\n".join([self.title, *(f"{p.heading}\n{p.text}" for p in self.paragraphs)])


def write_out(
    consent: Consent, language: str, *, center_name: str, center_phone: str, version: str = CURRENT
) -> Wording:
    """The whole text of one consent, as its client sees it."""
    words = _words(version, language)
    filled = {
        "patient_name": consent.patient_name,
        "center_name": center_name,
        "center_phone": center_phone,
        "recipient_name": consent.recipient_name,
        "categories": categories_in_words(consent.categories, language, version),
        "description": _sentence(consent.description),
        "purpose": words["purposes"][consent.purpose],
        "expiry": _expiry(words, consent),
    }
    return Wording(
        version=words["version"],
        language=words["language"],
        title=words["title"],
        statements=tuple(words["statements"]),
        paragraphs=tuple(
            Paragraph(heading=part["heading"], text=part["text"].format(**filled))
            for part in words["paragraphs"]
        ),
    )


def categories_in_words(categories: tuple[str, ...], language: str, version: str = CURRENT) -> str:
    words = _words(version, language)["categories"]
    text = ", ".join(words[code] for code in categories)
    return text[:1].upper() + text[1:]


def purpose_in_words(purpose: str, language: str, version: str = CURRENT) -> str:
    return str(_words(version, language)["purposes"][purpose])


def last_day_in_words(consent: Consent, language: str, version: str = CURRENT) -> str:
    return _expiry(_words(version, language), consent)


@cache
def _words(version: str, language: str) -> dict[str, Any]:
    file = FOLDER / f"{version}.{language}.json"
    words: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return words


def _expiry(words: dict[str, Any], consent: Consent) -> str:
    if consent.expires_on is None:
        return str(words["expiry"][consent.expires_event])
    day = format_date(consent.expires_on, format="long", locale=words["language"])
    return str(words["expiry"]["date"].format(date=day))


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?")) else f"{text}."

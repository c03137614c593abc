"""Finding a client without keeping a readable name: keyed hashes of normalized parts meet."""

import re
from collections.abc import Iterable

from shared.confidential import search_digest
from shared.contracts.intake import ContactCard

CODE = re.compile(r"^([A-Z0-9]{3})[- ]?([A-Z0-9]{2})$")
SHORTEST_START = 3
PHONE_TAIL = 10
MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
        start=1,
    )
}
_ISO = re.compile(r"^(\d{4})-(\d{1,2})-(\d{1,2})$")
_AMERICAN = re.compile(r"^(\d{1,2})/(\d{1,2})/(\d{4})$")
_WRITTEN = re.compile(r"^([a-z]{3})[a-z]* +(\d{1,2}),? +(\d{4})$")


def digests_of(card: ContactCard, digest_key: bytes) -> tuple[str, ...]:
    """Everything this person may be searched by: words of the names and their beginnings from
    three letters on, birth date, and the last ten digits of each number."""
    parts = {("name", start) for word in _words(card) for start in _starts(word)}
    parts |= {("name", word[0]) for word in _split(card.family_name)}  # "Dana R." finds her
    if card.birth_date:
        parts.add(("birth", card.birth_date.isoformat()))
    parts |= {("phone", tail) for tail in map(_tail, card.contact_values.values()) if tail}
    return tuple(sorted(search_digest(digest_key, kind, text) for kind, text in parts))


def sought(text: str, digest_key: bytes) -> tuple[list[str], str | None]:
    """The digests that must all be there, or the code, for what a person typed."""
    typed = " ".join(text.split())
    code = CODE.match(typed.upper())
    if code and any(char.isdigit() for char in typed):
        return [], "-".join(code.groups())
    born = _birth(typed.lower())
    if born:
        return [search_digest(digest_key, "birth", born)], None
    tail = _tail(typed)
    if tail:
        return [search_digest(digest_key, "phone", tail)], None
    return [search_digest(digest_key, "name", word) for word in _split(typed)], None


def _words(card: ContactCard) -> Iterable[str]:
    names = (card.given_name, card.family_name, card.preferred_name or "")
    return (word for name in names for word in _split(name))


def _split(text: str) -> list[str]:
    return [word for word in re.split(r"[\s.,\-]+", text.casefold()) if word]


def _starts(word: str) -> list[str]:
    return [word, *(word[:end] for end in range(SHORTEST_START, len(word)))]


def _tail(text: str) -> str | None:
    digits = re.sub(r"\D", "", text)
    plain = re.sub(r"[\d\s()+.\-]", "", text) == ""
    return digits[-PHONE_TAIL:] if plain and len(digits) >= PHONE_TAIL else None


def _birth(text: str) -> str | None:
    iso, american, written = _ISO.match(text), _AMERICAN.match(text), _WRITTEN.match(text)
    if iso:
        year, month, day = (int(part) for part in iso.groups())
    elif american:
        month, day, year = (int(part) for part in american.groups())
    elif written and written[1] in MONTHS:
        month, day, year = MONTHS[written[1]], int(written[2]), int(written[3])
    else:
        return None
    return f"{year:04d}-{month:02d}-{day:02d}"

"""Whether two records may be one person: reasons for a human to look, never a merge."""

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

SHORT_NAME = 4
SAME_PHONE, SAME_EMAIL = "same-phone", "same-email"
SAME_NAME, CLOSE_NAME = "same-name", "close-name"
SAME_BIRTH_DATE, CLOSE_BIRTH_DATE = "same-birth-date", "close-birth-date"

# Consonants that sound alike share a digit; vowels, h, w and y fall away (Russell and Odell).
_SOUNDS = {
    letter: digit
    for digit, letters in enumerate(("bfpv", "cgjkqsxz", "dt", "l", "mn", "r"), start=1)
    for letter in letters
}


@dataclass(frozen=True, kw_only=True)
class Traits:
    """What two people are compared by."""

    given_name: str = ""
    family_name: str = ""
    preferred_name: str = ""
    birth_date: date | None = None
    phones: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()


def reasons(one: Traits, other: Traits) -> tuple[str, ...]:
    """Why these two may be the same person; empty when nothing suggests it.

    A name alone is no reason unless a birth date is missing, a birth date alone never is.
    """
    found = [
        *([SAME_PHONE] if one.phones & other.phones else []),
        *([SAME_EMAIL] if one.emails & other.emails else []),
    ]
    name = _name_reason(one, other)
    born = _birth_reason(one.birth_date, other.birth_date)
    dates_differ = one.birth_date and other.birth_date and born is None
    if name and (born or found or (name == SAME_NAME and not dates_differ)):
        found.append(name)
    if born and (name or found):
        found.append(born)
    return tuple(found)


def search_parts(traits: Traits) -> list[tuple[str, str]]:
    """(kind, text) pairs; who shares one of them with somebody is worth comparing."""
    parts = [("phone", phone) for phone in sorted(traits.phones)]
    parts += [("email", email.casefold()) for email in sorted(traits.emails)]
    parts += [
        ("names", f"{sound(given)}|{sound(traits.family_name)}")
        for given in sorted({traits.given_name, traits.preferred_name} - {""})
        if traits.family_name
    ]
    if traits.birth_date:
        parts += [("born", day) for day in sorted(_birth_keys(traits, traits.birth_date))]
    return parts


def sound(name: str) -> str:
    """The first letter and three sounds that follow, so that Dana Ruiz meets Dana Ruis."""
    letters = _plain(name)
    if not letters:
        return ""
    code, last = letters[0], _SOUNDS.get(letters[0])
    for letter in letters[1:]:
        digit = _SOUNDS.get(letter)
        if digit is not None and digit != last:
            code += str(digit)
        if letter not in "hw":
            last = digit
    return (code + "000")[:4]


def distance(one: str, other: str) -> int:
    """Steps from one word to the other: a letter more, less, different, or two swapped."""
    rows = [list(range(len(other) + 1))]
    for i, left in enumerate(one, start=1):
        row = [i]
        for j, right in enumerate(other, start=1):
            step = min(row[-1] + 1, rows[-1][j] + 1, rows[-1][j - 1] + (left != right))
            if i > 1 and j > 1 and left == other[j - 2] and one[i - 2] == right:
                step = min(step, rows[-2][j - 2] + 1)
            row.append(step)
        rows.append(row)
    return rows[-1][-1]


def _plain(name: str) -> str:
    folded = unicodedata.normalize("NFKD", name.casefold())
    return "".join(char for char in folded if "a" <= char <= "z")


def _name_reason(one: Traits, other: Traits) -> str | None:
    given = _any_pair(one, other, lambda a, b: a == b)
    family = _plain(one.family_name) == _plain(other.family_name) != ""
    if given and family:
        return SAME_NAME
    close_given = given or _any_pair(one, other, _close)
    close_family = family or _close(_plain(one.family_name), _plain(other.family_name))
    return CLOSE_NAME if close_given and close_family else None


def _any_pair(one: Traits, other: Traits, alike: Callable[[str, str], bool]) -> bool:
    return any(alike(a, b) for a in _given_names(one) for b in _given_names(other))


def _given_names(traits: Traits) -> Iterable[str]:
    return {_plain(traits.given_name), _plain(traits.preferred_name)} - {""}


def _close(one: str, other: str) -> bool:
    shorter = min(len(one), len(other))
    return shorter > 0 and distance(one, other) <= (1 if shorter <= SHORT_NAME else 2)


def _birth_reason(one: date | None, other: date | None) -> str | None:
    if one is None or other is None:
        return None
    if one == other:
        return SAME_BIRTH_DATE
    swapped_parts = (one.year, one.month, one.day) == (other.year, other.day, other.month)
    near = distance(one.strftime("%Y%m%d"), other.strftime("%Y%m%d")) == 1
    return CLOSE_BIRTH_DATE if swapped_parts or near else None


def _birth_keys(traits: Traits, born: date) -> set[str]:
    """The date itself; with the family name's first letter also what it shares with dates one
    slip away: the year and its two numbers in any order, and each pair of its parts."""
    initial = _plain(traits.family_name)[:1]
    low, high = sorted((born.month, born.day))
    slips = {
        f"y{born.year}|{low}|{high}",
        f"y{born.year}m{born.month}",
        f"y{born.year}d{born.day}",
        f"m{born.month}d{born.day}",
    }
    return {born.isoformat(), *(f"{initial}{slip}" for slip in slips)}

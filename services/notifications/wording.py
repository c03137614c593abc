"""Reads short texts the way people type them: accents, spacing and spelling left open."""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"
APOSTROPHES = re.compile("['`\\u2018\\u2019\\u00b4]")
DIGITS_FOR_LETTERS = str.maketrans("01345", "oieas")
NEAR_FROM = 6  # shorter words differ from too many others by one letter

Words = tuple[str, ...]


@cache
def data(name: str) -> dict[str, Any]:
    """A versioned word list kept beside the code."""
    loaded: dict[str, Any] = json.loads((DATA / f"{name}.json").read_text("utf-8"))
    return loaded


def plain(text: str) -> Words:
    """Lower-case words without accents, apostrophes, punctuation and invisible characters."""
    letters = unicodedata.normalize("NFKD", APOSTROPHES.sub("", text)).casefold()
    kept = "".join(c for c in letters if unicodedata.category(c) not in ("Mn", "Cf", "Me"))
    return tuple(_letters(word) for word in re.findall(r"[^\W_]+", kept))


def squeezed(text: str) -> Words:
    """`plain` with each run of one letter made one, so that "stoppp" and "suicidde" are read."""
    return tuple(re.sub(r"(.)\1+", r"\1", word) for word in plain(text))


def phrases(texts: Iterable[str]) -> tuple[Words, ...]:
    return tuple(squeezed(text) for text in texts)


def holds(words: Words, phrase: Words) -> bool:
    return phrase in _windows(words, len(phrase))


def nearly_holds(words: Words, phrase: Words) -> bool:
    """As `holds`, one slip allowed in each long word."""
    return any(_match(window, phrase) for window in _windows(words, len(phrase)))


def _windows(words: Words, width: int) -> Iterator[Words]:
    return (words[at : at + width] for at in range(len(words) - width + 1))


def _match(words: Words, phrase: Words) -> bool:
    return all(_alike(word, wanted) for word, wanted in zip(words, phrase, strict=True))


def _alike(word: str, wanted: str) -> bool:
    if word == wanted:
        return True
    if len(wanted) < NEAR_FROM or word[0] != wanted[0] or abs(len(word) - len(wanted)) > 1:
        return False
    return _one_slip(word, wanted)


def _one_slip(word: str, wanted: str) -> bool:
    """One letter more, less, other, or two neighbours swapped."""
    at = next((i for i, (a, b) in enumerate(zip(word, wanted, strict=False)) if a != b), None)
    if at is None:
        return True
    rest, other = word[at:], wanted[at:]
    swapped = rest[1::-1] + rest[2:] == other
    return swapped or rest[1:] == other[1:] or rest[1:] == other or rest == other[1:]


def _letters(word: str) -> str:
    """Reads "su1c1de" as meant; a number stays a number."""
    return word if word.isdigit() else word.translate(DIGITS_FOR_LETTERS)

"""Words in one spelling: without case, accents and punctuation, so that they can be found."""

import re
import unicodedata
from collections.abc import Iterable

LONGEST_TERM = 40
SHORTEST_WORD = 2
_NOT_A_WORD = re.compile(r"[^a-z0-9]+")
_APOSTROPHES = re.compile(r"['’`]")
_COMMON = frozenset(
    [
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "by",
        "for",
        "from",
        "in",
        "is",
        "it",
        "not",
        "of",
        "on",
        "or",
        "the",
        "their",
        "this",
        "to",
        "with",
    ]
)


def plain(text: str) -> str:
    """``"St. José's"`` → ``"st joses"``."""
    spelled = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", text))
    bare = "".join(each for each in spelled if not unicodedata.combining(each))
    return _NOT_A_WORD.sub(" ", bare.casefold()).strip()


def words(*texts: str) -> Iterable[str]:
    """The words worth looking for, once each, in order."""
    found = (word[:LONGEST_TERM] for text in texts for word in plain(text).split())
    return dict.fromkeys(
        word for word in found if len(word) >= SHORTEST_WORD and word not in _COMMON
    )

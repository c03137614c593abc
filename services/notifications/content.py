"""Lints what a person is going to read: nothing that implies care (R5.6), no stigma (R7.1).

Put every template and every rendered text, subject, preheader and calendar title through `lint`.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from services.notifications.wording import data, plain

DISCLOSES = "R5.6"
STIGMA = "R7.1"

ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+", re.IGNORECASE)
QUOTED = re.compile(r"\"[^\"]*\"|“[^”]*”|«[^»]*»")
# Longer parts of an address are one-time tokens: chance letters, not words.
TOKEN_FROM = 16
# Inside "soberhomes.example" a word has no edges; shorter ones would be found in innocent names.
STEM_FROM = 5


@dataclass(frozen=True)
class Violation:
    """Holds the listed entry, never the text around it: a text may not reach a log."""

    rule: str
    entry: str
    instead: str = ""


@dataclass(frozen=True)
class Entry:
    listed: str
    words: tuple[str, ...]
    is_stem: bool
    instead: str = ""

    def stands_in(self, words: tuple[str, ...]) -> bool:
        width = len(self.words)
        return any(self._fits(words[at : at + width]) for at in range(len(words) - width + 1))

    def _fits(self, window: tuple[str, ...]) -> bool:
        if self.is_stem:
            return window[:-1] == self.words[:-1] and window[-1].startswith(self.words[-1])
        return window == self.words


def lint(text: str) -> list[Violation]:
    return disclosing(text) + stigmatizing(text)


def disclosing(text: str) -> list[Violation]:
    """Words that would tell a stranger holding the phone what kind of help this is (R5.6)."""
    words, glued = plain(_readable(text)), _glued(text)
    found = [e for e in _discloses() if e.stands_in(words) or _is_within(e, glued)]
    exact = set(re.findall(r"\b[A-Z]{2,}\b", _readable(text))) & _exact()
    return [Violation(DISCLOSES, e.listed) for e in found] + [
        Violation(DISCLOSES, short) for short in sorted(exact)
    ]


def stigmatizing(text: str) -> list[Violation]:
    """For staff pages too, where the words of care are fine; quotations are exempt (R7.1)."""
    words = plain(QUOTED.sub(" ", text))
    return [Violation(STIGMA, e.listed, e.instead) for e in _stigma() if e.stands_in(words)]


def _readable(text: str) -> str:
    return ADDRESS.sub(lambda found: " ".join(_parts(found[0])), text)


def _glued(text: str) -> tuple[str, ...]:
    """Address parts without their separators: "recovery-place.org" reads "recoveryplaceorg"."""
    parts = (part for found in ADDRESS.findall(text) for part in _parts(found))
    return tuple("".join(plain(part)) for part in parts)


def _parts(address: str) -> Iterator[str]:
    bare = re.sub(r"^https?://", "", address, flags=re.IGNORECASE)
    host, *path = re.split(r"[/?#&=]", bare)
    yield host
    yield from (part for part in path if len(part) < TOKEN_FROM)


def _is_within(entry: Entry, glued: Iterable[str]) -> bool:
    wanted = "".join(entry.words)
    return len(wanted) >= STEM_FROM and any(wanted in part for part in glued)


def _entry(listed: str, instead: str = "") -> Entry:
    words = plain(listed.replace("*", ""))
    return Entry(listed, words, listed.endswith("*"), instead)


@cache
def _discloses() -> tuple[Entry, ...]:
    lists = data("words")["discloses"]
    return tuple(_entry(listed) for listed in dict.fromkeys(lists["en"] + lists["es"]))


@cache
def _exact() -> frozenset[str]:
    return frozenset(data("words")["discloses"]["exact"])


@cache
def _stigma() -> tuple[Entry, ...]:
    return tuple(_entry(listed, instead) for listed, instead in data("words")["stigma"].items())

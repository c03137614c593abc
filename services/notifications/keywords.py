"""What an inbound text asks for, before anything else reads it (R5.3, R3.9)."""

from enum import StrEnum
from functools import cache

from services.notifications.crisis import is_crisis
from services.notifications.wording import Words, data, holds, phrases, plain, squeezed


class Keyword(StrEnum):
    CRISIS = "crisis"
    OPT_OUT = "opt_out"
    UNCLEAR_OPT_OUT = "unclear_opt_out"
    OPT_IN = "opt_in"
    HELP = "help"


def classify(body: str, opted_out: bool) -> Keyword | None:
    """None is an ordinary text. A crisis goes before all: ask `asks_to_stop` as well then."""
    if is_crisis(body):
        return Keyword.CRISIS
    exact = _exact(body)
    if exact is None and opted_out and _is_any(body, "opt_in_while_opted_out"):
        return Keyword.OPT_IN
    if exact is None and asks_to_stop(body):
        return Keyword.UNCLEAR_OPT_OUT
    return exact


def asks_to_stop(body: str) -> bool:
    """Any reasonable wording ends all automated texts, whatever else the text says (R5.3)."""
    words = squeezed(body)
    return _is_any(body, "opt_out") or _is_little_but_stop(words) or _holds_wording(words)


def _exact(body: str) -> Keyword | None:
    for keyword in (Keyword.OPT_OUT, Keyword.OPT_IN, Keyword.HELP):
        if _is_any(body, keyword):
            return keyword
    return None


def _is_any(body: str, name: str) -> bool:
    """The whole body, with inner punctuation and spaces left open: "Opt-Out", "S.T.O.P."."""
    return "".join(plain(body)) in _solid(name)


def _is_little_but_stop(words: Words) -> bool:
    stops, fillers = _single("stop_words"), _single("fillers")
    return any(word in stops for word in words) and all(
        word in stops or word in fillers for word in words
    )


def _holds_wording(words: Words) -> bool:
    return any(holds(words, phrase) for phrase in _phrases("wordings"))


@cache
def _solid(name: str) -> frozenset[str]:
    return frozenset("".join(plain(text)) for text in data("keywords")[name])


@cache
def _single(name: str) -> frozenset[str]:
    return frozenset(word for (word,) in _phrases(name))


@cache
def _phrases(name: str) -> tuple[Words, ...]:
    return phrases(data("keywords")[name])

"""Finds the words that must reach a person at once (R3.9), in English and Spanish."""

from functools import cache

from services.notifications.wording import Words, data, nearly_holds, phrases, squeezed


def is_crisis(body: str) -> bool:
    """Errs on the side of answering: a denial or a third person's danger counts as well."""
    ignored, wanted = _lists()
    words = tuple(word for word in squeezed(body) if word not in ignored)
    return any(nearly_holds(words, phrase) for phrase in wanted)


def version() -> str:
    """The phrase list a decision was made with."""
    return str(data("crisis")["version"])


@cache
def _lists() -> tuple[frozenset[str], tuple[Words, ...]]:
    lists = data("crisis")
    ignored = frozenset(word for (word,) in phrases(lists["ignored"]))
    return ignored, phrases(lists["en"] + lists["es"])

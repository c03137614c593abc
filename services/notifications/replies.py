"""The fixed answers to keywords and crisis words: one GSM-7 segment, nothing revealed (R5.6)."""

from services.notifications.keywords import Keyword
from services.notifications.wording import data


def crisis_reply(language: str) -> str:
    """Needs no name, so that nothing can be missing when it matters (R3.9)."""
    return _text(Keyword.CRISIS, language)


def reply(keyword: Keyword, language: str, *, name: str, phone: str, hours: str) -> str:
    """The one confirmation R5.3 asks for; an unclear opt-out gets the same as a clear one."""
    known = Keyword.OPT_OUT if keyword is Keyword.UNCLEAR_OPT_OUT else keyword
    return _text(known, language).format(name=name, phone=phone, hours=hours)


def version() -> str:
    return str(data("replies")["version"])


def _text(keyword: Keyword, language: str) -> str:
    texts = data("replies")[keyword]
    return str(texts.get(language[:2], texts["en"]))

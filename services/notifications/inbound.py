"""What an inbound text means, in the order that keeps people safe: crisis, keyword, code, rest."""

from dataclasses import dataclass

from services.notifications import codes
from services.notifications.keywords import Keyword, asks_to_stop, classify


@dataclass(frozen=True, kw_only=True)
class Reading:
    """``keyword`` decides the one reply; ``stops`` holds whatever else the text says (R5.3)."""

    keyword: Keyword | None = None
    stops: bool = False
    stop_is_clear: bool = True
    code: str | None = None

    @property
    def is_crisis(self) -> bool:
        return self.keyword is Keyword.CRISIS

    @property
    def needs_reading(self) -> bool:
        """A person should read the words: nothing matched, or only their sense was guessed."""
        return self.keyword in (None, Keyword.UNCLEAR_OPT_OUT)


def read(body: str, *, opted_out: bool) -> Reading:
    keyword = classify(body, opted_out)
    clear = keyword is Keyword.OPT_OUT
    stops = clear or keyword is Keyword.UNCLEAR_OPT_OUT
    if keyword is Keyword.CRISIS:
        stops = asks_to_stop(body)
    code = codes.find(body) if keyword is None else None
    return Reading(keyword=keyword, stops=stops, stop_is_clear=clear or not stops, code=code)

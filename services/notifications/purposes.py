"""Why a message goes out, and which rules bind each kind."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Purpose(StrEnum):
    VERIFICATION = "verification"
    CHECKIN = "checkin"
    NEW_LINK = "new-link"
    REMINDER = "reminder"
    SIGN_LINK = "sign-link"
    REVOKE_LINK = "revoke-link"
    REVOKED = "revocation-done"
    NEWS = "news"
    REPLY = "reply"
    CRISIS_REPLY = "crisis-reply"
    PAGE = "page"


@dataclass(frozen=True, kw_only=True)
class Rules:
    """``capped`` names the purposes that share one allowance (R5.1); None is not capped.

    ``answers_a_text`` goes back to the number that wrote just now: no hours, no opt-out, no queue
    stand in its way (R5.2, R5.3).
    """

    capped: str | None = None
    is_survey: bool = False
    to_unverified: bool = False
    answers_a_text: bool = False
    to_staff: bool = False
    repeatable: bool = False
    lasts: timedelta = timedelta(days=2)


# The caps are for what the platform starts by itself: a link that somebody asked for, a code and a
# confirmation follow a person's own act. News is a kind of its own, so that the form of the day
# does not delay it.
RULES: dict[Purpose, Rules] = {
    Purpose.VERIFICATION: Rules(to_unverified=True, lasts=timedelta(hours=24)),
    Purpose.CHECKIN: Rules(capped="schedule", is_survey=True),
    Purpose.NEW_LINK: Rules(),
    Purpose.REMINDER: Rules(capped="schedule", is_survey=True),
    Purpose.SIGN_LINK: Rules(),
    Purpose.REVOKE_LINK: Rules(),
    Purpose.REVOKED: Rules(),
    Purpose.NEWS: Rules(capped="news", lasts=timedelta(days=3)),
    Purpose.REPLY: Rules(answers_a_text=True, lasts=timedelta(minutes=5)),
    Purpose.CRISIS_REPLY: Rules(answers_a_text=True, repeatable=True, lasts=timedelta(hours=1)),
    Purpose.PAGE: Rules(to_staff=True, repeatable=True, lasts=timedelta(hours=24)),
}

MOST_A_DAY = 1
MOST_A_WEEK = 3


CAPPED = tuple(purpose for purpose, rules in RULES.items() if rules.capped)

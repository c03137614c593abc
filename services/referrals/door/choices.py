"""What a partner may answer on the page: the ways of R6.2 that are open, in plain words."""

from collections.abc import Mapping

from services.referrals.lifecycle.domain import Referral
from services.referrals.lifecycle.steps import OTHER, REASONS
from services.referrals.lifecycle.transitions import NEED_REASON, Party, Status, next_steps

WAITLIST = "waitlist"
LONGEST = 500
CHOOSE_ANSWER, CHOOSE_REASON = "choose-answer", "choose-reason"
SAY_WHY, SAY_LESS = "say-why", "say-less"


def of(referral: Referral) -> tuple[str, ...]:
    """Names of answers; the page has the words for each."""
    steps = [
        step for step in next_steps(referral.status, Party.TARGET) if step is not Status.CANCELLED
    ]
    if referral.status is Status.REQUESTED:
        return (Status.ACCEPTED, WAITLIST, Status.REJECTED)
    return tuple(steps)


def problems(referral: Referral, said: Mapping[str, str]) -> dict[str, str]:
    """Field → what is wrong with it, as a code that the page puts into words."""
    choice, reason = said.get("answer", ""), said.get("reason", "")
    if choice not in of(referral):
        return {"answer": CHOOSE_ANSWER}
    if reason and reason not in REASONS:
        return {"reason": CHOOSE_REASON}
    if len(said.get("text", "")) > LONGEST:
        return {"text": SAY_LESS}
    if choice in NEED_REASON and (not reason or reason == OTHER) and not said.get("text"):
        return {"text" if reason == OTHER else "reason": SAY_WHY}
    return {}

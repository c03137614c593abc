"""What a risk evaluation looks at. None means: nobody has told us."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from statistics import median

USUAL = 3  # a rise or drop is measured against the median of so many values before (R3.5)
PERIOD = timedelta(days=7)  # what one pulse asks about


@dataclass(frozen=True)
class Reading:
    """The latest value of something, with the values before it, newest first."""

    value: int
    before: tuple[int, ...] = ()

    def change(self) -> float:
        """How far it moved from what was usual; 0 while fewer than three values came before."""
        if len(self.before) < USUAL:
            return 0
        return self.value - median(self.before[:USUAL])


@dataclass(frozen=True, kw_only=True)
class Signals:
    """Inputs of W1 to W12, O1 and the gates (R3.5, R3.6)."""

    missed: int | None = None
    use_days: int | None = None
    heavy_use: bool = False
    opioid_after_abstinence: bool = False
    craving: Reading | None = None
    protective: Reading | None = None
    bam_risk: Reading | None = None
    confidence: int | None = None
    phq2: int | None = None
    phq9: int | None = None
    gad2: int | None = None
    gad7: int | None = None
    self_harm_answer: int | None = None
    network_drop: float | None = None
    lost_close_contact: bool | None = None
    concerns: int | None = None
    first_hand_concern: bool = False
    stressors: frozenset[str] | None = None
    no_shows: int | None = None
    medication_gap_days: int | None = None
    days_since_discharge: int | None = None
    offsets: frozenset[str] | None = None
    crisis_words: bool = False
    danger: bool = False


@dataclass(frozen=True, kw_only=True)
class Answered:
    """One completed check-in; skipped questions are absent."""

    at: datetime
    answers: Mapping[str, int] = field(default_factory=dict)


def from_checkins(
    answered: Sequence[Answered],
    *,
    missed: int,
    discharged_on: date,
    today: date,
    at: datetime,
    window_days: int,
) -> Signals:
    """The signals that the pulse feeds. ``answered`` comes newest first."""
    recent = [one for one in answered if one.at > at - timedelta(days=window_days)]
    known = Signals(missed=missed, days_since_discharge=max((today - discharged_on).days, 0))
    if any("use" in one.answers for one in recent):
        known = replace(known, use_days=_days_of_use(recent))
    if any("craving" in one.answers for one in recent):
        known = replace(known, craving=_reading(answered, "craving"))
    confident = [one.answers["confidence"] for one in recent if "confidence" in one.answers]
    return replace(known, confidence=confident[0] if confident else None)


def _reading(answered: Sequence[Answered], item: str) -> Reading:
    values = [one.answers[item] for one in answered if item in one.answers]
    return Reading(values[0], tuple(values[1 : 1 + USUAL]))


def _days_of_use(recent: Sequence[Answered]) -> int:
    """Each yes is at least one day; two of them count twice only if their weeks do not overlap."""
    days, earliest = 0, None
    for one in recent:
        if not one.answers.get("use"):
            continue
        if earliest is None or earliest - one.at >= PERIOD:
            days, earliest = days + 1, one.at
    return days

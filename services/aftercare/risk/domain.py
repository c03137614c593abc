"""Score and level (R3.5, R3.6): pure functions over signals and a rule set."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum

from services.aftercare.risk.rules import Rules
from services.aftercare.risk.signals import Signals
from services.aftercare.risk.signs import SIGNS, Reason, found, offsets
from services.aftercare.walltime import END_OF_WORK, end_of_working_day, instant, local_day
from shared.contracts.aftercare import RiskChanged

HIGHEST_SCORE = 100
NIGHT_GRACE = timedelta(hours=2)  # "same day" after 17:00 still means somebody acts now
UNKNOWN = "unknown"


class Level(IntEnum):
    ROUTINE = 0
    ELEVATED = 1
    HIGH = 2
    VERY_HIGH = 3
    CRISIS = 4

    @property
    def word(self) -> str:
        return self.name.lower().replace("_", "-")


def level_of(word: str) -> Level:
    return Level[word.upper().replace("-", "_")]


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What the rules say about the signals; ``missing`` names the inputs nobody has given."""

    rule_version: str
    score: int
    level: Level
    reasons: tuple[Reason, ...]
    missing: tuple[str, ...]


def evaluate(signals: Signals, rules: Rules) -> Evaluation:
    """Add up the capped points; a gate may lift the level above what the score says."""
    reasons: list[Reason] = []
    missing: list[str] = []
    for id in SIGNS:
        of_this = found(id, signals, rules)
        reasons += of_this or []
        missing += [rules[id]["input"]] if of_this is None else []
    taken_off = offsets(signals, rules, reasons)
    reasons += taken_off or []
    missing += [rules["O1"]["input"]] if taken_off is None else []
    score = min(max(sum(reason.points for reason in reasons), 0), HIGHEST_SCORE)
    gates = _gates(signals, rules)
    level = max([_by_score(score, rules), *(level for level, _ in gates)])
    return Evaluation(
        rule_version=rules["version"],
        score=score,
        level=level,
        reasons=(*reasons, *(Reason("gate", 0, words) for _, words in gates)),
        missing=tuple(missing),
    )


def _by_score(score: int, rules: Rules) -> Level:
    reached = [level_of(word) for word, least in rules["levels"].items() if score >= least]
    return max(reached, default=Level.ROUTINE)


def _gates(signals: Signals, rules: Rules) -> list[tuple[Level, str]]:
    craving = signals.craving.value if signals.craving else 0
    open_gates = {
        "crisis_answer": (signals.self_harm_answer or 0) >= 1,
        "crisis_words": signals.crisis_words,
        "danger": signals.danger,
        "opioid": signals.opioid_after_abstinence,
        "craving": craving >= rules["gates"]["craving"]["at"],
    }
    return [
        (level_of(rules["gates"][name]["level"]), rules["gates"][name]["words"])
        for name, is_open in open_gates.items()
        if is_open
    ]


@dataclass(frozen=True, kw_only=True)
class Standing:
    """The level a client has. Silence covers what was known, it does not replace it:
    ``level`` stays, ``shown`` says unknown unless the last known level was high or above."""

    client_id: str
    level: Level
    since: datetime
    evaluation_id: str
    silent: bool = False
    below_since: datetime | None = None
    act_by: datetime | None = None
    version: int = 0

    @property
    def shown(self) -> str:
        return UNKNOWN if self.silent and self.level < Level.HIGH else self.level.word


@dataclass(frozen=True, kw_only=True)
class Occasion:
    """Why and when we evaluate. ``informed``: the person answered just now, without which no
    level is lowered; ``silent``: nobody has heard from them for too long."""

    client_id: str
    evaluation_id: str
    at: datetime
    zone: str
    informed: bool = False
    silent: bool = False


def settle(
    before: Standing | None, evaluation: Evaluation, occasion: Occasion, rules: Rules
) -> tuple[Standing, list[RiskChanged]]:
    """Up at once; down one level after two evaluations far enough apart below it (R3.6)."""
    level, below_since = _move(before, evaluation.level, occasion, rules)
    after = Standing(
        client_id=occasion.client_id,
        level=level,
        since=occasion.at,
        evaluation_id=occasion.evaluation_id,
        silent=occasion.silent,
        below_since=below_since,
        version=before.version if before else 0,
    )
    if before and before.shown == after.shown:
        return replace(after, since=before.since, act_by=before.act_by), []
    after = replace(after, act_by=act_by(after.shown, occasion.at, occasion.zone, rules))
    changed = RiskChanged(
        client_id=occasion.client_id,
        evaluation_id=occasion.evaluation_id,
        level=after.shown,
        previous_level=before.shown if before else UNKNOWN,
        rule_version=evaluation.rule_version,
        evaluated_at=occasion.at,
        act_by=after.act_by,
    )
    return after, [changed]


def _move(
    before: Standing | None, level: Level, occasion: Occasion, rules: Rules
) -> tuple[Level, datetime | None]:
    """The next level, and since when evaluations have stayed below it."""
    if before is None or level >= before.level:
        return level, None
    if not occasion.informed:
        return before.level, before.below_since
    if before.below_since is None:
        return before.level, occasion.at
    if occasion.at - before.below_since < timedelta(days=rules["apart_days"]):
        return before.level, before.below_since
    lower = Level(before.level - 1)
    return lower, occasion.at if level < lower else None


def act_by(shown: str, at: datetime, zone: str, rules: Rules) -> datetime | None:
    """Until when a person should act; very high means today, whatever day it is."""
    days = rules["working_days"].get(shown, 0 if shown == Level.CRISIS.word else None)
    if days is None:
        return None
    if days == 0:
        return max(instant(local_day(at, zone), END_OF_WORK, zone), at + NIGHT_GRACE)
    return end_of_working_day(at, days, zone)

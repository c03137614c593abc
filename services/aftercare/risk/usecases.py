"""Evaluate a client's risk inside the unit that learned something new."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.aftercare.plans.domain import Plan
from services.aftercare.risk import domain, signals, store
from services.aftercare.risk.domain import Evaluation, Level, Occasion, Standing
from services.aftercare.risk.rules import rule_set
from services.aftercare.risk.signals import Answered, Signals
from services.aftercare.walltime import local_day
from shared.clock import new_id
from shared.contracts.aftercare import RiskChanged
from shared.unit import Unit


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What is known of the client's answers and silences; ``answered`` newest first.

    ``silent`` None: as it was before.
    """

    answered: Sequence[Answered]
    missed: int
    informed: bool = False
    silent: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """An evaluation that is made but not yet kept."""

    standing: Standing
    evaluation: Evaluation
    signals: Signals
    events: Sequence[RiskChanged]

    @property
    def closely(self) -> bool:
        """High and above: contact at least weekly, a steeper ladder (R3.3, R3.6)."""
        return self.standing.level >= Level.HIGH


async def assess(unit: Unit, plan: Plan, heard: Heard) -> Assessment:
    rules = rule_set()
    known = signals.from_checkins(
        heard.answered,
        missed=heard.missed,
        discharged_on=plan.discharged_on,
        today=local_day(unit.at, plan.zone),
        at=unit.at,
        window_days=rules["window_days"],
    )
    evaluation = domain.evaluate(known, rules)
    before = await store.standing(unit, plan.client_id)
    silent = heard.silent if heard.silent is not None else bool(before and before.silent)
    occasion = Occasion(
        client_id=plan.client_id,
        evaluation_id=new_id("rk"),
        at=unit.at,
        zone=plan.zone,
        informed=heard.informed,
        silent=silent,
    )
    standing, events = domain.settle(before, evaluation, occasion, rules)
    return Assessment(standing=standing, evaluation=evaluation, signals=known, events=events)


def keep(unit: Unit, assessment: Assessment, data_key: bytes) -> None:
    store.save(unit, assessment.standing, assessment.evaluation, assessment.signals, data_key)
    for event in assessment.events:
        unit.emit(event)

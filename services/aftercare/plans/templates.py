"""Plan templates as data files: goals, dated activities, tasks and the cadence of check-ins."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from functools import cache
from importlib.resources import files
from typing import Any

STANDARD = "standard"

Words = Mapping[str, str]  # language → text


@dataclass(frozen=True, kw_only=True)
class Phase:
    """How often we ask from this day after discharge on, and how long an answer may take."""

    name: str
    from_day: int
    every_days: int
    window_days: int


@dataclass(frozen=True, kw_only=True)
class ActivityTemplate:
    code: str
    words: Words
    day: int


@dataclass(frozen=True, kw_only=True)
class TaskTemplate:
    """``needs``: an accepted referral for one of these needs closes the task;
    ``contact``: done means that somebody spoke with the person."""

    code: str
    words: Words
    owner: str
    day: int
    time: time
    needs: tuple[str, ...] = ()
    contact: bool = False


@dataclass(frozen=True, kw_only=True)
class GoalTemplate:
    code: str
    words: Words
    activities: tuple[ActivityTemplate, ...]
    tasks: tuple[TaskTemplate, ...]


@dataclass(frozen=True, kw_only=True)
class PlanTemplate:
    id: str
    version: str
    title: Words
    review_after_days: int
    instrument: str
    first_checkin_day: int
    checkin_time: time
    phases: tuple[Phase, ...]
    goals: tuple[GoalTemplate, ...]


@cache
def templates() -> dict[str, PlanTemplate]:
    """Every template of this release by its id."""
    folder = files(__package__).joinpath("data")
    read = [_template(tomllib.loads(file.read_text("utf-8"))) for file in folder.iterdir()]
    return {template.id: template for template in sorted(read, key=lambda one: one.id)}


def chosen(id: str) -> PlanTemplate:
    """The chosen template, or the standard one: nobody stays without a plan over a name."""
    return templates().get(id) or templates()[STANDARD]


def _template(raw: Mapping[str, Any]) -> PlanTemplate:
    return PlanTemplate(
        id=raw["id"],
        version=raw["version"],
        title=raw["title"],
        review_after_days=raw["review_after_days"],
        instrument=raw["checkins"]["instrument"],
        first_checkin_day=raw["checkins"]["first_day"],
        checkin_time=time.fromisoformat(raw["checkins"]["time"]),
        phases=tuple(Phase(**phase) for phase in raw["phases"]),
        goals=tuple(_goal(goal) for goal in raw["goals"]),
    )


def _goal(raw: Mapping[str, Any]) -> GoalTemplate:
    return GoalTemplate(
        code=raw["code"],
        words=_words(raw),
        activities=tuple(
            ActivityTemplate(code=one["code"], words=_words(one), day=one["day"])
            for one in raw.get("activities", ())
        ),
        tasks=tuple(_task(one) for one in raw.get("tasks", ())),
    )


def _task(raw: Mapping[str, Any]) -> TaskTemplate:
    return TaskTemplate(
        code=raw["code"],
        words=_words(raw),
        owner=raw["owner"],
        day=raw["day"],
        time=time.fromisoformat(raw["time"]),
        needs=tuple(raw.get("needs", ())),
        contact=raw.get("contact", False),
    )


def _words(raw: Mapping[str, Any]) -> Words:
    return {"en": raw["en"], "es": raw["es"]}

"""The plan of one client after one discharge, its tasks, and the cadence of contact (R3.1)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import chain

from services.aftercare.plans.templates import (
    GoalTemplate,
    Phase,
    PlanTemplate,
    TaskTemplate,
    Words,
)
from services.aftercare.walltime import instant, local_day
from shared.contracts.aftercare import PlanStarted, TaskClosed, TaskOpened
from shared.contracts.intake import ClientDischarged
from shared.contracts.refusal import Refused

OPEN, COMPLETED, CANCELLED = "ready", "completed", "cancelled"  # R6.2, client task words
AT_LEAST_WEEKLY = 7

Ids = Callable[[str], str]


class TaskNotOpen(Refused):
    """This task is already closed."""

    code = "TASK_NOT_OPEN"


class PlanClosed(Refused):
    """This plan has ended; the newer one is where work goes on."""

    code = "PLAN_CLOSED"


@dataclass(frozen=True, kw_only=True)
class Task:
    """``note`` is what staff wrote at closing, encrypted before it comes here."""

    id: str
    code: str
    title: Words
    owner: str
    status: str
    due_at: datetime
    needs: tuple[str, ...] = ()
    contact: bool = False
    late: bool = False
    reason: str | None = None
    closed_at: datetime | None = None
    note: bytes | None = None


@dataclass(frozen=True, kw_only=True)
class Activity:
    code: str
    title: Words
    on: date


@dataclass(frozen=True, kw_only=True)
class Goal:
    id: str
    code: str
    title: Words
    activities: tuple[Activity, ...]
    tasks: tuple[Task, ...]


@dataclass(frozen=True, kw_only=True)
class Plan:
    id: str
    client_id: str
    site_id: str
    discharge_id: str
    template: str
    template_version: str
    discharged_on: date
    started_at: datetime
    review_due_on: date
    zone: str
    instrument: str
    checkin_time: time
    phases: tuple[Phase, ...]
    goals: tuple[Goal, ...]
    closed_reason: str | None = None
    version: int = 0

    @property
    def active(self) -> bool:
        return self.closed_reason is None

    def tasks(self) -> Iterator[Task]:
        return chain.from_iterable(goal.tasks for goal in self.goals)

    def has_open(self, code: str) -> bool:
        return any(task.code == code and task.status == OPEN for task in self.tasks())

    def task(self, task_id: str) -> Task:
        return next(task for task in self.tasks() if task.id == task_id)

    def phase_on(self, day: date) -> Phase:
        """R3.1: the phases are counted in days since discharge."""
        gone = (day - self.discharged_on).days
        begun = [phase for phase in self.phases if phase.from_day <= gone]
        return begun[-1] if begun else self.phases[0]

    def at_checkin_time(self, day: date) -> datetime:
        return instant(day, self.checkin_time, self.zone)


PlanEvents = list[PlanStarted | TaskOpened | TaskClosed]


def start(
    discharge: ClientDischarged, template: PlanTemplate, *, ids: Ids, zone: str, at: datetime
) -> tuple[Plan, PlanEvents]:
    """Unfold the template from the day of discharge."""
    plan = Plan(
        id=ids("pl"),
        client_id=discharge.client_id,
        site_id=discharge.site_id,
        discharge_id=discharge.discharge_id,
        template=template.id,
        template_version=template.version,
        discharged_on=discharge.discharged_on,
        started_at=at,
        review_due_on=discharge.discharged_on + timedelta(days=template.review_after_days),
        zone=zone,
        instrument=template.instrument,
        checkin_time=template.checkin_time,
        phases=template.phases,
        goals=tuple(_unfold(goal, discharge.discharged_on, zone, ids) for goal in template.goals),
    )
    first = first_checkin(plan, template.first_checkin_day, at)
    started = PlanStarted(
        client_id=plan.client_id,
        plan_id=plan.id,
        discharge_id=plan.discharge_id,
        template=plan.template,
        template_version=plan.template_version,
        phase=plan.phase_on(local_day(at, zone)).name,
        first_checkin_on=local_day(first, zone),
        review_due_on=plan.review_due_on,
    )
    return plan, [started, *(opened(plan, task) for task in plan.tasks())]


def _unfold(goal: GoalTemplate, discharged_on: date, zone: str, ids: Ids) -> Goal:
    return Goal(
        id=ids("go"),
        code=goal.code,
        title=goal.words,
        activities=tuple(
            Activity(code=one.code, title=one.words, on=discharged_on + timedelta(days=one.day))
            for one in goal.activities
        ),
        tasks=tuple(_task(one, discharged_on, zone, ids) for one in goal.tasks),
    )


def _task(template: TaskTemplate, discharged_on: date, zone: str, ids: Ids) -> Task:
    return Task(
        id=ids("ta"),
        code=template.code,
        title=template.words,
        owner=template.owner,
        status=OPEN,
        due_at=instant(discharged_on + timedelta(days=template.day), template.time, zone),
        needs=template.needs,
        contact=template.contact,
    )


def opened(plan: Plan, task: Task) -> TaskOpened:
    return TaskOpened(
        client_id=plan.client_id,
        plan_id=plan.id,
        task_id=task.id,
        code=task.code,
        owner=task.owner,
        due_at=task.due_at,
    )


def first_checkin(plan: Plan, first_day: int, at: datetime) -> datetime:
    """The first check-in: never in the past, however late the discharge was recorded."""
    return next_free(plan, plan.discharged_on + timedelta(days=first_day), 1, at)


def next_checkin(plan: Plan, after: date, *, closely: bool, at: datetime) -> datetime:
    """The check-in that follows one of this day; at least weekly while the level is high (R3.6)."""
    every = plan.phase_on(after).every_days
    every = min(every, AT_LEAST_WEEKLY) if closely else every
    return next_free(plan, after + timedelta(days=every), every, at)


def next_free(plan: Plan, day: date, step: int, at: datetime) -> datetime:
    """The check-in hour of this day, or so many days on until it lies ahead."""
    while plan.at_checkin_time(day) <= at:
        day += timedelta(days=step)
    return plan.at_checkin_time(day)


def close_task(
    plan: Plan, task_id: str, *, status: str, reason: str, at: datetime, note: bytes | None = None
) -> tuple[Plan, PlanEvents]:
    if not plan.active:
        raise PlanClosed
    if plan.task(task_id).status != OPEN:
        raise TaskNotOpen
    return close_tasks(plan, {task_id}, status, reason, at, note)


def meet_need(plan: Plan, need: str, *, at: datetime) -> tuple[Plan, PlanEvents]:
    """A partner takes the person on: the task to find one is done, if there was such a task."""
    met = {
        task.id
        for task in plan.tasks()
        if task.status == OPEN and (need in task.needs or task.code == f"{need}-referral")
    }
    if not met or not plan.active:
        return plan, []
    return close_tasks(plan, met, COMPLETED, "referral-accepted", at)


def note_late(plan: Plan, task_id: str) -> Plan:
    """Mark an open task as late; a closed one was in time."""
    late = {task.id for task in plan.tasks() if task.id == task_id and task.status == OPEN}
    return _change(plan, late, lambda task: replace(task, late=True))


def close(plan: Plan, reason: str, *, at: datetime) -> tuple[Plan, PlanEvents]:
    """End the plan; what was still to do is cancelled, not failed."""
    left = {task.id for task in plan.tasks() if task.status == OPEN}
    ended, events = close_tasks(plan, left, CANCELLED, reason, at)
    return replace(ended, closed_reason=reason), events


def close_tasks(
    plan: Plan, ids: set[str], status: str, reason: str, at: datetime, note: bytes | None = None
) -> tuple[Plan, PlanEvents]:
    closed = _change(
        plan,
        ids,
        lambda task: replace(task, status=status, reason=reason, closed_at=at, note=note),
    )
    return closed, [
        TaskClosed(
            client_id=plan.client_id, plan_id=plan.id, task_id=id, status=status, reason=reason
        )
        for id in (task.id for task in plan.tasks())
        if id in ids
    ]


def _change(plan: Plan, ids: set[str], change: Callable[[Task], Task]) -> Plan:
    goals = [
        replace(goal, tasks=tuple(change(task) if task.id in ids else task for task in goal.tasks))
        for goal in plan.goals
    ]
    return replace(plan, goals=tuple(goals))

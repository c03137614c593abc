"""Calls that a person should make: tasks of the plan that come up on the way."""

from dataclasses import replace
from datetime import datetime

from services.aftercare.plans.domain import (
    CANCELLED,
    OPEN,
    Ids,
    Plan,
    PlanEvents,
    Task,
    close_tasks,
    opened,
)

CALL_CLIENT, CALL_ASKED_FOR = "call-client", "call-asked-for"
CALL_WORDS = {
    CALL_CLIENT: {
        "en": "Call the person: no answer for some days. Two tries at different hours",
        "es": "Llamar a la persona: sin respuesta hace días. Dos intentos a horas distintas",
    },
    CALL_ASKED_FOR: {
        "en": "Call the person today: they asked for it",
        "es": "Llamar hoy a la persona: lo ha pedido",
    },
}
CONTACT_GOAL = "stay-connected"


def ask(
    plan: Plan, *, code: str = CALL_CLIENT, ids: Ids, due_at: datetime
) -> tuple[Plan, PlanEvents]:
    """A person should call: after a silence (R3.3, third rung), or because the client wants it.
    One open task of a kind is enough."""
    if plan.has_open(code):
        return plan, []
    call = Task(
        id=ids("ta"),
        code=code,
        title=CALL_WORDS[code],
        owner="staff",
        status=OPEN,
        due_at=due_at,
        contact=True,
    )
    goals = [
        replace(goal, tasks=(*goal.tasks, call)) if goal.code == CONTACT_GOAL else goal
        for goal in plan.goals
    ]
    return replace(plan, goals=tuple(goals)), [opened(plan, call)]


def withdraw(plan: Plan, *, at: datetime) -> tuple[Plan, PlanEvents]:
    """The person was heard from: nobody needs to call about the silence any more."""
    calls = {task.id for task in plan.tasks() if task.code == CALL_CLIENT and task.status == OPEN}
    return close_tasks(plan, calls, CANCELLED, "heard-from", at) if calls else (plan, [])

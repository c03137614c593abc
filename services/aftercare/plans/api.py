"""JSON routes for staff: the plan, its tasks, the templates to choose from."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import StringConstraints

from services.aftercare.access import plan_of, plan_with_task, record
from services.aftercare.checkins import store as checkins
from services.aftercare.checkins.domain import Contact
from services.aftercare.keys import Keys, keys_of
from services.aftercare.plans import store, usecases
from services.aftercare.plans.domain import Goal, Plan, Task
from services.aftercare.plans.templates import templates
from services.aftercare.plans.usecases import Closing
from services.aftercare.walltime import local_day
from shared.auth import Action, NotVisible, reaches
from shared.callers import StaffCaller
from shared.confidential import decrypt_json
from shared.unit import run
from shared.web import Body, Here, cause_of

router = APIRouter()

STAFF_LANGUAGE = "en"


class CloseTask(Body):
    status: Literal["completed", "cancelled"]
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000)] | None = None


@router.get("/plan-templates")
async def list_templates(staff: StaffCaller) -> dict[str, Any]:
    """What a discharge can choose from; no client is named here."""
    if not reaches(staff, Action.DISCHARGE) and not reaches(staff, Action.CARE):
        raise NotVisible
    items = [
        {"template": one.id, "version": one.version, "title": one.title[STAFF_LANGUAGE]}
        for one in templates().values()
    ]
    return {"items": items, "next": None}


@router.get("/clients/{client_id}/plan")
async def show_plan(client_id: str, runtime: Here, staff: StaffCaller) -> dict[str, Any]:
    plan = await plan_of(runtime, staff, client_id, "plan.read")
    keys = await keys_of(runtime, client_id)
    contact = await checkins.read_contact(runtime.database, client_id)
    await record(runtime, staff, "plan.read", client_id)
    phase = plan.phase_on(local_day(runtime.clock.now(), plan.zone))
    return {
        "plan_id": plan.id,
        "template": plan.template,
        "template_version": plan.template_version,
        "state": "active" if plan.active else "closed",
        "phase": phase.name,
        "started_on": local_day(plan.started_at, plan.zone),
        "discharged_on": plan.discharged_on,
        "review_due_on": plan.review_due_on,
        "goals": [_goal(goal, plan, keys) for goal in plan.goals],
        "cadence": {
            "phase": phase.name,
            "every_days": phase.every_days,
            "next_on": _next_on(plan, contact),
        },
    }


def _next_on(plan: Plan, contact: Contact | None) -> str | None:
    next_at = contact.next_at if contact and plan.active else None
    return local_day(next_at, plan.zone).isoformat() if next_at else None


def _goal(goal: Goal, plan: Plan, keys: Keys) -> dict[str, Any]:
    return {
        "goal_id": goal.id,
        "text_code": goal.code,
        "title": goal.title[STAFF_LANGUAGE],
        "activities": [
            {"code": one.code, "title": one.title[STAFF_LANGUAGE], "on": one.on}
            for one in goal.activities
        ],
        "tasks": [_task(task, plan, keys) for task in goal.tasks],
    }


def _task(task: Task, plan: Plan, keys: Keys) -> dict[str, Any]:
    place = store.note_place(plan.id, task.id)
    return {
        "task_id": task.id,
        "code": task.code,
        "title": task.title[STAFF_LANGUAGE],
        "owner": task.owner,
        "status": task.status,
        "due_at": task.due_at,
        "late": task.late,
        "reason": task.reason,
        "closed_at": task.closed_at,
        "note": decrypt_json(keys.data, task.note, place) if task.note else None,
    }


@router.post("/tasks/{task_id}/close")
async def close_task(
    task_id: str, body: CloseTask, request: Request, runtime: Here, staff: StaffCaller
) -> dict[str, Any]:
    plan = await plan_with_task(runtime, staff, task_id, "task.close")
    keys = await keys_of(runtime, plan.client_id)
    cause = await cause_of(request, runtime, staff.actor, "task.close", plan.client_id, task_id)
    closing = Closing(status=body.status, note=body.note)
    answer = await run(
        runtime.database,
        lambda unit: usecases.close_task(unit, plan.id, task_id, closing, keys),
        cause,
    )
    return dict(answer.body)

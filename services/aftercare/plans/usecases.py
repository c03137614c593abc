"""Start and end a plan, close its tasks, forget its client."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.aftercare.checkins import asking, silence
from services.aftercare.checkins import store as checkins
from services.aftercare.keys import Keys
from services.aftercare.plans import domain, store
from services.aftercare.plans.domain import COMPLETED, Plan
from services.aftercare.plans.templates import chosen
from services.aftercare.risk import store as risk
from services.aftercare.walltime import zone_name
from shared.auth import NotVisible
from shared.clock import new_id
from shared.confidential import check_not_erased, encrypt_json, forget_key
from shared.contracts.intake import ClientDischarged, ClientErased
from shared.contracts.notifications import TextReceived
from shared.contracts.referrals import ReferralAccepted
from shared.due import schedule
from shared.unit import Unit

TASK_DUE = "task-due"


async def start_plan(unit: Unit, event: ClientDischarged, keys: Keys) -> None:
    """Unfold the plan and set its deadlines; a second discharge ends the plan before."""
    await check_not_erased(unit, event.client_id)
    before = await store.active(unit, event.client_id)
    if before is not None:
        ended, events = domain.close(before, "readmission", at=unit.at)
        store.save(unit, ended, events)
        await asking.end(unit, before, keys.data)
    template = chosen(event.plan_template)
    zone = zone_name(event.time_zone)
    plan, started = domain.start(event, template, ids=new_id, zone=zone, at=unit.at)
    store.save(unit, plan, started)
    _watch_contact_tasks(unit, plan)
    first_at = domain.first_checkin(plan, template.first_checkin_day, unit.at)
    await asking.begin(unit, plan, first_at, keys)


def _watch_contact_tasks(unit: Unit, plan: Plan) -> None:
    """R3.1: the first live contact has a term; when it passes, the plan says so."""
    for task in plan.tasks():
        if task.contact:
            schedule(
                unit,
                kind=TASK_DUE,
                subject=plan.client_id,
                due=task.due_at,
                client_id=plan.client_id,
                data={"plan_id": plan.id, "task_id": task.id},
            )


async def note_late_task(unit: Unit, deadline: Mapping[str, Any]) -> None:
    plan = await store.get(unit, deadline["data"]["plan_id"])
    if plan is None or not plan.active:
        return
    marked = domain.note_late(plan, deadline["data"]["task_id"])
    if marked != plan:
        store.save(unit, marked)


async def meet_need(unit: Unit, event: ReferralAccepted) -> None:
    """A partner accepted: the task to find one is done. Without such a task there is no effect."""
    plan = await store.active(unit, event.client_id)
    if plan is None:
        return
    changed, events = domain.meet_need(plan, event.need, at=unit.at)
    if events:
        store.save(unit, changed, events)


@dataclass(frozen=True, kw_only=True)
class Closing:
    """What staff say about a task they close."""

    status: str
    note: str | None = None


async def close_task(unit: Unit, plan_id: str, task_id: str, closing: Closing, keys: Keys) -> None:
    """A completed contact task means that somebody spoke with the person: the silence is over."""
    plan = await store.get(unit, plan_id)
    if plan is None:
        raise NotVisible
    await check_not_erased(unit, plan.client_id)
    note = _sealed(closing.note, plan_id, task_id, keys)
    closed, events = domain.close_task(
        plan, task_id, status=closing.status, reason="staff", at=unit.at, note=note
    )
    store.save(unit, closed, events)
    if plan.task(task_id).contact and closing.status == COMPLETED:
        await silence.hear(unit, plan.client_id, keys)
    unit.reply(task_id=task_id)


def _sealed(note: str | None, plan_id: str, task_id: str, keys: Keys) -> bytes | None:
    return encrypt_json(keys.data, note, store.note_place(plan_id, task_id)) if note else None


async def hear_text(unit: Unit, event: TextReceived, keys: Keys) -> None:
    await silence.hear(unit, event.client_id, keys)


async def forget_client(unit: Unit, event: ClientErased) -> None:
    """The key is gone; what it encrypted goes as well, and nothing more becomes due."""
    await forget_key(unit, event.client_id)
    await store.erase(unit, event.client_id)
    await checkins.erase(unit, event.client_id)
    await risk.erase(unit, event.client_id)
    await call_off_client(unit, event.client_id)


async def call_off_client(unit: Unit, client_id: str) -> None:
    for deadline in await unit.find("deadlines", {"client_id": client_id, "state": "open"}):
        unit.replace("deadlines", {**deadline, "state": "called-off", "ended_at": unit.at})

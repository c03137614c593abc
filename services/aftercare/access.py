"""Whose care a staff member may see here; a refusal looks the same as a missing client."""

from services.aftercare.plans import store as plans
from services.aftercare.plans.domain import Plan
from shared.auth import Action, NotVisible, Staff, require
from shared.journal import once, record_read, record_refusal
from shared.runtime import Runtime


async def plan_of(runtime: Runtime, staff: Staff, client_id: str, action: str) -> Plan:
    """The client's newest plan, if their care is this person's right; refusals are kept."""
    plan = await plans.latest(runtime.database, client_id)
    return await _allowed(runtime, staff, plan, action, client_id)


async def plan_with_task(runtime: Runtime, staff: Staff, task_id: str, action: str) -> Plan:
    plan = await plans.with_task(runtime.database, task_id)
    return await _allowed(runtime, staff, plan, action, task_id)


async def _allowed(
    runtime: Runtime, staff: Staff, plan: Plan | None, action: str, asked_for: str
) -> Plan:
    try:
        if plan is None:
            raise NotVisible
        require(staff, Action.CARE, site=plan.site_id, client_id=plan.client_id)
    except NotVisible as refusal:
        cause = once(staff.actor, action, runtime.clock.now(), asked_for)
        await record_refusal(runtime.database, cause, refusal.code, final=False)
        raise
    return plan


async def record(runtime: Runtime, staff: Staff, action: str, client_id: str) -> None:
    """Commit who looks at what, before the answer leaves."""
    cause = once(staff.actor, action, runtime.clock.now())
    await record_read(runtime.database, cause, client_id)

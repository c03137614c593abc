"""No answer: the miss, the ladder (R3.3), the level nobody knows (R3.6), and being heard again."""

from dataclasses import replace

from services.aftercare.checkins import asking, domain, store
from services.aftercare.checkins.asking import RUNG, SILENCE
from services.aftercare.checkins.domain import DUE, STAFF_CALLS, Contact
from services.aftercare.keys import Keys
from services.aftercare.plans import calls
from services.aftercare.plans import store as plans
from services.aftercare.plans.domain import Plan
from services.aftercare.risk import usecases as risk
from services.aftercare.risk.usecases import Assessment, Heard
from services.aftercare.walltime import days_later, end_of_working_day
from shared.clock import new_id
from shared.due import call_off_all, schedule
from shared.journal import Document
from shared.unit import Unit


async def miss(unit: Unit, deadline: Document, keys: Keys) -> None:
    """The window ended; the first rung follows at once unless this silence has climbed already."""
    checkin = await store.get(unit, deadline["subject"], keys.data)
    plan, contact = await asking.standing(unit, deadline["client_id"])
    if checkin is None or checkin.state != DUE or plan is None or contact is None:
        return
    missed, contact, events = domain.miss(checkin, contact, at=unit.at)
    store.save(unit, missed, events, keys.data)
    assessment = await _look_again(unit, plan, contact, keys)
    if contact.rung == 0:
        contact = _attempt(unit, contact, missed, 1, keys)
        _schedule_rung(unit, plan, 2, steep=assessment.closely)
    if contact.next_at is None:
        next_at = asking.following(plan, checkin, closely=assessment.closely, at=unit.at)
        contact = replace(contact, next_at=next_at)
        asking.schedule_next(unit, plan, next_at)
    store.save_contact(unit, contact)


async def climb(unit: Unit, deadline: Document, keys: Keys) -> None:
    """The next rung of this silence: the second channel, then a person calls."""
    rung = deadline["data"]["rung"]
    plan, contact = await asking.standing(unit, deadline["client_id"])
    if plan is None or contact is None or contact.rung != rung - 1:
        return
    newest = await store.newest(unit, plan.client_id, keys.data)
    if rung == STAFF_CALLS:
        due_at = end_of_working_day(unit.at, 1, plan.zone)
        called, events = calls.ask(plan, ids=new_id, due_at=due_at)
        if events:
            plans.save(unit, called, events)
        contact = replace(contact, rung=rung)
    elif newest and newest.open:
        contact = _attempt(unit, contact, newest, rung, keys)
        assessed = await risk.assess(unit, plan, await _heard(unit, contact, keys))
        _schedule_rung(unit, plan, rung + 1, steep=assessed.closely)
    store.save_contact(unit, contact)


async def fall_silent(unit: Unit, deadline: Document, keys: Keys) -> None:
    """Three times the cadence without contact: unknown, never routine (R3.6)."""
    plan, contact = await asking.standing(unit, deadline["client_id"])
    if plan is not None and contact is not None:
        await _look_again(unit, plan, contact, keys, silent=True)


async def hear(unit: Unit, client_id: str, keys: Keys) -> None:
    """A text or a talk on the phone is contact too: any reply ends the silence (R3.3)."""
    plan, contact = await asking.standing(unit, client_id)
    if plan is None or contact is None:
        return
    contact = domain.reached(contact, at=unit.at)
    store.save_contact(unit, contact)
    for kind in (RUNG, SILENCE):
        await call_off_all(unit, subject=client_id, kind=kind)
    asking.watch(unit, plan)
    await _look_again(unit, plan, contact, keys, silent=False)


def _attempt(
    unit: Unit, contact: Contact, checkin: domain.Checkin, rung: int, keys: Keys
) -> Contact:
    link = asking.make_link(unit, checkin, keys)
    climbed, events = domain.climb(contact, checkin, link, rung)
    for event in events:
        unit.emit(event)
    return climbed


def _schedule_rung(unit: Unit, plan: Plan, rung: int, *, steep: bool) -> None:
    due = days_later(unit.at, domain.pause_before(rung, steep=steep), plan.zone)
    schedule(
        unit,
        kind=RUNG,
        subject=plan.client_id,
        due=due,
        client_id=plan.client_id,
        data={"rung": rung},
    )


async def _look_again(
    unit: Unit, plan: Plan, contact: Contact, keys: Keys, *, silent: bool | None = None
) -> Assessment:
    heard = await _heard(unit, contact, keys)
    assessment = await risk.assess(unit, plan, replace(heard, silent=silent))
    risk.keep(unit, assessment, keys.data)
    return assessment


async def _heard(unit: Unit, contact: Contact, keys: Keys) -> Heard:
    answered = await store.answered(unit, contact.client_id, keys.data)
    return Heard(answered=answered, missed=contact.missed)

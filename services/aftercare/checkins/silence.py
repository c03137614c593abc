"""No answer: the miss, the ladder (R3.3), the level nobody knows (R3.6), and being heard again."""

from dataclasses import replace
from datetime import datetime

from services.aftercare.checkins import asking, domain, store
from services.aftercare.checkins.asking import RUNG, SILENCE
from services.aftercare.checkins.domain import DUE, STAFF_CALLS, Contact
from services.aftercare.keys import Keys
from services.aftercare.plans import calls
from services.aftercare.plans import store as plans
from services.aftercare.plans.domain import Plan
from services.aftercare.risk import store as risk
from services.aftercare.risk.domain import Level
from services.aftercare.risk.usecases import Assessment, Heard, assess, keep
from services.aftercare.walltime import days_later, end_of_working_day
from shared.clock import new_id
from shared.contracts.notifications import CrisisOpened
from shared.due import call_off_all, schedule
from shared.journal import Document
from shared.unit import Unit


async def miss(unit: Unit, deadline: Document, keys: Keys) -> None:
    """The window ended; the first rung follows at once, unless this silence has its ladder."""
    checkin = await store.get(unit, deadline["subject"], keys.data)
    plan, contact = await asking.standing(unit, deadline["client_id"])
    if checkin is None or checkin.state != DUE or plan is None or contact is None:
        return
    missed, contact, events = domain.miss(checkin, contact, at=unit.at)
    store.save(unit, missed, events, keys.data)
    assessment = await _look_again(unit, plan, contact, keys)
    if contact.missed == 1:
        _schedule_rung(unit, plan, 1, unit.at)
    if contact.next_at is None:
        next_at = asking.following(plan, checkin, closely=assessment.closely, at=unit.at)
        contact = replace(contact, next_at=next_at)
        asking.schedule_next(unit, plan, next_at)
    store.save_contact(unit, contact)


async def climb(unit: Unit, deadline: Document, keys: Keys) -> None:
    """The next rung of this silence: a reminder, the second channel, then a person calls."""
    rung = deadline["data"]["rung"]
    plan, contact = await asking.standing(unit, deadline["client_id"])
    if plan is None or contact is None or contact.missed == 0 or contact.rung != rung - 1:
        return
    if rung < STAFF_CALLS and contact.quiet_until and contact.quiet_until > unit.at:
        _schedule_rung(unit, plan, rung, contact.quiet_until)
    elif rung < STAFF_CALLS:
        await _attempt(unit, plan, contact, rung, keys)
    else:
        _ask_staff(unit, plan)
        store.save_contact(unit, replace(contact, rung=rung))


async def _attempt(unit: Unit, plan: Plan, contact: Contact, rung: int, keys: Keys) -> None:
    newest = await store.newest(unit, plan.client_id, keys.data)
    if newest is None or not newest.open:
        return
    link = asking.make_link(unit, newest, keys)
    climbed, events = domain.climb(contact, newest, link, rung)
    store.save_contact(unit, climbed)
    for event in events:
        unit.emit(event)
    before = await risk.standing(unit, plan.client_id)
    steep = before is not None and before.level >= Level.HIGH
    pause = domain.pause_before(rung + 1, steep=steep)
    _schedule_rung(unit, plan, rung + 1, days_later(unit.at, pause, plan.zone))


def _ask_staff(unit: Unit, plan: Plan) -> None:
    due_at = end_of_working_day(unit.at, 1, plan.zone)
    called, events = calls.ask(plan, ids=new_id, due_at=due_at)
    if events:
        plans.save(unit, called, events)


async def keep_quiet(unit: Unit, event: CrisisOpened) -> None:
    """A crisis is open: no forms and no reminders for a day (R3.9)."""
    contact = await store.contact(unit, event.client_id) if event.client_id else None
    if contact is not None:
        store.save_contact(unit, domain.keep_quiet(contact, event.at))


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


def _schedule_rung(unit: Unit, plan: Plan, rung: int, due: datetime) -> None:
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
    assessment = await assess(unit, plan, replace(heard, silent=silent))
    keep(unit, assessment, keys.data)
    return assessment


async def _heard(unit: Unit, contact: Contact, keys: Keys) -> Heard:
    answered = await store.answered(unit, contact.client_id, keys.data)
    return Heard(answered=answered, missed=contact.missed)

"""Ask when it is time: a check-in, its one-time link, and the end of its window."""

from dataclasses import replace
from datetime import datetime

from services.aftercare.checkins import domain, store
from services.aftercare.checkins.domain import DUE, LINK_LIFETIME, Checkin, Contact, Link
from services.aftercare.checkins.instruments import instruments
from services.aftercare.keys import Keys
from services.aftercare.plans import store as plans
from services.aftercare.plans.domain import Plan, next_checkin, next_free
from services.aftercare.risk import usecases as risk
from services.aftercare.risk.rules import rule_set
from services.aftercare.risk.usecases import Heard
from services.aftercare.walltime import days_later, local_day
from shared import links
from shared.auth import NotVisible
from shared.clock import new_id
from shared.confidential import check_not_erased
from shared.due import call_off_all, schedule
from shared.journal import Document
from shared.unit import Unit

CHECKIN_DUE = "checkin-due"
WINDOW_ENDED = "checkin-window-ended"
SILENCE = "silence"
RUNG = "ladder-rung"


async def begin(unit: Unit, plan: Plan, first_at: datetime, keys: Keys) -> None:
    """Contact starts with the plan: the first check-in, the first evaluation, the watch."""
    before = await store.contact(unit, plan.client_id)
    contact = Contact(
        client_id=plan.client_id,
        plan_id=plan.id,
        last_at=unit.at,
        next_at=first_at,
        version=before.version if before else 0,
    )
    store.save_contact(unit, contact)
    schedule_next(unit, plan, first_at)
    watch(unit, plan)
    answered = await store.answered(unit, plan.client_id, keys.data)
    risk.keep(unit, await risk.assess(unit, plan, Heard(answered=answered, missed=0)), keys.data)


def schedule_next(unit: Unit, plan: Plan, at: datetime) -> None:
    schedule(unit, kind=CHECKIN_DUE, subject=plan.client_id, due=at, client_id=plan.client_id)


def watch(unit: Unit, plan: Plan) -> None:
    """After three times the cadence without contact nobody knows how the person is (R3.6)."""
    days = plan.phase_on(local_day(unit.at, plan.zone)).every_days * rule_set()["silence_cadences"]
    due = days_later(unit.at, days, plan.zone)
    schedule(unit, kind=SILENCE, subject=plan.client_id, due=due, client_id=plan.client_id)


async def ask_when_due(unit: Unit, deadline: Document, keys: Keys) -> None:
    """The regular check-in; one that still waits for its answer asks in its place."""
    client_id = deadline["client_id"]
    plan, contact = await standing(unit, client_id)
    if plan is None or contact is None:
        return
    if contact.quiet_until and contact.quiet_until > unit.at:
        next_at = first_free(plan, contact.quiet_until)
        store.save_contact(unit, replace(contact, next_at=next_at))
        schedule_next(unit, plan, next_at)
        return
    store.save_contact(unit, replace(contact, next_at=None))
    newest = await store.newest(unit, client_id, keys.data)
    if newest and newest.state == DUE:
        return
    await _ask(unit, plan, plan.instrument, keys)


async def ask_now(unit: Unit, client_id: str, instrument: str, keys: Keys) -> None:
    """Staff ask between the regular ones."""
    await check_not_erased(unit, client_id)
    plan, _ = await standing(unit, client_id)
    if plan is None:
        raise NotVisible
    if instrument not in instruments():
        raise domain.UnknownInstrument
    newest = await store.newest(unit, client_id, keys.data)
    if newest and newest.state == DUE:
        raise domain.AlreadyAsked
    checkin = await _ask(unit, plan, instrument, keys)
    unit.reply(checkin_id=checkin.id)


async def _ask(unit: Unit, plan: Plan, instrument_id: str, keys: Keys) -> Checkin:
    instrument = instruments()[instrument_id]
    window = plan.phase_on(local_day(unit.at, plan.zone)).window_days
    checkin = Checkin(
        id=new_id("ci"),
        client_id=plan.client_id,
        plan_id=plan.id,
        instrument=instrument.id,
        instrument_version=instrument.version,
        scorer=instrument.scorer,
        state=DUE,
        due_at=unit.at,
        window_ends_at=days_later(unit.at, window, plan.zone),
    )
    link = make_link(unit, checkin, keys)
    store.save(unit, checkin, domain.ask(checkin, link), keys.data)
    schedule(
        unit,
        kind=WINDOW_ENDED,
        subject=checkin.id,
        due=checkin.window_ends_at,
        client_id=checkin.client_id,
    )
    return checkin


def make_link(unit: Unit, checkin: Checkin, keys: Keys) -> Link:
    """A link that only its token opens; the token itself is kept nowhere."""
    link_id = new_id("li")
    link = Link(
        digest=links.digest(links.token(keys.link, link_id)),
        link_id=link_id,
        checkin_id=checkin.id,
        client_id=checkin.client_id,
        expires_at=unit.at + LINK_LIFETIME,
    )
    store.insert_link(unit, link)
    return link


async def standing(unit: Unit, client_id: str) -> tuple[Plan | None, Contact | None]:
    return await plans.active(unit, client_id), await store.contact(unit, client_id)


async def end(unit: Unit, plan: Plan, data_key: bytes) -> None:
    """The plan ends: nothing more is asked, and what is open takes no answer."""
    newest = await store.newest(unit, plan.client_id, data_key)
    if newest and newest.state == DUE:
        store.save(unit, domain.cancel(newest), [], data_key)
        await store.end_links(unit, newest.id)
        await call_off_all(unit, subject=newest.id)
    await call_off_all(unit, subject=plan.client_id)


def first_free(plan: Plan, after: datetime) -> datetime:
    """The next usual hour after an instant."""
    return next_free(plan, local_day(after, plan.zone), 1, after)


def following(plan: Plan, checkin: Checkin, *, closely: bool, at: datetime) -> datetime:
    """When to ask again after this one."""
    return next_checkin(plan, local_day(checkin.due_at, plan.zone), closely=closely, at=at)

"""What the person with the link does: open it, answer, ask for a new one."""

from dataclasses import dataclass, replace
from datetime import timedelta

from services.aftercare.checkins import asking, domain, store
from services.aftercare.checkins.asking import CHECKIN_DUE, RUNG, SILENCE, WINDOW_ENDED
from services.aftercare.checkins.domain import Checkin, LinkNotInUse
from services.aftercare.checkins.instruments import instruments
from services.aftercare.checkins.store import Session
from services.aftercare.keys import Keys
from services.aftercare.plans import calls
from services.aftercare.plans import store as plans
from services.aftercare.plans.domain import Plan
from services.aftercare.risk import usecases as risk
from services.aftercare.risk.usecases import Heard
from services.aftercare.walltime import end_of_working_day, local_day
from shared.clock import new_id
from shared.confidential import check_not_erased
from shared.due import call_off_all
from shared.unit import Unit

IDLE = timedelta(minutes=5)  # then the page shows a neutral screen
SOON = timedelta(hours=2)  # "today", asked for after hours
GRACE = timedelta(minutes=1)  # an answer sent at the last second still counts


@dataclass(frozen=True, kw_only=True)
class Given:
    """One posted answer; no value is a question skipped."""

    code: str
    value: int | None
    language: str


async def open_session(unit: Unit, link_digest: str, session_digest: str, keys: Keys) -> None:
    """The person pressed Start: from here on a cookie stands for the link."""
    checkin = await _behind(unit, link_digest, keys)
    session = Session(
        digest=session_digest,
        checkin_id=checkin.id,
        client_id=checkin.client_id,
        answered_here=(),
        expires_at=unit.at + IDLE + GRACE,
    )
    await store.sweep_sessions(unit, checkin.client_id)
    store.save_session(unit, session)
    unit.about(checkin.client_id, checkin.id)


async def _behind(unit: Unit, link_digest: str, keys: Keys) -> Checkin:
    """The check-in that this link opens now; raises LinkNotInUse."""
    link = await store.link(unit, link_digest)
    current = await _current(unit, link.client_id, keys) if link else None
    if link is None or current is None or current.id != link.checkin_id:
        raise LinkNotInUse
    if not link.opens(current, unit.at):
        raise LinkNotInUse
    return current


async def _current(unit: Unit, client_id: str, keys: Keys) -> Checkin | None:
    """The one check-in that takes answers now: the newest of the active plan, if it is open."""
    newest = await store.newest(unit, client_id, keys.data)
    plan = await plans.active(unit, client_id)
    if newest is None or plan is None or newest.plan_id != plan.id or not newest.open:
        return None
    return newest


async def renew_link(unit: Unit, link_digest: str, keys: Keys) -> None:
    """Send a new link to the same contact, if the old one was one of ours; else nothing."""
    link = await store.link(unit, link_digest)
    current = await _current(unit, link.client_id, keys) if link else None
    if current is None or not current.renewable:
        return
    await check_not_erased(unit, current.client_id)
    renewed, events = domain.renew(current, asking.make_link(unit, current, keys))
    store.save(unit, renewed, events, keys.data)


async def answer(unit: Unit, session_digest: str, given: Given, keys: Keys) -> None:
    """Keep one answer at once; the last one ends the link. A repeated post changes nothing."""
    session = await store.session(unit, session_digest)
    if session is None or session.expires_at <= unit.at:
        raise LinkNotInUse
    await check_not_erased(unit, session.client_id)
    checkin = await store.get(unit, session.checkin_id, keys.data)
    if checkin is None or checkin.state == domain.ANSWERED:
        return
    instrument = instruments()[checkin.instrument]
    kept = domain.answer(checkin, instrument, given.code, given.value, language=given.language)
    _touch(unit, session, given.code)
    if domain.first_open(kept, instrument) is None:
        await _finish(unit, kept, keys)
    else:
        store.save(unit, kept, [], keys.data)
    unit.about(checkin.client_id, checkin.id)


def _touch(unit: Unit, session: Session, code: str) -> None:
    here = tuple(dict.fromkeys((*session.answered_here, code)))
    store.save_session(
        unit, replace(session, answered_here=here, expires_at=unit.at + IDLE + GRACE)
    )


async def _finish(unit: Unit, checkin: Checkin, keys: Keys) -> None:
    """The person answered: the silence is over, risk is looked at, the next date is set."""
    plan, contact = await asking.standing(unit, checkin.client_id)
    current = await _current(unit, checkin.client_id, keys)
    if plan is None or contact is None or current is None or current.id != checkin.id:
        raise domain.NotOpen
    before = await store.answered(unit, checkin.client_id, keys.data)
    latest = store.told(replace(checkin, answered_at=unit.at))
    heard = Heard(answered=[latest, *before], missed=0, informed=True, silent=False)
    assessment = await risk.assess(unit, plan, heard)
    next_at = asking.following(plan, checkin, closely=assessment.closely, at=unit.at)
    done, events = domain.finish(checkin, next_on=local_day(next_at, plan.zone), at=unit.at)
    store.save(unit, done, events, keys.data)
    risk.keep(unit, assessment, keys.data)
    _end_call(unit, plan)
    store.save_contact(unit, replace(domain.reached(contact, at=unit.at), next_at=next_at))
    await store.end_links(unit, checkin.id)
    await call_off_all(unit, subject=checkin.id, kind=WINDOW_ENDED)
    for kind in (CHECKIN_DUE, RUNG, SILENCE):
        await call_off_all(unit, subject=checkin.client_id, kind=kind)
    asking.schedule_next(unit, plan, next_at)
    asking.watch(unit, plan)


async def ask_for_call(unit: Unit, client_id: str) -> None:
    """The person would like a call today."""
    plan = await plans.active(unit, client_id)
    if plan is None:
        return
    due_at = end_of_working_day(unit.at, 0, plan.zone)
    changed, events = calls.ask(
        plan, code=calls.CALL_ASKED_FOR, ids=new_id, due_at=max(due_at, unit.at + SOON)
    )
    if events:
        plans.save(unit, changed, events)


def _end_call(unit: Unit, plan: Plan) -> None:
    """Nobody needs to call about a silence that has ended."""
    changed, events = calls.withdraw(plan, at=unit.at)
    if events:
        plans.save(unit, changed, events)

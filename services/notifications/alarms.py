"""A crisis phrase calls people: pages at once and again until one of them has it (R3.9)."""

from collections.abc import Sequence
from dataclasses import replace

from services.notifications import crises, store
from services.notifications.crises import Crisis
from services.notifications.domain import EMAIL
from services.notifications.purposes import RULES, Purpose
from shared.clock import new_id
from shared.contracts import Refused
from shared.deliveries import queue
from shared.due import schedule
from shared.journal import Document
from shared.unit import Unit


class NoSuchCrisis(Refused):
    """There is no such crisis."""

    code = "NOT_FOUND"
    final = False


async def raise_alarm(
    unit: Unit, *, text_id: str, address: str, owners: Sequence[str], on_call: int
) -> None:
    """Opens a crisis, or joins the one that nobody has taken yet; surveys rest for a day."""
    for owner in owners:
        person = await store.person(unit, owner)
        if person:
            until = unit.at + crises.NO_SURVEYS
            store.save_person(unit, replace(person, no_surveys_until=until))
    known = await store.open_crisis_at(unit, address)
    if known:
        store.save_crisis(unit, crises.add_text(known, text_id), [])
        return
    crisis, events = crises.open_by_text(
        new_id("cr"),
        client_id=owners[0] if len(owners) == 1 else None,
        text_id=text_id,
        address=address,
        at=unit.at,
    )
    store.save_crisis(unit, crisis, events)
    page(unit, crisis, 0, on_call=on_call)
    for rung, after in enumerate(crises.PAGES_AT[1:], start=1):
        schedule(
            unit,
            kind="crisis-unacknowledged",
            subject=crisis.id,
            due=unit.at + after,
            client_id=crisis.client_id,
            data={"rung": rung},
        )


def page(unit: Unit, crisis: Crisis, rung: int, *, on_call: int) -> None:
    """E-mail the people on call, one more of them at each rung; without a word about whom."""
    waited = crises.PAGES_AT[rung]
    for place in range(min(rung + 1, on_call)):
        queue(
            unit,
            id=f"page_{crisis.id}_{rung}_{place}",
            channel=EMAIL,
            purpose=Purpose.PAGE,
            client_id=None,
            not_before=unit.at,
            stale_at=unit.at + RULES[Purpose.PAGE].lasts,
            about_id=crisis.id,
            repeatable=True,
            data={"place": place, "minutes": int(waited.total_seconds() // 60)},
        )


async def page_again(unit: Unit, deadline: Document, on_call: int) -> None:
    crisis = await store.crisis(unit, deadline["subject"])
    if crisis and crisis.state == crises.OPEN:
        page(unit, crisis, deadline["data"]["rung"], on_call=on_call)


async def acknowledge_crisis(unit: Unit, crisis_id: str, *, by: str) -> None:
    before = await _existing(unit, crisis_id)
    crisis, events = crises.acknowledge(before, by=by, at=unit.at)
    if events:
        store.save_crisis(unit, crisis, events)
    unit.reply(crisis_id=crisis_id, acknowledged_by=crisis.acknowledged_by)


async def close_crisis(unit: Unit, crisis_id: str, *, by: str, note: bytes, note_key: str) -> None:
    before = await _existing(unit, crisis_id)
    crisis, events = crises.close(before, by=by, note=note, note_key=note_key, at=unit.at)
    store.save_crisis(unit, crisis, events)
    unit.reply(crisis_id=crisis_id)


async def _existing(unit: Unit, crisis_id: str) -> Crisis:
    crisis = await store.crisis(unit, crisis_id)
    if crisis is None:
        raise NoSuchCrisis
    return crisis

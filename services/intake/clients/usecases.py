"""Registering people, keeping their card, discharging and erasing them."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from services.intake.clients import domain, store
from services.intake.clients.domain import Card, Client, Discharge
from services.intake.consents import store as consents
from services.intake.disclosures import store as disclosures
from services.intake.keydesk.desk import KeyDesk
from services.intake.submissions import domain as forms
from services.intake.submissions import store as submissions
from shared.auth import NotVisible
from shared.clock import new_id
from shared.confidential import Part, check_not_erased
from shared.contracts.intake import ContactCardChanged
from shared.events import Event
from shared.unit import Conflict, Unit

CODE_TRIES = 20


@dataclass(frozen=True, kw_only=True)
class Keys:
    """What writing a client needs besides the client's own key."""

    desk: KeyDesk
    digest_key: bytes


async def register(
    unit: Unit, card: Card, *, site_id: str, keys: Keys, submission: tuple[str, bytes] | None = None
) -> None:
    """A person becomes a client; their data key is made in the same unit.

    ``submission`` is the form they came with, and its key.
    """
    client_id = new_id("cl")
    client, events = domain.register(
        replace(card, contact_points=_numbered(card, None)),
        id=client_id,
        code=await _free_code(unit),
        site_id=site_id,
        submission_id=submission[0] if submission else None,
        at=unit.at,
    )
    if submission:
        events += await _close_form(unit, submission, client_id)
    key = keys.desk.make(unit, client_id)
    disclosures.make_guard(unit, client_id)
    store.add(unit, client, key=key, digest_key=keys.digest_key)
    _emit(unit, client, events, key)
    unit.reply(client_id=client_id, code=client.code, card_version=client.card_version)


async def change_card(
    unit: Unit, client_id: str, card: Card, *, seen_version: int, key: bytes, keys: Keys
) -> None:
    client = await _client(unit, client_id, key)
    card = replace(card, contact_points=_numbered(card, client.card))
    changed, events = domain.change_card(client, card, seen_version=seen_version)
    if events:
        store.save(unit, changed, key=key, digest_key=keys.digest_key)
    _emit(unit, changed, events, key)
    unit.about(client_id)
    unit.reply(version=changed.card_version)


async def discharge(
    unit: Unit, client_id: str, wanted: Discharge, *, today: date, key: bytes, keys: Keys
) -> None:
    client = await _client(unit, client_id, key)
    wanted = replace(wanted, id=new_id("dis"))
    client, events = domain.discharge(client, wanted, today=today)
    store.save(unit, client, key=key, digest_key=keys.digest_key)
    _emit(unit, client, events, key)
    unit.reply(discharge_id=wanted.id)


async def erase(unit: Unit, client_id: str, *, code: str, key: bytes, keys: Keys) -> None:
    """Delete the keys, empty what the client's documents say, leave tombstones (R1.2).

    The guard is written too: no permit asked for a moment earlier crosses the erasure.
    """
    client = await _client(unit, client_id, key)
    erased, events = domain.erase(client, code=code, at=unit.at)
    store.save(unit, erased, key=key, digest_key=keys.digest_key)
    kept_consents = await consents.forget_content(unit, client_id)
    await consents.end_links_of(unit, client_id)
    await keys.desk.forget(unit, client_id)
    if client.submission_id:
        await submissions.forget_content(unit, client.submission_id)
        await keys.desk.forget(unit, client.submission_id)
    permits_until = await disclosures.close_guard(unit, client_id)
    _emit(unit, erased, events, key)
    unit.reply(
        permits_until=permits_until.isoformat() if permits_until else None,
        remains={
            "consents": kept_consents,
            "disclosure_decisions": await disclosures.count(unit, client_id),
        },
    )


async def _client(unit: Unit, client_id: str, key: bytes) -> Client:
    await check_not_erased(unit, client_id)
    client = await store.get(unit, client_id, key)
    if client is None:
        raise NotVisible
    return client


async def _close_form(unit: Unit, submission: tuple[str, bytes], client_id: str) -> list[Event]:
    submission_id, form_key = submission
    form = await submissions.get(unit, submission_id, form_key)
    if form is None:
        raise NotVisible
    form, events = forms.register(form, client_id=client_id)
    await submissions.change(unit, form, form_key)
    return events


async def _free_code(unit: Unit) -> str:
    for _ in range(CODE_TRIES):
        code = domain.new_code(secrets.choice)
        if not await store.code_is_taken(unit, code):
            return code
    raise Conflict


def _numbered(card: Card, before: Card | None) -> tuple[domain.ContactPoint, ...]:
    return domain.keep_ids(card.contact_points, before, lambda: new_id("cp"))


def _emit(unit: Unit, client: Client, events: Sequence[Event], key: bytes) -> None:
    """Facts of this client; the card itself travels as the confidential part of its fact."""
    for event in events:
        part = None
        if isinstance(event, ContactCardChanged) and client.card is not None:
            payload = domain.contact_card(client.card).model_dump(mode="json")
            part = Part(data_key=key, payload=payload)
        unit.emit(event, part=part)

"""The contact card as intake last told it: kept sealed, opened only for a permitted disclosure."""

from collections.abc import Mapping
from typing import Any

from services.referrals.lifecycle import store
from shared import confidential
from shared.contracts.intake import ContactCardChanged, ContactRemoved
from shared.events import Envelope
from shared.journal import Document
from shared.runtime import Runtime
from shared.unit import Unit

KEPT = ("given_name", "family_name", "preferred_name", "language")


class CardMissing(confidential.KeyDeskAway):
    """The contact card is still on its way; try again."""

    code = "HELD"


async def read_card(runtime: Runtime, envelope: Envelope) -> bytes:
    """What of the card a partner might ever need, sealed for this database."""
    key = await runtime.keyring.key(envelope.key)
    card = confidential.read_part(envelope, key)
    kept = {name: card.get(name) for name in KEPT} | {"values": card["contact_values"]}
    return confidential.encrypt_json(key, kept, _place(envelope.key))


async def copy_card(unit: Unit, event: ContactCardChanged, sealed: bytes) -> None:
    await confidential.check_not_erased(unit, event.client_id)
    points = [point.model_dump() for point in event.contact_points]
    await store.change_client(
        unit, event.client_id, card=sealed, card_version=event.version, points=points
    )


async def drop_contact(unit: Unit, event: ContactRemoved) -> None:
    """At once, also when an older card is still on its way: the id stays struck out."""
    kept = await unit.get(store.CLIENTS, event.client_id)
    removed = {*(kept["removed"] if kept else ()), event.contact_point_id}
    await store.change_client(unit, event.client_id, removed=sorted(removed))


async def open_card(runtime: Runtime, client_id: str) -> Mapping[str, Any]:
    """Names, language and ways to reach the person; raises Erased, KeyDeskAway or CardMissing."""
    kept = await store.client(runtime.database, client_id)
    if kept is None or kept["card"] is None:
        raise CardMissing
    key = await runtime.keyring.key(client_id)
    card = confidential.decrypt_json(key, kept["card"], _place(client_id))
    return {**card, "contact": _reachable(kept, card["values"])}


def _reachable(kept: Document, values: Mapping[str, str]) -> list[dict[str, str]]:
    return [
        {"channel": point["channel"], "value": values[point["contact_point_id"]]}
        for point in kept["points"]
        if point["contact_point_id"] not in kept["removed"] and point["contact_point_id"] in values
    ]


def _place(client_id: str) -> str:
    return f"clients/{client_id}/card"

"""What a message's new state tells the others, written in the same unit as the state."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from services.notifications import domain, store
from shared.contracts.notifications import (
    MessageDelivered,
    MessageDropped,
    MessageFailed,
    MessageHandedOver,
    MessageUnclear,
)
from shared.deliveries import move
from shared.due import schedule
from shared.events import Event
from shared.journal import Document
from shared.unit import Unit

UNCLEAR_FOR = timedelta(minutes=10)
OPTED_OUT_AT_CARRIER = "21610"


async def on_state(unit: Unit, delivery: Document, state: str) -> None:
    """Facts for the client's timeline; what went to staff or to a stranger has none."""
    if state == "failed":
        await _learn_from_failure(unit, delivery)
    if state == "unknown":
        schedule(
            unit,
            kind="message-unclear",
            subject=delivery["_id"],
            due=unit.at + UNCLEAR_FOR,
            client_id=delivery["client_id"],
        )
    fact = _fact(unit, delivery, state) if delivery["client_id"] else None
    if fact:
        unit.emit(fact)


def _fact(unit: Unit, delivery: Mapping[str, Any], state: str) -> Event | None:
    of_message = {"client_id": delivery["client_id"], "delivery_id": delivery["_id"], "at": unit.at}
    why = {"purpose": delivery["purpose"], "about_id": delivery["about_id"]}
    match state:
        case "handed_over":
            simulated = bool(delivery.get("simulated"))
            channel = delivery["channel"]
            return MessageHandedOver(**of_message, **why, channel=channel, simulated=simulated)
        case "delivered":
            return MessageDelivered(**of_message)
        case "failed":
            return MessageFailed(**of_message, **why, reason=delivery["reason"])
        case "dropped":
            return MessageDropped(**of_message, **why, reason=delivery["reason"])
    return None


async def _learn_from_failure(unit: Unit, delivery: Mapping[str, Any]) -> None:
    """The carrier knows of a STOP that never reached us, or that the number is dead (R1.18)."""
    point_id = delivery["data"].get("contact_point_id")
    point = await store.point(unit, point_id) if point_id else None
    if point is None or not point.address:
        return
    noted, events = domain.note_failure(point, delivery["reason"])
    store.save_point(unit, noted, events)
    if delivery["reason"] == OPTED_OUT_AT_CARRIER:
        sharing = await store.points_at(unit, point.address)
        before = await store.wish(unit, point.address)
        wish, out = domain.opt_out(before, sharing, clear=True, at=unit.at)
        if out:
            store.save_wish(unit, wish, out)


async def tell_unclear(unit: Unit, deadline: Document) -> None:
    """No callback settled it within ten minutes: a person should know."""
    delivery = await unit.get("deliveries", deadline["subject"])
    if delivery is None or delivery["state"] != "unknown" or not delivery["client_id"]:
        return
    unit.emit(
        MessageUnclear(
            client_id=delivery["client_id"],
            delivery_id=delivery["_id"],
            purpose=delivery["purpose"],
            about_id=delivery["about_id"],
            at=unit.at,
        )
    )


async def take_back(unit: Unit, query: Mapping[str, Any], reason: str) -> None:
    """Drop what has not been sent yet."""
    for delivery_id in await store.not_yet_sent(unit, query):
        await move(unit, delivery_id, "dropped", on_state, reason=reason)

"""Permits, and the guard that every permit and every revocation of a client writes."""

from dataclasses import fields
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel

from services.intake.disclosures.domain import Code, Permit
from shared.journal import Database, Document
from shared.unit import Unit

PERMITS, GUARDS = "permits", "guards"
PAGE_SIZE = 50

COLLECTIONS = {
    PERMITS: [IndexModel([("client_id", ASCENDING), ("_id", DESCENDING)], name="client")],
    GUARDS: [],
}


def add(unit: Unit, permit: Permit) -> None:
    unit.insert(PERMITS, _document(permit))


def save(unit: Unit, permit: Permit) -> None:
    unit.replace(PERMITS, _document(permit))


async def get(unit: Unit, permit_id: str) -> Permit | None:
    found = await unit.get(PERMITS, permit_id)
    return _permit(found) if found else None


async def count(unit: Unit, client_id: str) -> int:
    return len(await unit.find(PERMITS, {"client_id": client_id}))


async def of_client(database: Database, client_id: str, *, before: str | None) -> list[Permit]:
    """Disclosures made and refused, newest first; what was allowed but never made is left out."""
    query: Document = {"client_id": client_id, "state": {"$in": ["made", "denied"]}}
    if before:
        query["_id"] = {"$lt": before}
    found = database[PERMITS].find(query).sort("_id", DESCENDING).limit(PAGE_SIZE + 1)
    return [_permit(document) async for document in found]


# --- the guard


def make_guard(unit: Unit, client_id: str) -> None:
    unit.insert(GUARDS, {"_id": client_id, "last_permit_expires_at": None})


async def hold_guard(unit: Unit, client_id: str, permit_expires_at: datetime) -> None:
    """A permit was given: whoever restricts this client afterwards waits until it ran out."""
    guard = await _guard(unit, client_id)
    latest = max(filter(None, (guard["last_permit_expires_at"], permit_expires_at)))
    unit.replace(GUARDS, {**guard, "last_permit_expires_at": latest})


async def close_guard(unit: Unit, client_id: str) -> datetime | None:
    """Write the guard, so that a permit of this moment either came before or is decided anew;
    returns until when earlier permits may still be used."""
    guard = await _guard(unit, client_id)
    unit.replace(GUARDS, guard)
    last: datetime | None = guard["last_permit_expires_at"]
    return last if last and last > unit.at else None


async def _guard(unit: Unit, client_id: str) -> Document:
    guard = await unit.get(GUARDS, client_id)
    if guard is None:
        raise LookupError("every client has a guard from their registration on")
    return guard


def _document(permit: Permit) -> Document:
    kept: dict[str, Any] = {field.name: getattr(permit, field.name) for field in fields(permit)}
    del kept["id"]
    return {
        **kept,
        "_id": permit.id,
        "categories": list(permit.categories),
        "decision": permit.decision.value,
        "state": permit.state,
    }


def _permit(document: Document) -> Permit:
    names = {field.name for field in fields(Permit)} - {"id", "categories", "decision"}
    return Permit(
        id=document["_id"],
        categories=tuple(document["categories"]),
        decision=Code(document["decision"]),
        **{name: document[name] for name in names},
    )

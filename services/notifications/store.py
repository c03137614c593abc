"""Documents of notifications, and the reads of its pages. The only file here that knows MongoDB."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, TypeVar

from pymongo import ASCENDING, DESCENDING, IndexModel

from services.notifications.crises import OPEN, Crisis
from services.notifications.domain import REMOVED, Code, ContactPoint, Person, Wish
from services.notifications.purposes import CAPPED, Purpose
from shared.events import Event
from shared.journal import Database, Document
from shared.unit import Unit

COLLECTIONS: dict[str, list[IndexModel]] = {
    "people": [],
    "contact_points": [
        IndexModel([("client_id", ASCENDING)], name="client"),
        IndexModel([("address", ASCENDING)], name="address"),
    ],
    "wishes": [],
    "withdrawals": [],
    "texts": [
        IndexModel([("client_id", ASCENDING), ("received_at", DESCENDING)], name="client"),
        IndexModel([("address", ASCENDING), ("received_at", DESCENDING)], name="address"),
    ],
    "crises": [
        IndexModel([("address", ASCENDING), ("state", ASCENDING)], name="address"),
        IndexModel([("client_id", ASCENDING)], name="client"),
        IndexModel([("text_ids", ASCENDING)], name="texts"),
    ],
}

# Pending or on its way to the sender: still ours to take back.
NOT_YET_SENT = ("pending", "claimed")
WENT_OUT = ("sending", "handed_over", "unknown", "delivered")

Kept = TypeVar("Kept", Person, ContactPoint, Wish, Crisis)


def _write(unit: Unit, collection: str, document: Document) -> None:
    if document["version"]:
        unit.replace(collection, document)
    else:
        unit.insert(collection, document)


def _document(kept: Kept, id_field: str) -> Document:
    fields = asdict(kept)
    return {"_id": fields.pop(id_field), **fields}


async def person(unit: Unit, client_id: str) -> Person | None:
    return _person(await unit.get("people", client_id))


def _person(found: Document | None) -> Person | None:
    if found is None:
        return None
    fields = {name: value for name, value in found.items() if name != "_id"}
    withdrawn = {row["recipient_id"]: row["at"] for row in fields.pop("withdrawn")}
    return Person(client_id=found["_id"], withdrawn=withdrawn, **fields)


def save_person(unit: Unit, person: Person) -> None:
    withdrawn = [{"recipient_id": id, "at": at} for id, at in person.withdrawn.items()]
    _write(unit, "people", {**_document(person, "client_id"), "withdrawn": withdrawn})


async def point(unit: Unit, point_id: str) -> ContactPoint | None:
    found = await unit.get("contact_points", point_id)
    return _point(found) if found else None


def _point(found: Document) -> ContactPoint:
    fields = {name: value for name, value in found.items() if name not in ("_id", "code")}
    code = Code(**found["code"]) if found["code"] else None
    return ContactPoint(id=found["_id"], code=code, **fields)


async def points_of(unit: Unit, client_id: str) -> list[ContactPoint]:
    found = await unit.find("contact_points", {"client_id": client_id})
    return [_point(row) for row in found]


async def points_at(unit: Unit, address: str) -> list[ContactPoint]:
    """Everybody's points with this number or address, in a fixed order."""
    found = await unit.find("contact_points", {"address": address}, sort=[("_id", ASCENDING)])
    return [_point(row) for row in found]


async def owners_of(database: Database, address: str) -> list[str]:
    """The clients who have this number: several on a shared phone, none for a stranger."""
    return sorted(await database.contact_points.distinct("client_id", {"address": address}))


def save_point(unit: Unit, point: ContactPoint, events: Iterable[Event] = ()) -> None:
    _write(unit, "contact_points", _document(point, "id"))
    for event in events:
        unit.emit(event)


async def wish(unit: Unit, address: str) -> Wish:
    found = await unit.get("wishes", address)
    if found is None:
        return Wish(address=address)
    return Wish(address=address, **{name: found[name] for name in found if name != "_id"})


async def wishes(unit: Unit, points: Sequence[ContactPoint]) -> dict[str, Wish]:
    return {point.address: await wish(unit, point.address) for point in points if point.address}


def save_wish(unit: Unit, wish: Wish, events: Iterable[Event]) -> None:
    _write(unit, "wishes", _document(wish, "address"))
    for event in events:
        unit.emit(event)


async def crisis(unit: Unit, crisis_id: str) -> Crisis | None:
    found = await unit.get("crises", crisis_id)
    return _crisis(found) if found else None


def _crisis(found: Document) -> Crisis:
    fields = {name: value for name, value in found.items() if name not in ("_id", "text_ids")}
    return Crisis(id=found["_id"], text_ids=tuple(found["text_ids"]), **fields)


async def open_crisis_at(unit: Unit, address: str) -> Crisis | None:
    found = await unit.find("crises", {"address": address, "state": OPEN}, limit=1)
    return _crisis(found[0]) if found else None


def save_crisis(unit: Unit, crisis: Crisis, events: Iterable[Event]) -> None:
    document = _document(crisis, "id")
    _write(unit, "crises", {**document, "text_ids": list(crisis.text_ids)})
    for event in events:
        unit.emit(event)


async def not_yet_sent(unit: Unit, query: Mapping[str, Any]) -> list[str]:
    """Ids of messages that can still be taken back."""
    found = await unit.find("deliveries", {**query, "state": {"$in": list(NOT_YET_SENT)}})
    return [row["_id"] for row in found]


async def channel_used(unit: Unit, about_id: str, purpose: Purpose) -> str | None:
    """The channel of the first message about something."""
    found = await unit.find(
        "deliveries",
        {"about_id": about_id, "purpose": purpose, "state": {"$ne": "dropped"}},
        sort=[("at", ASCENDING)],
        limit=1,
    )
    return found[0]["channel"] if found else None


async def texts_from(unit: Unit, address: str, *, kind: str, since: datetime) -> int:
    """How often this number asked for the same thing lately."""
    query = {"address": address, "kind": kind, "received_at": {"$gte": since}}
    return len(await unit.find("texts", query, limit=100))


def mark_withdrawn(unit: Unit, about_id: str) -> None:
    """What rests on this may not be sent, even if its event comes later."""
    unit.update("withdrawals", {"_id": about_id}, {"$set": {"at": unit.at}}, upsert=True)


async def is_withdrawn(unit: Unit, about_id: str) -> bool:
    return await unit.get("withdrawals", about_id) is not None


async def erase(unit: Unit, client_id: str) -> None:
    """Content goes, ids and times stay; the wish of a number stays, it may be somebody else's."""
    for collection in ("contact_points", "links"):
        for row in await unit.find(collection, {"client_id": client_id}):
            unit.delete(collection, row["_id"])
    unit.delete("people", client_id)
    for row in await unit.find("texts", {"client_id": client_id}):
        unit.replace("texts", {**row, "content": None, "note": None, "address": None})
    for row in await unit.find("crises", {"client_id": client_id}):
        unit.replace("crises", {**row, "note": None, "address": None})
    for row in await unit.find("deliveries", {"client_id": client_id}):
        current = await unit.get("deliveries", row["_id"])
        unit.replace("deliveries", {**(current or row), "data": {}})


# Reads outside a unit: what the sender and the pages ask.


async def person_now(database: Database, client_id: str) -> Person | None:
    return _person(await database.people.find_one({"_id": client_id}))


async def point_now(database: Database, point_id: str) -> ContactPoint | None:
    found = await database.contact_points.find_one({"_id": point_id})
    return _point(found) if found else None


async def points_now(database: Database, client_id: str) -> list[ContactPoint]:
    found = database.contact_points.find({"client_id": client_id, "state": {"$ne": REMOVED}})
    return [_point(row) async for row in found.sort("_id", ASCENDING)]


async def wishes_now(database: Database, addresses: Sequence[str]) -> dict[str, Wish]:
    found = database.wishes.find({"_id": {"$in": list(addresses)}})
    return {
        row["_id"]: Wish(address=row["_id"], **{n: row[n] for n in row if n != "_id"})
        async for row in found
    }


async def is_withdrawn_now(database: Database, about_id: str | None) -> bool:
    return about_id is not None and (
        await database.withdrawals.find_one({"_id": about_id}) is not None
    )


async def is_erased(database: Database, client_id: str) -> bool:
    kept = await database["keys"].find_one({"_id": client_id}, {"erased_at": 1})
    return bool(kept and kept.get("erased_at"))


async def crisis_now(database: Database, crisis_id: str) -> Crisis | None:
    found = await database.crises.find_one({"_id": crisis_id})
    return _crisis(found) if found else None


async def is_of_crisis(database: Database, text_id: str) -> bool:
    return await database.crises.find_one({"text_ids": text_id}, {"_id": 1}) is not None


async def went_out(
    database: Database, client_id: str, *, since: datetime
) -> list[tuple[Purpose, datetime]]:
    """Capped texts of the last days, with the instant they left us (R5.1)."""
    found = database.deliveries.find(
        {
            "client_id": client_id,
            "channel": "sms",
            "purpose": {"$in": list(CAPPED)},
            "state": {"$in": list(WENT_OUT)},
            "sending_at": {"$gte": since},
        }
    )
    return [(Purpose(row["purpose"]), row["sending_at"]) async for row in found]


async def has_rival(database: Database, delivery: Mapping[str, Any], *, at: datetime) -> bool:
    """Another capped text of this client is being sent at this moment; the lower id goes first."""
    rival = {
        "client_id": delivery["client_id"],
        "_id": {"$lt": delivery["_id"]},
        "purpose": {"$in": list(CAPPED)},
        "state": "claimed",
        "lease.until": {"$gt": at},
    }
    return await database.deliveries.find_one(rival, {"_id": 1}) is not None


async def messages_of(
    database: Database, client_id: str, *, before: datetime | None, limit: int
) -> list[Document]:
    """Newest first, both directions; each row says when with ``at``."""
    sent = await _page(database, "deliveries", "at", client_id, before, limit)
    texts = await _page(database, "texts", "received_at", client_id, before, limit)
    rows = [{**row, "direction": "out"} for row in sent]
    rows += [{**row, "direction": "in", "at": row["received_at"]} for row in texts]
    return sorted(rows, key=lambda row: row["at"], reverse=True)[:limit]


async def _page(
    database: Database, name: str, at: str, client_id: str, before: datetime | None, limit: int
) -> list[Document]:
    query: Document = {"client_id": client_id}
    if before:
        query[at] = {"$lt": before}
    return await database[name].find(query).sort(at, DESCENDING).limit(limit).to_list()


async def text_now(database: Database, text_id: str) -> Document | None:
    found: Document | None = await database.texts.find_one({"_id": text_id})
    return found


async def link_now(database: Database, digest: str, kind: str, *, at: datetime) -> Document | None:
    """A link that still works; used, ended and unknown ones look alike."""
    found: Document | None = await database.links.find_one({"_id": digest, "kind": kind})
    if found is None or found["used_at"] or (found["expires_at"] and found["expires_at"] <= at):
        return None
    return found


def week_before(at: datetime) -> datetime:
    return at - timedelta(days=7)

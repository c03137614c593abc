"""Check-ins with their answers encrypted, links by digest, sessions, and the state of contact."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

from pymongo import ASCENDING, DESCENDING, IndexModel

from services.aftercare.checkins.domain import ANSWERED, DUE, Checkin, Contact, Link
from services.aftercare.risk.signals import Answered
from shared.confidential import decrypt_json, encrypt_json
from shared.events import Event
from shared.journal import Database, Document
from shared.unit import Unit

COLLECTIONS: dict[str, list[IndexModel]] = {
    "checkins": [
        IndexModel(
            [("client_id", ASCENDING)],
            name="one_due",
            unique=True,
            partialFilterExpression={"state": DUE},
        ),
        IndexModel([("client_id", ASCENDING), ("due_at", DESCENDING)], name="client"),
    ],
    "contacts": [],
    "sessions": [
        IndexModel([("client_id", ASCENDING)], name="client"),
    ],
}

HISTORY = 12  # check-ins that an evaluation looks back on


@dataclass(frozen=True, kw_only=True)
class Session:
    """A browser that opened a link: its cookie's digest, and what it answered itself."""

    digest: str
    checkin_id: str
    client_id: str
    answered_here: tuple[str, ...]
    expires_at: datetime
    version: int = 0


# --- check-ins


async def get(unit: Unit, checkin_id: str, data_key: bytes) -> Checkin | None:
    document = await unit.get("checkins", checkin_id)
    return _checkin(document, data_key) if document else None


async def newest(unit: Unit, client_id: str, data_key: bytes) -> Checkin | None:
    """The one that was asked last: only this one takes answers."""
    found = await unit.find(
        "checkins", {"client_id": client_id}, sort=[("due_at", DESCENDING)], limit=1
    )
    return await get(unit, found[0]["_id"], data_key) if found else None


async def answered(unit: Unit, client_id: str, data_key: bytes) -> list[Answered]:
    found = await unit.find(
        "checkins",
        {"client_id": client_id, "state": ANSWERED},
        sort=[("due_at", DESCENDING)],
        limit=HISTORY,
    )
    return [told(_checkin(document, data_key)) for document in found]


def told(checkin: Checkin) -> Answered:
    """What the person told with this check-in; skipped questions are left out."""
    given = {code: value for code, value in checkin.answers.items() if value is not None}
    return Answered(at=checkin.answered_at or checkin.due_at, answers=given)


def save(unit: Unit, checkin: Checkin, events: Sequence[Event], data_key: bytes) -> None:
    document = {**asdict(checkin), "_id": checkin.id}
    del document["id"]
    document["next_on"] = checkin.next_on.isoformat() if checkin.next_on else None
    document["answers"] = encrypt_json(data_key, dict(checkin.answers), _place(checkin.id))
    if checkin.version:
        unit.replace("checkins", document)
    else:
        unit.insert("checkins", document)
    for event in events:
        unit.emit(event)


async def read(database: Database, checkin_id: str, data_key: bytes) -> Checkin | None:
    document = await database.checkins.find_one({"_id": checkin_id})
    return _checkin(document, data_key) if document else None


async def read_newest(database: Database, client_id: str) -> str | None:
    document = await database.checkins.find_one(
        {"client_id": client_id}, {"_id": 1}, sort=[("due_at", -1)]
    )
    return str(document["_id"]) if document else None


async def of_client(
    database: Database, client_id: str, data_key: bytes, *, before: datetime | None, limit: int
) -> list[Checkin]:
    query = {"client_id": client_id, **({"due_at": {"$lt": before}} if before else {})}
    found = database.checkins.find(query).sort("due_at", -1).limit(limit)
    return [_checkin(document, data_key) async for document in found]


def _checkin(document: Document, data_key: bytes) -> Checkin:
    kept = {name: value for name, value in document.items() if name != "_id"}
    next_on = date.fromisoformat(document["next_on"]) if document["next_on"] else None
    answers = decrypt_json(data_key, document["answers"], _place(document["_id"]))
    return Checkin(**{**kept, "id": document["_id"], "next_on": next_on, "answers": answers})


def _place(checkin_id: str) -> str:
    return f"checkins/{checkin_id}/answers"


# --- how contact stands


async def contact(unit: Unit, client_id: str) -> Contact | None:
    document = await unit.get("contacts", client_id)
    return _contact(document) if document else None


async def read_contact(database: Database, client_id: str) -> Contact | None:
    document = await database.contacts.find_one({"_id": client_id})
    return _contact(document) if document else None


def save_contact(unit: Unit, after: Contact) -> None:
    document = {**asdict(after), "_id": after.client_id}
    if after.version:
        unit.replace("contacts", document)
    else:
        unit.insert("contacts", document)


def _contact(document: Document) -> Contact:
    return Contact(**{name: value for name, value in document.items() if name != "_id"})


# --- links and sessions


def insert_link(unit: Unit, link: Link) -> None:
    document = {
        "_id": link.digest,
        "link_id": link.link_id,
        "kind": "checkin",
        "subject": link.checkin_id,
        "client_id": link.client_id,
        "expires_at": link.expires_at,
        "used_at": link.used_at,
    }
    unit.insert("links", document)


async def link(unit: Unit, digest: str) -> Link | None:
    document = await unit.get("links", digest)
    return _link(document) if document else None


async def read_link(database: Database, digest: str) -> Link | None:
    document = await database.links.find_one({"_id": digest})
    return _link(document) if document else None


async def end_links(unit: Unit, checkin_id: str) -> None:
    for document in await unit.find("links", {"subject": checkin_id, "used_at": None}):
        unit.replace("links", {**document, "used_at": unit.at})


def _link(document: Document) -> Link:
    return Link(
        digest=document["_id"],
        link_id=document["link_id"],
        checkin_id=document["subject"],
        client_id=document["client_id"],
        expires_at=document["expires_at"],
        used_at=document["used_at"],
    )


def save_session(unit: Unit, session: Session) -> None:
    document = {**asdict(session), "_id": session.digest}
    if session.version:
        unit.replace("sessions", document)
    else:
        unit.insert("sessions", document)


async def session(unit: Unit, digest: str) -> Session | None:
    document = await unit.get("sessions", digest)
    return _session(document) if document else None


async def read_session(database: Database, digest: str, at: datetime) -> Session | None:
    document = await database.sessions.find_one({"_id": digest, "expires_at": {"$gt": at}})
    return _session(document) if document else None


async def sweep_sessions(unit: Unit, client_id: str) -> None:
    """Drop this client's ended sessions. No index does it: that would know only one clock."""
    ended = {"client_id": client_id, "expires_at": {"$lte": unit.at}}
    for document in await unit.find("sessions", ended):
        unit.delete("sessions", document["_id"])


async def end_session(database: Database, digest: str) -> None:
    await database.sessions.delete_one({"_id": digest})


def _session(document: Document) -> Session:
    kept = {name: value for name, value in document.items() if name != "_id"}
    return Session(**{**kept, "answered_here": tuple(document["answered_here"])})


async def erase(unit: Unit, client_id: str) -> None:
    for collection in ("checkins", "sessions", "links"):
        for document in await unit.find(collection, {"client_id": client_id}):
            unit.delete(collection, document["_id"])
    unit.delete("contacts", client_id)

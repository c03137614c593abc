"""Referral documents, and the copies of intake's facts that deciding about them needs."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel

from services.referrals.lifecycle.domain import Referral
from services.referrals.lifecycle.steps import Step
from services.referrals.lifecycle.transitions import FINAL, Party, Status
from shared.auth import NotVisible
from shared.events import Event
from shared.journal import Database, Document
from shared.unit import Unit

REFERRALS = "referrals"
CLIENTS = "clients"  # site and contact card, as intake last told them
CONSENTS = "consents"  # for the composer's preview, and to stop what a revocation overtakes
COLLECTIONS: dict[str, list[IndexModel]] = {
    REFERRALS: [
        IndexModel([("client_id", ASCENDING), ("drafted_at", DESCENDING)], name="client"),
        IndexModel(
            [("partner_id", ASCENDING), ("sent_at", DESCENDING), ("_id", DESCENDING)],
            name="partner",
        ),
    ],
    CLIENTS: [],
    CONSENTS: [IndexModel([("client_id", ASCENDING)], name="client")],
}
CLIENT_PAGE = 200


async def get(unit: Unit, referral_id: str) -> Referral:
    """Raises NotVisible when there is none."""
    return _referral(await unit.get(REFERRALS, referral_id))


async def read(database: Database, referral_id: str) -> Referral:
    """Outside a unit; raises NotVisible when there is none."""
    return _referral(await database[REFERRALS].find_one({"_id": referral_id}))


async def read_for_partner(database: Database, referral_id: str, partner_id: str) -> Referral:
    """A partner's own referral; somebody else's, a draft and a missing one look the same."""
    return _for_partner(await read(database, referral_id), partner_id)


async def get_for_partner(unit: Unit, referral_id: str, partner_id: str) -> Referral:
    return _for_partner(await get(unit, referral_id), partner_id)


def _for_partner(referral: Referral, partner_id: str) -> Referral:
    if referral.partner_id != partner_id or referral.sent_at is None:
        raise NotVisible
    return referral


async def of_client(database: Database, client_id: str) -> list[Referral]:
    """Everything ever asked for this client, newest first."""
    query = {"client_id": client_id}
    found = database[REFERRALS].find(query).sort("drafted_at", -1).limit(CLIENT_PAGE)
    return [_referral(document) async for document in found]


async def open_of_client(unit: Unit, client_id: str) -> list[Referral]:
    query = {"client_id": client_id, "status": {"$nin": sorted(FINAL)}}
    return [_referral(document) for document in await unit.find(REFERRALS, query)]


async def all_of_client(unit: Unit, client_id: str) -> list[Referral]:
    return [
        _referral(document) for document in await unit.find(REFERRALS, {"client_id": client_id})
    ]


async def page_of_partner(
    database: Database,
    partner_id: str,
    *,
    status: str | None,
    before: tuple[datetime, str] | None,
    limit: int,
) -> list[Referral]:
    """What was sent to this partner, newest first; ``before`` is the last one seen."""
    query: dict[str, Any] = {"partner_id": partner_id, "sent_at": {"$ne": None}}
    if status is not None:
        query["status"] = status
    if before is not None:
        sent_at, referral_id = before
        query["$or"] = [
            {"sent_at": {"$lt": sent_at}},
            {"sent_at": sent_at, "_id": {"$lt": referral_id}},
        ]
    found = database[REFERRALS].find(query).sort([("sent_at", -1), ("_id", -1)]).limit(limit)
    return [_referral(document) async for document in found]


def save(unit: Unit, referral: Referral, events: list[Event]) -> None:
    document = _document(referral)
    if referral.version:
        unit.replace(REFERRALS, document)
    else:
        unit.insert(REFERRALS, document)
    for event in events:
        unit.emit(event)
    unit.about(referral.id, referral.client_id)
    unit.reply(referral_id=referral.id, status=referral.status, version=referral.version + 1)


async def client(database: Database, client_id: str) -> Document | None:
    found: Document | None = await database[CLIENTS].find_one({"_id": client_id})
    return found


async def site_of(database: Database, client_id: str) -> str | None:
    found = await client(database, client_id)
    return found["site_id"] if found else None


async def change_client(unit: Unit, client_id: str, **changes: Any) -> Document:
    """Write some fields of the copy, whichever of intake's facts came first."""
    kept = await unit.get(CLIENTS, client_id)
    if kept is None:
        empty: Document = {
            "site_id": None,
            "card": None,
            "card_version": 0,
            "points": [],
            "removed": [],
        }
        document = {"_id": client_id, **empty, **changes}
        unit.insert(CLIENTS, document)
    else:
        document = {**kept, **changes}
        unit.replace(CLIENTS, document)
    return document


async def change_consent(unit: Unit, consent_id: str, **changes: Any) -> None:
    """Write some fields of the copy; a revocation that came first is never undone."""
    kept = await unit.get(CONSENTS, consent_id)
    if kept is None:
        unit.insert(CONSENTS, {"_id": consent_id, "revoked_at": None, "uses": 0, **changes})
    else:
        unit.replace(CONSENTS, {**kept, **changes})


async def consents_of(database: Database, client_id: str) -> list[Document]:
    return await database[CONSENTS].find({"client_id": client_id}).to_list(CLIENT_PAGE)


def _document(referral: Referral) -> Document:
    kept = asdict(referral)
    referral_id = kept.pop("id")
    return {"_id": referral_id, **kept, "drafted_at": referral.history[0].at}


def _referral(document: Document | None) -> Referral:
    if document is None:
        raise NotVisible
    kept = {name: value for name, value in document.items() if name not in ("_id", "drafted_at")}
    kept["categories"] = tuple(kept["categories"])
    kept["status"] = Status(kept["status"])
    kept["history"] = tuple(_step(step) for step in kept["history"])
    return Referral(id=document["_id"], **kept)


def _step(step: Document) -> Step:
    return Step(
        **{**step, "status": Status(step["status"]), "party": Party(step["party"])},
    )

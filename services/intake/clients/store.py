"""Clients as documents: the card and the discharge encrypted, keyed digests to find people by."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from bson import Binary
from pymongo import ASCENDING, IndexModel

from services.intake.clients.domain import Card, Change, Client, ContactPoint, Discharge
from services.intake.clients.matching import Traits, search_parts
from shared.confidential import decrypt_json, encrypt_json, search_digest
from shared.journal import Database, Document
from shared.unit import Unit

CLIENTS = "clients"
MOST_CANDIDATES = 50

COLLECTIONS = {
    CLIENTS: [
        IndexModel([("code", ASCENDING)], name="code", unique=True),
        IndexModel([("search", ASCENDING)], name="search"),
    ]
}


def add(unit: Unit, client: Client, *, key: bytes, digest_key: bytes) -> None:
    unit.insert(CLIENTS, _document(client, key, digest_key))


def save(unit: Unit, client: Client, *, key: bytes, digest_key: bytes) -> None:
    unit.replace(CLIENTS, _document(client, key, digest_key))


async def get(unit: Unit, client_id: str, key: bytes) -> Client | None:
    found = await unit.get(CLIENTS, client_id)
    return _client(found, key) if found else None


async def code_is_taken(unit: Unit, code: str) -> bool:
    return bool(await unit.find(CLIENTS, {"code": code}, limit=1))


async def head(database: Database, client_id: str) -> Document | None:
    """Site, code and state, for deciding who may see it; nothing that says who it is."""
    return await database[CLIENTS].find_one(
        {"_id": client_id}, {"site_id": 1, "code": 1, "state": 1}
    )


async def read(database: Database, client_id: str, key: bytes) -> Client | None:
    found = await database[CLIENTS].find_one({"_id": client_id})
    return _client(found, key) if found else None


async def candidates(
    database: Database, traits: Traits, *, sites: Sequence[str], digest_key: bytes
) -> list[Document]:
    """Clients of these sites who share a search part; still encrypted."""
    digests = _digests(traits, digest_key)
    if not digests:
        return []
    query = {"search": {"$in": digests}, "site_id": {"$in": list(sites)}}
    return await database[CLIENTS].find(query).limit(MOST_CANDIDATES).to_list()


def open_document(document: Document, key: bytes) -> Client:
    return _client(document, key)


def traits_of(card: Card) -> Traits:
    points = card.contact_points
    return Traits(
        given_name=card.given_name,
        family_name=card.family_name,
        preferred_name=card.preferred_name,
        birth_date=card.birth_date,
        phones=frozenset(point.value for point in points if point.channel == "sms"),
        emails=frozenset(point.value for point in points if point.channel == "email"),
    )


def _digests(traits: Traits, digest_key: bytes) -> list[str]:
    return [search_digest(digest_key, kind, text) for kind, text in search_parts(traits)]


def _document(client: Client, key: bytes, digest_key: bytes) -> Document:
    card, discharge = client.card, client.discharge
    return {
        "_id": client.id,
        "code": client.code,
        "site_id": client.site_id,
        "state": client.state,
        "registered_at": client.registered_at,
        "submission_id": client.submission_id,
        "card_version": client.card_version,
        "card": _seal(key, client.id, "card", card_to_json(card)) if card else None,
        "discharge": (
            _seal(key, client.id, "discharge", discharge_to_json(discharge)) if discharge else None
        ),
        "changes": [
            {"card_version": change.card_version, "fields": list(change.fields)}
            for change in client.changes
        ],
        "search": _digests(traits_of(card), digest_key) if card else [],
        "version": client.version,
    }


def _seal(key: bytes, client_id: str, field: str, content: Any) -> Binary:
    return Binary(encrypt_json(key, content, f"{CLIENTS}/{client_id}/{field}"))


def _open(key: bytes, document: Document, field: str) -> Any:
    return decrypt_json(key, document[field], f"{CLIENTS}/{document['_id']}/{field}")


def _client(document: Document, key: bytes) -> Client:
    card = _open(key, document, "card") if document["card"] else None
    discharge = _open(key, document, "discharge") if document["discharge"] else None
    return Client(
        id=document["_id"],
        code=document["code"],
        site_id=document["site_id"],
        registered_at=document["registered_at"],
        card=_card(card) if card else None,
        card_version=document["card_version"],
        state=document["state"],
        submission_id=document["submission_id"],
        discharge=_discharge(discharge) if discharge else None,
        changes=tuple(
            Change(card_version=change["card_version"], fields=tuple(change["fields"]))
            for change in document["changes"]
        ),
        version=document["version"],
    )


def card_to_json(card: Card) -> dict[str, Any]:
    born = card.birth_date
    return {
        **{name: getattr(card, name) for name in Card.__dataclass_fields__},
        "birth_date": born.isoformat() if born else None,
        "contact_points": [
            {"contact_point_id": point.id, "channel": point.channel, "value": point.value}
            for point in card.contact_points
        ],
    }


def _card(kept: dict[str, Any]) -> Card:
    born = kept["birth_date"]
    points = tuple(
        ContactPoint(id=point["contact_point_id"], channel=point["channel"], value=point["value"])
        for point in kept["contact_points"]
    )
    return Card(
        **{
            **kept,
            "birth_date": date.fromisoformat(born) if born else None,
            "contact_points": points,
        }
    )


def discharge_to_json(discharge: Discharge) -> dict[str, Any]:
    day = discharge.recovery_date
    return {
        **{name: getattr(discharge, name) for name in Discharge.__dataclass_fields__},
        "discharged_on": discharge.discharged_on.isoformat(),
        "recovery_date": day.isoformat() if day else None,
    }


def _discharge(kept: dict[str, Any]) -> Discharge:
    day = kept["recovery_date"]
    return Discharge(
        **{
            **kept,
            "discharged_on": date.fromisoformat(kept["discharged_on"]),
            "recovery_date": date.fromisoformat(day) if day else None,
        }
    )

"""Consents as documents, names and words encrypted, and the links by which clients answer."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from bson import Binary
from pymongo import ASCENDING, IndexModel

from services.intake.consents.domain import Consent, Signature
from shared.confidential import decrypt_json, encrypt_json
from shared.journal import Database, Document
from shared.unit import Unit

CONSENTS, LINKS = "consents", "links"
SIGN, REVOKE = "sign-consent", "revoke-consent"

COLLECTIONS = {CONSENTS: [IndexModel([("client_id", ASCENDING)], name="client")]}


@dataclass(frozen=True, kw_only=True)
class Link:
    """A one-time link: what it opens, until when, whether it was used."""

    digest: str
    link_id: str
    kind: str  # sign-consent, revoke-consent
    subject: str  # consent id, or client id
    client_id: str
    made_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None
    version: int = 0

    def works(self, at: datetime) -> bool:
        return self.ended_at is None and at < self.expires_at


# --- consents


def add(unit: Unit, consent: Consent, key: bytes) -> None:
    unit.insert(CONSENTS, _document(consent, key))


def save(unit: Unit, consent: Consent, key: bytes) -> None:
    unit.replace(CONSENTS, _document(consent, key))


async def get(unit: Unit, client_id: str, consent_id: str, key: bytes) -> Consent | None:
    found = await unit.get(CONSENTS, consent_id)
    return _consent(found, key) if found and found["client_id"] == client_id else None


async def of_client(unit: Unit, client_id: str, key: bytes) -> list[Consent]:
    return [_consent(found, key) for found in await unit.find(CONSENTS, {"client_id": client_id})]


async def head(database: Database, consent_id: str) -> Document | None:
    """Whose it is and how it stands; no names."""
    return await database[CONSENTS].find_one({"_id": consent_id}, {"content": 0})


async def read(database: Database, consent_id: str, key: bytes) -> Consent | None:
    found = await database[CONSENTS].find_one({"_id": consent_id})
    return _consent(found, key) if found else None


async def read_all(database: Database, client_id: str, key: bytes) -> list[Consent]:
    found = database[CONSENTS].find({"client_id": client_id}).sort("drafted_at", -1)
    return [_consent(document, key) async for document in found]


async def forget_content(unit: Unit, client_id: str) -> int:
    """Who signed what, in words, goes; that there was a consent, its codes and dates stay."""
    kept = await unit.find(CONSENTS, {"client_id": client_id})
    for document in kept:
        unit.replace(CONSENTS, {**document, "content": None})
    return len(kept)


def _document(consent: Consent, key: bytes) -> Document:
    place = f"{CONSENTS}/{consent.id}/content"
    return {
        "_id": consent.id,
        "client_id": consent.client_id,
        "recipient_id": consent.recipient_id,
        "recipient_kind": consent.recipient_kind,
        "purpose": consent.purpose,
        "categories": list(consent.categories),
        "discloser": consent.discloser,
        "drafted_at": consent.drafted_at,
        "expires_on": consent.expires_on.isoformat() if consent.expires_on else None,
        "expires_event": consent.expires_event,
        "capacity": consent.capacity,
        "state": consent.state,
        "signed_at": consent.signature.signed_at if consent.signature else None,
        "revoked_at": consent.revoked_at,
        "content": Binary(encrypt_json(key, _content(consent), place)),
        "version": consent.version,
    }


def _content(consent: Consent) -> dict[str, Any]:
    signature = consent.signature
    return {
        "patient_name": consent.patient_name,
        "recipient_name": consent.recipient_name,
        "description": consent.description,
        "authority": consent.authority,
        "signature": {
            "name": signature.name,
            "language": signature.language,
            "wording": signature.wording,
            "text": signature.text,
            "statements": list(signature.statements),
            "drawing": signature.drawing,
        }
        if signature
        else None,
    }


def _consent(document: Document, key: bytes) -> Consent:
    place = f"{CONSENTS}/{document['_id']}/content"
    content = decrypt_json(key, document["content"], place)
    signed: dict[str, Any] | None = content["signature"]
    expires_on = document["expires_on"]
    return Consent(
        id=document["_id"],
        client_id=document["client_id"],
        patient_name=content["patient_name"],
        recipient_id=document["recipient_id"],
        recipient_name=content["recipient_name"],
        recipient_kind=document["recipient_kind"],
        purpose=document["purpose"],
        categories=tuple(document["categories"]),
        description=content["description"],
        drafted_at=document["drafted_at"],
        discloser=document["discloser"],
        expires_on=date.fromisoformat(expires_on) if expires_on else None,
        expires_event=document["expires_event"],
        capacity=document["capacity"],
        authority=content["authority"],
        state=document["state"],
        signature=_signature(signed, document["signed_at"]) if signed else None,
        revoked_at=document["revoked_at"],
        version=document["version"],
    )


def _signature(signed: dict[str, Any], signed_at: datetime) -> Signature:
    return Signature(
        **{**signed, "statements": tuple(signed["statements"]), "signed_at": signed_at}
    )


# --- links


def add_link(unit: Unit, link: Link) -> None:
    unit.insert(LINKS, _link_document(link))


async def link(unit: Unit, digest: str) -> Link | None:
    found = await unit.get(LINKS, digest)
    return _link(found) if found else None


async def read_link(database: Database, digest: str) -> Link | None:
    found = await database[LINKS].find_one({"_id": digest})
    return _link(found) if found else None


def end_link(unit: Unit, link: Link) -> None:
    unit.replace(LINKS, {**_link_document(link), "ended_at": unit.at})


async def end_links_of(unit: Unit, client_id: str, *, subject: str | None = None) -> None:
    """No link of this client (or only those to one subject) opens anything any more."""
    query: Document = {"client_id": client_id, "ended_at": None}
    if subject:
        query["subject"] = subject
    for found in await unit.find(LINKS, query):
        unit.replace(LINKS, {**found, "ended_at": unit.at})


async def links_since(unit: Unit, subject: str, since: datetime) -> int:
    return len(await unit.find(LINKS, {"subject": subject, "made_at": {"$gte": since}}))


def _link_document(link: Link) -> Document:
    return {
        "_id": link.digest,
        "link_id": link.link_id,
        "kind": link.kind,
        "subject": link.subject,
        "client_id": link.client_id,
        "made_at": link.made_at,
        "expires_at": link.expires_at,
        "ended_at": link.ended_at,
        "version": link.version,
    }


def _link(document: Document) -> Link:
    kept = {name: document[name] for name in Link.__dataclass_fields__ if name != "digest"}
    return Link(digest=document["_id"], **kept)

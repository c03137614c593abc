"""Partner documents, and the way from a directory service to the partner who runs it."""

from dataclasses import asdict
from typing import Any

from pymongo import ASCENDING, IndexModel

from services.referrals.partners.domain import NoPartner, Partner, Webhook
from shared.auth import NotVisible
from shared.events import Event
from shared.journal import Database, Document
from shared.unit import Unit

PARTNERS = "partners"
SERVICES = "services"  # the directory's; who runs one is read here
COLLECTIONS: dict[str, list[IndexModel]] = {
    PARTNERS: [
        IndexModel([("organization_id", ASCENDING)], name="organization", unique=True),
        IndexModel([("name", ASCENDING), ("_id", ASCENDING)], name="name"),
    ],
}
PAGE = 100


async def get(unit: Unit, partner_id: str) -> Partner:
    """Raises NotVisible when there is none."""
    return _partner(await unit.get(PARTNERS, partner_id))


async def read(database: Database, partner_id: str) -> Partner:
    """Outside a unit; raises NotVisible when there is none."""
    return _partner(await database[PARTNERS].find_one({"_id": partner_id}))


async def for_service(unit: Unit, service_id: str) -> tuple[Partner, Document]:
    """The partner whose organization runs this directory service, and the service."""
    service = await unit.get(SERVICES, service_id)
    if service is None:
        raise NotVisible
    found = await unit.find(PARTNERS, {"organization_id": service["organization_id"]}, limit=1)
    if not found or not found[0]["active"]:
        raise NoPartner(fields={"service_id": "This service is not run by a confirmed partner."})
    return _partner(found[0]), service


async def of_organization(unit: Unit, organization_id: str) -> Partner | None:
    found = await unit.find(PARTNERS, {"organization_id": organization_id}, limit=1)
    return _partner(found[0]) if found else None


async def names(database: Database, partner_ids: set[str]) -> dict[str, str]:
    found = database[PARTNERS].find({"_id": {"$in": sorted(partner_ids)}}, {"name": 1})
    return {document["_id"]: document["name"] async for document in found}


async def page(database: Database, after: str | None) -> list[Partner]:
    """All partners by name; ``after`` is the name and id of the last one seen."""
    query: dict[str, Any] = {}
    if after is not None:
        name, _, partner_id = after.rpartition("\n")
        query = {"$or": [{"name": {"$gt": name}}, {"name": name, "_id": {"$gt": partner_id}}]}
    found = database[PARTNERS].find(query).sort([("name", 1), ("_id", 1)]).limit(PAGE + 1)
    return [_partner(document) async for document in found]


def save(unit: Unit, partner: Partner, events: list[Event]) -> None:
    document = _document(partner)
    if partner.version:
        unit.replace(PARTNERS, document)
    else:
        unit.insert(PARTNERS, document)
    for event in events:
        unit.emit(event)
    unit.about(partner.id)


def _document(partner: Partner) -> Document:
    kept = asdict(partner)
    return {"_id": kept.pop("id"), **kept}


def _partner(document: Document | None) -> Partner:
    if document is None:
        raise NotVisible
    webhook = document["webhook"]
    return Partner(
        id=document["_id"],
        organization_id=document["organization_id"],
        name=document["name"],
        email=document["email"],
        active=document["active"],
        keys=tuple(document["keys"]),
        webhook=Webhook(
            url=webhook["url"], secrets=tuple(webhook["secrets"]), stopped=webhook["stopped"]
        )
        if webhook
        else None,
        version=document["version"],
    )

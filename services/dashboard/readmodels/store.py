"""Read models as documents. Each is fed by the facts of one key, so one unit sees all of it."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import date, datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel

from services.dashboard.readmodels.client import Client, Point
from services.dashboard.readmodels.referral import Referral
from services.dashboard.readmodels.rows import Row
from services.dashboard.readmodels.timeline import Entry
from shared.journal import Document
from shared.unit import Unit

_AUDIENCE = [("site_id", ASCENDING), ("counselor_id", ASCENDING)]
_RANKED = [("rank", ASCENDING), ("act_by", ASCENDING), ("opened_at", ASCENDING)]

COLLECTIONS: dict[str, list[IndexModel]] = {
    "clients": [
        IndexModel([("code", ASCENDING)], name="code"),
        IndexModel([("digests", ASCENDING)], name="digests"),
        IndexModel([("site_id", ASCENDING), ("code", ASCENDING)], name="site"),
        IndexModel([("counselor_id", ASCENDING), ("code", ASCENDING)], name="counselor"),
    ],
    "timeline": [
        IndexModel([("client_id", ASCENDING), ("at", DESCENDING), ("_id", DESCENDING)], name="day"),
    ],
    "rows": [
        IndexModel([("state", ASCENDING), ("counselor_id", ASCENDING), *_RANKED], name="own"),
        IndexModel([("state", ASCENDING), ("site_id", ASCENDING), *_RANKED], name="site"),
        IndexModel([("state", ASCENDING), ("kind", ASCENDING), *_RANKED], name="kind"),
        IndexModel([("client_id", ASCENDING), ("state", ASCENDING)], name="client"),
    ],
    "referrals": [
        IndexModel([("client_id", ASCENDING)], name="client"),
        IndexModel([("status", ASCENDING), *_AUDIENCE], name="status"),
    ],
    "submissions": [
        IndexModel(
            [("state", ASCENDING), ("site_id", ASCENDING), ("received_at", ASCENDING)], name="open"
        ),
    ],
    "partners": [IndexModel([("name", ASCENDING)], name="name")],
    "seal_heads": [],
}


def to_client(document: Mapping[str, Any]) -> Client:
    kept = _fields(document, Client)
    points = {id: Point(**point) for id, point in kept["points"].items()}
    return Client(
        **{
            **kept,
            "points": points,
            "digests": tuple(kept["digests"]),
            "next_on": _date(kept["next_on"]),
            "discharged_on": _date(kept["discharged_on"]),
        }
    )


def to_row(document: Mapping[str, Any]) -> Row:
    return Row(**_fields(document, Row))


def to_referral(document: Mapping[str, Any]) -> Referral:
    return Referral(**_fields(document, Referral))


def to_entry(document: Mapping[str, Any]) -> Entry:
    return Entry(**_fields(document, Entry))


def of(thing: Client | Row | Referral | Entry) -> Document:
    """The document of a read model; dates without a time are kept as text."""
    kept = {name: _plain(value) for name, value in asdict(thing).items()}
    return {"_id": kept.pop("id"), **kept}


async def put(unit: Unit, collection: str, document: Document) -> None:
    """Insert or replace; two facts at once about one document make one of them try again."""
    before = await unit.get(collection, document["_id"])
    if before is None:
        unit.insert(collection, document)
    elif {**before, **document} != before:
        unit.replace(collection, {**document, "version": before["version"]})


def _fields(document: Mapping[str, Any], kind: type[Any]) -> dict[str, Any]:
    names = {field.name for field in fields(kind)} - {"id"}
    return {"id": document["_id"], **{name: document[name] for name in names}}


def _plain(value: Any) -> Any:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None

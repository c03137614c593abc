"""Directory documents: written in bulk because they are public facts, found by words and place.

A run writes only what differs from what is there, so the same export a second time changes nothing.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pymongo import ASCENDING, IndexModel, ReplaceOne
from pymongo.results import UpdateResult

from services.referrals.directory.domain import OFFERED, Location, Organization, Phone, Service
from services.referrals.directory.words import plain, words
from services.referrals.partners.store import PARTNERS
from shared.contracts.intake import PURPOSE_OF_NEED
from shared.journal import Database, Document

ORGANIZATIONS, LOCATIONS, SERVICES = "organizations", "locations", "services"
PHONES = "directory_phones"

_SOURCE = IndexModel([("source", ASCENDING), ("_id", ASCENDING)], name="source")
COLLECTIONS: dict[str, list[IndexModel]] = {
    ORGANIZATIONS: [_SOURCE],
    LOCATIONS: [_SOURCE, IndexModel([("organization_id", ASCENDING)], name="organization")],
    SERVICES: [
        _SOURCE,
        IndexModel([("terms", ASCENDING), ("order", ASCENDING)], name="terms"),
        IndexModel([("order", ASCENDING)], name="order"),
        IndexModel([("organization_id", ASCENDING)], name="organization"),
    ],
    PHONES: [_SOURCE, IndexModel([("owner_id", ASCENDING)], name="owner")],
}
PAGE = 20
MOST_WORDS = 8
LAST = "\uffff"  # sorts behind every character a term can have


@dataclass(frozen=True, kw_only=True)
class Counts:
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    withdrawn: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            added=self.added + other.added,
            changed=self.changed + other.changed,
            unchanged=self.unchanged + other.unchanged,
            withdrawn=self.withdrawn + other.withdrawn,
        )


# --- writing


async def put(database: Database, collection: str, documents: Sequence[Document]) -> Counts:
    """Write what is new or different."""
    ids = [document["_id"] for document in documents]
    there = database[collection].find({"_id": {"$in": ids}}, {"content": 1})
    before = {document["_id"]: document["content"] async for document in there}
    stored = [{**document, "content": _content(document)} for document in documents]
    different = [each for each in stored if before.get(each["_id"]) != each["content"]]
    if different:
        writes = [ReplaceOne({"_id": each["_id"]}, each, upsert=True) for each in different]
        await database[collection].bulk_write(writes, ordered=False)
    added = sum(each["_id"] not in before for each in different)
    return Counts(
        added=added, changed=len(different) - added, unchanged=len(stored) - len(different)
    )


async def withdraw(database: Database, collection: str, source: str, seen: Iterable[str]) -> Counts:
    """What the source no longer lists: a phone goes, the rest stays readable but is not found."""
    kept = set(seen)
    query = {"source": source, "withdrawn": {"$exists": False}}
    listed = database[collection].find(query, {"_id": 1}).hint("source")
    gone = [document["_id"] async for document in listed if document["_id"] not in kept]
    if gone and collection == PHONES:
        await database[collection].delete_many({"_id": {"$in": gone}})
    elif gone:
        await _hide(database, collection, gone)
    return Counts(withdrawn=len(gone))


async def _hide(database: Database, collection: str, ids: Sequence[str]) -> UpdateResult:
    change = {
        "$set": {"withdrawn": True, "content": None},
        "$unset": {"terms": "", "order": ""},
    }
    return await database[collection].update_many({"_id": {"$in": list(ids)}}, change)


def _content(document: Document) -> str:
    told = json.dumps(document, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(told.encode()).hexdigest()


def organization(source: str, found: Organization) -> Document:
    return _document(source, asdict(found))


def location(source: str, found: Location) -> Document:
    return _document(source, asdict(found))


def phone(source: str, found: Phone) -> Document:
    return _document(source, asdict(found))


def service(source: str, found: Service) -> Document:
    kept = _document(source, asdict(found))
    place = kept.pop("place")
    kept |= {"location_id": place["id"] if place else None, "place": place}
    if found.status in OFFERED:
        kept |= {"terms": _terms(found), "order": f"{plain(found.name)}\n{found.id}"}
    return kept


def _document(source: str, kept: Document) -> Document:
    """Lists instead of tuples, so that the content is the same when read back."""
    plain_json: Document = json.loads(json.dumps(kept))
    return {"_id": plain_json.pop("id"), "source": source, **plain_json}


# --- finding


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What staff look for; every part given must be met."""

    need: str = ""
    place: str = ""
    text: str = ""


def _terms(found: Service) -> list[str]:
    """One array for need, place and text, because an index spans only one array."""
    told = (found.name, found.alternate_name, found.organization_name, found.description)
    keywords = found.lists.get("keywords", ())
    purposes = dict.fromkeys(PURPOSE_OF_NEED[code] for code in found.needs)
    return [
        *(f"n:{code}" for code in dict.fromkeys((*found.needs, *purposes))),
        *(f"p:{word}" for word in _place_words(found)),
        *(f"t:{word}" for word in words(*told, *keywords)),
    ]


def _place_words(found: Service) -> Iterable[str]:
    address = found.place.address if found.place else None
    if address is None:
        return words(*found.lists.get("service_areas", ()))
    # the four further digits of a ZIP+4 would only be mistaken for a street number
    zip_code = address.postal_code.partition("-")[0]
    return words(address.city, zip_code, address.state, *address.lines)


def query(wish: Wish, after: str = "") -> tuple[dict[str, Any], str]:
    """The filter and the index it runs on."""
    wanted: list[Any] = [f"n:{wish.need}"] if wish.need else []
    wanted += [_beginning(f"p:{word}") for word in words(wish.place)]
    wanted += [_beginning(f"t:{word}") for word in words(wish.text)]
    place: dict[str, Any] = {"order": {"$gt": after}}
    if not wanted:
        return place, "order"
    return {"$and": [{"terms": each} for each in wanted[:MOST_WORDS]], **place}, "terms"


def _beginning(term: str) -> dict[str, Any]:
    return {"$elemMatch": {"$gte": term, "$lt": term + LAST}}


async def search(database: Database, wish: Wish, after: str = "") -> list[Document]:
    """One more than a page, by name, so that the caller knows whether there is a next one."""
    wanted, index = query(wish, after)
    found = database[SERVICES].find(wanted, {"terms": 0, "content": 0}).hint(index)
    return await found.sort("order", ASCENDING).limit(PAGE + 1).to_list()


async def one(database: Database, service_id: str) -> Document | None:
    """Also one that is no longer offered: a referral may name it."""
    return await database[SERVICES].find_one({"_id": service_id}, {"terms": 0, "content": 0})


async def location_of(database: Database, found: Mapping[str, Any]) -> Document | None:
    if found["location_id"] is None:
        return None
    return await database[LOCATIONS].find_one({"_id": found["location_id"]}, {"content": 0})


async def phones_of(
    database: Database, services: Sequence[Mapping[str, Any]]
) -> dict[str, list[Document]]:
    """By service: its own phones, else those of its place, else those of its organization."""
    owners = {each["_id"]: _owners(each) for each in services}
    every = sorted({owner for found in owners.values() for owner in found})
    by_owner: dict[str, list[Document]] = {}
    async for found in database[PHONES].find({"owner_id": {"$in": every}}):
        by_owner.setdefault(found["owner_id"], []).append(found)
    return {
        id: next(
            (sorted(by_owner[owner], key=_voice_first) for owner in found if owner in by_owner), []
        )
        for id, found in owners.items()
    }


def _owners(found: Mapping[str, Any]) -> list[str]:
    named = (found["_id"], found["location_id"], found["organization_id"])
    return [owner for owner in named if owner]


def _voice_first(found: Mapping[str, Any]) -> tuple[bool, int, str]:
    return found["kind"] != "voice", len(found["_id"]), found["_id"]


async def partners_of(database: Database, services: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """By organization: the confirmed partner who runs it."""
    organizations = sorted({each["organization_id"] for each in services})
    wanted = {"organization_id": {"$in": organizations}, "active": True}
    found = database[PARTNERS].find(wanted, {"organization_id": 1})
    return {partner["organization_id"]: partner["_id"] async for partner in found}

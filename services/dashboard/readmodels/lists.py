"""Reading the read models for pages: each query comes with who may see what already in it."""

from collections.abc import Iterable
from typing import Any

from services.dashboard.readmodels.client import Client
from services.dashboard.readmodels.referral import Referral
from services.dashboard.readmodels.rows import Row
from services.dashboard.readmodels.store import to_client, to_entry, to_referral, to_row
from services.dashboard.readmodels.timeline import Entry
from shared.journal import Database, Document

Query = dict[str, Any]
MOST_NAMES = 2000


async def client(database: Database, query: Query) -> Client | None:
    found = await database.clients.find_one(query)
    return to_client(found) if found else None


async def clients(database: Database, query: Query, limit: int) -> list[Client]:
    found = database.clients.find(query).sort("code", 1).limit(limit)
    return [to_client(document) async for document in found]


async def clients_of(database: Database, ids: Iterable[str]) -> list[Client]:
    found = database.clients.find({"_id": {"$in": sorted(ids)}})
    return [to_client(document) async for document in found]


async def row(database: Database, query: Query) -> Row | None:
    found = await database.rows.find_one(query)
    return to_row(found) if found else None


async def ranked(database: Database, query: Query, limit: int) -> list[Row]:
    """Crisis, then level, then what is due soonest; what has no date comes after what has one."""
    stages: list[Query] = [
        {"$match": query},
        {"$addFields": {"dated": {"$cond": [{"$ifNull": ["$act_by", False]}, 0, 1]}}},
        {"$sort": {"rank": 1, "dated": 1, "act_by": 1, "opened_at": 1, "_id": 1}},
        {"$limit": limit},
    ]
    return [to_row(document) async for document in await database.rows.aggregate(stages)]


async def next_row(database: Database, query: Query) -> Row | None:
    """The one that appears first."""
    found = await database.rows.find_one(query, sort=[("appears_at", 1)])
    return to_row(found) if found else None


async def count_by(database: Database, collection: str, field: str, query: Query) -> dict[str, int]:
    """How many of each, counted and not kept: numbers over several clients are never stored."""
    stages = [{"$match": query}, {"$group": {"_id": f"${field}", "count": {"$sum": 1}}}]
    found = await database[collection].aggregate(stages)
    return {group["_id"]: group["count"] async for group in found}


async def timeline(database: Database, query: Query, limit: int) -> list[Entry]:
    found = database.timeline.find(query).sort([("at", -1), ("_id", -1)]).limit(limit)
    return [to_entry(document) async for document in found]


async def submissions(database: Database, query: Query, limit: int) -> tuple[list[Document], int]:
    """Oldest first, and how many there are."""
    found = database.submissions.find(query).sort("received_at", 1).limit(limit)
    return await found.to_list(), await database.submissions.count_documents(query)


async def referral(database: Database, query: Query) -> Referral | None:
    found = await database.referrals.find_one(query)
    return to_referral(found) if found else None


async def referrals(database: Database, query: Query, limit: int) -> list[Referral]:
    found = database.referrals.find(query).sort("changed_at", -1).limit(limit)
    return [to_referral(document) async for document in found]


async def partner_names(database: Database) -> dict[str, str]:
    found = database.partners.find({}, {"name": 1}).limit(MOST_NAMES)
    return {document["_id"]: document["name"] async for document in found}

"""Accounts, sessions, sign-in counters and caseloads as documents."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from pymongo import ASCENDING, IndexModel, ReturnDocument

from services.dashboard.accounts.domain import Account, Session, same_email
from shared.journal import Database, Document
from shared.unit import Unit

COLLECTIONS: dict[str, list[IndexModel]] = {
    "staff": [IndexModel([("email_key", ASCENDING)], unique=True, name="email")],
    "sessions": [
        IndexModel([("ends_at", ASCENDING)], expireAfterSeconds=0, name="ends"),
        IndexModel([("staff_id", ASCENDING)], name="staff"),
    ],
    "attempts": [IndexModel([("ends_at", ASCENDING)], expireAfterSeconds=0, name="ends")],
    "caseloads": [IndexModel([("staff_id", ASCENDING)], name="staff")],
    "searches": [IndexModel([("ends_at", ASCENDING)], expireAfterSeconds=0, name="ends")],
}
TOUCHED_EVERY = timedelta(seconds=30)
SEARCH_KEPT = timedelta(hours=1)


def to_account(document: Document) -> Account:
    return Account(
        id=document["_id"],
        email=document["email"],
        name=document["name"],
        password_hash=document["password_hash"],
        roles=tuple(document["roles"]),
        sites=tuple(document["sites"]),
        active=document["active"],
        version=document["version"],
    )


def save_account(unit: Unit, account: Account) -> None:
    fields = asdict(account)
    document = {
        **fields,
        "_id": fields.pop("id"),
        "email_key": same_email(account.email),
        "roles": list(account.roles),
        "sites": list(account.sites),
    }
    document.pop("id", None)
    if account.version:
        unit.replace("staff", document)
    else:
        unit.insert("staff", document)


async def account(unit: Unit, staff_id: str) -> Account | None:
    found = await unit.get("staff", staff_id)
    return to_account(found) if found else None


async def find_account(database: Database, staff_id: str) -> Account | None:
    found = await database.staff.find_one({"_id": staff_id})
    return to_account(found) if found else None


async def account_of_email(database: Database, email: str) -> Account | None:
    found = await database.staff.find_one({"email_key": same_email(email)})
    return to_account(found) if found else None


async def accounts(database: Database, *, only_active: bool = False) -> list[Account]:
    query = {"active": True} if only_active else {}
    return [to_account(row) async for row in database.staff.find(query).sort("name", 1).limit(500)]


async def names(database: Database) -> dict[str, str]:
    """Staff id → name, for sentences that say who."""
    found = database.staff.find({}, {"name": 1}).limit(2000)
    return {row["_id"]: row["name"] async for row in found}


def save_session(unit: Unit, session: Session) -> None:
    document = {name: value for name, value in asdict(session).items() if name != "id"}
    unit.insert("sessions", {"_id": session.id, **document, "ends_at": session.ends_at()})


async def session(database: Database, id: str) -> Session | None:
    found = await database.sessions.find_one({"_id": id})
    if found is None:
        return None
    names = ("staff_id", "csrf", "started_at", "seen_at", "names_hidden", "flash")
    return Session(id=id, **{name: found[name] for name in names})


async def touch(database: Database, kept: Session, now: datetime) -> None:
    """Somebody is there. No unit: losing it costs at most half a minute of idle time."""
    if now - kept.seen_at >= TOUCHED_EVERY:
        after = Session(**{**asdict(kept), "seen_at": now})
        change = {"seen_at": now, "ends_at": after.ends_at()}
        await database.sessions.update_one({"_id": kept.id}, {"$set": change})


async def set_in_session(database: Database, id: str, **fields: Any) -> None:
    await database.sessions.update_one({"_id": id}, {"$set": fields})


async def end_session(database: Database, id: str) -> None:
    await database.sessions.delete_one({"_id": id})


async def end_sessions_of(unit: Unit, staff_id: str) -> None:
    for found in await unit.find("sessions", {"staff_id": staff_id}):
        unit.delete("sessions", found["_id"])


async def count_try(database: Database, id: str, now: datetime, window: timedelta) -> int:
    """How often this was tried within the window, this time included."""
    started = int(now.timestamp() // window.total_seconds())
    kept = await database.attempts.find_one_and_update(
        {"_id": f"{id}/{started}"},
        {"$inc": {"tries": 1}, "$setOnInsert": {"ends_at": now + window}},
        upsert=True,
        return_document=ReturnDocument.AFTER,
    )
    return int(kept["tries"]) if kept else 1


async def forget_tries(database: Database, id: str) -> None:
    await database.attempts.delete_many({"_id": {"$regex": f"^{id}/"}})


async def caseload_of(unit: Unit, client_id: str) -> Document | None:
    return await unit.get("caseloads", client_id)


def save_caseload(unit: Unit, before: Document | None, client_id: str, staff_id: str) -> None:
    document = {"_id": client_id, "staff_id": staff_id, "since": unit.at}
    if before is None:
        unit.insert("caseloads", document)
    else:
        unit.replace("caseloads", {**before, **document})


async def keep_search(
    database: Database,
    id: str,
    staff_id: str,
    digests: list[str],
    code: str | None,
    now: datetime,
) -> None:
    """What was looked for, as digests: the result has an address that says nothing."""
    document = {"staff_id": staff_id, "digests": digests, "code": code}
    await database.searches.insert_one({"_id": id, **document, "ends_at": now + SEARCH_KEPT})


async def kept_search(database: Database, id: str, staff_id: str) -> Document | None:
    return await database.searches.find_one({"_id": id, "staff_id": staff_id})

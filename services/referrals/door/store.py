"""Short-lived things at the door: used assertions, access tokens, codes, visits, counters."""

import hashlib
from datetime import datetime, timedelta
from typing import Any

from pymongo import ASCENDING, IndexModel, ReturnDocument

from shared.journal import Database, Document
from shared.unit import Unit

ASSERTIONS = "assertions"
ACCESS_TOKENS = "access_tokens"
CODES = "codes"
VISITS = "visits"
RATES = "rates"


def _forgotten_at(field: str) -> list[IndexModel]:
    return [IndexModel([(field, ASCENDING)], name="forgotten", expireAfterSeconds=0)]


COLLECTIONS: dict[str, list[IndexModel]] = {
    ASSERTIONS: _forgotten_at("expires_at"),
    ACCESS_TOKENS: _forgotten_at("expires_at"),
    CODES: _forgotten_at("forget_at"),
    VISITS: _forgotten_at("forget_at"),
    RATES: _forgotten_at("forget_at"),
}
WINDOW = timedelta(minutes=1)


def digest(secret: str) -> str:
    """What is kept in place of a token."""
    return hashlib.sha256(secret.encode()).hexdigest()


def keep_assertion(unit: Unit, client_id: str, jti: str, expires_at: datetime) -> None:
    """Raises AlreadyExists at commit when this assertion was used before."""
    used = digest(f"{client_id}|{jti}")
    unit.insert(ASSERTIONS, {"_id": used, "expires_at": expires_at})


def keep_token(
    unit: Unit, token: str, *, partner_id: str, scopes: list[str], expires_at: datetime
) -> None:
    unit.insert(
        ACCESS_TOKENS,
        {
            "_id": digest(token),
            "partner_id": partner_id,
            "scopes": scopes,
            "expires_at": expires_at,
        },
    )


async def token(database: Database, token: str, now: datetime) -> Document | None:
    found: Document | None = await database[ACCESS_TOKENS].find_one(
        {"_id": digest(token), "expires_at": {"$gt": now}}
    )
    return found


async def count(database: Database, who: str, now: datetime) -> int:
    """How often this caller came in the current minute, this time included."""
    minute = int(now.timestamp() // WINDOW.total_seconds())
    counted: Any = await database[RATES].find_one_and_update(
        {"_id": f"{who}/{minute}"},
        {"$inc": {"count": 1}, "$setOnInsert": {"forget_at": now + 2 * WINDOW}},
        upsert=True,
        return_document=ReturnDocument.AFTER,
    )
    return int(counted["count"])


async def link(database: Database, link_digest: str) -> Document | None:
    found: Document | None = await database.links.find_one({"_id": link_digest})
    return found


async def visit(database: Database, secret: str, now: datetime) -> Document | None:
    """The open visit that this browser's cookie names."""
    found: Document | None = await database[VISITS].find_one(
        {"_id": digest(secret), "expires_at": {"$gt": now}}
    )
    return found

"""The journal row: outbox, inbox, idempotency store and audit log are one fact.

This happened, by whom, because of what, with what result. A row is written once, in the same
transaction as the documents it speaks of; only the relay's own database user may mark it later.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import bson
from bson.codec_options import CodecOptions
from pymongo.asynchronous.database import AsyncDatabase

from shared.clock import new_id

Document = dict[str, Any]
Database = AsyncDatabase[Document]
AWARE: CodecOptions[Document] = CodecOptions(tz_aware=True)

RELAY_FIELDS = ("pending", "seal", "positions")


@dataclass(frozen=True, kw_only=True)
class Actor:
    kind: str  # staff, client, partner, service, system
    id: str


SYSTEM = Actor(kind="system", id="system")


@dataclass(frozen=True, kw_only=True)
class Cause:
    """Why a unit runs. ``id`` becomes the journal row's ``_id`` and so makes it happen once.

    ``fingerprint`` binds an idempotency key to its request; ``about`` are the subjects that a
    refusal is recorded under, where the use case never came to name them.
    """

    id: str
    actor: Actor
    action: str
    at: datetime
    fingerprint: str | None = None
    causation_id: str | None = None
    traceparent: str | None = None
    about: tuple[str, ...] = ()


def once(actor: Actor, action: str, at: datetime, *about: str) -> Cause:
    """A cause that nothing will ever repeat."""
    return Cause(id=new_id("jr"), actor=actor, action=action, at=at, about=about)


def row(
    cause: Cause,
    *,
    outcome: str,
    subjects: Sequence[str] = (),
    documents: Sequence[Mapping[str, Any]] = (),
    events: Sequence[Mapping[str, Any]] = (),
    answer: Mapping[str, Any] | None = None,
    **extra: Any,
) -> Document:
    """A journal row as it is inserted. ``pending`` stays until the relay has sent and sealed it."""
    return {
        "_id": cause.id,
        "at": cause.at,
        "actor": {"kind": cause.actor.kind, "id": cause.actor.id},
        "action": cause.action,
        "outcome": outcome,
        "subjects": sorted({*subjects, *cause.about}),
        "documents": list(documents),
        "fingerprint": cause.fingerprint,
        "answer": dict(answer or {}),
        "events": list(events),
        **extra,
        "pending": True,
    }


async def record_read(database: Database, cause: Cause, *subjects: str, **extra: Any) -> None:
    """Commit who looks at what before the answer leaves; no transaction, no events."""
    await database.journal.insert_one(row(cause, outcome="read", subjects=subjects, **extra))


async def record_refusal(database: Database, cause: Cause, code: str, *, final: bool) -> None:
    """Commit a refusal: under its cause when final, else beside it so that a next try is real."""
    if final:
        refusal = row(cause, outcome="refused", code=code)
    else:
        passing = once(cause.actor, cause.action, cause.at, *cause.about)
        refusal = row(passing, outcome="refused", code=code, asked_under=cause.id)
    await database.journal.insert_one(refusal)


def digest(document: Mapping[str, Any]) -> str:
    """SHA-256 over the row as inserted, without what the relay adds later."""
    kept = {name: value for name, value in document.items() if name not in RELAY_FIELDS}
    return hashlib.sha256(bson.encode(kept)).hexdigest()


def link(previous_hash: str, number: int, rows: Sequence[Mapping[str, str]]) -> str:
    """The hash of one link of the seal chain: its number, the link before, each row's digest."""
    content = bson.encode({"previous": previous_hash, "number": number, "rows": list(rows)})
    return hashlib.sha256(content).hexdigest()

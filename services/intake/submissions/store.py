"""Drafts and submissions as documents; what people wrote is encrypted with the form's own key."""

from datetime import datetime, timedelta
from typing import Any

from bson import Binary
from pymongo import ASCENDING, IndexModel, ReturnDocument

from services.intake.submissions.domain import Draft, Submission
from services.intake.submissions.form import answers_of, content_of
from shared.confidential import decrypt_json, encrypt_json
from shared.journal import Database, Document
from shared.unit import Unit

DRAFTS, SUBMISSIONS, TRIES = "drafts", "submissions", "rate_limits"
PAGE_SIZE = 50

COLLECTIONS = {
    DRAFTS: [
        IndexModel([("token_digest", ASCENDING)], name="token", unique=True),
        IndexModel([("return_digest", ASCENDING)], name="return_code", unique=True),
    ],
    SUBMISSIONS: [
        IndexModel(
            [("state", ASCENDING), ("site_id", ASCENDING), ("_id", ASCENDING)], name="queue"
        ),
    ],
    TRIES: [IndexModel([("expires_at", ASCENDING)], name="old", expireAfterSeconds=0)],
}


# --- drafts


def add_draft(unit: Unit, draft: Draft, *, token_digest: str, key: bytes) -> None:
    unit.insert(DRAFTS, {**_draft_document(draft, key), "token_digest": token_digest})


def save_draft(unit: Unit, draft: Draft, *, token_digest: str, key: bytes) -> None:
    unit.replace(DRAFTS, {**_draft_document(draft, key), "token_digest": token_digest})


async def draft(unit: Unit, draft_id: str, key: bytes) -> Draft | None:
    found = await unit.get(DRAFTS, draft_id)
    return _draft(found, key) if found else None


def drop_draft(unit: Unit, draft_id: str) -> None:
    unit.delete(DRAFTS, draft_id)


async def draft_by_token(database: Database, token_digest: str) -> Document | None:
    """Which draft this is and whose key opens it; no content."""
    return await _draft_head(database, {"token_digest": token_digest})


async def draft_by_code(database: Database, return_digest: str) -> Document | None:
    return await _draft_head(database, {"return_digest": return_digest})


async def _draft_head(database: Database, query: Document) -> Document | None:
    return await database[DRAFTS].find_one(query, {"submission_id": 1})


async def read_draft(database: Database, draft_id: str, key: bytes) -> Draft | None:
    found = await database[DRAFTS].find_one({"_id": draft_id})
    return _draft(found, key) if found else None


def _draft_document(draft: Draft, key: bytes) -> Document:
    kept = {"answers": draft.answers, "return_code": draft.return_code}
    return {
        "_id": draft.id,
        "submission_id": draft.submission_id,
        "return_digest": draft.return_digest,
        "language": draft.language,
        "site_id": draft.site_id,
        "started_at": draft.started_at,
        "touched_at": draft.touched_at,
        "deadline_id": draft.deadline_id,
        "steps": list(draft.steps),
        "content": Binary(encrypt_json(key, kept, f"{DRAFTS}/{draft.id}/content")),
        "version": draft.version,
    }


def _draft(document: Document, key: bytes) -> Draft:
    kept = decrypt_json(key, document["content"], f"{DRAFTS}/{document['_id']}/content")
    return Draft(
        id=document["_id"],
        submission_id=document["submission_id"],
        return_digest=document["return_digest"],
        return_code=kept["return_code"],
        language=document["language"],
        site_id=document["site_id"],
        started_at=document["started_at"],
        touched_at=document["touched_at"],
        deadline_id=document["deadline_id"],
        answers=kept["answers"],
        steps=tuple(document["steps"]),
        version=document["version"],
    )


# --- submissions


def add(unit: Unit, submission: Submission, key: bytes) -> None:
    unit.insert(SUBMISSIONS, _document(submission, key))


async def change(unit: Unit, submission: Submission, key: bytes) -> None:
    unit.replace(SUBMISSIONS, _document(submission, key))


async def get(unit: Unit, submission_id: str, key: bytes) -> Submission | None:
    found = await unit.get(SUBMISSIONS, submission_id)
    return _submission(found, key) if found else None


async def forget_content(unit: Unit, submission_id: str) -> None:
    """Drop what the form said; that it came, when and how it ended stays."""
    found = await unit.get(SUBMISSIONS, submission_id)
    if found and found["content"] is not None:
        unit.replace(SUBMISSIONS, {**found, "content": None})


async def head(database: Database, submission_id: str) -> Document | None:
    """Site and state, for deciding who may see it; no content."""
    return await database[SUBMISSIONS].find_one({"_id": submission_id}, {"content": 0})


async def read(database: Database, submission_id: str, key: bytes | None) -> Submission | None:
    found = await database[SUBMISSIONS].find_one({"_id": submission_id})
    return _submission(found, key) if found else None


async def queue(
    database: Database, *, state: str, sites: list[str], after: str | None
) -> list[Document]:
    """Forms of these sites, oldest first: ids sort by the time they were made."""
    query: Document = {"state": state, "site_id": {"$in": sites}}
    if after:
        query["_id"] = {"$gt": after}
    found = database[SUBMISSIONS].find(query, {"content": 0}).sort("_id", ASCENDING)
    return await found.limit(PAGE_SIZE + 1).to_list()


def _document(submission: Submission, key: bytes) -> Document:
    place = f"{SUBMISSIONS}/{submission.id}/content"
    content = submission.content
    return {
        "_id": submission.id,
        "site_id": submission.site_id,
        "language": submission.language,
        "channel": submission.channel,
        "received_at": submission.received_at,
        "state": submission.state,
        "reason": submission.reason,
        "client_id": submission.client_id,
        "content": Binary(encrypt_json(key, answers_of(content), place)) if content else None,
        "version": submission.version,
    }


def _submission(document: Document, key: bytes | None) -> Submission:
    place = f"{SUBMISSIONS}/{document['_id']}/content"
    kept: Any = document["content"]
    return Submission(
        id=document["_id"],
        site_id=document["site_id"],
        language=document["language"],
        channel=document["channel"],
        received_at=document["received_at"],
        content=content_of(decrypt_json(key, kept, place)) if kept and key else None,
        state=document["state"],
        reason=document["reason"],
        client_id=document["client_id"],
        version=document["version"],
    )


# --- how often somebody may try


async def count_try(database: Database, place: str, window: timedelta, now: datetime) -> int:
    """How many tries this window has seen at this place, this one included."""
    slot = int(now.timestamp() // window.total_seconds())
    counted = await database[TRIES].find_one_and_update(
        {"_id": f"{place}/{slot}"},
        {"$inc": {"count": 1}, "$setOnInsert": {"expires_at": now + 2 * window}},
        upsert=True,
        return_document=ReturnDocument.AFTER,
    )
    return int(counted["count"]) if counted else 1

"""Standings in the open (a level is no score), evaluations encrypted with the client's key."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel

from services.aftercare.risk.domain import Evaluation, Standing, level_of
from services.aftercare.risk.signals import Signals
from shared.confidential import decrypt_json, encrypt_json
from shared.journal import Database, Document
from shared.unit import Unit

COLLECTIONS: dict[str, list[IndexModel]] = {
    "standings": [],
    "evaluations": [
        IndexModel([("client_id", ASCENDING), ("at", DESCENDING)], name="client"),
    ],
}


@dataclass(frozen=True, kw_only=True)
class Kept:
    """One evaluation as it can be shown again: score, reasons and what was missing."""

    at: datetime
    level: str
    rule_version: str
    score: int
    reasons: list[dict[str, Any]]
    missing: list[str]


async def standing(unit: Unit, client_id: str) -> Standing | None:
    document = await unit.get("standings", client_id)
    return _standing(document) if document else None


async def read_standing(database: Database, client_id: str) -> Standing | None:
    document = await database.standings.find_one({"_id": client_id})
    return _standing(document) if document else None


def save(
    unit: Unit, after: Standing, evaluation: Evaluation, signals: Signals, data_key: bytes
) -> None:
    """Keep rule version, inputs, points and reasons (R3.7)."""
    document = {**asdict(after), "_id": after.client_id, "level": after.level.word}
    if after.version:
        unit.replace("standings", document)
    else:
        unit.insert("standings", document)
    content = {
        "score": evaluation.score,
        "reasons": [asdict(reason) for reason in evaluation.reasons],
        "missing": list(evaluation.missing),
        "inputs": _inputs(signals),
    }
    unit.insert(
        "evaluations",
        {
            "_id": after.evaluation_id,
            "client_id": after.client_id,
            "at": unit.at,
            "level": after.shown,
            "rule_version": evaluation.rule_version,
            "content": encrypt_json(data_key, content, _place(after.evaluation_id)),
        },
    )


async def evaluations(
    database: Database, client_id: str, data_key: bytes, *, limit: int
) -> list[Kept]:
    """The client's newest evaluations, newest first."""
    found = database.evaluations.find({"client_id": client_id}).sort("at", -1).limit(limit)
    return [_kept(document, data_key) async for document in found]


async def erase(unit: Unit, client_id: str) -> None:
    for document in await unit.find("evaluations", {"client_id": client_id}):
        unit.delete("evaluations", document["_id"])
    unit.delete("standings", client_id)


def _kept(document: Document, data_key: bytes) -> Kept:
    content = decrypt_json(data_key, document["content"], _place(document["_id"]))
    return Kept(
        at=document["at"],
        level=document["level"],
        rule_version=document["rule_version"],
        score=content["score"],
        reasons=content["reasons"],
        missing=content["missing"],
    )


def _standing(document: Document) -> Standing:
    kept = {name: value for name, value in document.items() if name != "_id"}
    return Standing(**{**kept, "level": level_of(document["level"])})


def _inputs(signals: Signals) -> Mapping[str, Any]:
    told = asdict(signals)
    return {
        name: sorted(value) if isinstance(value, frozenset) else value
        for name, value in told.items()
        if value is not None
    }


def _place(evaluation_id: str) -> str:
    return f"evaluations/{evaluation_id}/content"

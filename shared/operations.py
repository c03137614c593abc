"""What each service tells about its own machinery: ids, codes and seconds, never people."""

from typing import Annotated, Any

import pymongo
from fastapi import APIRouter, Depends, Request
from pymongo.errors import PyMongoError
from starlette.responses import JSONResponse, Response

from shared import journal
from shared.auth import Action, NotSignedIn, NotVisible, Staff, require
from shared.callers import bearer
from shared.heartbeat import STALE_AFTER_SECONDS
from shared.journal import Database, Document, once
from shared.runtime import Runtime
from shared.unit import Unit, run

router = APIRouter()

READY_WITHIN_SECONDS = 2
LINKS_CHECKED = 200
SHOWN = 100


@router.get("/livez", include_in_schema=False)
async def livez() -> dict[str, str]:
    """The event loop turns; touches nothing else."""
    return {"status": "ok"}


@router.get("/readyz", include_in_schema=False)
async def readyz(request: Request) -> Response:
    """The database answers; Kafka is not needed to accept a write."""
    runtime: Runtime = request.app.state.runtime
    try:
        with pymongo.timeout(READY_WITHIN_SECONDS):
            await runtime.database.processes.find_one({})
    except PyMongoError:
        return JSONResponse({"status": "waiting", "for": "mongodb"}, 503)
    return JSONResponse({"status": "ok"})


async def _reader(request: Request) -> str:
    """Operations staff, or another service (the dashboard's banner needs the lag)."""
    runtime: Runtime = request.app.state.runtime
    token = bearer(request)
    try:
        return str(runtime.tokens.read(token, "service")["sub"])
    except NotSignedIn:
        return _operator(runtime, token).id


def _operator(runtime: Runtime, token: str) -> Staff:
    claims = runtime.tokens.read(token, "staff")
    staff = Staff(id=claims["sub"], roles=tuple(claims["roles"]), sites=tuple(claims["sites"]))
    require(staff, Action.OPERATIONS)
    return staff


@router.get("/internal/operations", include_in_schema=False)
async def operations(request: Request, reader: Annotated[str, Depends(_reader)]) -> dict[str, Any]:
    runtime: Runtime = request.app.state.runtime
    database, now = runtime.database, runtime.clock.now()
    oldest = await database.journal.find_one({"pending": True}, {"at": 1}, sort=[("at", 1)])
    return {
        "service": runtime.settings.service,
        "at": now,
        "processes": [_process(row, now) async for row in database.processes.find()],
        "unsent": {
            "rows": await database.journal.count_documents({"pending": True}, limit=10_000),
            "oldest_seconds": (now - oldest["at"]).total_seconds() if oldest else 0.0,
        },
        "waiting": await _waiting(database),
        "seals": await check_seals(database, last=LINKS_CHECKED),
    }


def _process(row: Document, now: Any) -> Document:
    age = (now - row["at"]).total_seconds()
    counts = {name: row[name] for name in row if name not in ("_id", "at")}
    return {
        **counts,
        "name": row["_id"],
        "age_seconds": age,
        "healthy": age < STALE_AFTER_SECONDS,
    }


async def _waiting(database: Database) -> list[Document]:
    shown = ("type", "event_id", "reason", "tries", "since", "parked", "flag", "topic", "partition")
    rows = database.waiting.find().sort("since", 1).limit(SHOWN)
    return [{"id": row["_id"], **{name: row[name] for name in shown}} async for row in rows]


async def check_seals(database: Database, *, last: int = 0) -> Document:
    """Recompute the chain (the newest ``last`` links, or all); names the first broken one."""
    newest = await database.seals.find_one(sort=[("_id", -1)])
    if newest is None:
        return {"whole": True, "number": 0, "whole_to": None, "broken_at": None}
    first = max(1, newest["_id"] - last + 1) if last else 1
    before = await database.seals.find_one({"_id": first - 1})
    previous = before["hash"] if before else ""
    number = first - 1
    async for seal in database.seals.find({"_id": {"$gte": first}}).sort("_id", 1):
        if seal["_id"] != number + 1 or not await _link_holds(database, seal, previous):
            return {"whole": False, "number": newest["_id"], "broken_at": number + 1}
        previous, number, whole_to = seal["hash"], seal["_id"], seal["at"]
    return {"whole": True, "number": number, "whole_to": whole_to, "broken_at": None}


async def _link_holds(database: Database, seal: Document, previous: str) -> bool:
    if journal.link(previous, seal["_id"], seal["rows"]) != seal["hash"]:
        return False
    told = {row["id"]: row["digest"] for row in seal["rows"]}
    found = {
        row["_id"]: journal.digest(row)
        async for row in database.journal.find({"_id": {"$in": sorted(told)}})
    }
    return told == found


@router.post("/internal/waiting/{entry_id:path}/{flag}", include_in_schema=False)
async def flag_entry(entry_id: str, flag: str, request: Request) -> dict[str, str]:
    """Staff ask for a retry or a discard; the partition's owner carries it out, and it is kept."""
    runtime: Runtime = request.app.state.runtime
    staff = _operator(runtime, bearer(request))
    if flag not in ("retry", "discard"):
        raise NotVisible

    async def work(unit: Unit) -> None:
        if await unit.get("waiting", entry_id) is None:
            raise NotVisible
        unit.update("waiting", {"_id": entry_id}, {"$set": {"flag": flag}})
        unit.about(entry_id)

    cause = once(staff.actor, f"waiting.{flag}", runtime.clock.now(), entry_id)
    await run(runtime.database, work, cause)
    return {"id": entry_id, "flag": flag}

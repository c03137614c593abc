"""JSON route for staff: the level with its points, reasons and what was missing (R3.7)."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter

from services.aftercare.access import plan_of, record
from services.aftercare.keys import keys_of
from services.aftercare.risk import store
from shared.auth import NotVisible
from shared.callers import StaffCaller
from shared.web import Here

router = APIRouter()

HISTORY = 50


@router.get("/clients/{client_id}/risk")
async def show_risk(client_id: str, runtime: Here, staff: StaffCaller) -> dict[str, Any]:
    await plan_of(runtime, staff, client_id, "risk.read")
    keys = await keys_of(runtime, client_id)
    standing = await store.read_standing(runtime.database, client_id)
    kept = await store.evaluations(runtime.database, client_id, keys.data, limit=HISTORY)
    if standing is None or not kept:
        raise NotVisible
    await record(runtime, staff, "risk.read", client_id)
    latest = kept[0]
    return {
        **asdict(latest),
        "level": standing.shown,
        "known_level": standing.level.word,
        "since": standing.since,
        "act_by": standing.act_by,
        "history": [{"at": one.at, "level": one.level, "score": one.score} for one in kept],
    }

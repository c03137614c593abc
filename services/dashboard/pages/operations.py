"""The machinery: processes, lag, unsent rows, what waits, seals. Ids and codes, no people."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.dashboard import owners, times, words
from services.dashboard.pages.frame import Form, SignedIn, Viewer, go, show
from services.dashboard.readmodels import lists
from shared.auth import Action, NotVisible
from shared.contracts import Refused
from shared.events import TYPE_PREFIX
from shared.journal import once
from shared.unit import Unit, run

router = APIRouter()

SERVICES = ("intake", "aftercare", "referrals", "notifications", "dashboard")
SHOWN_ALARMS = 20
REASONS = [
    ("unreadable", "It cannot be read and never could"),
    ("done-by-hand", "What it says was done by hand"),
    ("overtaken", "A later fact says the same"),
]


def _allow(viewer: Viewer) -> None:
    if not viewer.can(Action.OPERATIONS):
        raise NotVisible


@router.get("/operations")
async def operations(request: Request, viewer: SignedIn) -> Response:
    _allow(viewer)
    told = await asyncio.gather(*(_ask(viewer, service) for service in SERVICES))
    query = {"kind": "seal", "state": "open"}
    alarms = await lists.ranked(viewer.runtime.database, query, SHOWN_ALARMS)
    return await show(
        request,
        viewer,
        "operations.html",
        title="Operations",
        here="operations",
        services=[
            _service(viewer, service, said) for service, said in zip(SERVICES, told, strict=True)
        ],
        waiting=[
            _entry(viewer, service, entry)
            for service, said in zip(SERVICES, told, strict=True)
            for entry in (said or {}).get("waiting", [])
        ],
        alarms=[row.about_id for row in alarms],
    )


async def _ask(viewer: Viewer, service: str) -> dict[str, Any] | None:
    try:
        return await owners.read(viewer.runtime, viewer.staff, service, "/internal/operations")
    except Refused:
        return None  # shown as away


def _service(viewer: Viewer, service: str, said: Mapping[str, Any] | None) -> dict[str, Any]:
    name = words.SERVICES[service]
    if said is None:
        return {"name": name, "away": True}
    seals = said["seals"]
    whole_to = times.said(times.instant(seals.get("whole_to")), viewer.now, viewer.zone)
    seal = f"whole to {whole_to}" if whole_to else "nothing sealed yet"
    return {
        "name": name,
        "away": False,
        "processes": sorted(
            (
                {
                    "name": process["name"],
                    "healthy": process["healthy"],
                    "lag": f"{process.get('lag_seconds', 0):.1f} s",
                    "age": f"{process['age_seconds']:.0f} s ago",
                }
                for process in said["processes"]
            ),
            key=lambda process: process["name"],
        ),
        "unsent": str(said["unsent"]["rows"]),
        "oldest": f"{said['unsent']['oldest_seconds']:.1f} s",
        "whole": seals["whole"],
        "seal": seal if seals["whole"] else f"first broken link: {seals['broken_at']}",
    }


def _entry(viewer: Viewer, service: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    since = times.instant(entry["since"]) or viewer.now
    return {
        "address": f"/operations/{service}/{entry['id']}",
        "service": words.SERVICES[service],
        "type": (entry["type"] or "unknown").removeprefix(TYPE_PREFIX),
        "reason": entry["reason"],
        "tries": entry["tries"],
        "parked": entry["parked"],
        "waits": times.span(max(viewer.now - since, timedelta())),
        "flag": entry["flag"],
    }


@router.post("/operations/{service}/{entry_id:path}/retry")
async def retry(
    request: Request, viewer: SignedIn, posted: Form, service: str, entry_id: str
) -> Response:
    _allow(viewer)
    return await _flag(viewer, service, entry_id, "retry")


@router.get("/operations/{service}/{entry_id:path}/discard")
async def confirm_discard(
    request: Request, viewer: SignedIn, service: str, entry_id: str
) -> Response:
    _allow(viewer)
    return await _discard_form(request, viewer, service, entry_id)


async def _discard_form(
    request: Request,
    viewer: Viewer,
    service: str,
    entry_id: str,
    status: int = 200,
    errors: Mapping[str, str] | None = None,
) -> Response:
    if service not in SERVICES:
        raise NotVisible
    return await show(
        request,
        viewer,
        "discard.html",
        status,
        title="Discard this event",
        here="operations",
        errors=errors,
        address=f"/operations/{service}/{entry_id}/discard",
        reasons=REASONS,
    )


@router.post("/operations/{service}/{entry_id:path}/discard")
async def discard(
    request: Request, viewer: SignedIn, posted: Form, service: str, entry_id: str
) -> Response:
    """The owner records who discarded it; our own journal keeps why, as a code."""
    _allow(viewer)
    reason = posted.text("reason")
    if reason not in dict(REASONS):
        errors = {"reason": "Choose a reason"}
        return await _discard_form(request, viewer, service, entry_id, 422, errors)

    async def work(unit: Unit) -> None:
        unit.note(reason=reason)
        unit.about(entry_id)

    cause = once(viewer.staff.actor, "discard-event", viewer.now, entry_id)
    await run(viewer.runtime.database, work, cause)
    return await _flag(viewer, service, entry_id, "discard")


async def _flag(viewer: Viewer, service: str, entry_id: str, flag: str) -> Response:
    if service not in SERVICES:
        raise NotVisible
    await owners.command(
        viewer.runtime, viewer.staff, service, f"/internal/waiting/{entry_id}/{flag}"
    )
    return await go(viewer, "/operations", flash=flag)

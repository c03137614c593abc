"""My day: one ranked list over all services, and what a person does with a row."""

from datetime import datetime, time, timedelta
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.dashboard import people, rights, rowviews, times
from services.dashboard.accounts import store as accounts
from services.dashboard.pages.frame import Form, SignedIn, Viewer, go, show
from services.dashboard.readmodels import lists, marks
from services.dashboard.readmodels.rows import Row
from shared.auth import NotVisible
from shared.unit import run
from shared.web import cause_of

router = APIRouter()

SHOWN = 50
MOST = 1000
LONGEST_NOTE = 2000
SNOOZES = [("hour", "One hour"), ("tomorrow", "Tomorrow at 9:00"), ("days", "Three days")]


@router.get("/")
async def my_day(
    request: Request, viewer: SignedIn, only: str = "", limit: int = SHOWN
) -> Response:
    query = _due(viewer)
    counts = await lists.count_by(viewer.runtime.database, "rows", "kind", query)
    kinds = rowviews.FILTERS.get(only, ("", ()))[1]
    chosen = {"$and": [query, {"kind": {"$in": list(kinds)}}]} if kinds else query
    limit = min(max(limit, 1), MOST)
    found = await lists.ranked(viewer.runtime.database, chosen, limit + 1)
    around = await look_around(viewer, found)
    total = sum(counts.values())
    return await show(
        request,
        viewer,
        "my_day.html",
        title="My day",
        here="my-day",
        count=total,
        rows=[rowviews.view(row, around) for row in found[:limit]],
        filters=_filters(counts, only),
        only=only,
        more=f"/?only={only}&limit={limit + SHOWN}" if len(found) > limit else "",
        following="" if found else await _following(viewer),
    )


def _due(viewer: Viewer) -> dict[str, Any]:
    awake = {"$or": [{"snoozed_until": None}, {"snoozed_until": {"$lte": viewer.now}}]}
    shown = {"state": "open", "appears_at": {"$lte": viewer.now}}
    return {"$and": [rights.rows(viewer.staff), shown, awake]}


def _filters(counts: dict[str, int], only: str) -> list[tuple[str, str, str, int]]:
    every = [("", "All", "/", sum(counts.values()))]
    for key, (text, kinds) in rowviews.FILTERS.items():
        count = sum(counts.get(kind, 0) for kind in kinds)
        if count or key == only:
            every.append((key, text, f"/?only={key}", count))
    return every


async def _following(viewer: Viewer) -> str:
    """When the next row that is known already will appear."""
    later = {"state": "open", "appears_at": {"$gt": viewer.now}}
    query = {"$and": [rights.rows(viewer.staff), later]}
    following = await lists.next_row(viewer.runtime.database, query)
    if following is None:
        return ""
    return f"Next: {times.said(following.appears_at, viewer.now, viewer.zone)}."


async def look_around(viewer: Viewer, rows: list[Row]) -> rowviews.Around:
    return rowviews.Around(
        people=await people.named_by_id(viewer, (row.client_id for row in rows)),
        partners=await lists.partner_names(viewer.runtime.database),
        staff=await accounts.names(viewer.runtime.database),
        now=viewer.now,
        zone=viewer.zone,
    )


async def _row(viewer: Viewer, row_id: str, *states: str) -> Row:
    query = {"$and": [{"_id": row_id, "state": {"$in": list(states)}}, rights.rows(viewer.staff)]}
    found = await lists.row(viewer.runtime.database, query)
    if found is None:
        raise NotVisible
    return found


@router.get("/rows/{row_id:path}")
async def row(request: Request, viewer: SignedIn, row_id: str) -> Response:
    found = await _row(viewer, row_id, "open")
    view = rowviews.view(found, await look_around(viewer, [found]))
    return await show(
        request,
        viewer,
        "row.html",
        title="Done or later",
        here="my-day",
        row=view,
        snoozes=SNOOZES,
    )


@router.post("/rows/done/{row_id:path}")
async def done(request: Request, viewer: SignedIn, posted: Form, row_id: str) -> Response:
    """A crisis, a text, a form end where they are owned; every other row ends here."""
    found = await _row(viewer, row_id, "open")
    if found.kind in rowviews.ENDED_BY_OWNER:
        raise NotVisible
    runtime = viewer.runtime
    key = (
        await runtime.keyring.key(found.client_id) if found.client_id else runtime.settings.wrap_key
    )
    by, note = viewer.staff.id, posted.text("note")[:LONGEST_NOTE]
    cause = await cause_of(request, runtime, viewer.staff.actor, "end-row", row_id)
    await run(runtime.database, lambda u: marks.end(u, row_id, by=by, note=note, key=key), cause)
    return await go(viewer, "/", flash=f"done|/rows/undo/{row_id}")


@router.post("/rows/snooze/{row_id:path}")
async def snooze(request: Request, viewer: SignedIn, posted: Form, row_id: str) -> Response:
    found = await _row(viewer, row_id, "open")
    if not rowviews.may_wait(found):
        raise NotVisible
    until = _until(viewer, posted.text("until"))
    cause = await cause_of(request, viewer.runtime, viewer.staff.actor, "snooze-row", row_id)
    await run(viewer.runtime.database, lambda unit: marks.snooze(unit, row_id, until), cause)
    return await go(viewer, "/", flash=f"snoozed|/rows/undo/{row_id}")


@router.post("/rows/undo/{row_id:path}")
async def undo(request: Request, viewer: SignedIn, posted: Form, row_id: str) -> Response:
    await _row(viewer, row_id, "open", "done")
    cause = await cause_of(request, viewer.runtime, viewer.staff.actor, "undo-row", row_id)
    await run(viewer.runtime.database, lambda unit: marks.undo(unit, row_id), cause)
    return await go(viewer, "/")


def _until(viewer: Viewer, choice: str) -> datetime:
    if choice == "days":
        return viewer.now + timedelta(days=3)
    if choice == "tomorrow":
        tomorrow = viewer.now.astimezone(viewer.zone).date() + timedelta(days=1)
        return datetime.combine(tomorrow, time(9), viewer.zone)
    return viewer.now + timedelta(hours=1)

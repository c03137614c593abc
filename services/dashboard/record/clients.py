"""The client list, and finding somebody without their name ever being in an address."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.dashboard import people, rights, times, words
from services.dashboard.accounts import store as accounts
from services.dashboard.pages.frame import Form, SignedIn, Viewer, show
from services.dashboard.people import Person
from services.dashboard.readmodels.client import LEVELS, Client
from services.dashboard.readmodels.search import sought
from shared.auth import NotVisible
from shared.clock import new_id

router = APIRouter()

SHOWN = 50
LONGEST_SEARCH = 100


@router.get("/clients")
async def clients(
    request: Request,
    viewer: SignedIn,
    level: str = "",
    site: str = "",
    mine: str = "",
    limit: int = SHOWN,
) -> Response:
    if not viewer.can(*rights.SEES_CLIENT):
        raise NotVisible
    limit = min(max(limit, 1), 1000)
    query = _filter(viewer, level, site, mine)
    found = await people.found(viewer, query, limit=limit + 1)
    more = f"/clients?level={level}&site={site}&mine={mine}&limit={limit + SHOWN}"
    return await _list(
        request,
        viewer,
        found[:limit],
        title="Clients",
        chosen={"level": level if level in LEVELS else "", "site": site, "mine": mine},
        empty="Nobody here yet." if not query else "Nobody matches. Choose other filters.",
        more=more if len(found) > limit else "",
    )


def _filter(viewer: Viewer, level: str, site: str, mine: str) -> dict[str, Any]:
    query: dict[str, Any] = {}
    if level in LEVELS:
        query["level"] = level
    if site in viewer.settings.sites:
        query["site_id"] = site
    if mine:
        query["counselor_id"] = viewer.staff.id
    return query


@router.post("/search")
async def search(request: Request, viewer: SignedIn, posted: Form) -> Response:
    """What was typed is not kept, only its digests; the result has an address of its own."""
    typed = posted.text("q")[:LONGEST_SEARCH]
    if not typed or not viewer.can(*rights.SEES_CLIENT):
        return RedirectResponse("/clients", 303)
    digests, code = sought(typed, viewer.settings.digest_key)
    id = new_id("find")
    await accounts.keep_search(
        viewer.runtime.database, id, viewer.staff.id, digests, code, viewer.now
    )
    return RedirectResponse(f"/clients/found/{id}", 303)


@router.get("/clients/found/{search_id}")
async def found(request: Request, viewer: SignedIn, search_id: str) -> Response:
    kept = await accounts.kept_search(viewer.runtime.database, search_id, viewer.staff.id)
    if kept is None:
        raise NotVisible
    if kept["code"]:
        query: dict[str, Any] = {"code": kept["code"]}
    else:
        query = {"digests": {"$all": kept["digests"]}} if kept["digests"] else rights.NOTHING
    return await _list(
        request,
        viewer,
        await people.found(viewer, query),
        title="Clients found",
        chosen=None,
        empty="Nobody matches. Check spelling.",
        more="",
    )


async def _list(
    request: Request,
    viewer: Viewer,
    clients: list[Client],
    *,
    title: str,
    chosen: Mapping[str, str] | None,
    empty: str,
    more: str,
) -> Response:
    names = await people.named(viewer, clients)
    staff = await accounts.names(viewer.runtime.database)
    return await show(
        request,
        viewer,
        "clients.html",
        title=title,
        here="clients",
        count=len(clients),
        clients=[_listed(viewer, client, names[client.id], staff) for client in clients],
        chosen=chosen,
        levels=[("", "All levels"), *((level, words.LEVELS[level]) for level in LEVELS)],
        sites=[("", "All sites"), *viewer.settings.sites.items()],
        empty=empty,
        more=more,
    )


def _listed(
    viewer: Viewer, client: Client, person: Person, staff: Mapping[str, str]
) -> dict[str, Any]:
    today = viewer.now.astimezone(viewer.zone).date()
    return {
        "href": f"/clients/{client.id}",
        "name": person.short,
        "code": client.code,
        "level": client.level,
        "counselor": staff.get(client.counselor_id or "", "nobody yet"),
        "last": times.said(client.last_contact_at, viewer.now, viewer.zone) or "not yet",
        "next": times.day(client.next_on, today) or "not planned",
        "reachable": client.reachable,
    }

"""The way in: a link opens a neutral screen, and only pressing Start uses anything.

The token stands only in the first address. Opening the link, as mail scanners do, changes nothing;
the POST sets a cookie and goes on at an address without the token.
"""

import secrets

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.aftercare.checkins import answering, store
from services.aftercare.checkins.browser import COOKIE, client, cookie_digest, go, shown
from services.aftercare.checkins.domain import Checkin, Link, LinkNotInUse
from services.aftercare.checkins.instruments import instruments
from services.aftercare.keys import keys_of
from services.aftercare.plans import store as plans
from shared.confidential import Erased
from shared.journal import once
from shared.links import digest
from shared.runtime import Runtime
from shared.unit import run
from shared.web import Here, cause_of

router = APIRouter(include_in_schema=False)


@router.get("/c/{token}")
async def open_link(token: str, request: Request, runtime: Here) -> Response:
    checkin = await _behind(runtime, token)
    if checkin is None:
        return _not_in_use(request, token)
    count = len(instruments()[checkin.instrument].items)
    return shown(request, "start.html", token=token, count=count)


@router.post("/c/{token}")
async def start(token: str, request: Request, runtime: Here) -> Response:
    cookie = secrets.token_urlsafe(32)
    link = await store.read_link(runtime.database, digest(token))
    if link is None:
        return _not_in_use(request, token)
    try:
        keys = await keys_of(runtime, link.client_id)
        await run(
            runtime.database,
            lambda unit: answering.open_session(unit, link.digest, cookie_digest(cookie), keys),
            once(client(link.client_id), "checkin.open", runtime.clock.now(), link.client_id),
        )
    except (LinkNotInUse, Erased):
        return _not_in_use(request, token)
    answer = go("/checkin")
    is_https = runtime.settings.public_urls.get("aftercare", "").startswith("https:")
    answer.set_cookie(COOKIE, cookie, httponly=True, samesite="lax", secure=is_https)
    return answer


@router.post("/c/{token}/renew")
async def renew(token: str, request: Request, runtime: Here) -> Response:
    """Always the same words: nobody learns from them whether the link was ever one of ours."""
    link = await store.read_link(runtime.database, digest(token))
    if link is not None:
        await _renew(request, runtime, link)
    return _not_in_use(request, token, sent=True)


async def _renew(request: Request, runtime: Runtime, link: Link) -> None:
    try:
        keys = await keys_of(runtime, link.client_id)
    except Erased:
        return
    cause = await cause_of(
        request, runtime, client(link.client_id), "checkin.renew", link.client_id
    )
    await run(runtime.database, lambda unit: answering.renew_link(unit, link.digest, keys), cause)


async def _behind(runtime: Runtime, token: str) -> Checkin | None:
    """The check-in that this link would open; reading it uses nothing up."""
    link = await store.read_link(runtime.database, digest(token))
    if link is None:
        return None
    try:
        keys = await keys_of(runtime, link.client_id)
    except Erased:
        return None
    checkin = await store.read(runtime.database, link.checkin_id, keys.data)
    newest = await store.read_newest(runtime.database, link.client_id)
    plan = await plans.latest(runtime.database, link.client_id)
    if checkin is None or plan is None or checkin.id != newest or checkin.plan_id != plan.id:
        return None
    return checkin if link.opens(checkin, runtime.clock.now()) else None


def _not_in_use(request: Request, token: str, *, sent: bool = False) -> Response:
    return shown(
        request,
        "link_not_in_use.html",
        404,
        again=f"/c/{token}/renew",
        token=token,
        sent=sent,
    )

"""Public pages: confirm a number or address, stop e-mails. A GET never uses anything up."""

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from services.notifications import store, usecases
from services.notifications.domain import NoSuchContact
from services.notifications.usecases import LinkNotInUse
from shared import links
from shared.journal import Actor, Document
from shared.runtime import Runtime
from shared.unit import Unit, UseCase, run
from shared.web import Here, cause_of, form, page

router = APIRouter(include_in_schema=False)

LONGEST_TOKEN = 64


@router.get("/v/{token}")
async def ask_to_confirm(token: str, request: Request, runtime: Here) -> HTMLResponse:
    link = await _link(runtime, token, "confirm")
    if link is None:
        return _not_in_use(request, token)
    point = await store.point_now(runtime.database, link["subject"])
    channel = point.channel if point else "sms"
    return page(request, "confirm.html", token=token, channel=channel)


@router.post("/confirm")
async def confirm(request: Request, runtime: Here) -> HTMLResponse:
    """The address of a POST holds no token; the last POST ends the link."""
    token = (await form(request)).get("token", "")
    digest = links.digest(token)

    async def say_yes(unit: Unit) -> None:
        await usecases.confirm_by_link(unit, digest)

    try:
        await _run(request, runtime, "confirm_contact", token, say_yes)
    except (LinkNotInUse, NoSuchContact):
        return _not_in_use(request, token)
    return page(request, "confirmed.html")


@router.get("/u/{token}")
async def ask_to_stop(token: str, request: Request, runtime: Here) -> HTMLResponse:
    if await _link(runtime, token, "unsubscribe") is None:
        return _not_in_use(request, token)
    return page(request, "unsubscribe.html", token=token)


@router.post("/u/{token}")
async def stop_with_one_click(token: str, request: Request, runtime: Here) -> Response:
    """What a mail program posts on its own: acts at once, no page, no redirect (R5.7)."""
    if (await form(request)).get("List-Unsubscribe") != "One-Click":
        return _not_in_use(request, token)
    try:
        await _stop(request, runtime, token)
    except (LinkNotInUse, NoSuchContact):
        return _not_in_use(request, token)
    return Response(status_code=200)


@router.post("/unsubscribe")
async def stop(request: Request, runtime: Here) -> HTMLResponse:
    posted = await form(request)
    token = posted.get("token", "")
    if posted.get("choice") == "keep":
        return page(request, "kept.html")
    try:
        await _stop(request, runtime, token)
    except (LinkNotInUse, NoSuchContact):
        return _not_in_use(request, token)
    return page(request, "stopped.html")


@router.post("/new-link")
async def send_again(request: Request, runtime: Here) -> HTMLResponse:
    """The same words whatever the token was, so that nothing can be learned from them."""
    token = (await form(request)).get("token", "")
    digest, link_key = links.digest(token), runtime.settings.link_keys["notifications"]
    await _run(
        request,
        runtime,
        "renew_link",
        token,
        lambda unit: usecases.renew_link(unit, digest, link_key=link_key),
    )
    return page(request, "link_not_in_use.html", again="/new-link", token="", sent=True)


async def _stop(request: Request, runtime: Runtime, token: str) -> None:
    digest = links.digest(token)
    await _run(
        request, runtime, "unsubscribe", token, lambda unit: usecases.unsubscribe(unit, digest)
    )


async def _run(
    request: Request, runtime: Runtime, action: str, token: str, use_case: UseCase
) -> None:
    """Whoever holds the link acts; the journal names the link by its digest."""
    actor = Actor(kind="client", id=f"link/{links.digest(token)[:16]}")
    cause = await cause_of(request, runtime, actor, action)
    await run(runtime.database, use_case, cause)


async def _link(runtime: Runtime, token: str, kind: str) -> Document | None:
    if len(token) > LONGEST_TOKEN:
        return None
    digest = links.digest(token)
    return await store.link_now(runtime.database, digest, kind, at=runtime.clock.now())


def _not_in_use(request: Request, token: str) -> HTMLResponse:
    """Used, ended, withdrawn and unknown look alike."""
    shown = token[:LONGEST_TOKEN]
    return page(request, "link_not_in_use.html", 404, again="/new-link", token=shown)

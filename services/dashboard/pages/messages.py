"""The thread with one client, texts to read, crises to take on."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.dashboard import owners, people, rights, times, words
from services.dashboard.accounts import store as accounts
from services.dashboard.pages.frame import Form, SignedIn, Viewer, go, show, trouble
from services.dashboard.readmodels import lists
from services.dashboard.readmodels.rows import Row
from services.dashboard.record import header
from shared.auth import Action, NotVisible, Staff, may

router = APIRouter()

STATES = {
    "delivered": ("good", "Arrived"),
    "handed_over": ("info", "Sent"),
    "simulated": ("plain", "Not really sent"),
    "pending": ("wait", "Waiting"),
    "claimed": ("wait", "Waiting"),
    "sending": ("wait", "Being sent"),
    "failed": ("stop", "Did not arrive"),
    "unknown": ("wait", "Unclear"),
    "dropped": ("plain", "Not sent"),
}


@router.get("/clients/{client_id}/messages")
async def messages(request: Request, viewer: SignedIn, client_id: str) -> Response:
    return await _messages(request, viewer, client_id)


async def _messages(
    request: Request,
    viewer: Viewer,
    client_id: str,
    status: int = 200,
    errors: Mapping[str, str] | None = None,
) -> Response:
    """Who registers people but gives no care finds the contact card in place of the thread."""
    client, staff = await people.toward(viewer, client_id)
    if not may(staff, Action.CARE, site=client.site_id, client_id=client.id):
        return RedirectResponse(f"/clients/{client_id}/card", 303)
    path = f"/clients/{client_id}"
    points = await owners.read(viewer.runtime, staff, "notifications", f"{path}/contact-points")
    thread = await owners.read(viewer.runtime, staff, "notifications", f"{path}/messages")
    return await show(
        request,
        viewer,
        "messages.html",
        status,
        errors=errors,
        points=[_point(viewer, item) for item in points["items"]],
        messages=[_message(viewer, item) for item in thread["items"]],
        **await header.of(viewer, client, "messages"),
    )


def _point(viewer: Viewer, item: Mapping[str, Any]) -> dict[str, Any]:
    hidden = viewer.session.names_hidden
    return {
        "id": item["contact_point_id"],
        "channel": words.CHANNELS.get(item["channel"], item["channel"]),
        "masked": "" if hidden else item["masked"],
        "verified": times.said(times.instant(item["verified_at"]), viewer.now, viewer.zone),
        "opted_out": times.said(times.instant(item["opted_out_at"]), viewer.now, viewer.zone),
        "error": words.reason(item.get("last_error")),
    }


def _message(viewer: Viewer, item: Mapping[str, Any]) -> dict[str, Any]:
    ours = item["direction"] == "out"
    tag, word = STATES.get(item["state"], ("plain", words.spelled(item["state"]).capitalize()))
    reason = words.reason(item.get("reason"))
    return {
        "ours": ours,
        "who": "Throughline" if ours else "The client",
        "at": times.said(times.instant(item["at"]), viewer.now, viewer.zone),
        "text": item.get("text") or words.MESSAGE_PURPOSES.get(item["purpose"], ""),
        "tag": tag if ours else "",
        "word": word if not reason else f"{word}: {reason}",
    }


@router.post("/clients/{client_id}/contact-points/{point_id}/send-code")
async def send_code(
    request: Request, viewer: SignedIn, posted: Form, client_id: str, point_id: str
) -> Response:
    _, staff = await people.toward(viewer, client_id, Action.CARE)
    path = f"/contact-points/{point_id}/send-code"
    saved = await owners.command(viewer.runtime, staff, "notifications", path, key=posted.key)
    return await go(viewer, f"/clients/{client_id}/messages", saved=saved, flash="sent-code")


@router.post("/clients/{client_id}/contact-points/{point_id}/verify")
async def verify(
    request: Request, viewer: SignedIn, posted: Form, client_id: str, point_id: str
) -> Response:
    """The client reads the code aloud and staff type it."""
    _, staff = await people.toward(viewer, client_id, Action.CARE)
    path, body = f"/contact-points/{point_id}/verify", {"code": posted.text(f"code-{point_id}")}
    try:
        saved = await owners.command(
            viewer.runtime, staff, "notifications", path, body, key=posted.key
        )
    except (owners.OwnerAway, owners.OwnerRefused) as problem:
        status, errors, _ = trouble(problem, posted)
        if isinstance(problem, owners.OwnerRefused):
            errors = {f"code-{point_id}": "This code is not right, or it has run out."}
        return await _messages(request, viewer, client_id, status, errors)
    return await go(viewer, f"/clients/{client_id}/messages", saved=saved)


async def _toward_row(viewer: Viewer, row_id: str) -> tuple[Row, Staff]:
    """The row this stands on, open or ended, and the person as the owner will meet them."""
    query = {"$and": [{"_id": row_id}, rights.rows(viewer.staff)]}
    row = await lists.row(viewer.runtime.database, query)
    if row is None:
        raise NotVisible
    known = await lists.clients_of(viewer.runtime.database, filter(None, [row.client_id]))
    return row, rights.toward(viewer.staff, known[0]) if known else viewer.staff


@router.get("/texts/{message_id}")
async def text(request: Request, viewer: SignedIn, message_id: str) -> Response:
    row, staff = await _toward_row(viewer, f"text/{message_id}")
    kept = await owners.read(viewer.runtime, staff, "notifications", f"/texts/{message_id}")
    named = await people.named_by_id(viewer, [row.client_id, *kept["candidates"]])
    visible = {c.id for c in await people.found(viewer, {"_id": {"$in": list(named)}})}
    return await show(
        request,
        viewer,
        "text.html",
        title="A text",
        here="my-day",
        message_id=message_id,
        text=kept["text"],
        sender="" if viewer.session.names_hidden else kept["from_masked"],
        received=times.said(times.instant(kept["received_at"]), viewer.now, viewer.zone),
        open=kept.get("state", "open") == "open" and row.state == "open",
        candidates=[
            (person.short, person.code, f"/clients/{id}" if id in visible else "")
            for id, person in named.items()
        ],
    )


@router.post("/texts/{message_id}/close")
async def close_text(request: Request, viewer: SignedIn, posted: Form, message_id: str) -> Response:
    _, staff = await _toward_row(viewer, f"text/{message_id}")
    path, body = f"/texts/{message_id}/close", {"note": posted.text("note")}
    saved = await owners.command(viewer.runtime, staff, "notifications", path, body, key=posted.key)
    return await go(viewer, "/", saved=saved)


@router.get("/crises/{crisis_id}")
async def crisis(request: Request, viewer: SignedIn, crisis_id: str) -> Response:
    return await _crisis(request, viewer, crisis_id)


async def _crisis(
    request: Request,
    viewer: Viewer,
    crisis_id: str,
    status: int = 200,
    errors: Mapping[str, str] | None = None,
) -> Response:
    _, staff = await _toward_row(viewer, f"crisis/{crisis_id}")
    kept = await owners.read(viewer.runtime, staff, "notifications", f"/crises/{crisis_id}")
    named = await people.named_by_id(viewer, [kept["client_id"], *kept.get("candidates", [])])
    colleagues = await accounts.names(viewer.runtime.database)
    taken = kept.get("acknowledged_by")
    return await show(
        request,
        viewer,
        "crisis.html",
        status,
        title="Crisis",
        here="my-day",
        errors=errors,
        crisis_id=crisis_id,
        text=kept.get("text") or "",
        number=kept.get("from") or "",
        at=times.said(times.instant(kept["at"]), viewer.now, viewer.zone),
        taken_by=colleagues.get(taken, "A colleague") if taken else "",
        closed=kept["state"] == "closed",
        people=[(p.short, p.code, f"/clients/{p.id}") for p in named.values()],
        known=bool(kept["client_id"]),
    )


@router.post("/crises/{crisis_id}/acknowledge")
async def acknowledge(request: Request, viewer: SignedIn, posted: Form, crisis_id: str) -> Response:
    _, staff = await _toward_row(viewer, f"crisis/{crisis_id}")
    path = f"/crises/{crisis_id}/acknowledge"
    saved = await owners.command(viewer.runtime, staff, "notifications", path, key=posted.key)
    return await go(viewer, f"/crises/{crisis_id}", saved=saved)


@router.post("/crises/{crisis_id}/close")
async def close_crisis(
    request: Request, viewer: SignedIn, posted: Form, crisis_id: str
) -> Response:
    """A crisis stays on everybody's list until a person closes it with a note."""
    _, staff = await _toward_row(viewer, f"crisis/{crisis_id}")
    note = posted.text("note")
    if not note:
        return await _crisis(
            request, viewer, crisis_id, 422, {"note": "Say what was done and how they are."}
        )
    path = f"/crises/{crisis_id}/close"
    try:
        saved = await owners.command(
            viewer.runtime, staff, "notifications", path, {"note": note}, key=posted.key
        )
    except owners.OwnerRefused as problem:
        status, errors, _ = trouble(problem, posted)
        return await _crisis(request, viewer, crisis_id, status, errors)
    return await go(viewer, "/", saved=saved)

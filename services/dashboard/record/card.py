"""The contact card: as intake keeps it, and changing it."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.dashboard import owners, people, words
from services.dashboard.pages import fields
from services.dashboard.pages.frame import Form, SignedIn, Viewer, go, show, trouble
from services.dashboard.record import header
from shared.auth import Action

router = APIRouter()

CHANGED = "Somebody else changed the card in the meantime. Look at it again, then save."


@router.get("/clients/{client_id}/card")
async def card(request: Request, viewer: SignedIn, client_id: str) -> Response:
    _, staff = await people.toward(viewer, client_id, Action.CONSENTS)
    kept = await owners.read(viewer.runtime, staff, "intake", f"/clients/{client_id}")
    return await _form(request, viewer, client_id, fields.card_from(kept))


@router.post("/clients/{client_id}/card")
async def change(request: Request, viewer: SignedIn, posted: Form, client_id: str) -> Response:
    _, staff = await people.toward(viewer, client_id, Action.CONSENTS)
    version = posted.text("version")
    body = {**fields.card_body(posted), "version": int(version) if version.isdigit() else 0}
    path = f"/clients/{client_id}/card"
    try:
        saved = await owners.command(
            viewer.runtime, staff, "intake", path, body, key=posted.key, method="PUT"
        )
    except (owners.OwnerAway, owners.OwnerRefused) as problem:
        status, errors, key = trouble(problem, posted)
        errors = fields.card_errors(posted, errors)
        if problem.code == "CONFLICT":
            names = ", ".join(words.spelled(name) for name in problem.fields)
            errors = {"": f"{CHANGED} Different now: {names or 'something'}."}
        values = fields.card_values(posted)
        return await _form(request, viewer, client_id, values, status, errors, key)
    return await go(viewer, path, saved=saved)


async def _form(
    request: Request,
    viewer: Viewer,
    client_id: str,
    values: Mapping[str, Any],
    status: int = 200,
    errors: Mapping[str, str] | None = None,
    key: str | None = None,
) -> Response:
    client = await people.client(viewer, client_id, Action.CONSENTS)
    return await show(
        request,
        viewer,
        "card.html",
        status,
        errors=errors,
        key=key or "",
        values=values,
        **await header.of(viewer, client, "card"),
        **fields.card_choices(viewer),
    )

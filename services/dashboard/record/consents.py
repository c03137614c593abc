"""A consent is prepared here, signed on intake's page, and ended here or by the client."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.dashboard import owners, people, words
from services.dashboard.accounts import store as accounts
from services.dashboard.pages import fields
from services.dashboard.pages.frame import (
    Form,
    Posted,
    SignedIn,
    Viewer,
    cookie_name,
    go,
    show,
    trouble,
)
from services.dashboard.readmodels import lists
from services.dashboard.record import header
from shared.auth import Action
from shared.web import page

router = APIRouter()

CAPACITIES = [
    ("self", "The client"),
    ("guardian", "A guardian"),
    ("personal-representative", "A personal representative"),
]


@router.get("/clients/{client_id}/consents/new")
async def blank(request: Request, viewer: SignedIn, client_id: str) -> Response:
    return await _form(request, viewer, client_id, {"capacity": "self"})


@router.post("/clients/{client_id}/consents/new")
async def draft(request: Request, viewer: SignedIn, posted: Form, client_id: str) -> Response:
    """Intake decides what is missing (R1.3) and names each element."""
    _, staff = await people.toward(viewer, client_id, Action.CONSENTS)
    recipient = posted.text("recipient_id")
    body = {
        "recipient_id": recipient,
        "recipient_name": (await lists.partner_names(viewer.runtime.database)).get(recipient, ""),
        "recipient_kind": "organization",
        "categories": posted.many("categories"),
        "expires_on": fields.date_text(posted, "expires_on"),
        **{name: posted.text(name) for name in ("purpose", "description", "authority")},
        "capacity": posted.text("capacity") or "self",
    }
    path = f"/clients/{client_id}/consents"
    try:
        saved = await owners.command(viewer.runtime, staff, "intake", path, body, key=posted.key)
    except (owners.OwnerAway, owners.OwnerRefused) as problem:
        status, errors, key = trouble(problem, posted)
        return await _form(
            request, viewer, client_id, _values(posted), status, _own_names(errors), key
        )
    return await go(viewer, f"/clients/{client_id}/sharing", saved=saved)


def _own_names(errors: Mapping[str, str]) -> dict[str, str]:
    names = {"recipient_name": "recipient_id", "recipient_kind": "recipient_id"}
    return {names.get(name, name): sentence for name, sentence in errors.items()}


def _values(posted: Posted) -> dict[str, Any]:
    return {
        **posted.values,
        "categories": posted.many("categories"),
        "expires_on": fields.typed_date(posted, "expires_on"),
    }


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
    partners = sorted(
        (await lists.partner_names(viewer.runtime.database)).items(),
        key=lambda item: item[1].casefold(),
    )
    return await show(
        request,
        viewer,
        "consent.html",
        status,
        errors=errors,
        key=key or "",
        values=values,
        partners=partners,
        purposes=[choice for choice in words.purposes() if "operations" not in choice[0]],
        categories=words.categories(),
        capacities=CAPACITIES,
        **await header.of(viewer, client, "consent"),
    )


@router.post("/clients/{client_id}/consents/{consent_id}/offer")
async def offer(
    request: Request, viewer: SignedIn, posted: Form, client_id: str, consent_id: str
) -> Response:
    """The client gets a neutral message with a link to sign."""
    _, staff = await people.toward(viewer, client_id, Action.CONSENTS)
    path = f"/consents/{consent_id}/offer-signing"
    saved = await owners.command(viewer.runtime, staff, "intake", path, key=posted.key)
    return await go(viewer, f"/clients/{client_id}/sharing", saved=saved)


@router.post("/clients/{client_id}/consents/{consent_id}/sign")
async def hand_over(
    request: Request, viewer: SignedIn, posted: Form, client_id: str, consent_id: str
) -> Response:
    """The tablet goes to the client: staff are signed out on it before anything else is shown."""
    _, staff = await people.toward(viewer, client_id, Action.CONSENTS)
    path = f"/consents/{consent_id}/signing-session"
    saved = await owners.command(viewer.runtime, staff, "intake", path, key=posted.key)
    await accounts.end_session(viewer.runtime.database, viewer.session.id)
    answer = page(
        request,
        "hand_over.html",
        language="en",
        title="Ready to sign",
        staff=None,
        address=saved.body["url"],
    )
    answer.delete_cookie(cookie_name(viewer.settings), path="/")
    return answer


@router.get("/clients/{client_id}/consents/{consent_id}/revoke")
async def confirm_revoke(
    request: Request, viewer: SignedIn, client_id: str, consent_id: str
) -> Response:
    client = await people.client(viewer, client_id, Action.CONSENTS)
    return await show(
        request,
        viewer,
        "revoke.html",
        consent_id=consent_id,
        **await header.of(viewer, client, "sharing"),
    )


@router.post("/clients/{client_id}/consents/{consent_id}/revoke")
async def revoke(
    request: Request, viewer: SignedIn, posted: Form, client_id: str, consent_id: str
) -> Response:
    """Answered once nothing can be disclosed under it any more (R1.7)."""
    _, staff = await people.toward(viewer, client_id, Action.CONSENTS)
    path = f"/consents/{consent_id}/revoke"
    saved = await owners.command(viewer.runtime, staff, "intake", path, key=posted.key)
    return await go(viewer, f"/clients/{client_id}/sharing", saved=saved)


@router.post("/clients/{client_id}/revocation-link")
async def revocation_link(
    request: Request, viewer: SignedIn, posted: Form, client_id: str
) -> Response:
    _, staff = await people.toward(viewer, client_id, Action.CONSENTS)
    path = f"/clients/{client_id}/revocation-link"
    saved = await owners.command(viewer.runtime, staff, "intake", path, key=posted.key)
    return await go(viewer, f"/clients/{client_id}/sharing", saved=saved)

"""Partners and the directory: who helps outside, and how they are told."""

import json
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.dashboard import owners, words
from services.dashboard.outside.refer import service_view
from services.dashboard.pages import fields
from services.dashboard.pages.frame import Form, SignedIn, Viewer, go, show, trouble
from shared.auth import Action, NotVisible

router = APIRouter()

Problem = (owners.OwnerAway, owners.OwnerRefused)


def _allow(viewer: Viewer, action: Action = Action.DIRECTORY) -> None:
    if not viewer.can(action):
        raise NotVisible


@router.get("/partners")
async def partners(request: Request, viewer: SignedIn, cursor: str = "") -> Response:
    _allow(viewer)
    listed = await owners.read(
        viewer.runtime, viewer.staff, "referrals", "/partners", cursor=cursor
    )
    return await show(
        request,
        viewer,
        "partners.html",
        title="Partners",
        here="partners",
        partners=[
            {
                "href": f"/partners/{item['partner_id']}",
                "name": item["name"],
                "active": item["state"] == "active",
                "how": "Own system" if item["has_system"] else "One-time link by e-mail",
            }
            for item in listed["items"]
        ],
        may_add=viewer.can(Action.CONFIRM_PARTNER),
        more=f"/partners?cursor={listed['next']}" if listed.get("next") else "",
    )


@router.get("/directory")
async def directory(
    request: Request,
    viewer: SignedIn,
    need: str = "",
    place: str = "",
    text: str = "",
    cursor: str = "",
) -> Response:
    """Public facts about services: no client is in sight, so the address may hold the question."""
    _allow(viewer)
    asked = {"need": need, "place": place[:60], "text": text[:100]}
    services, following = [], ""
    if any(asked.values()):
        found = await owners.read(
            viewer.runtime,
            viewer.staff,
            "referrals",
            "/directory/services",
            **asked,
            cursor=cursor,
        )
        services = [service_view(item) for item in found["items"]]
        following = found.get("next") or ""
    return await show(
        request,
        viewer,
        "directory.html",
        title="Directory",
        here="partners",
        asked=asked,
        searched=any(asked.values()),
        needs=fields.options(words.NEEDS),
        services=services,
        following=following,
        may_add=viewer.can(Action.CONFIRM_PARTNER),
    )


@router.get("/partners/new")
async def blank(
    request: Request, viewer: SignedIn, organization_id: str = "", name: str = ""
) -> Response:
    _allow(viewer, Action.CONFIRM_PARTNER)
    return await _new(request, viewer, {"organization_id": organization_id, "name": name[:200]})


@router.post("/partners/new")
async def add(request: Request, viewer: SignedIn, posted: Form) -> Response:
    _allow(viewer, Action.CONFIRM_PARTNER)
    body = {name: posted.text(name) for name in ("organization_id", "name", "email")}
    try:
        saved = await owners.command(
            viewer.runtime, viewer.staff, "referrals", "/partners", body, key=posted.key
        )
    except Problem as problem:
        status, errors, key = trouble(problem, posted)
        return await _new(request, viewer, posted.values, status, errors, key)
    return await go(viewer, f"/partners/{saved.body['partner_id']}", saved=saved)


async def _new(
    request: Request,
    viewer: Viewer,
    values: Mapping[str, str],
    status: int = 200,
    errors: Mapping[str, str] | None = None,
    key: str | None = None,
) -> Response:
    return await show(
        request,
        viewer,
        "partner_new.html",
        status,
        title="New partner",
        here="partners",
        errors=errors,
        key=key or "",
        values=values,
    )


@router.get("/partners/{partner_id}")
async def partner(request: Request, viewer: SignedIn, partner_id: str) -> Response:
    return await _partner(request, viewer, partner_id)


async def _partner(
    request: Request,
    viewer: Viewer,
    partner_id: str,
    status: int = 200,
    errors: Mapping[str, str] | None = None,
    values: Mapping[str, str] | None = None,
    secret: str = "",
) -> Response:
    _allow(viewer)
    kept = await owners.read(viewer.runtime, viewer.staff, "referrals", f"/partners/{partner_id}")
    webhook = kept.get("webhook") or {}
    told = "E-mail with a one-time link"
    if webhook:
        told = f"{webhook['url']}{' (stopped by them)' if webhook['stopped'] else ''}"
    return await show(
        request,
        viewer,
        "partner.html",
        status,
        title="Partner",
        heading=kept["name"],
        here="partners",
        errors=errors,
        partner_id=partner_id,
        facts=[
            ("State", kept["state"].capitalize()),
            ("Their client id", partner_id),
            ("E-mail", kept["email"]),
            ("How they are told", told),
            ("Keys", ", ".join(f"{key['kid']} ({key['alg']})" for key in kept["keys"]) or "none"),
        ],
        may_keys=viewer.can(Action.PARTNER_KEYS),
        url=webhook.get("url", ""),
        values=values or {},
        secret=secret,
    )


@router.post("/partners/{partner_id}/webhook")
async def set_webhook(
    request: Request, viewer: SignedIn, posted: Form, partner_id: str
) -> Response:
    """The secret is in this one answer, so it is shown here and not after a redirect."""
    _allow(viewer, Action.PARTNER_KEYS)
    path, body = f"/partners/{partner_id}/webhook", {"url": posted.text("url")}
    try:
        saved = await owners.command(
            viewer.runtime, viewer.staff, "referrals", path, body, key=posted.key
        )
    except Problem as problem:
        status, errors, _ = trouble(problem, posted)
        return await _partner(request, viewer, partner_id, status, errors, posted.values)
    secret = str(saved.body.get("webhook_secret", ""))
    return await _partner(request, viewer, partner_id, secret=secret)


@router.post("/partners/{partner_id}/jwks")
async def set_keys(request: Request, viewer: SignedIn, posted: Form, partner_id: str) -> Response:
    _allow(viewer, Action.PARTNER_KEYS)
    try:
        jwks: Any = json.loads(posted.text("jwks"))
        if not isinstance(jwks, dict):
            raise ValueError
    except ValueError:
        errors = {"jwks": "Paste the key set as JSON."}
        return await _partner(request, viewer, partner_id, 422, errors, posted.values)
    path = f"/partners/{partner_id}/jwks"
    try:
        saved = await owners.command(
            viewer.runtime, viewer.staff, "referrals", path, {"jwks": jwks}, key=posted.key
        )
    except Problem as problem:
        status, errors, _ = trouble(problem, posted)
        return await _partner(request, viewer, partner_id, status, errors, posted.values)
    return await go(viewer, f"/partners/{partner_id}", saved=saved)

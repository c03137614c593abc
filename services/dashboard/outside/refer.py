"""Refer somebody: the need, a service, what is shared and what the gate says, then send.

The need of a client never stands in an address: each step is posted and read back.
"""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.dashboard import owners, people, times, words
from services.dashboard.pages import fields
from services.dashboard.pages.frame import Form, Posted, SignedIn, Viewer, go, show, trouble
from services.dashboard.record import header
from shared.auth import Action, NotVisible
from shared.contracts.intake import PURPOSE_OF_NEED

router = APIRouter()

URGENCIES = [("routine", "Within days"), ("urgent", "Today or tomorrow")]


@router.get("/clients/{client_id}/refer")
async def ask_need(request: Request, viewer: SignedIn, client_id: str) -> Response:
    return await _need_form(request, viewer, client_id, {"urgency": "routine"})


async def _need_form(
    request: Request,
    viewer: Viewer,
    client_id: str,
    values: Mapping[str, str],
    status: int = 200,
    errors: Mapping[str, str] | None = None,
) -> Response:
    client = await people.client(viewer, client_id, Action.REFER)
    return await show(
        request,
        viewer,
        "refer_need.html",
        status,
        errors=errors,
        values=values,
        needs=fields.options(words.NEEDS),
        urgencies=URGENCIES,
        **await header.of(viewer, client, "refer"),
    )


@router.post("/clients/{client_id}/refer/services")
async def find_services(
    request: Request, viewer: SignedIn, posted: Form, client_id: str
) -> Response:
    if posted.text("need") not in words.NEEDS or not posted.text("urgency"):
        errors = {"need": "Choose a need"} if posted.text("need") not in words.NEEDS else {}
        errors |= {} if posted.text("urgency") else {"urgency": "Choose how soon"}
        return await _need_form(request, viewer, client_id, posted.values, 422, errors)
    return await _services(request, viewer, client_id, posted)


async def _services(
    request: Request,
    viewer: Viewer,
    client_id: str,
    posted: Posted,
    status: int = 200,
    errors: Mapping[str, str] | None = None,
    key: str | None = None,
) -> Response:
    client, staff = await people.toward(viewer, client_id, Action.REFER)
    found = await owners.read(
        viewer.runtime,
        staff,
        "referrals",
        "/directory/services",
        need=PURPOSE_OF_NEED.get(posted.text("need"), posted.text("need")),  # all of its kind
        place=posted.text("place"),
        text=posted.text("text"),
        cursor=posted.text("cursor"),
    )
    services = [service_view(item) for item in found["items"]]
    return await show(
        request,
        viewer,
        "refer_services.html",
        status,
        errors=errors,
        key=key or "",
        values=posted.values,
        need=words.need(posted.text("need")),
        services=[service for service in services if service["partner_id"]],
        others=[service for service in services if not service["partner_id"]],
        following=found.get("next") or "",
        **await header.of(viewer, client, "refer"),
    )


def service_view(item: Mapping[str, Any]) -> dict[str, Any]:
    location = item.get("location") or {}
    phones = [p if isinstance(p, str) else p.get("number", "") for p in item.get("phones") or []]
    return {
        "id": item["service_id"],
        "partner_id": item.get("partner_id"),
        "organization_id": item["organization_id"],
        "name": item["name"],
        "organization": item["organization_name"],
        "place": ", ".join(filter(None, (location.get("city"), location.get("postal_code")))),
        "address": location.get("address") or "",
        "phones": ", ".join(phone for phone in phones if phone),
        "needs": ", ".join(words.need(need) for need in item.get("needs") or []),
        "status": item.get("status") or "",
    }


@router.post("/clients/{client_id}/refer")
async def draft(request: Request, viewer: SignedIn, posted: Form, client_id: str) -> Response:
    """A draft at referrals: nothing has left the house, and its page says what would."""
    _, staff = await people.toward(viewer, client_id, Action.REFER)
    if not posted.text("service_id"):
        errors = {"service_id": "Choose a service"}
        return await _services(request, viewer, client_id, posted, 422, errors)
    body = {
        "client_id": client_id,
        "service_id": posted.text("service_id"),
        "need": posted.text("need"),
        "urgency": posted.text("urgency"),
        "note": posted.text("note") or None,
    }
    try:
        saved = await owners.command(
            viewer.runtime, staff, "referrals", "/referrals", body, key=posted.key
        )
    except (owners.OwnerAway, owners.OwnerRefused) as problem:
        status, errors, key = trouble(problem, posted)
        return await _services_or_need(request, viewer, client_id, posted, status, errors, key)
    referral_id = saved.body["referral_id"]
    return await go(viewer, f"/clients/{client_id}/referrals/{referral_id}/send", saved=saved)


async def _services_or_need(
    request: Request,
    viewer: Viewer,
    client_id: str,
    posted: Posted,
    status: int,
    errors: Mapping[str, str],
    key: str | None,
) -> Response:
    try:
        return await _services(request, viewer, client_id, posted, status, errors, key)
    except owners.OwnerAway:
        return await _need_form(request, viewer, client_id, posted.values, status, errors)


@router.get("/clients/{client_id}/referrals/{referral_id}/send")
async def check(request: Request, viewer: SignedIn, client_id: str, referral_id: str) -> Response:
    return await _check(request, viewer, client_id, referral_id)


async def _check(
    request: Request,
    viewer: Viewer,
    client_id: str,
    referral_id: str,
    status: int = 200,
    errors: Mapping[str, str] | None = None,
    key: str | None = None,
) -> Response:
    client, staff = await people.toward(viewer, client_id, Action.REFER)
    path = f"/referrals/{referral_id}"
    kept = await owners.read(viewer.runtime, staff, "referrals", path)
    if kept["client_id"] != client_id:
        raise NotVisible
    said = await owners.ask(viewer.runtime, staff, "referrals", f"{path}/check")
    today = viewer.now.astimezone(viewer.zone).date()
    until = times.day(times.on_date(said.get("expires_on")), today)
    return await show(
        request,
        viewer,
        "refer_check.html",
        status,
        errors=errors,
        key=key or "",
        referral_id=referral_id,
        is_draft=kept["status"] == "draft",
        facts=[
            ("Need", words.need(kept["need"])),
            ("How soon", dict(URGENCIES).get(kept["urgency"], kept["urgency"])),
            ("Service", kept["service_name"]),
            ("Partner", kept["partner_name"]),
        ],
        shared=[words.category(code) for code in said["shared"]],
        withheld=[words.category(code) for code in said["withheld"]],
        allowed=said["decision"] == "ALLOW",
        gate=words.gate(said["code"]),
        until=until,
        **await header.of(viewer, client, "refer"),
    )


@router.post("/clients/{client_id}/referrals/{referral_id}/send")
async def send(
    request: Request, viewer: SignedIn, posted: Form, client_id: str, referral_id: str
) -> Response:
    """The gate decides at this instant; its no stands here with its reason."""
    _, staff = await people.toward(viewer, client_id, Action.REFER)
    path = f"/referrals/{referral_id}/send"
    try:
        saved = await owners.command(viewer.runtime, staff, "referrals", path, key=posted.key)
    except owners.OwnerRefused as problem:
        said = words.GATE.get(problem.code) or words.problem(problem.code)
        errors = {"": f"Not sent. {said}"}
        return await _check(request, viewer, client_id, referral_id, problem.status, errors)
    return await go(viewer, f"/referrals/{referral_id}", saved=saved)

"""Discharge to aftercare: one form, read back, then intake's discharge and our assignment."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.dashboard import owners, people, times, words
from services.dashboard.accounts import domain, store, usecases
from services.dashboard.pages import fields
from services.dashboard.pages.frame import Form, Posted, SignedIn, Viewer, go, show, trouble
from services.dashboard.record import header
from shared.auth import Action, Staff
from shared.contracts import Refused
from shared.runtime import Runtime
from shared.unit import run
from shared.web import cause_of

router = APIRouter()

FIELDS = (
    "program_id",
    "level_of_care",
    "recovery_date_basis",
    "plan_template",
    "time_zone",
    "counselor_id",
)
DATES = ("discharged_on", "recovery_date")
NEEDED = {
    "program_id": "Choose the program",
    "level_of_care": "Choose the level of care",
    "recovery_date_basis": "Choose what counts",
    "plan_template": "Choose a plan",
    "counselor_id": "Choose a counselor",
}


@router.get("/clients/{client_id}/discharge")
async def blank(request: Request, viewer: SignedIn, client_id: str) -> Response:
    client = await people.client(viewer, client_id, Action.DISCHARGE)
    today = viewer.now.astimezone(viewer.zone).date().isoformat()
    values = {"discharged_on": fields.parts(today), "counselor_id": client.counselor_id or ""}
    return await _form(request, viewer, client_id, values)


@router.post("/clients/{client_id}/discharge")
async def discharge(request: Request, viewer: SignedIn, posted: Form, client_id: str) -> Response:
    """Asked with ``step`` check (read the answers back), change, or start."""
    client, staff = await people.toward(viewer, client_id, Action.DISCHARGE)
    values = _values(posted)
    step = posted.text("step")
    if step == "change":
        return await _form(request, viewer, client_id, values)
    errors = await _missing(viewer, posted)
    if errors:
        return await _form(request, viewer, client_id, values, 422, errors)
    if step != "start":
        return await _read_back(request, viewer, client_id, posted)
    try:
        saved = await _start(request, viewer, staff, client.id, posted)
    except (owners.OwnerAway, owners.OwnerRefused, domain.NotCounselor) as problem:
        status, errors, key = trouble(problem, posted)
        return await _form(request, viewer, client_id, values, status, errors, key)
    return await go(viewer, f"/clients/{client_id}", saved=saved)


async def _start(
    request: Request, viewer: Viewer, staff: Staff, client_id: str, posted: Posted
) -> owners.Saved:
    """Both under the form's one key: sent again, each happens once."""
    body = {name: posted.text(name) or None for name in FIELDS if name != "counselor_id"}
    body |= {name: fields.date_text(posted, name) for name in DATES}
    told = await owners.command(
        viewer.runtime, staff, "intake", f"/clients/{client_id}/discharge", body, key=posted.key
    )
    assigned = await _assign(request, viewer, client_id, posted.text("counselor_id"))
    return replace(told, seen=told.seen and assigned)


async def _assign(request: Request, viewer: Viewer, client_id: str, staff_id: str) -> bool:
    runtime: Runtime = viewer.runtime
    cause = await cause_of(request, runtime, viewer.staff.actor, "assign-counselor", client_id)
    answer = await run(
        runtime.database,
        lambda unit: usecases.assign(unit, client_id, staff_id, by=viewer.staff.id),
        cause,
    )
    return await owners.reached(runtime, answer.body)


async def _missing(viewer: Viewer, posted: Posted) -> dict[str, str]:
    errors = {name: said for name, said in NEEDED.items() if not posted.text(name)}
    if not fields.date_text(posted, "discharged_on"):
        errors["discharged_on"] = "Enter the day they left"
    if errors.get("counselor_id") is None:
        known = dict(await _counselors(viewer))
        if posted.text("counselor_id") not in known:
            errors["counselor_id"] = NEEDED["counselor_id"]
    order = ("program_id", *DATES, *NEEDED)
    return {name: errors[name] for name in dict.fromkeys(order) if name in errors}


async def _counselors(viewer: Viewer) -> list[tuple[str, str]]:
    found = await store.accounts(viewer.runtime.database, only_active=True)
    shared = [a for a in found if set(a.sites) & set(viewer.account.sites)]
    return [(a.id, a.name) for a in shared if {"counselor", "supervisor"} & set(a.roles)]


async def _templates(viewer: Viewer) -> list[tuple[str, str]]:
    """Aftercare's own list; while it is away, the one we were configured with."""
    try:
        kept = await owners.read(viewer.runtime, viewer.staff, "aftercare", "/plan-templates")
    except Refused:
        return fields.options(viewer.settings.plan_templates)
    return [(item["template"], item["title"]) for item in kept["items"]]


def _values(posted: Posted) -> dict[str, Any]:
    dates = {name: fields.typed_date(posted, name) for name in DATES}
    return {**posted.values, **dates}


async def _form(
    request: Request,
    viewer: Viewer,
    client_id: str,
    values: Mapping[str, Any],
    status: int = 200,
    errors: Mapping[str, str] | None = None,
    key: str | None = None,
) -> Response:
    client = await people.client(viewer, client_id, Action.DISCHARGE)
    return await show(
        request,
        viewer,
        "discharge.html",
        status,
        errors=errors,
        key=key or "",
        values=values,
        programs=fields.options(viewer.settings.programs),
        levels=fields.options(words.LEVELS_OF_CARE),
        bases=fields.options(words.RECOVERY_DATE_BASES),
        templates=await _templates(viewer),
        zones=fields.ZONES,
        counselors=await _counselors(viewer),
        **await header.of(viewer, client, "discharge"),
    )


async def _read_back(request: Request, viewer: Viewer, client_id: str, posted: Posted) -> Response:
    client = await people.client(viewer, client_id, Action.DISCHARGE)
    today = viewer.now.astimezone(viewer.zone).date()
    settings = viewer.settings

    def on(name: str) -> str:
        typed = fields.date_text(posted, name)
        try:
            return times.day(times.on_date(typed), today)
        except ValueError:
            return typed or ""

    facts = [
        ("Program", settings.programs.get(posted.text("program_id"), "")),
        ("Left on", on("discharged_on")),
        ("Level of care", words.LEVELS_OF_CARE.get(posted.text("level_of_care"), "")),
        ("What counts", words.RECOVERY_DATE_BASES.get(posted.text("recovery_date_basis"), "")),
        *([("Since", on("recovery_date"))] if on("recovery_date") else []),
        ("Plan", settings.plan_templates.get(posted.text("plan_template"), "")),
        ("Counselor", dict(await _counselors(viewer)).get(posted.text("counselor_id"), "")),
    ]
    parts = [f"{name}_{part}" for name in DATES for part in ("month", "day", "year")]
    return await show(
        request,
        viewer,
        "discharge_check.html",
        facts=facts,
        kept={name: posted.text(name) for name in (*FIELDS, *parts)},
        **await header.of(viewer, client, "discharge"),
    )


@router.get("/clients/{client_id}/counselor")
async def choose_counselor(request: Request, viewer: SignedIn, client_id: str) -> Response:
    return await _counselor_form(request, viewer, client_id)


@router.post("/clients/{client_id}/counselor")
async def assign(request: Request, viewer: SignedIn, posted: Form, client_id: str) -> Response:
    """Another named human for this client; the dashboard alone assigns."""
    await people.client(viewer, client_id, Action.DISCHARGE)
    chosen = posted.text("counselor_id")
    if chosen not in dict(await _counselors(viewer)):
        return await _counselor_form(
            request, viewer, client_id, 422, {"counselor_id": NEEDED["counselor_id"]}
        )
    try:
        seen = await _assign(request, viewer, client_id, chosen)
    except Refused as problem:
        status, errors, _ = trouble(problem, posted)
        return await _counselor_form(request, viewer, client_id, status, errors)
    flash = "saved" if seen else "catching-up"
    return await go(viewer, f"/clients/{client_id}", flash=flash)


async def _counselor_form(
    request: Request,
    viewer: Viewer,
    client_id: str,
    status: int = 200,
    errors: Mapping[str, str] | None = None,
) -> Response:
    client = await people.client(viewer, client_id, Action.DISCHARGE)
    return await show(
        request,
        viewer,
        "counselor.html",
        status,
        errors=errors,
        counselors=await _counselors(viewer),
        chosen=client.counselor_id or "",
        **await header.of(viewer, client, "counselor"),
    )

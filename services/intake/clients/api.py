"""Staff routes for clients: register, card, discharge, erase."""

import re
from datetime import date
from typing import Any

from fastapi import APIRouter, Request

from services.intake import person
from services.intake.access import client_head, record, settings_of, today, until_permits_ran_out
from services.intake.clients import domain, store, usecases
from services.intake.clients.card import CardBody, checked
from services.intake.clients.usecases import Keys
from services.intake.fields import Id, Line
from services.intake.keydesk.desk import desk_of
from services.intake.person import Unusable
from shared.auth import Action, NotVisible, require
from shared.callers import StaffCaller
from shared.runtime import Runtime
from shared.unit import run
from shared.web import Body, Here, cause_of

router = APIRouter()

CODE = re.compile(r"[A-Za-z0-9_.-]{1,60}")


class RegisterBody(CardBody):
    site_id: Id


class ChangeBody(CardBody):
    version: int


class DischargeBody(Body):
    program_id: Line = ""
    discharged_on: Line = ""
    level_of_care: Line = ""
    recovery_date_basis: Line = ""
    recovery_date: Line | None = None
    plan_template: Line = ""
    time_zone: Line | None = None


class EraseBody(Body):
    code: Line


def keys_of(runtime: Runtime) -> Keys:
    return Keys(desk=desk_of(runtime), digest_key=runtime.settings.digest_key)


@router.post("/clients")
async def register(
    body: RegisterBody, request: Request, runtime: Here, staff: StaffCaller
) -> dict[str, Any]:
    require(staff, Action.SUBMISSIONS, site=body.site_id)
    if body.site_id not in settings_of(runtime).sites:
        raise NotVisible
    card = checked(body, today=today(runtime))
    cause = await cause_of(request, runtime, staff.actor, "register-client")
    answer = await run(
        runtime.database,
        lambda unit: usecases.register(unit, card, site_id=body.site_id, keys=keys_of(runtime)),
        cause,
    )
    return dict(answer.body)


@router.get("/clients/{client_id}")
async def show(client_id: str, runtime: Here, staff: StaffCaller) -> dict[str, Any]:
    """The contact card and the discharge; the look is recorded first."""
    await client_head(runtime, staff, client_id, Action.CONSENTS)
    key = await runtime.keyring.key(client_id)
    await record(runtime, staff, "read-card", client_id)
    client = await store.read(runtime.database, client_id, key)
    if client is None or client.card is None:
        raise NotVisible
    return {
        "client_id": client.id,
        "code": client.code,
        "site_id": client.site_id,
        "state": client.state,
        "registered_at": client.registered_at,
        "submission_id": client.submission_id,
        "version": client.card_version,
        **store.card_to_json(client.card),
        "discharge": store.discharge_to_json(client.discharge) if client.discharge else None,
    }


@router.put("/clients/{client_id}/card")
async def change_card(
    client_id: str, body: ChangeBody, request: Request, runtime: Here, staff: StaffCaller
) -> dict[str, Any]:
    await client_head(runtime, staff, client_id, Action.CONSENTS)
    card = checked(body, today=today(runtime))
    key = await runtime.keyring.key(client_id)
    cause = await cause_of(request, runtime, staff.actor, "change-card", client_id)
    answer = await run(
        runtime.database,
        lambda unit: usecases.change_card(
            unit, client_id, card, seen_version=body.version, key=key, keys=keys_of(runtime)
        ),
        cause,
    )
    return dict(answer.body)


@router.post("/clients/{client_id}/discharge")
async def discharge(
    client_id: str, body: DischargeBody, request: Request, runtime: Here, staff: StaffCaller
) -> dict[str, Any]:
    await client_head(runtime, staff, client_id, Action.DISCHARGE)
    wanted = _discharge(body)
    key = await runtime.keyring.key(client_id)
    cause = await cause_of(request, runtime, staff.actor, "discharge-client", client_id)
    answer = await run(
        runtime.database,
        lambda unit: usecases.discharge(
            unit, client_id, wanted, today=today(runtime), key=key, keys=keys_of(runtime)
        ),
        cause,
    )
    return dict(answer.body)


def _discharge(body: DischargeBody) -> domain.Discharge:
    """The discharge in types; BadDischarge names what cannot be read."""
    wrong: dict[str, str] = {}
    days: dict[str, date | None] = {}
    for name in ("discharged_on", "recovery_date"):
        typed = getattr(body, name)
        try:
            days[name] = person.day(typed) if typed else None
        except Unusable as problem:
            wrong[name] = problem.sentence
    for name in ("program_id", "plan_template"):
        if not CODE.fullmatch(getattr(body, name)):
            wrong[name] = "Choose one from the list"
    if body.time_zone and body.time_zone not in person.TIME_ZONES:
        wrong["time_zone"] = "Choose a time zone"
    if not body.discharged_on:
        wrong["discharged_on"] = "Enter the day they left"
    if wrong:
        raise domain.BadDischarge(fields=wrong)
    return domain.Discharge(id="", **{**body.model_dump(), **days})


@router.post("/clients/{client_id}/erase")
async def erase(
    client_id: str, body: EraseBody, request: Request, runtime: Here, staff: StaffCaller
) -> dict[str, Any]:
    """A supervisor's right; answered with what remains, in numbers."""
    await client_head(runtime, staff, client_id, Action.APPROVE)
    cause = await cause_of(request, runtime, staff.actor, "erase-client", client_id)
    # gone when this is asked again; the unit then meets the tombstone or its own earlier answer
    key = (await desk_of(runtime).keys([client_id])).get(client_id, b"")
    answer = await run(
        runtime.database,
        lambda unit: usecases.erase(
            unit, client_id, code=body.code, key=key, keys=keys_of(runtime)
        ),
        cause,
    )
    await until_permits_ran_out(runtime, answer.body)
    return dict(answer.body)

"""POST /internal/permits for services, GET /clients/{id}/disclosures for staff."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import Field

from services.intake.access import client_head, record, settings_of
from services.intake.consents import store as consents
from services.intake.consents.domain import Consent
from services.intake.disclosures import domain, store, usecases
from services.intake.disclosures.domain import Code, Permit
from services.intake.fields import Code as CodeField
from services.intake.fields import Id
from services.intake.keydesk.desk import desk_of
from shared.auth import Action, NotVisible
from shared.callers import ServiceCaller, StaffCaller
from shared.clock import new_id
from shared.unit import run
from shared.web import Body, Here, cause_of

router = APIRouter()

MAY_ASK = ("aftercare", "referrals", "notifications", "dashboard")


class PermitBody(Body):
    client_id: Id
    recipient_id: Id
    purpose: CodeField
    categories: Annotated[list[CodeField], Field(min_length=1, max_length=30)]
    about_id: Id
    channel: CodeField
    notice: bool = False
    scope_copy: bool = False


@router.post("/internal/permits")
async def ask(
    body: PermitBody, request: Request, runtime: Here, caller: ServiceCaller
) -> dict[str, Any]:
    """The gate's answer, recorded whichever it is; a denial is a 200 with its code."""
    if caller.name not in MAY_ASK:
        raise NotVisible
    key = (await desk_of(runtime).keys([body.client_id])).get(body.client_id)
    cause = await cause_of(request, runtime, caller.actor, "ask-permit", body.client_id)
    question, permit = _asked(body, caller.name, cause.at)
    zone = settings_of(runtime).zone
    answer = await run(
        runtime.database,
        lambda unit: usecases.decide(unit, question, permit, key=key, zone=zone),
        cause,
    )
    names = ("permit_id", "decision", "consent_id", "consent_version", "expires_at")
    given = {name: answer.body[name] for name in names}
    if given["decision"] != Code.ALLOW or key is None:
        return given
    consent = await consents.read(runtime.database, given["consent_id"], key)
    scope = _scope(consent) if consent else None
    return {**given, "notice_version": domain.NOTICE_VERSION, "scope": scope}


def _asked(body: PermitBody, asked_by: str, at: datetime) -> tuple[domain.Request, Permit]:
    """The question to the gate, and the permit that will keep its answer."""
    same = body.model_dump(include={"client_id", "recipient_id", "purpose"})
    same["categories"] = tuple(body.categories)
    question = domain.Request(**same, notice=body.notice, scope_copy=body.scope_copy)
    permit = Permit(
        **same,
        id=new_id("pm"),
        about_id=body.about_id,
        channel=body.channel,
        asked_by=asked_by,
        asked_at=at,
        decision=Code.NO_LEGAL_BASIS,
    )
    return question, permit


def _scope(consent: Consent) -> dict[str, Any]:
    """The clear explanation of the consent's scope that goes with each disclosure (R1.9)."""
    return {
        "recipient_name": consent.recipient_name,
        "purpose": consent.purpose,
        "categories": list(consent.categories),
        "expires_on": consent.expires_on,
    }


@router.get("/clients/{client_id}/disclosures")
async def accounting(
    client_id: str, runtime: Here, staff: StaffCaller, cursor: str | None = None
) -> dict[str, Any]:
    """Who received what, and what was refused (R1.15); looking is recorded too."""
    await client_head(runtime, staff, client_id, Action.ACCOUNTING)
    await record(runtime, staff, "read-disclosures", client_id)
    rows = await store.of_client(runtime.database, client_id, before=cursor)
    shown = rows[: store.PAGE_SIZE]
    key = (await desk_of(runtime).keys([client_id])).get(client_id)
    known = await consents.read_all(runtime.database, client_id, key) if key else []
    names = {consent.recipient_id: consent.recipient_name for consent in known}
    return {
        "items": [_row(permit, names) for permit in shown],
        "next": shown[-1].id if len(rows) > len(shown) else None,
    }


def _row(permit: Permit, names: dict[str, str]) -> dict[str, Any]:
    return {
        "permit_id": permit.id,
        "at": permit.disclosed_at or permit.asked_at,
        "recipient_id": permit.recipient_id,
        "recipient_name": names.get(permit.recipient_id),
        "purpose": permit.purpose,
        "categories": list(permit.categories),
        "channel": permit.channel,
        "decision": "ALLOW" if permit.state == "made" else "DENY",
        "code": permit.decision.value,
        "consent_id": permit.consent_id,
    }

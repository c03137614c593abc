"""Staff routes for consents: prepare, have signed, end, and offer the client a way to end them."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import Field

from services.intake import person
from services.intake.access import client_head, record, settings_of, today, until_permits_ran_out
from services.intake.clients import store as clients
from services.intake.consents import domain, store, usecases
from services.intake.consents.domain import Consent
from services.intake.consents.usecases import NewLink
from services.intake.fields import Line, Text
from services.intake.person import Unusable
from shared import links
from shared.auth import Action, NotVisible, Staff
from shared.callers import StaffCaller
from shared.clock import new_id
from shared.journal import Document
from shared.runtime import Runtime
from shared.unit import run
from shared.web import Body, Here, cause_of

router = APIRouter()


class ConsentBody(Body):
    """Nothing is required here: what is missing is named element by element (R1.3)."""

    recipient_id: Line = ""
    recipient_name: Line = ""
    recipient_kind: Line = ""
    purpose: Line = ""
    categories: Annotated[tuple[Line, ...], Field(max_length=40)] = ()
    description: Text = ""
    expires_on: Line | None = None
    expires_event: Line | None = None
    capacity: Line = domain.SELF
    authority: Line = ""


class RevokeBody(Body):
    """Why, in staff's words, is not asked for: ending a consent needs no reason."""

    reason: Line | None = None


@router.get("/clients/{client_id}/consents")
async def of_client(client_id: str, runtime: Here, staff: StaffCaller) -> dict[str, Any]:
    await client_head(runtime, staff, client_id, Action.CONSENTS)
    key = await runtime.keyring.key(client_id)
    await record(runtime, staff, "read-consents", client_id)
    known = await store.read_all(runtime.database, client_id, key)
    return {"items": [_shown(consent, runtime) for consent in known], "next": None}


def _shown(consent: Consent, runtime: Runtime) -> dict[str, Any]:
    at, signature = runtime.clock.now(), consent.signature
    missing = domain.missing_to_be_valid(consent, today=today(runtime))
    open_draft = consent.state == "draft"
    return {
        "consent_id": consent.id,
        "version": consent.version,
        "state": domain.shown_state(consent, at, settings_of(runtime).zone),
        "recipient_id": consent.recipient_id,
        "recipient_name": consent.recipient_name,
        "recipient_kind": consent.recipient_kind,
        "purpose": consent.purpose,
        "categories": list(consent.categories),
        "description": consent.description,
        "expires_on": consent.expires_on,
        "expires_event": consent.expires_event,
        "drafted_at": consent.drafted_at,
        "signed_at": signature.signed_at if signature else None,
        "signed_as": signature.name if signature else None,
        "wording": signature.wording if signature else None,
        "revoked_at": consent.revoked_at,
        "missing": [
            {"element": element, "text": text}
            for element, text in (missing.items() if open_draft else ())
        ],
    }


@router.post("/clients/{client_id}/consents")
async def draft(
    client_id: str, body: ConsentBody, request: Request, runtime: Here, staff: StaffCaller
) -> dict[str, Any]:
    await client_head(runtime, staff, client_id, Action.CONSENTS)
    key = await runtime.keyring.key(client_id)
    client = await clients.read(runtime.database, client_id, key)
    if client is None or client.card is None:
        raise NotVisible
    wanted = {**body.model_dump(), "expires_on": _day(body.expires_on)}
    cause = await cause_of(request, runtime, staff.actor, "draft-consent", client_id)
    consent = Consent(
        id=new_id("con"),
        client_id=client_id,
        patient_name=f"{client.card.given_name} {client.card.family_name}".strip(),
        drafted_at=cause.at,
        **{**wanted, "categories": tuple(dict.fromkeys(body.categories))},
    )
    answer = await run(
        runtime.database,
        lambda unit: usecases.draft(unit, consent, today=today(runtime), key=key),
        cause,
    )
    return dict(answer.body)


def _day(typed: str | None) -> date | None:
    try:
        return person.day(typed) if typed else None
    except Unusable as problem:
        raise domain.ConsentIncomplete(fields={"expires_on": problem.sentence}) from problem


@router.post("/consents/{consent_id}/offer-signing")
async def offer_signing(
    consent_id: str, request: Request, runtime: Here, staff: StaffCaller
) -> dict[str, Any]:
    """The client gets a neutral message with a link (R5.6)."""
    head = await _head(runtime, staff, consent_id)
    key, new = await runtime.keyring.key(head["client_id"]), _new_link(runtime)
    cause = await cause_of(request, runtime, staff.actor, "offer-signing", head["client_id"])
    answer = await run(
        runtime.database,
        lambda unit: usecases.offer_signing(unit, head["client_id"], consent_id, new, key=key),
        cause,
    )
    return dict(answer.body)


@router.post("/consents/{consent_id}/signing-session")
async def signing_session(
    consent_id: str, request: Request, runtime: Here, staff: StaffCaller
) -> dict[str, Any]:
    """The address of the signing page for a tablet that is handed over; nothing is sent."""
    head = await _head(runtime, staff, consent_id)
    key, new = await runtime.keyring.key(head["client_id"]), _new_link(runtime)
    cause = await cause_of(request, runtime, staff.actor, "open-signing", head["client_id"])
    answer = await run(
        runtime.database,
        lambda unit: usecases.open_signing_session(
            unit, head["client_id"], consent_id, new, key=key
        ),
        cause,
    )
    token = links.token(_link_key(runtime), answer.body["link_id"])
    return {**answer.body, "url": f"{runtime.settings.public_urls['intake']}/s/{token}"}


@router.post("/consents/{consent_id}/revoke")
async def revoke(
    consent_id: str, body: RevokeBody, request: Request, runtime: Here, staff: StaffCaller
) -> dict[str, Any]:
    """Answered once nothing can be disclosed under it any more (R1.7)."""
    head = await _head(runtime, staff, consent_id)
    key = await runtime.keyring.key(head["client_id"])
    cause = await cause_of(request, runtime, staff.actor, "revoke-consent", head["client_id"])
    answer = await run(
        runtime.database,
        lambda unit: usecases.revoke(unit, head["client_id"], consent_id, door="staff", key=key),
        cause,
    )
    await until_permits_ran_out(runtime, answer.body)
    return dict(answer.body)


@router.post("/clients/{client_id}/revocation-link")
async def revocation_link(
    client_id: str, request: Request, runtime: Here, staff: StaffCaller
) -> dict[str, Any]:
    await client_head(runtime, staff, client_id, Action.CONSENTS)
    new = _new_link(runtime)
    cause = await cause_of(request, runtime, staff.actor, "offer-revocation", client_id)
    answer = await run(
        runtime.database,
        lambda unit: usecases.offer_revocation(unit, client_id, new),
        cause,
    )
    return dict(answer.body)


async def _head(runtime: Runtime, staff: Staff, consent_id: str) -> Document:
    """Whose consent it is, if this person may see that client."""
    head = await store.head(runtime.database, consent_id)
    if head is None:
        raise NotVisible
    await client_head(runtime, staff, head["client_id"], Action.CONSENTS)
    return head


def _link_key(runtime: Runtime) -> bytes:
    return runtime.settings.link_keys["intake"]


def _new_link(runtime: Runtime) -> NewLink:
    return NewLink.made(_link_key(runtime))

"""JSON routes for staff: who is a partner, with which keys, told at which address."""

import base64
import binascii
from typing import Any

from fastapi import APIRouter, Request
from pydantic import Field

from services.referrals import public_address
from services.referrals.partners import jwks, store, usecases
from services.referrals.partners.domain import Partner
from services.referrals.settings import settings_of
from shared.auth import Action, require
from shared.callers import StaffCaller
from shared.clock import new_id
from shared.journal import Document
from shared.runtime import Runtime
from shared.unit import Unit, run
from shared.web import BadInput, Body, Here, cause_of

router = APIRouter()

ADDRESS = r"^[^\s@<>,;:\"]{1,64}@[^\s@<>,;:\"]{1,180}$"


class NewPartner(Body):
    organization_id: str = Field(min_length=1, max_length=100)
    name: str = Field(min_length=1, max_length=200)
    email: str = Field(pattern=ADDRESS)
    webhook_url: str | None = Field(default=None, max_length=public_address.LONGEST_URL)
    jwks: dict[str, Any] | None = None


class Keys(Body):
    jwks: dict[str, Any]


class WebhookAddress(Body):
    url: str = Field(max_length=public_address.LONGEST_URL)


@router.get("/partners")
async def index(here: Here, staff: StaffCaller, cursor: str | None = None) -> Document:
    require(staff, Action.DIRECTORY)
    found = await store.page(here.database, _opened(cursor))
    shown = found[: store.PAGE]
    more = len(found) > store.PAGE
    following = _cursor(f"{shown[-1].name}\n{shown[-1].id}") if more else None
    return {"items": [_view(partner) for partner in shown], "next": following}


@router.get("/partners/{partner_id}")
async def show(partner_id: str, here: Here, staff: StaffCaller) -> Document:
    require(staff, Action.DIRECTORY)
    return _view(await store.read(here.database, partner_id))


@router.post("/partners", status_code=201)
async def register(body: NewPartner, request: Request, here: Here, staff: StaffCaller) -> Any:
    require(staff, Action.CONFIRM_PARTNER)
    if body.jwks is not None or body.webhook_url is not None:
        require(staff, Action.PARTNER_KEYS)
    cause = await cause_of(request, here, staff.actor, "register-partner")
    partner = Partner(
        id=new_id("prt"),
        organization_id=body.organization_id,
        name=body.name.strip(),
        email=body.email,
        keys=jwks.public_keys(body.jwks) if body.jwks is not None else (),
    )
    secret, sealed = _new_secret(here, partner.id)
    if body.webhook_url is not None:
        _check(here, body.webhook_url)

    async def work(unit: Unit) -> None:
        await usecases.register(unit, partner)
        if body.webhook_url is not None:
            await usecases.set_webhook(unit, partner.id, body.webhook_url, sealed)

    answer = await run(here.database, work, cause)
    return {**answer.body, **_shown_once(secret, body.webhook_url, answer.replayed)}


@router.post("/partners/{partner_id}/jwks")
async def set_keys(
    partner_id: str, body: Keys, request: Request, here: Here, staff: StaffCaller
) -> Any:
    require(staff, Action.PARTNER_KEYS)
    keys = jwks.public_keys(body.jwks)
    cause = await cause_of(request, here, staff.actor, "set-partner-keys", partner_id)

    async def work(unit: Unit) -> None:
        await usecases.set_keys(unit, partner_id, keys)

    return (await run(here.database, work, cause)).body


@router.post("/partners/{partner_id}/webhook")
async def set_webhook(
    partner_id: str, body: WebhookAddress, request: Request, here: Here, staff: StaffCaller
) -> Any:
    """The secret is in this one answer; the one before it signs along until the next change."""
    require(staff, Action.PARTNER_KEYS)
    _check(here, body.url)
    cause = await cause_of(request, here, staff.actor, "set-partner-webhook", partner_id)
    secret, sealed = _new_secret(here, partner_id)

    async def work(unit: Unit) -> None:
        await usecases.set_webhook(unit, partner_id, body.url, sealed)

    answer = await run(here.database, work, cause)
    return {**answer.body, **_shown_once(secret, body.url, answer.replayed)}


def _new_secret(here: Runtime, partner_id: str) -> tuple[str, bytes]:
    secret = usecases.new_secret()
    return secret, usecases.seal_secret(here.settings.wrap_key, partner_id, secret)


def _shown_once(secret: str, url: str | None, replayed: bool) -> dict[str, str]:
    """Only the call that made it shows it: a repeated one made another, which nobody kept."""
    return {"webhook_secret": secret} if url is not None and not replayed else {}


def _check(here: Runtime, url: str) -> None:
    public_address.check_form(url, allow_loopback=settings_of(here).webhook_allow_loopback)


def _view(partner: Partner) -> Document:
    return {
        "partner_id": partner.id,
        "organization_id": partner.organization_id,
        "name": partner.name,
        "state": "active" if partner.active else "ended",
        "email": partner.email,
        "email_set": bool(partner.email),
        "has_system": partner.has_system,
        "keys": [{"kid": key["kid"], "alg": key["alg"]} for key in partner.keys],
        "webhook": {"url": partner.webhook.url, "stopped": partner.webhook.stopped}
        if partner.webhook
        else None,
        "version": partner.version,
    }


def _cursor(place: str) -> str:
    return base64.urlsafe_b64encode(place.encode()).decode()


def _opened(cursor: str | None) -> str | None:
    if cursor is None:
        return None
    try:
        return base64.urlsafe_b64decode(cursor.encode()).decode()
    except (binascii.Error, UnicodeError) as error:
        raise BadInput(fields={"cursor": "unknown"}) from error

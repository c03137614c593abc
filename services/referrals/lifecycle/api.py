"""JSON routes for staff, through the dashboard: draft, check, send, answer, cancel, look."""

from typing import Any, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from pydantic import Field

from services.referrals.lifecycle import gate, store, template, usecases, words
from services.referrals.lifecycle.domain import Referral
from services.referrals.lifecycle.preview import preview
from services.referrals.lifecycle.steps import OTHER, REASONS, Step
from services.referrals.lifecycle.transitions import Party, Status
from services.referrals.lifecycle.usecases import Wish
from services.referrals.lifecycle.views import staff_view
from services.referrals.settings import settings_of
from shared.auth import Action, NotVisible, Staff, require
from shared.callers import StaffCaller
from shared.clock import new_id
from shared.journal import Document, once, record_read
from shared.runtime import Runtime
from shared.unit import Unit, run
from shared.web import Body, Here, cause_of

router = APIRouter()


class Draft(Body):
    client_id: str = Field(max_length=60)
    service_id: str = Field(max_length=100)
    need: str = Field(max_length=60)
    urgency: Literal["urgent", "routine"] = "routine"
    categories: list[str] = Field(default=[], max_length=20)
    note: str | None = Field(default=None, max_length=words.LONGEST)


class Cancel(Body):
    reason: str = Field(min_length=1, max_length=words.LONGEST)


class OnBehalf(Body):
    status: Status
    reason: str | None = Field(default=None, max_length=words.LONGEST)
    business_status: str | None = Field(default=None, max_length=60)
    version: int | None = None


async def _allow(here: Runtime, staff: Staff, client_id: str) -> None:
    site = await store.site_of(here.database, client_id)
    require(staff, Action.REFER, site=site, client_id=client_id)


async def _visible(here: Runtime, staff: Staff, referral_id: str) -> Referral:
    referral = await store.read(here.database, referral_id)
    await _allow(here, staff, referral.client_id)
    return referral


@router.post("/referrals", status_code=201)
async def draft(body: Draft, request: Request, here: Here, staff: StaffCaller) -> Any:
    await _allow(here, staff, body.client_id)
    categories = template.chosen(body.need, body.categories)
    cause = await cause_of(request, here, staff.actor, "draft-referral", body.client_id)
    referral_id = new_id("ref")
    note = await words.seal(here, body.client_id, referral_id, body.note)
    wish = Wish(
        client_id=body.client_id,
        service_id=body.service_id,
        need=body.need,
        urgency=body.urgency,
        categories=categories,
        note=note,
    )

    async def work(unit: Unit) -> None:
        await usecases.draft(unit, wish, referral_id=referral_id, by=staff.id)

    return (await run(here.database, work, cause)).body


@router.post("/referrals/{referral_id}/check")
async def check(referral_id: str, here: Here, staff: StaffCaller) -> Document:
    """What the gate would say, from what is known here; sending asks the gate itself."""
    referral = await _visible(here, staff, referral_id)
    consents = await store.consents_of(here.database, referral.client_id)
    today = here.clock.now().astimezone(ZoneInfo(here.settings.center_zone)).date()
    said = preview(referral, consents, today)
    return {
        "referral_id": referral_id,
        "decision": said.decision,
        "code": said.code,
        "consent_id": said.consent_id,
        "expires_on": said.expires_on,
        "shared": list(referral.categories),
        "withheld": list(template.WITHHELD),
    }


@router.post("/referrals/{referral_id}/send")
async def send(referral_id: str, request: Request, here: Here, staff: StaffCaller) -> Any:
    referral = await _visible(here, staff, referral_id)
    cause = await cause_of(
        request, here, staff.actor, "send-referral", referral_id, referral.client_id
    )
    settings = settings_of(here)
    answer = await gate.send(
        here, referral, cause, office=settings.office, link_key=settings.link_key
    )
    return answer.body


@router.post("/referrals/{referral_id}/cancel")
async def cancel(
    referral_id: str, body: Cancel, request: Request, here: Here, staff: StaffCaller
) -> Any:
    referral = await _visible(here, staff, referral_id)
    cause = await cause_of(request, here, staff.actor, "cancel-referral", referral_id)
    code, sealed = await _said(here, referral, body.reason)
    link_key = settings_of(here).link_key

    async def work(unit: Unit) -> None:
        await usecases.cancel(
            unit, referral_id, reason=code or OTHER, words=sealed, link_key=link_key
        )

    return (await run(here.database, work, cause)).body


@router.post("/referrals/{referral_id}/answer")
async def answer(
    referral_id: str, body: OnBehalf, request: Request, here: Here, staff: StaffCaller
) -> Any:
    """What the partner said by phone: the same step as through its own door, by this person."""
    referral = await _visible(here, staff, referral_id)
    cause = await cause_of(request, here, staff.actor, "answer-for-partner", referral_id)
    code, sealed = await _said(here, referral, body.reason)
    step = Step(
        at=cause.at,
        status=body.status,
        party=Party.TARGET,
        business_status=body.business_status,
        reason=code,
        words=sealed,
    )

    async def work(unit: Unit) -> None:
        await usecases.answer(
            unit, referral_id, step, partner_id=referral.partner_id, expected=body.version
        )

    return (await run(here.database, work, cause)).body


async def _said(
    here: Runtime, referral: Referral, reason: str | None
) -> tuple[str | None, bytes | None]:
    """A listed reason is its code; anything else is "other" in the person's own words."""
    if not reason or not reason.strip():
        return None, None
    if reason in REASONS:
        return reason, None
    return OTHER, await words.seal(here, referral.client_id, referral.id, reason.strip())


@router.get("/referrals/{referral_id}")
async def show(referral_id: str, here: Here, staff: StaffCaller) -> Document:
    referral = await _visible(here, staff, referral_id)
    cause = once(staff.actor, "see-referral", here.clock.now())
    await record_read(here.database, cause, referral.id, referral.client_id)
    return (await staff_view(here, referral.client_id, [referral]))[0]


@router.get("/clients/{client_id}/referrals")
async def of_client(client_id: str, here: Here, staff: StaffCaller) -> Document:
    await _allow(here, staff, client_id)
    if await store.client(here.database, client_id) is None:
        raise NotVisible
    cause = once(staff.actor, "see-referrals", here.clock.now())
    await record_read(here.database, cause, client_id)
    referrals = await store.of_client(here.database, client_id)
    return {"items": await staff_view(here, client_id, referrals), "next": None}

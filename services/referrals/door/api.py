"""The partner API: what was sent to you, its notice, its details, and your answer."""

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.responses import Response

from services.referrals.door.caller import Caller, Reader, Writer
from services.referrals.lifecycle import gate, notice, store, usecases, words
from services.referrals.lifecycle.domain import Referral
from services.referrals.lifecycle.gate import NotDisclosed
from services.referrals.lifecycle.steps import OTHER, Step
from services.referrals.lifecycle.transitions import Party, Status, next_steps
from services.referrals.settings import settings_of
from shared.contracts import Refused
from shared.journal import Cause, Document
from shared.runtime import Runtime
from shared.unit import Unit, UseCase, run
from shared.web import BadInput, Body, Here, cause_of, problem

router = APIRouter(prefix="/partner/v1/referrals")

DEFAULT_PAGE, LARGEST_PAGE = 50, 100
ACTIONS = {
    "accept": Status.ACCEPTED,
    "reject": Status.REJECTED,
    "start": Status.IN_PROGRESS,
    "hold": Status.ON_HOLD,
    "complete": Status.COMPLETED,
    "fail": Status.FAILED,
    "cancel": Status.CANCELLED,
}


class KeyRequired(Refused):
    """Send an Idempotency-Key, so that a repeated call counts once."""

    code = "IDEMPOTENCY_KEY_REQUIRED"
    final = False


class Acknowledgement(Body):
    notice_version: str = Field(max_length=60)


class Said(Body):
    reason_code: str | None = Field(default=None, max_length=60)
    reason: str | None = Field(default=None, max_length=words.LONGEST)
    business_status: str | None = Field(default=None, max_length=60)


@router.get("")
async def index(
    request: Request,
    here: Here,
    caller: Reader,
    status: Status | None = None,
    cursor: str | None = Query(default=None, max_length=300),
    limit: int = Query(default=DEFAULT_PAGE, ge=1, le=LARGEST_PAGE),
) -> Response:
    found = await store.page_of_partner(
        here.database, caller.partner.id, status=status, before=_opened(cursor), limit=limit + 1
    )
    shown = found[:limit]
    following = _cursor(shown[-1]) if len(found) > limit else None
    body = {"items": [_summary(referral) for referral in shown], "next": following}
    return _tagged(request, body, _list_tag(shown, following))


@router.get("/{referral_id}")
async def show(referral_id: str, request: Request, here: Here, caller: Reader) -> Response:
    referral = await store.read_for_partner(here.database, referral_id, caller.partner.id)
    text = {"version": notice.VERSION, "text": notice.STATEMENT}
    return _tagged(request, {**_summary(referral), "notice": text}, _tag(referral))


@router.post("/{referral_id}/notice-acknowledgement")
async def acknowledge(
    referral_id: str, body: Acknowledgement, request: Request, here: Here, caller: Writer
) -> Document:
    cause = await _cause(request, here, caller, "acknowledge-notice", referral_id)

    async def work(unit: Unit) -> None:
        await usecases.acknowledge(
            unit,
            referral_id,
            partner_id=caller.partner.id,
            notice_version=body.notice_version,
            current=notice.VERSION,
        )

    return await _done(here, work, cause)


@router.get("/{referral_id}/details")
async def details(referral_id: str, here: Here, caller: Reader) -> Document:
    """Each call is a disclosure of its own: consent is checked now, the read is recorded now."""
    referral = await store.read_for_partner(here.database, referral_id, caller.partner.id)
    read = await gate.read_details(here, referral, caller.actor, channel="partner-api")
    return {
        "referral_id": referral_id,
        "notice": {"version": read.notice_version, "text": read.notice},
        "scope": read.scope,
        "details": read.fields,
        "read_at": read.read_at,
    }


@router.post("/{referral_id}/waitlist")
async def waitlist(referral_id: str, request: Request, here: Here, caller: Writer) -> Document:
    cause = await _cause(request, here, caller, "waitlist-referral", referral_id)
    office = settings_of(here).office

    async def work(unit: Unit) -> None:
        await usecases.waitlist(unit, referral_id, partner_id=caller.partner.id, office=office)

    return await _done(here, work, cause)


@router.post("/{referral_id}/{action}")
async def answer(
    referral_id: str,
    action: Literal["accept", "reject", "start", "hold", "complete", "fail", "cancel"],
    request: Request,
    here: Here,
    caller: Writer,
    body: Said | None = None,
) -> Document:
    cause = await _cause(request, here, caller, f"{action}-referral", referral_id)
    said = body or Said()
    referral = await store.read_for_partner(here.database, referral_id, caller.partner.id)
    sealed = await words.seal(here, referral.client_id, referral_id, said.reason)
    step = Step(
        at=cause.at,
        status=ACTIONS[action],
        party=Party.TARGET,
        business_status=said.business_status,
        reason=said.reason_code or (OTHER if sealed else None),
        words=sealed,
    )
    expected = _expected(request)

    async def work(unit: Unit) -> None:
        await usecases.answer(
            unit, referral_id, step, partner_id=caller.partner.id, expected=expected
        )

    return await _done(here, work, cause)


async def not_disclosed(request: Request, error: Exception) -> Response:
    """403 with the reason's code, whatever status that code has for staff."""
    refused: Any = error
    return problem(request, 403, refused.code, NotDisclosed.__doc__ or "")


async def _cause(
    request: Request, here: Runtime, caller: Caller, action: str, referral_id: str
) -> Cause:
    if not request.headers.get("idempotency-key"):
        raise KeyRequired
    return await cause_of(request, here, caller.actor, action, referral_id)


async def _done(here: Runtime, work: UseCase, cause: Cause) -> Document:
    """The answer without what is the house's own business (streams are keyed by client)."""
    body = (await run(here.database, work, cause)).body
    return {name: body[name] for name in ("referral_id", "status", "version")}


def _summary(referral: Referral) -> Document:
    """Nothing about the person: that is in the details, behind notice and consent."""
    return {
        "referral_id": referral.id,
        "status": referral.status,
        "business_status": referral.business_status,
        "reason": referral.reason,
        "service_id": referral.service_id,
        "service_name": referral.service_name,
        "urgency": referral.urgency,
        "sent_at": referral.sent_at,
        "view_by": referral.view_by,
        "decide_by": referral.decide_by,
        "viewed_at": referral.viewed_at,
        "notice_acknowledged": referral.notice_version == notice.VERSION,
        "next": list(next_steps(referral.status, Party.TARGET)),
        "version": referral.version,
    }


def _tag(referral: Referral) -> str:
    return f'"{referral.version}"'


def _list_tag(shown: Sequence[Referral], following: str | None) -> str:
    told = [f"{referral.id}/{referral.version}" for referral in shown] + [following or ""]
    return '"' + hashlib.sha256("|".join(told).encode()).hexdigest()[:32] + '"'


def _tagged(request: Request, body: Document, tag: str) -> Response:
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    known = [part.strip().removeprefix("W/") for part in _header(request, "if-none-match")]
    if tag in known or known == ["*"]:
        return Response(status_code=304, headers=headers)
    content = json.dumps(body, default=_plain)
    return Response(content, headers=headers, media_type="application/json")


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    raise TypeError(type(value).__name__)


def _header(request: Request, name: str) -> list[str]:
    return [part for part in request.headers.get(name, "").split(",") if part.strip()]


def _expected(request: Request) -> int | None:
    """The version a caller saw, from If-Match; none given means "whatever it is now"."""
    asked = request.headers.get("if-match")
    if asked is None or asked.strip() == "*":
        return None
    found = re.fullmatch(r'(?:W/)?"(\d{1,9})"', asked.strip())
    if found is None:
        raise BadInput(fields={"If-Match": "Give the ETag of the referral."})
    return int(found[1])


def _cursor(last: Referral) -> str:
    sent_at = last.sent_at.isoformat() if last.sent_at else ""
    return base64.urlsafe_b64encode(f"{sent_at}|{last.id}".encode()).decode()


def _opened(cursor: str | None) -> tuple[datetime, str] | None:
    if cursor is None:
        return None
    try:
        sent_at, _, referral_id = base64.urlsafe_b64decode(cursor.encode()).decode().partition("|")
        place = datetime.fromisoformat(sent_at)
    except ValueError as error:
        raise BadInput(fields={"cursor": "Use the value of next."}) from error
    if place.tzinfo is None:
        raise BadInput(fields={"cursor": "Use the value of next."})
    return place, referral_id

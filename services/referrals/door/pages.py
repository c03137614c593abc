"""The partner's page behind a one-time link: code, notice, details, answer, receipt."""

import secrets
from collections.abc import Callable
from datetime import date
from typing import Any

from babel.dates import format_date
from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.referrals.door import choices, store, visits
from services.referrals.door.limits import PAGE_LIMIT, check_rate
from services.referrals.door.visits import LinkDead, Visit
from services.referrals.lifecycle import gate, notice, template, usecases, words
from services.referrals.lifecycle.domain import Referral
from services.referrals.lifecycle.gate import NotDisclosed
from services.referrals.lifecycle.steps import OTHER, Step
from services.referrals.lifecycle.transitions import Party, Status
from services.referrals.partners import store as partners
from services.referrals.settings import settings_of
from shared.clock import new_id
from shared.journal import Actor, Cause, once
from shared.links import digest
from shared.pages import language_of, translations
from shared.runtime import Runtime
from shared.unit import Unit, run
from shared.web import Here, cause_of, form, page

router = APIRouter(include_in_schema=False)

COOKIE = "visit"
HOME = "/partner/request"


@router.get("/p/{token}")
async def first(token: str, request: Request, here: Here) -> Response:
    """Neutral, and nothing is used up: whoever opens the link sees that a code can be sent."""
    link = await visits.check_link(here.database, digest(token), here.clock.now())
    partner = await partners.read(here.database, link["partner_id"])
    return _page(request, "partner_link.html", token=token, address=_masked(partner.email))


@router.post("/partner/code")
async def send_code(request: Request, here: Here) -> Response:
    token = await _token(request, here)
    link = await visits.check_link(here.database, digest(token), here.clock.now())
    code_id = new_id("code")

    async def work(unit: Unit) -> None:
        await visits.send_code(unit, digest(token), code_id=code_id)

    await run(here.database, work, _cause(here, link["partner_id"], "send-code"))
    return _page(request, "partner_code.html", token=token)


@router.post("/partner/open")
async def open_visit(request: Request, here: Here) -> Response:
    token = await _token(request, here)
    typed = (await form(request)).get("code", "")
    link = await visits.check_link(here.database, digest(token), here.clock.now())
    secret = secrets.token_urlsafe(32)
    link_key = settings_of(here).link_key

    async def work(unit: Unit) -> None:
        await visits.open_visit(
            unit, digest(token), typed, visit_digest=store.digest(secret), link_key=link_key
        )

    answer = await run(here.database, work, _cause(here, link["partner_id"], "open-visit"))
    if not answer.body["opened"]:
        _ = _words(request)
        wrong = {"code": _("This code is not right or no longer works. Check it, or ask anew.")}
        return _page(request, "partner_code.html", 422, token=token, errors=wrong)
    return _with_visit(here, RedirectResponse(HOME, 303), secret)


@router.get(HOME)
async def look(request: Request, here: Here) -> Response:
    """Notice first, then details; each look at the details is a disclosure of its own."""
    visit, referral = await _visit(request, here)
    if visit.receipt:
        return RedirectResponse("/partner/receipt", 303)
    if referral.notice_version != notice.VERSION:
        return _notice(request)
    return await _details(request, here, visit, referral)


@router.post("/partner/notice")
async def acknowledge(request: Request, here: Here) -> Response:
    visit, referral = await _visit(request, here)
    if (await form(request)).get("read") != "yes":
        _ = _words(request)
        return _notice(request, 422, errors={"read": _("Read the notice and tick the box.")})

    async def work(unit: Unit) -> None:
        await usecases.acknowledge(
            unit,
            referral.id,
            partner_id=visit.partner_id,
            notice_version=notice.VERSION,
            current=notice.VERSION,
        )

    await run(here.database, work, _cause(here, visit.partner_id, "acknowledge-notice"))
    return RedirectResponse(HOME, 303)


@router.post("/partner/answer")
async def answer(request: Request, here: Here) -> Response:
    visit, referral = await _visit(request, here)
    if visit.receipt:  # sent twice
        return RedirectResponse("/partner/receipt", 303)
    said = await form(request)
    wrong = choices.problems(referral, said)
    if wrong:
        return await _details(request, here, visit, referral, 422, said=said, wrong=wrong)
    actor = Actor(kind="partner", id=visit.partner_id)
    cause = await cause_of(request, here, actor, "answer-by-link", referral.id)
    work = await _answer(here, visit, referral, said, cause)
    await run(here.database, work, cause)
    return RedirectResponse("/partner/receipt", 303)


async def _answer(
    here: Runtime, visit: Visit, referral: Referral, said: dict[str, str], cause: Cause
) -> Any:
    choice = said["answer"]
    sealed = await words.seal(here, referral.client_id, referral.id, said.get("text"))
    reason = said.get("reason") or (OTHER if sealed else None)
    office = settings_of(here).office

    async def work(unit: Unit) -> None:
        if choice == choices.WAITLIST:
            await usecases.waitlist(unit, referral.id, partner_id=visit.partner_id, office=office)
        else:
            step = Step(
                at=cause.at,
                status=Status(choice),
                party=Party.TARGET,
                reason=reason,
                words=sealed,
            )
            await usecases.answer(unit, referral.id, step, partner_id=visit.partner_id)
        await visits.end_visit(unit, visit, choice)

    return work


@router.get("/partner/receipt")
async def receipt(request: Request, here: Here) -> Response:
    visit, _ = await _visit(request, here)
    if not visit.receipt:
        return RedirectResponse(HOME, 303)
    at = visit.receipt["at"].astimezone(settings_of(here).office.zone)
    return _page(request, "partner_receipt.html", answer=visit.receipt["status"], at=f"{at:%H:%M}")


@router.post("/partner/new-link")
async def renew(request: Request, here: Here) -> Response:
    """Always the same answer, whatever the link once was."""
    token = await _token(request, here)
    link_key = settings_of(here).link_key

    async def work(unit: Unit) -> None:
        await visits.renew(unit, digest(token), link_key=link_key)

    await run(here.database, work, _cause(here, "unknown", "renew-link"))
    return _page(request, "link_not_in_use.html", again="/partner/new-link", token="", sent=True)


async def dead_link(request: Request, error: Exception) -> Response:
    """Used, ended, withdrawn and unknown links end here and look alike."""
    token = request.path_params.get("token", "")
    return _page(request, "link_not_in_use.html", 404, again="/partner/new-link", token=token)


async def _details(
    request: Request,
    here: Runtime,
    visit: Visit,
    referral: Referral,
    status: int = 200,
    *,
    said: dict[str, str] | None = None,
    wrong: dict[str, str] | None = None,
) -> Response:
    actor = Actor(kind="partner", id=visit.partner_id)
    try:
        read = await gate.read_details(here, referral, actor, channel="partner-link")
    except NotDisclosed as refusal:
        raise LinkDead from refusal
    return _page(
        request,
        "partner_details.html",
        status,
        details=read.fields,
        purpose=template.purpose_of(referral.need),
        recipient=read.scope.get("recipient_name", ""),
        until=_day(request, read.scope.get("expires_on")),
        notice=read.notice,
        choices=choices.of(referral),
        said=said or {},
        errors=_sentences(request, wrong or {}),
        service=referral.service_name,
        key=new_id("k"),
    )


def _notice(request: Request, status: int = 200, **context: Any) -> Response:
    return _page(request, "partner_notice.html", status, statement=notice.STATEMENT, **context)


def _sentences(request: Request, wrong: dict[str, str]) -> dict[str, str]:
    _ = _words(request)
    known = {
        choices.CHOOSE_ANSWER: _("Choose an answer."),
        choices.CHOOSE_REASON: _("Choose a reason from the list."),
        choices.SAY_WHY: _("Say why."),
        choices.SAY_LESS: _("Use at most 500 letters."),
    }
    return {name: known[code] for name, code in wrong.items()}


def _words(request: Request) -> Callable[[str], str]:
    return translations("referrals", language_of(request)).gettext


def _day(request: Request, until: str | None) -> str | None:
    if until is None:
        return None
    return format_date(date.fromisoformat(until), "medium", locale=language_of(request))


async def _visit(request: Request, here: Runtime) -> tuple[Visit, Referral]:
    visit = await visits.current(here.database, request.cookies.get(COOKIE), here.clock.now())
    return visit, await visits.referral_of(here.database, visit)


async def _token(request: Request, here: Runtime) -> str:
    """The token travels in the body from the first POST on; knocking too often is refused."""
    host = request.client.host if request.client else "unknown"
    await check_rate(here, f"page/{store.digest(host)[:16]}", PAGE_LIMIT)
    return (await form(request)).get("token", "")


def _cause(here: Runtime, partner_id: str, action: str) -> Cause:
    actor = Actor(kind="partner", id=partner_id)
    return once(actor, action, here.clock.now())


def _with_visit(here: Runtime, answer: Response, secret: str) -> Response:
    answer.set_cookie(
        COOKIE,
        secret,
        max_age=int(visits.VISIT_LIFETIME.total_seconds()),
        path="/partner",
        httponly=True,
        samesite="strict",
        secure=settings_of(here).own_url.startswith("https"),
    )
    return answer


def _page(request: Request, template: str, status: int = 200, /, **context: Any) -> Response:
    switch = request.method == "GET"
    lang = language_of(request)
    return page(request, template, status, leave=False, languages=switch, lang=lang, **context)


def _masked(address: str) -> str:
    """Enough to know which mailbox to open, too little to write to it."""
    name, _, domain = address.partition("@")
    return f"{name[:1]}…@{domain[:1]}…{domain[domain.rfind('.') :]}"

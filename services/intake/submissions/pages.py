"""The public contact form: one page a step, each saved, without cookies."""

import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from services.intake.access import settings_of, today
from services.intake.clients.domain import CODE_DIGITS, CODE_LETTERS
from services.intake.keydesk.desk import desk_of
from services.intake.person import _, date_parts
from services.intake.public import client, limit_tries, show
from services.intake.submissions import domain, store, usecases
from services.intake.submissions.domain import Draft
from services.intake.submissions.form import STEPS, Typed, check_step
from services.intake.submissions.usecases import Opened
from shared import links
from shared.auth import NotVisible
from shared.clock import new_id
from shared.confidential import search_digest
from shared.journal import Cause, Document, once
from shared.pages import language_of
from shared.runtime import Runtime
from shared.unit import run
from shared.web import Here, form, form_list

router = APIRouter(include_in_schema=False)

TRAP = "website"  # people never see this field; what fills it is no person
SEE_OTHER = 303


@router.get("/contact")
async def start_page(request: Request, runtime: Here) -> Response:
    return show(request, "contact_start.html", sites=settings_of(runtime).sites, code="")


@router.post("/contact")
async def start(request: Request, runtime: Here) -> Response:
    typed = await form(request)
    await limit_tries(request, runtime, "form", settings_of(runtime).forms_an_hour)
    if typed.get(TRAP):
        return _to("/contact/sent")
    sites = settings_of(runtime).sites
    site_id = typed.get("site_id", "")
    draft = _new_draft(
        runtime, language_of(request), site_id if site_id in sites else next(iter(sites))
    )
    token = _token(runtime, draft.id)
    cause = once(client(draft.id), "start-form", draft.started_at)
    await run(
        runtime.database,
        lambda unit: usecases.start_draft(
            unit, draft, token_digest=links.digest(token), desk=desk_of(runtime)
        ),
        cause,
    )
    return _to(f"/contact/{token}/{STEPS[0]}")


def _new_draft(runtime: Runtime, language: str, site_id: str) -> Draft:
    at, code = runtime.clock.now(), _new_return_code()
    return Draft(
        id=new_id("dr"),
        submission_id=new_id("sub"),
        return_code=code,
        return_digest=_code_digest(runtime, code),
        language=language,
        site_id=site_id,
        started_at=at,
        touched_at=at,
        deadline_id=new_id("dl"),
    )


def _new_return_code() -> str:
    """Eight letters and digits that cannot be mistaken for each other."""
    marks = "".join(secrets.choice(CODE_LETTERS + CODE_DIGITS) for _place in range(8))
    return f"{marks[:4]}-{marks[4:]}"


def _code_digest(runtime: Runtime, code: str) -> str:
    plain = code.replace("-", "").replace(" ", "").upper()
    return search_digest(runtime.settings.digest_key, "return-code", plain)


def _token(runtime: Runtime, draft_id: str) -> str:
    return links.token(runtime.settings.link_keys["intake"], draft_id)


@router.post("/contact/return")
async def come_back(request: Request, runtime: Here) -> Response:
    """The code opens the draft again, on any device."""
    typed = await form(request)
    await limit_tries(request, runtime, "code", settings_of(runtime).code_tries_an_hour)
    code = typed.get("code", "")
    head = await store.draft_by_code(runtime.database, _code_digest(runtime, code))
    if head is None:
        return show(
            request,
            "contact_start.html",
            sites=settings_of(runtime).sites,
            code=code,
            errors={"code": _("Check the code. A form that was not sent is kept for 7 days.")},
        )
    token = _token(runtime, head["_id"])
    opened = await _opened(runtime, token, head)
    cause = once(client(opened.draft_id), "reopen-form", runtime.clock.now())
    await run(runtime.database, lambda unit: usecases.reopen(unit, opened), cause)
    draft = await _read(runtime, opened)
    return _to(f"/contact/{token}/{_next_step(draft)}")


@router.get("/contact/sent")
async def sent(request: Request, runtime: Here) -> Response:
    """Says who gets in touch by when; knows nothing about who sent what."""
    here = runtime.clock.now().astimezone(settings_of(runtime).zone)
    return show(request, "contact_sent.html", call_by=domain.call_by(here))


async def _opened(runtime: Runtime, token: str, head: Document) -> Opened:
    submission_id = head["submission_id"]
    return Opened(
        draft_id=head["_id"],
        submission_id=submission_id,
        token_digest=links.digest(token),
        key=await desk_of(runtime).key(submission_id),
    )


async def _draft_of(token: str, runtime: Here) -> Opened:
    """The draft of this address; unknown, sent and forgotten ones look alike."""
    head = await store.draft_by_token(runtime.database, links.digest(token))
    if head is None:
        raise NotVisible
    return await _opened(runtime, token, head)


DraftHere = Annotated[Opened, Depends(_draft_of)]


async def _read(runtime: Runtime, opened: Opened) -> Draft:
    draft = await store.read_draft(runtime.database, opened.draft_id, opened.key)
    if draft is None:
        raise NotVisible
    return draft


@router.get("/contact/{token}/check")
async def check_page(token: str, request: Request, runtime: Here, opened: DraftHere) -> Response:
    draft = await _read(runtime, opened)
    if not draft.shows_answers(runtime.clock.now()):
        return _ask_for_code(request, runtime)
    missing = [step for step in STEPS if step not in draft.steps]
    if missing:
        return _to(f"/contact/{token}/{missing[0]}")
    return show(
        request,
        "contact_check.html",
        token=token,
        return_code=draft.return_code,
        typed=_shown(draft.answers),
        back=f"/contact/{token}/{STEPS[-1]}",
    )


@router.post("/contact/{token}/check")
async def send(token: str, request: Request, runtime: Here) -> Response:
    """Sent once, however often the button is pressed."""
    typed = await form(request)
    if typed.get(TRAP):
        return _to("/contact/sent")
    digest = links.digest(token)
    head = await store.draft_by_token(runtime.database, digest)
    opened = await _opened(runtime, token, head) if head else None
    cause = Cause(
        id=f"form/{digest}",
        actor=client(opened.submission_id if opened else "unknown"),
        action="send-form",
        at=runtime.clock.now(),
    )

    async def work(unit: Any) -> None:
        if opened is None:
            raise NotVisible
        await usecases.send(unit, opened)

    await run(runtime.database, work, cause)
    return _to("/contact/sent")


@router.get("/contact/{token}/{step}")
async def step_page(
    token: str, step: str, request: Request, runtime: Here, opened: DraftHere
) -> Response:
    draft = await _read(runtime, opened)
    if step not in STEPS:
        raise NotVisible
    if not draft.shows_answers(runtime.clock.now()):
        return _ask_for_code(request, runtime)
    typed = _shown(draft.answers)
    return _step(request, token, step, typed, draft, errors={})


@router.post("/contact/{token}/{step}")
async def save(
    token: str, step: str, request: Request, runtime: Here, opened: DraftHere
) -> Response:
    if step not in STEPS:
        raise NotVisible
    lists = await form_list(request)
    values = {name: several[-1] for name, several in lists.items()}
    values["birth_date"] = date_parts(values, "birth_date")
    typed = Typed(values, lists)
    answers = check_step(step, typed, today=today(runtime))
    if typed.errors:
        draft = await _read(runtime, opened)
        again = _as_typed(values, lists)
        return _step(request, token, step, again, draft, errors=typed.errors)
    cause = once(client(opened.draft_id), "save-form-step", runtime.clock.now())
    await run(runtime.database, lambda unit: usecases.save_step(unit, opened, step, answers), cause)
    return _to(f"/contact/{token}/{_next_step(await _read(runtime, opened))}")


def _next_step(draft: Draft) -> str:
    return next((step for step in STEPS if step not in draft.steps), "check")


def _step(
    request: Request,
    token: str,
    step: str,
    typed: dict[str, Any],
    draft: Draft,
    *,
    errors: dict[str, str],
) -> Response:
    number = STEPS.index(step)
    return show(
        request,
        f"contact_{step}.html",
        errors=errors,
        token=token,
        step=number + 1,
        steps=len(STEPS) + 1,
        typed=typed,
        return_code=draft.return_code if draft.steps else "",
        back=f"/contact/{token}/{STEPS[number - 1]}" if number else "/contact",
    )


def _ask_for_code(request: Request, runtime: Runtime) -> Response:
    """Every phone is shared: after a while only the code shows the answers again."""
    return show(request, "contact_code.html", code="")


_EMPTY: dict[str, Any] = {
    "asking": "self",
    **dict.fromkeys(("given_name", "family_name", "preferred_name", "phone", "email"), ""),
    **dict.fromkeys(("time_zone", "message", "language"), ""),
    "voicemail": "no",
    "ways": [],
    "times": [],
    "help_wanted": [],
    "birth_date": {"month": "", "day": "", "year": ""},
}


def _shown(answers: dict[str, Any]) -> dict[str, Any]:
    """Saved answers as the form shows them."""
    year, month, day = (answers.get("birth_date") or "--").split("-")
    return {
        **_EMPTY,
        **answers,
        "voicemail": "yes" if answers.get("voicemail") else "no",
        "birth_date": {"month": month.lstrip("0"), "day": day.lstrip("0"), "year": year},
    }


def _as_typed(values: dict[str, str], lists: dict[str, list[str]]) -> dict[str, Any]:
    """What was just typed, wrong entries included: nothing is cleared."""
    born = {part: values.get(f"birth_date_{part}", "") for part in ("month", "day", "year")}
    several = {name: lists.get(name, []) for name in ("ways", "times", "help_wanted")}
    return {**_EMPTY, **values, **several, "birth_date": born}


def _to(address: str) -> Response:
    return RedirectResponse(address, SEE_OTHER)

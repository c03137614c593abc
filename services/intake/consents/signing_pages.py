"""Where a client reads a consent, agrees or says no."""

import re

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.intake.access import today
from services.intake.consents import store, usecases, wording
from services.intake.consents.domain import Consent, Signature
from services.intake.consents.doors import SEE_OTHER, SIGNING, Opened
from services.intake.consents.usecases import LinkNotInUse
from services.intake.person import LANGUAGES, Unusable, _, name
from services.intake.public import client, show
from shared import links
from shared.journal import Cause, once, record_read
from shared.pages import language_of
from shared.runtime import Runtime
from shared.unit import run
from shared.web import Here, form

router = APIRouter(include_in_schema=False)

DRAWING = re.compile(r"(?:[ML]\d{1,3} \d{1,3}){2,900}")  # lines of an SVG path, nothing else


@router.get("/s/form")
async def read_consent(request: Request, runtime: Here) -> Response:
    opened = await SIGNING.open(runtime, SIGNING.token(request))
    cause = once(client(opened.link.link_id), "read-consent", runtime.clock.now())
    await record_read(runtime.database, cause, opened.link.client_id)
    return _page(request, runtime, await _consent_of(runtime, opened))


@router.post("/s/form")
async def answer_consent(request: Request, runtime: Here) -> Response:
    """The last POST: it ends the link, and a second click gets the answer of the first."""
    typed, token = await form(request), SIGNING.token(request)
    opened = await SIGNING.known(runtime, token)
    if typed.get("answer") == "no":
        await _decline(runtime, opened, links.digest(token))
        return RedirectResponse("/s/no", SEE_OTHER)
    consent = await _consent_of(runtime, opened)
    try:
        signature = _signature(consent, typed, runtime)
    except Unusable as problem:
        return _page(request, runtime, consent, typed, {"name": problem.sentence})
    await _sign(runtime, opened, links.digest(token), signature)
    return RedirectResponse("/s/done", SEE_OTHER)


@router.get("/s/done")
async def signed(request: Request, runtime: Here) -> Response:
    return show(request, "consent_answered.html", agreed=True)


@router.get("/s/no")
async def declined(request: Request, runtime: Here) -> Response:
    return show(request, "consent_answered.html", agreed=False)


async def _sign(runtime: Runtime, opened: Opened, digest: str, signature: Signature) -> None:
    cause = _cause(runtime, opened, "sign-consent", digest)
    day = today(runtime)
    await run(
        runtime.database,
        lambda unit: usecases.sign(unit, digest, signature, today=day, key=opened.key),
        cause,
    )


async def _decline(runtime: Runtime, opened: Opened, digest: str) -> None:
    cause = _cause(runtime, opened, "decline-consent", digest)
    await run(runtime.database, lambda unit: usecases.decline(unit, digest, key=opened.key), cause)


def _cause(runtime: Runtime, opened: Opened, action: str, digest: str) -> Cause:
    return Cause(
        id=f"link/{digest}/{action}",
        actor=client(opened.link.link_id),
        action=action,
        at=runtime.clock.now(),
        about=(opened.link.client_id,),
    )


def _signature(consent: Consent, typed: dict[str, str], runtime: Runtime) -> Signature:
    """Who signs, and the very words that were shown; Unusable without an answer and a name."""
    if typed.get("answer") != "agree":
        raise Unusable(_("Choose one of the two answers: I say no, or I agree"))
    if not typed.get("name"):
        raise Unusable(_("Enter your name to agree"))
    language = typed.get("language", "")
    text = _text(consent, language if language in LANGUAGES else "en", runtime)
    drawing = typed.get("drawing", "")
    return Signature(
        name=name(typed["name"]),
        signed_at=runtime.clock.now(),
        language=text.language,
        wording=text.version,
        text=text.full_text,
        statements=text.statements,
        drawing=drawing if DRAWING.fullmatch(drawing) else None,
    )


def _page(
    request: Request,
    runtime: Runtime,
    consent: Consent,
    typed: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
) -> Response:
    return show(
        request,
        "consent_sign.html",
        errors=errors,
        text=_text(consent, language_of(request), runtime),
        typed=typed or {},
    )


def _text(consent: Consent, language: str, runtime: Runtime) -> wording.Wording:
    settings = runtime.settings
    return wording.write_out(
        consent, language, center_name=settings.center_name, center_phone=settings.center_phone
    )


async def _consent_of(runtime: Runtime, opened: Opened) -> Consent:
    consent = await store.read(runtime.database, opened.link.subject, opened.key)
    if consent is None:
        raise LinkNotInUse
    return consent

"""Where a client ends what they allowed (R1.7)."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.intake.access import settings_of, until_permits_ran_out
from services.intake.consents import domain, store, usecases, wording
from services.intake.consents.domain import Consent
from services.intake.consents.doors import ENDING, Opened
from services.intake.person import _
from services.intake.public import client, show
from shared import links
from shared.journal import Cause, once, record_read
from shared.pages import language_of
from shared.runtime import Runtime
from shared.unit import run
from shared.web import Here, form_list

router = APIRouter(include_in_schema=False)


@router.get("/r/form")
async def choose(request: Request, runtime: Here) -> Response:
    """Everything this client allows now, in words."""
    opened = await ENDING.open(runtime, ENDING.token(request))
    cause = once(client(opened.link.link_id), "read-consents", runtime.clock.now())
    await record_read(runtime.database, cause, opened.link.client_id)
    return _page(request, await _active(runtime, opened), {})


@router.post("/r/form")
async def end(request: Request, runtime: Here) -> Response:
    """The last POST; answered once nobody can use an earlier permit any more."""
    token = ENDING.token(request)
    opened = await ENDING.known(runtime, token)
    chosen = list(dict.fromkeys((await form_list(request)).get("consent", [])))
    if not chosen:
        wrong = {"consent": _("Choose at least one, or close this page")}
        return _page(request, await _active(runtime, opened), wrong)
    digest = links.digest(token)
    cause = Cause(
        id=f"link/{digest}/end",
        actor=client(opened.link.link_id),
        action="revoke-consent",
        at=runtime.clock.now(),
        about=(opened.link.client_id,),
    )
    answer = await run(
        runtime.database,
        lambda unit: usecases.revoke_by_link(unit, digest, chosen, key=opened.key),
        cause,
    )
    await until_permits_ran_out(runtime, answer.body)
    ended = await _known(runtime, opened)
    names = [
        consent.recipient_name for consent in ended if consent.id in answer.body["consent_ids"]
    ]
    return show(request, "consent_ended.html", names=names)


async def _known(runtime: Runtime, opened: Opened) -> list[Consent]:
    return await store.read_all(runtime.database, opened.link.client_id, opened.key)


async def _active(runtime: Runtime, opened: Opened) -> list[Consent]:
    at, zone = runtime.clock.now(), settings_of(runtime).zone
    known = await _known(runtime, opened)
    return [consent for consent in known if domain.shown_state(consent, at, zone) == "active"]


def _page(request: Request, active: list[Consent], errors: dict[str, str]) -> Response:
    options = [_option(consent, language_of(request)) for consent in active]
    chosen = [options[0][0]] if len(options) == 1 else []
    return show(request, "consent_end.html", errors=errors, options=options, chosen=chosen)


def _option(consent: Consent, language: str) -> tuple[Any, ...]:
    """(id, who, what and what for) for one choice on the page."""
    what = wording.categories_in_words(consent.categories, language)
    purpose = wording.purpose_in_words(consent.purpose, language)
    until = wording.last_day_in_words(consent, language)
    return (consent.id, consent.recipient_name, f"{what}. {purpose}. {until}")

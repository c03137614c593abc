"""Staff routes for contact forms: take one by phone, the queue, one form, its answer."""

from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import Field

from services.intake.access import form_head, record, settings_of, sites_of, today
from services.intake.clients import store as clients
from services.intake.clients import usecases as client_usecases
from services.intake.clients.api import RegisterBody, keys_of
from services.intake.clients.card import checked
from services.intake.clients.matching import Traits, reasons
from services.intake.fields import Id, Line, Text
from services.intake.keydesk.desk import desk_of
from services.intake.submissions import store, usecases
from services.intake.submissions.domain import Content, Incomplete
from services.intake.submissions.form import Typed, answers_of, check_all, content_of
from shared.auth import Action, NotVisible, require
from shared.callers import StaffCaller
from shared.clock import new_id
from shared.confidential import Erased
from shared.runtime import Runtime
from shared.unit import run
from shared.web import Body, Here, cause_of

router = APIRouter()

Choices = Annotated[tuple[Line, ...], Field(max_length=20)]


class FormBody(Body):
    """The contact form as a staff member fills it in; ``birth_date`` as 1990-03-04."""

    channel: Line = "phone"
    site_id: Id | None = None
    asking: Line = "self"
    given_name: Line = ""
    family_name: Line = ""
    preferred_name: Line = ""
    birth_date: Line = ""
    phone: Line = ""
    email: Line = ""
    language: Line = "en"
    time_zone: Line = ""
    ways: Choices = ()
    times: Choices = ()
    voicemail: Line = "no"
    help_wanted: Choices = ()
    message: Text = ""


class CloseBody(Body):
    reason: Line


@router.post("/submissions")
async def take_by_phone(
    body: FormBody, request: Request, runtime: Here, staff: StaffCaller
) -> dict[str, Any]:
    sites = settings_of(runtime).sites
    site_id = body.site_id or next((site for site in sites_of(staff) if site in sites), "")
    require(staff, Action.SUBMISSIONS, site=site_id)
    content = _checked(body, runtime)
    submission_id = new_id("sub")
    cause = await cause_of(request, runtime, staff.actor, "take-form-by-phone")
    answer = await run(
        runtime.database,
        lambda unit: usecases.receive_by_phone(
            unit, content, submission_id=submission_id, site_id=site_id, desk=desk_of(runtime)
        ),
        cause,
    )
    return dict(answer.body)


def _checked(body: FormBody, runtime: Runtime) -> Content:
    fields = body.model_dump()
    lists = {name: fields.pop(name) for name in ("ways", "times", "help_wanted")}
    texts = {name: value for name, value in fields.items() if isinstance(value, str)}
    typed = Typed(texts, lists)
    answers = check_all(typed, today=today(runtime))
    if typed.errors:
        raise Incomplete(fields=typed.errors)
    return content_of(answers)


@router.get("/submissions")
async def queue(
    runtime: Here, staff: StaffCaller, state: str = "open", cursor: str | None = None
) -> dict[str, Any]:
    """Oldest first; ids, times and languages only, so nothing is recorded as a look."""
    rows = await store.queue(runtime.database, state=state, sites=sites_of(staff), after=cursor)
    shown = rows[: store.PAGE_SIZE]
    return {
        "items": [
            {
                "submission_id": row["_id"],
                "received_at": row["received_at"],
                "language": row["language"],
                "channel": row["channel"],
                "site_id": row["site_id"],
                "state": row["state"],
            }
            for row in shown
        ],
        "next": shown[-1]["_id"] if len(rows) > len(shown) else None,
    }


@router.get("/submissions/{submission_id}")
async def show(submission_id: str, runtime: Here, staff: StaffCaller) -> dict[str, Any]:
    """What somebody told us, beside clients who may be the same person."""
    head = await form_head(runtime, staff, submission_id)
    key = (await desk_of(runtime).keys([submission_id])).get(submission_id)
    await record(runtime, staff, "read-form", submission_id)
    form = await store.read(runtime.database, submission_id, key)
    content = form.content if form else None
    return {
        "submission_id": submission_id,
        "received_at": head["received_at"],
        "language": head["language"],
        "channel": head["channel"],
        "site_id": head["site_id"],
        "state": head["state"],
        "reason": head["reason"],
        "client_id": head["client_id"],
        "content": _shown(content) if content else None,
        "possible_matches": await _matches(runtime, staff, content) if content else [],
    }


def _shown(content: Content) -> dict[str, Any]:
    answers = answers_of(content)
    ways = answers.pop("ways")
    safe = {way: way in ways for way in ("text", "call", "email")}
    return {**answers, "safe_contact": {**safe, "voicemail": answers.pop("voicemail")}}


async def _matches(runtime: Runtime, staff: StaffCaller, content: Content) -> list[dict[str, Any]]:
    """Clients of this person's sites who may be the one who wrote; every shown one is a look."""
    asked = Traits(
        given_name=content.given_name,
        family_name=content.family_name,
        preferred_name=content.preferred_name,
        birth_date=content.birth_date,
        phones=frozenset({content.phone} - {""}),
        emails=frozenset({content.email} - {""}),
    )
    found = await clients.candidates(
        runtime.database, asked, sites=staff.sites, digest_key=runtime.settings.digest_key
    )
    keys = await desk_of(runtime).keys([document["_id"] for document in found])
    matches = []
    for document in found:
        key = keys.get(document["_id"])
        client = clients.open_document(document, key) if key else None
        if client and client.card and (why := reasons(asked, clients.traits_of(client.card))):
            matches.append(_match(client, why))
    if matches:
        await record(runtime, staff, "read-match", *(match["client_id"] for match in matches))
    return sorted(matches, key=lambda match: -len(match["reasons"]))


def _match(client: Any, why: tuple[str, ...]) -> dict[str, Any]:
    phones = sorted(clients.traits_of(client.card).phones)
    born = client.card.birth_date
    return {
        "client_id": client.id,
        "code": client.code,
        "given_name": client.card.given_name,
        "family_name": client.card.family_name,
        "birth_date": born.isoformat() if born else None,
        "phone_ending": phones[0][-4:] if phones else None,
        "reasons": list(why),
    }


@router.post("/submissions/{submission_id}/register")
async def register(
    submission_id: str, body: RegisterBody, request: Request, runtime: Here, staff: StaffCaller
) -> dict[str, Any]:
    await form_head(runtime, staff, submission_id)
    require(staff, Action.SUBMISSIONS, site=body.site_id)
    if body.site_id not in settings_of(runtime).sites:
        raise NotVisible
    card = checked(body, today=today(runtime))
    form = (submission_id, await _key(runtime, submission_id))
    cause = await cause_of(request, runtime, staff.actor, "register-client", submission_id)
    answer = await run(
        runtime.database,
        lambda unit: client_usecases.register(
            unit, card, site_id=body.site_id, keys=keys_of(runtime), submission=form
        ),
        cause,
    )
    return dict(answer.body)


@router.post("/submissions/{submission_id}/close")
async def close(
    submission_id: str, body: CloseBody, request: Request, runtime: Here, staff: StaffCaller
) -> dict[str, Any]:
    await form_head(runtime, staff, submission_id)
    key = await _key(runtime, submission_id)
    cause = await cause_of(request, runtime, staff.actor, "close-form", submission_id)
    answer = await run(
        runtime.database,
        lambda unit: usecases.close(unit, submission_id, reason=body.reason, key=key),
        cause,
    )
    return dict(answer.body)


async def _key(runtime: Runtime, submission_id: str) -> bytes:
    """The form's key; a form whose content was deleted is as good as gone."""
    try:
        return await desk_of(runtime).key(submission_id)
    except Erased as error:
        raise NotVisible from error

"""JSON routes for staff: contact points, messages, texts to read, crises to take on."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import StringConstraints

from services.notifications import alarms, codes, store, texts, usecases
from services.notifications.domain import EMAIL, ContactPoint
from services.notifications.house import key_for, key_named
from services.notifications.sending import value_of, write
from services.notifications.texts import place_of
from shared import confidential
from shared.auth import Action, NotVisible, Staff, reaches, require
from shared.callers import StaffCaller
from shared.journal import Document, once, record_read
from shared.runtime import Runtime
from shared.unit import Answer, UseCase, run
from shared.web import Body, Here, cause_of

router = APIRouter()

PAGE_SIZE = 50
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000)]
SaidNote = Annotated[Note, StringConstraints(min_length=1)]


class TypedCode(Body):
    code: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20)]


class TextNote(Body):
    note: Note = ""


class CrisisNote(Body):
    note: SaidNote


async def _visible(runtime: Runtime, staff: Staff, client_id: str) -> None:
    person = await store.person_now(runtime.database, client_id)
    require(staff, Action.CARE, site=person.site_id if person else None, client_id=client_id)
    if person is None:
        raise NotVisible


def _on_the_team(staff: Staff) -> None:
    """A crisis, or a text that nobody can be named for, is for everyone who gives care (R3.9)."""
    if not reaches(staff, Action.CARE):
        raise NotVisible


async def _note_read(runtime: Runtime, staff: Staff, action: str, *about: str) -> None:
    cause = once(staff.actor, action, runtime.clock.now(), *about)
    await record_read(runtime.database, cause, *about)


@router.get("/clients/{client_id}/contact-points")
async def contact_points(client_id: str, runtime: Here, staff: StaffCaller) -> dict[str, Any]:
    await _visible(runtime, staff, client_id)
    points = await store.points_now(runtime.database, client_id)
    wishes = await store.wishes_now(runtime.database, [point.address for point in points])
    await _note_read(runtime, staff, "read_contact_points", client_id)
    items = []
    for point in points:
        wish = wishes.get(point.address)
        items.append(
            {
                "contact_point_id": point.id,
                "channel": point.channel,
                "masked": mask(point.channel, await value_of(runtime, point)),
                "verified_at": point.verified_at if point.state == "verified" else None,
                "opted_out_at": wish.opted_out_at if wish else None,
                "last_error": point.last_error,
            }
        )
    return {"items": items, "next": None}


def mask(channel: str, value: str) -> str:
    """Enough to tell two apart, too little to write to."""
    if channel != EMAIL:
        return f"••• {value[-4:]}"
    name, _, host = value.partition("@")
    return f"{name[:1]}•••@{host[:1]}•••.{host.rpartition('.')[2]}"


@router.post("/contact-points/{point_id}/send-code")
async def send_code(
    point_id: str, request: Request, runtime: Here, staff: StaffCaller
) -> dict[str, Any]:
    point = await _own_point(runtime, staff, point_id)
    link_key = runtime.settings.link_keys["notifications"]
    answer = await _command(
        request,
        runtime,
        staff,
        lambda unit: usecases.send_code(unit, point_id, link_key=link_key),
        point.client_id,
    )
    return dict(answer.body)


@router.post("/contact-points/{point_id}/verify")
async def verify(
    point_id: str, body: TypedCode, request: Request, runtime: Here, staff: StaffCaller
) -> dict[str, Any]:
    point = await _own_point(runtime, staff, point_id)
    key = runtime.settings.digest_key
    answer = await _command(
        request,
        runtime,
        staff,
        lambda unit: usecases.enter_code(unit, point_id, typed=body.code, digest_key=key),
        point.client_id,
    )
    if not answer.body["verified"]:
        raise codes.CodeWrong(fields={"code": "wrong"})
    return dict(answer.body)


async def _own_point(runtime: Runtime, staff: Staff, point_id: str) -> ContactPoint:
    point = await store.point_now(runtime.database, point_id)
    if point is None:
        raise NotVisible
    await _visible(runtime, staff, point.client_id)
    return point


async def _command(
    request: Request, runtime: Runtime, staff: Staff, use_case: UseCase, *about: str
) -> Answer:
    endpoint = request.scope["endpoint"].__name__
    cause = await cause_of(request, runtime, staff.actor, endpoint, *about)
    return await run(runtime.database, use_case, cause)


@router.get("/clients/{client_id}/messages")
async def messages(
    client_id: str,
    runtime: Here,
    staff: StaffCaller,
    cursor: Annotated[datetime | None, Query()] = None,
) -> dict[str, Any]:
    """Both directions, newest first; a sent text is shown as worded, without its link."""
    await _visible(runtime, staff, client_id)
    rows = await store.messages_of(runtime.database, client_id, before=cursor, limit=PAGE_SIZE)
    await _note_read(runtime, staff, "read_messages", client_id)
    items = [await _message(runtime, row) for row in rows]
    return {"items": items, "next": rows[-1]["at"] if len(rows) == PAGE_SIZE else None}


async def _message(runtime: Runtime, row: Document) -> dict[str, Any]:
    incoming = row["direction"] == "in"
    return {
        "id": row["_id"],
        "direction": row["direction"],
        "channel": "sms" if incoming else row["channel"],
        "purpose": row["kind"] if incoming else row["purpose"],
        "at": row["at"],
        "not_before": None if incoming else row["not_before"],
        "state": row["state"],
        "reason": None if incoming else row["reason"],
        "text": await (_words_in(runtime, row) if incoming else _words_out(runtime, row)),
    }


async def _words_in(runtime: Runtime, text: Document) -> str:
    return (await _content(runtime, text))["body"]


async def _content(runtime: Runtime, text: Document) -> dict[str, str]:
    key = await key_named(runtime, text["key"])
    content: dict[str, str] = confidential.decrypt_json(key, text["content"], place_of(text["_id"]))
    return content


async def _words_out(runtime: Runtime, delivery: Document) -> str:
    return (await write(runtime, delivery, with_links=False)).text


async def _text_for(runtime: Runtime, staff: Staff, text_id: str) -> Document:
    _on_the_team(staff)
    text = await store.text_now(runtime.database, text_id)
    if text is None or text["content"] is None:
        raise NotVisible
    if text["client_id"] and not await store.is_of_crisis(runtime.database, text_id):
        await _visible(runtime, staff, text["client_id"])
    return text


@router.get("/texts/{message_id}")
async def read_text(message_id: str, runtime: Here, staff: StaffCaller) -> dict[str, Any]:
    text = await _text_for(runtime, staff, message_id)
    await _note_read(runtime, staff, "read_text", message_id, *text["candidates"])
    content = await _content(runtime, text)
    return {
        "message_id": message_id,
        "from_masked": mask("sms", content["from"]),
        "text": content["body"],
        "received_at": text["received_at"],
        "state": text["state"],
        "candidates": text["candidates"],
    }


@router.post("/texts/{message_id}/close")
async def close_text(
    message_id: str, body: TextNote, request: Request, runtime: Here, staff: StaffCaller
) -> dict[str, Any]:
    text = await _text_for(runtime, staff, message_id)
    note = None
    if body.note:
        key = await key_named(runtime, text["key"])
        note = confidential.encrypt_json(key, body.note, f"texts/{message_id}/note")
    answer = await _command(
        request,
        runtime,
        staff,
        lambda unit: texts.close_text(unit, message_id, by=staff.id, note=note),
        message_id,
    )
    return dict(answer.body)


@router.get("/crises/{crisis_id}")
async def read_crisis(crisis_id: str, runtime: Here, staff: StaffCaller) -> dict[str, Any]:
    _on_the_team(staff)
    crisis = await store.crisis_now(runtime.database, crisis_id)
    if crisis is None:
        raise NotVisible
    read = [await store.text_now(runtime.database, text_id) for text_id in crisis.text_ids]
    kept = [text for text in read if text and text["content"]]
    contents = [await _content(runtime, text) for text in kept]
    candidates = sorted({owner for text in kept for owner in text["candidates"]})
    await _note_read(runtime, staff, "read_crisis", crisis_id, *candidates)
    return {
        "crisis_id": crisis_id,
        "client_id": crisis.client_id,
        "candidates": candidates,
        # Whoever takes it on must be able to call back: here the number is shown whole.
        "from": contents[-1]["from"] if contents else None,
        "text": "\n".join(content["body"] for content in contents) or None,
        "at": crisis.opened_at,
        "state": crisis.state,
        "acknowledged_by": crisis.acknowledged_by,
        "acknowledged_at": crisis.acknowledged_at,
    }


@router.post("/crises/{crisis_id}/acknowledge")
async def acknowledge_crisis(
    crisis_id: str, request: Request, runtime: Here, staff: StaffCaller
) -> dict[str, Any]:
    _on_the_team(staff)
    answer = await _command(
        request,
        runtime,
        staff,
        lambda unit: alarms.acknowledge_crisis(unit, crisis_id, by=staff.id),
        crisis_id,
    )
    return dict(answer.body)


@router.post("/crises/{crisis_id}/close")
async def close_crisis(
    crisis_id: str, body: CrisisNote, request: Request, runtime: Here, staff: StaffCaller
) -> dict[str, Any]:
    _on_the_team(staff)
    crisis = await store.crisis_now(runtime.database, crisis_id)
    if crisis is None:
        raise NotVisible
    name, key = await key_for(runtime, crisis.client_id)
    note = confidential.encrypt_json(key, body.note, f"crises/{crisis_id}/note")
    answer = await _command(
        request,
        runtime,
        staff,
        lambda unit: alarms.close_crisis(unit, crisis_id, by=staff.id, note=note, note_key=name),
        crisis_id,
    )
    return dict(answer.body)

"""JSON routes for staff: the client's check-ins, and asking between the regular ones."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime, StringConstraints

from services.aftercare.access import plan_of, record
from services.aftercare.checkins import asking, store
from services.aftercare.checkins.domain import Checkin
from services.aftercare.checkins.instruments import PULSE, Instrument, instruments
from services.aftercare.keys import keys_of
from shared.callers import StaffCaller
from shared.unit import run
from shared.web import Body, Here, cause_of

router = APIRouter()

STAFF_LANGUAGE = "en"
SHOWN = 50


class AskNow(Body):
    instrument: Annotated[str, StringConstraints(max_length=40)] = PULSE


@router.get("/clients/{client_id}/checkins")
async def list_checkins(
    client_id: str,
    runtime: Here,
    staff: StaffCaller,
    cursor: Annotated[AwareDatetime | None, Query()] = None,
) -> dict[str, Any]:
    await plan_of(runtime, staff, client_id, "checkins.read")
    keys = await keys_of(runtime, client_id)
    found = await store.of_client(
        runtime.database, client_id, keys.data, before=cursor, limit=SHOWN + 1
    )
    await record(runtime, staff, "checkins.read", client_id)
    shown = found[:SHOWN]
    following = _cursor(shown[-1].due_at) if len(found) > SHOWN else None
    return {"items": [_shown(checkin) for checkin in shown], "next": following}


def _cursor(due_at: datetime) -> str:
    return due_at.isoformat().replace("+00:00", "Z")


def _shown(checkin: Checkin) -> dict[str, Any]:
    instrument = instruments()[checkin.instrument]
    shown = {
        "checkin_id": checkin.id,
        "instrument": checkin.instrument,
        "instrument_version": checkin.instrument_version,
        "state": checkin.state,
        "due_at": checkin.due_at,
        "window_ends_at": checkin.window_ends_at,
        "answered_at": checkin.answered_at,
        "answers": _answers(checkin, instrument),
    }
    score = instrument.score(checkin.answers)
    if checkin.answered_at is None or score is None:
        return shown
    return {**shown, "score": score, "score_most": instrument.most, "scorer": checkin.scorer}


def _answers(checkin: Checkin, instrument: Instrument) -> list[dict[str, Any]]:
    """In the order of the questions; a skipped one is there without a value."""
    answers = []
    for item in instrument.items:
        if item.code not in checkin.answers:
            continue
        value = checkin.answers[item.code]
        words = item.options[value][STAFF_LANGUAGE] if value is not None else None
        answers.append(
            {
                "code": item.code,
                "label": item.words[STAFF_LANGUAGE],
                "value": value,
                "label_of_value": words,
            }
        )
    return answers


@router.post("/clients/{client_id}/checkins", status_code=201)
async def ask_now(
    client_id: str, body: AskNow, request: Request, runtime: Here, staff: StaffCaller
) -> dict[str, Any]:
    await plan_of(runtime, staff, client_id, "checkin.ask")
    keys = await keys_of(runtime, client_id)
    cause = await cause_of(request, runtime, staff.actor, "checkin.ask", client_id)
    answer = await run(
        runtime.database,
        lambda unit: asking.ask_now(unit, client_id, body.instrument, keys),
        cause,
    )
    return dict(answer.body)

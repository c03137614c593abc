"""POST /internal/keys: data keys for the services that keep copies of confidential parts."""

import base64
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from services.intake.fields import Id
from services.intake.keydesk.desk import desk_of
from shared.auth import NotVisible
from shared.callers import ServiceCaller
from shared.journal import once, record_read
from shared.web import Body, Here

router = APIRouter()

MAY_ASK = ("aftercare", "referrals", "notifications", "dashboard")
MOST_AT_ONCE = 500


class KeysWanted(Body):
    client_ids: Annotated[list[Id], Field(min_length=1, max_length=MOST_AT_ONCE)]


@router.post("/internal/keys")
async def hand_out(
    wanted: KeysWanted, runtime: Here, caller: ServiceCaller
) -> dict[str, dict[str, str]]:
    """The keys that exist; each request is a row before the answer leaves."""
    if caller.name not in MAY_ASK:
        raise NotVisible
    keys = await desk_of(runtime).keys(wanted.client_ids)
    cause = once(caller.actor, "read-keys", runtime.clock.now())
    await record_read(runtime.database, cause, *wanted.client_ids)
    return {"keys": {owner: base64.b64encode(key).decode() for owner, key in keys.items()}}

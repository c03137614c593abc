"""The provider's two doors: texts that come in, and what became of those that went out (R5.5)."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.notifications import facts, texts
from services.notifications.sending import settings_of
from services.notifications.signature import is_genuine
from shared.contracts import Refused
from shared.deliveries import AFTER, move
from shared.journal import Actor, Cause
from shared.unit import Unit, run
from shared.web import BadInput, Here

router = APIRouter(prefix="/webhooks/sms")

PROVIDER = Actor(kind="provider", id="sms")
# The provider speaks TwiML; answers to people go out as deliveries, so that each goes out once.
NOTHING_TO_SAY = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'
LONGEST_SID = 64
LONGEST_TEXT = 10_000

# What each word of the provider says about a message (R5.5); other words say nothing yet.
STATES = {
    "accepted": "handed_over",
    "queued": "handed_over",
    "sending": "handed_over",
    "sent": "handed_over",
    "delivered": "delivered",
    "undelivered": "failed",
    "failed": "failed",
}


class BadSignature(Refused):
    """This call was not signed by the provider."""

    code = "BAD_SIGNATURE"
    final = False


class NoSuchMessage(Refused):
    """There is no such message."""

    code = "NOT_FOUND"
    final = False


async def _signed(request: Request, runtime: Here) -> dict[str, str]:
    """The posted fields, whatever they are called; only what is genuine is read any further."""
    settings = settings_of(runtime)
    try:
        (await request.body()).decode()
        posted = [(name, str(value)) for name, value in (await request.form()).multi_items()]
    except UnicodeDecodeError as error:
        raise BadInput("The form could not be read.") from error
    query = f"?{request.url.query}" if request.url.query else ""
    if not is_genuine(
        request.headers.get("x-twilio-signature", ""),
        url=f"{settings.own_url}{request.url.path}{query}",
        form=posted,
        tokens=settings.sms_auth_tokens,
    ):
        raise BadSignature
    return dict(posted)


Posted = Annotated[dict[str, str], Depends(_signed)]


def _field(posted: dict[str, str], name: str, *, longest: int) -> str:
    value = posted.get(name, "")
    if not value or len(value) > longest or "\x00" in value:
        raise BadInput(f"{name} is missing or cannot be kept.", fields={name: "unreadable"})
    return value


@router.post("/inbound")
async def inbound(runtime: Here, posted: Posted) -> Response:
    sid = _field(posted, "MessageSid", longest=LONGEST_SID)
    sender = _field(posted, "From", longest=LONGEST_SID)
    body = posted.get("Body", "").replace("\x00", "")[:LONGEST_TEXT]
    await texts.receive(runtime, sid=sid, sender=sender, body=body)
    return Response(NOTHING_TO_SAY, media_type="application/xml")


@router.post("/status/{delivery_id}")
async def status(delivery_id: str, runtime: Here, posted: Posted) -> Response:
    """A callback in any order, any number of times; a final state is never left."""
    sid = _field(posted, "MessageSid", longest=LONGEST_SID)
    word = _field(posted, "MessageStatus", longest=LONGEST_SID)
    delivery = await runtime.database.deliveries.find_one({"_id": delivery_id})
    if delivery is None:
        raise NoSuchMessage
    state = STATES.get(word)
    if state is None or state not in AFTER.get(delivery["state"], ()):
        return Response(status_code=204)
    error = posted.get("ErrorCode", "")
    reason = error if error.isdigit() and len(error) <= len("000000") else word

    async def settle(unit: Unit) -> None:
        told = {"reason": reason} if state == "failed" else {"reference": sid}
        await move(unit, delivery_id, state, facts.on_state, **told)

    cause = Cause(
        id=f"sms/{delivery_id}/{sid}/{word}",
        actor=PROVIDER,
        action="settle_message",
        at=runtime.clock.now(),
        about=tuple(filter(None, (delivery["client_id"],))),
    )
    await run(runtime.database, settle, cause)
    return Response(status_code=204)

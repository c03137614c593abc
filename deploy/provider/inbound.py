"""A person writes a text: the signed inbound webhook call, and the reply it brings."""

import secrets
from typing import Any
from xml.etree import ElementTree

import httpx
from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from deploy.provider.kept import Text, now
from deploy.provider.state import Provider, State
from services.notifications.segments import measure
from services.notifications.signature import sign

router = APIRouter()


class Inbound(BaseModel):
    """An earlier `sid` makes the same call again, as providers do."""

    model_config = ConfigDict(extra="forbid")

    sender: str = Field(alias="from", min_length=1, max_length=20)
    to: str = Field(min_length=1, max_length=20)
    body: str = Field(max_length=1600)
    sid: str | None = Field(default=None, max_length=34)


@router.post("/inbound")
async def inbound(given: Inbound, provider: Provider) -> JSONResponse:
    answer = await receive(given, provider)
    return JSONResponse(answer, 200 if answer["status"] else 502)


async def receive(given: Inbound, state: State) -> dict[str, Any]:
    """Status 0 means that nobody answered."""
    sid = given.sid or f"SM{secrets.token_hex(16)}"
    state.kept.add_text(
        Text(sid, "inbound", given.to, given.sender, given.body, now(), status="received")
    )
    form, url = _form(given, sid, state.settings.sms_account_sid), state.settings.inbound
    signature = sign(state.settings.sms_auth_tokens[0], url, list(form.items()))
    try:
        answer = await state.http.post(url, data=form, headers={"X-Twilio-Signature": signature})
    except httpx.HTTPError:
        return {"sid": sid, "status": 0, "twiml": "", "replies": []}
    replies = _replies(answer)
    for body in replies:
        _keep_reply(body, given, state)
    return {"sid": sid, "status": answer.status_code, "twiml": answer.text, "replies": replies}


def _form(given: Inbound, sid: str, account: str) -> dict[str, str]:
    return {
        "MessageSid": sid,
        "SmsSid": sid,
        "SmsMessageSid": sid,
        "AccountSid": account,
        "From": given.sender,
        "To": given.to,
        "Body": given.body,
        "NumMedia": "0",
        "NumSegments": str(measure(given.body).segments),
        "SmsStatus": "received",
        "FromCountry": "US",
        "ApiVersion": "2010-04-01",
    }


def _replies(answer: httpx.Response) -> list[str]:
    """The bodies of `<Response><Message>…</Message></Response>`, with or without `<Body>`."""
    if not answer.is_success or not answer.text.strip():
        return []
    try:
        root = ElementTree.fromstring(answer.content)  # noqa: S314 our own platform's answer
    except ElementTree.ParseError:
        return []
    return ["".join(message.itertext()).strip() for message in root.iter("Message")]


def _keep_reply(body: str, given: Inbound, state: State) -> None:
    state.kept.count_call("text", given.sender, body)
    sid = f"SM{secrets.token_hex(16)}"
    state.kept.add_text(Text(sid, "reply", given.sender, given.to, body, now(), status="delivered"))

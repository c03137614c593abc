"""The Twilio-compatible message API."""

import secrets
from typing import Annotated, Any

import phonenumbers
from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import JSONResponse
from fastapi.security import HTTPBasic, HTTPBasicCredentials

from deploy.provider.kept import Text, now
from deploy.provider.state import Provider
from deploy.provider.switches import Switches

LONGEST_BODY = 1600
REFUSING = frozenset({"refuse", "429", "500"})
SILENT = frozenset({"hang", "accept_and_silence"})

router = APIRouter(prefix="/2010-04-01/Accounts/{account}")
Login = Annotated[HTTPBasicCredentials | None, Depends(HTTPBasic(auto_error=False))]


def require_account(account: str, login: Login, provider: Provider) -> None:
    """The account's sid with any of its tokens: two are valid while one is rotated."""
    settings = provider.settings
    is_known = (
        login is not None
        and account == login.username == settings.sms_account_sid
        and _is_one_of(login.password, settings.sms_auth_tokens)
    )
    if not is_known:
        raise HTTPException(401, "20003")


@router.post("/Messages.json", dependencies=[Depends(require_account)])
async def create(request: Request, provider: Provider) -> JSONResponse:
    form = {name: str(value) for name, value in (await request.form()).items()}
    provider.kept.count_call("text", form.get("To", ""), form.get("Body", ""))
    switches = provider.board.take()
    if fault := _fault(form):
        return refusal(400, fault)
    if switches.mode in REFUSING:
        return _misbehave(switches)
    if switches.mode != "hang":
        text = _accept(form, provider, switches)
    if switches.mode in SILENT:
        return await _silence(request)
    return JSONResponse(_shown(text, provider.settings.sms_account_sid), 201)


@router.get("/Messages/{sid}.json", dependencies=[Depends(require_account)])
async def fetch(account: str, sid: str, provider: Provider) -> JSONResponse:
    text = provider.kept.texts.get(sid)
    return JSONResponse(_shown(text, account)) if text else refusal(404, 20404)


def refusal(status: int, code: int, headers: dict[str, str] | None = None) -> JSONResponse:
    body = {
        "code": code,
        "message": f"The request was refused with error {code}",
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    return JSONResponse(body, status, headers=headers)


def _misbehave(switches: Switches) -> JSONResponse:
    if switches.mode == "refuse":
        return refusal(400, switches.code)
    if switches.mode == "429":
        return refusal(429, 20429, {"Retry-After": "1"})
    return refusal(500, 20500)


def _is_one_of(given: str, tokens: list[str]) -> bool:
    return any(secrets.compare_digest(given.encode(), token.encode()) for token in tokens)


def _fault(form: dict[str, str]) -> int | None:
    """Twilio's error number for what it would refuse."""
    checks = {
        21604: not form.get("To"),
        21603: not form.get("From"),
        21602: not form.get("Body"),
        21617: len(form.get("Body", "")) > LONGEST_BODY,
        21609: not form.get("StatusCallback", "http://").startswith(("http://", "https://")),
        21211: not _is_number(form.get("To", "")),
    }
    return next((code for code, is_wrong in checks.items() if is_wrong), None)


def _is_number(to: str) -> bool:
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(to))
    except phonenumbers.NumberParseException:
        return False


def _accept(form: dict[str, str], provider: Provider, switches: Switches) -> Text:
    text = Text(
        sid=f"SM{secrets.token_hex(16)}",
        direction="outbound",
        to=form["To"],
        sender=form["From"],
        body=form["Body"],
        at=now(),
        status="queued",
        status_callback=form.get("StatusCallback", ""),
        callbacks=switches.callbacks,
    )
    provider.kept.add_text(text)
    provider.callbacks.start(text)
    return text


def _shown(text: Text, account: str) -> dict[str, Any]:
    return {
        "sid": text.sid,
        "account_sid": account,
        "api_version": "2010-04-01",
        "to": text.to,
        "from": text.sender,
        "body": text.body,
        "status": text.status,
        "direction": "outbound-api",
        "date_created": text.at,
        "error_code": None,
        "error_message": None,
    }


async def _silence(request: Request) -> JSONResponse:
    """Holds the line until the caller has hung up."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
    return refusal(500, 20500)

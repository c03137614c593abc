"""Hands a text to a Twilio-compatible provider, once."""

import asyncio
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Self

import httpx

from services.notifications.outcome import Outcome, Refused, Sent, Unclear

CONNECT_SECONDS = 2.0
TOTAL_SECONDS = 8.0

# Ours to mend, not the recipient's fault: wrong login, paused account, wrong address, too fast.
PASSING = {401: 60.0, 403: 60.0, 404: 60.0, 408: 5.0, 429: 5.0}
LONGEST_WAIT = 3600.0

NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
UNREACHABLE_WAIT = 5.0


class SmsApi:
    """Keeps no connection open: one closed by the other side would make a send unclear."""

    def __init__(
        self,
        *,
        url: str,
        account_sid: str,
        auth_token: str,
        sender: str,
        total_seconds: float = TOTAL_SECONDS,
    ) -> None:
        self._path = f"/2010-04-01/Accounts/{account_sid}/Messages.json"
        self._sender = sender
        self._total = total_seconds
        self._client = httpx.AsyncClient(
            base_url=url,
            auth=(account_sid, auth_token),
            timeout=httpx.Timeout(total_seconds, connect=CONNECT_SECONDS),
            limits=httpx.Limits(max_keepalive_connections=0),
            follow_redirects=False,
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def send(self, to: str, body: str, status_callback: str) -> Outcome:
        form = {"To": to, "From": self._sender, "Body": body, "StatusCallback": status_callback}
        try:
            async with asyncio.timeout(self._total):
                answer = await self._client.post(self._path, data=form)
        except NEVER_SENT:
            return Refused("unreachable", retry_after=UNREACHABLE_WAIT)
        except (TimeoutError, httpx.TimeoutException):
            return Unclear("timeout")
        except httpx.HTTPError:
            return Unclear("connection-lost")
        return _outcome(answer)


def _outcome(answer: httpx.Response) -> Outcome:
    if answer.is_client_error:
        return Refused(_code(answer), _retry_after(answer))
    if not answer.is_success:
        return Unclear(f"http-{answer.status_code}")
    sid = _field(answer, "sid")
    return Sent(sid) if sid else Unclear("no-sid")


def _code(answer: httpx.Response) -> str:
    """The provider's number for the refusal, such as 21610; its words are left unread."""
    code = _field(answer, "code")
    return code if re.fullmatch(r"\d{1,6}", code) else f"http-{answer.status_code}"


def _field(answer: httpx.Response, name: str) -> str:
    try:
        body = answer.json()
    except ValueError:
        return ""
    return str(body.get(name) or "") if isinstance(body, dict) else ""


def _retry_after(answer: httpx.Response) -> float | None:
    usual = PASSING.get(answer.status_code)
    asked = answer.headers.get("Retry-After", "")
    if usual is None or not asked:
        return usual
    return min(max(_seconds(asked, usual), 0.0), LONGEST_WAIT)


def _seconds(asked: str, usual: float) -> float:
    if asked.isdecimal():
        return float(asked)
    try:
        return (parsedate_to_datetime(asked) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError):
        return usual

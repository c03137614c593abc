"""Tells a partner's system that something happened: Standard Webhooks, without personal data."""

import asyncio
import base64
import hashlib
import hmac
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus

import httpx

from services.referrals.public_address import BadWebhookAddress, Unresolved, resolve
from shared.deliveries import Failed, HandedOver, RefusedNow, Result

ANSWER_WITHIN_SECONDS = 10
GONE = "GONE"
PAUSES = tuple(
    timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 3600, 2 * 3600, 4 * 3600, 8 * 3600)
)


@dataclass(frozen=True, kw_only=True)
class Notice:
    """What goes out: the same ``id`` at every try lets the partner see a second copy as one."""

    id: str
    at: datetime
    body: bytes


class PartnerWebhook:
    def __init__(self, *, allow_loopback: bool) -> None:
        self._allow_loopback = allow_loopback
        self._tls = ssl.create_default_context()

    async def send(self, url: str, secrets: Sequence[str], notice: Notice, *, tries: int) -> Result:
        """Post it once; anything but a clear yes or a clear "gone" is tried again later."""
        again = PAUSES[min(tries, len(PAUSES) - 1)]
        try:
            status = await self._post(url, secrets, notice)
        except BadWebhookAddress as error:
            return Failed(error.code)
        except (Unresolved, httpx.HTTPError, OSError, TimeoutError):
            return RefusedNow("UNREACHABLE", again)
        if status == HTTPStatus.GONE:
            return Failed(GONE)
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            return HandedOver(f"HTTP_{status}")
        return RefusedNow(f"HTTP_{status}", again)

    async def _post(self, url: str, secrets: Sequence[str], notice: Notice) -> int:
        """The status alone: redirects are not followed and the answer's body is never read.

        A client of its own for each call, so that no cookie of one partner meets another.
        """
        async with asyncio.timeout(ANSWER_WITHIN_SECONDS):
            target = await resolve(url, allow_loopback=self._allow_loopback)
            headers = {"Host": target.host_header, **signed_headers(secrets, notice)}
            async with (
                httpx.AsyncClient(verify=self._tls, trust_env=False) as client,
                client.stream(
                    "POST",
                    target.url,
                    content=notice.body,
                    headers=headers,
                    timeout=ANSWER_WITHIN_SECONDS,
                    extensions={"sni_hostname": target.host},
                ) as answer,
            ):
                return answer.status_code


def signed_headers(secrets: Sequence[str], notice: Notice) -> dict[str, str]:
    """Standard Webhooks: one signature for each secret that is valid during a rotation."""
    seconds = str(int(notice.at.timestamp()))
    signed = b".".join((notice.id.encode(), seconds.encode(), notice.body))
    return {
        "content-type": "application/json",
        "webhook-id": notice.id,
        "webhook-timestamp": seconds,
        "webhook-signature": " ".join(f"v1,{_signature(secret, signed)}" for secret in secrets),
    }


def _signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()

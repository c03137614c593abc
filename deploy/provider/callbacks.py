"""Tells the sender how a text fared: queued, sent, delivered, each signed (R5.5)."""

import asyncio

import httpx

from deploy.provider.kept import Kept, Text
from deploy.provider.settings import Settings
from services.notifications.signature import sign

USUAL = ["queued", "sent", "delivered"]
PLANS = {
    "ok": USUAL,
    "duplicate": [status for status in USUAL for _ in range(2)],
    "reordered": USUAL[::-1],
    "undelivered": ["queued", "sent", "undelivered"],
    "none": USUAL,
}
UNREACHABLE_HANDSET = "30003"
PAUSES = [0.0, 0.5, 1, 2, 4, 8, 15]
SERVER_ERROR = 500


class Callbacks:
    """Each text's calls are one task; a receiver that is away is tried again for half a minute."""

    def __init__(self, settings: Settings, kept: Kept, http: httpx.AsyncClient) -> None:
        self._settings, self._kept, self._http = settings, kept, http
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, text: Text) -> None:
        task = asyncio.create_task(self._tell(text))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _tell(self, text: Text) -> None:
        for status in PLANS[text.callbacks]:
            await asyncio.sleep(self._settings.provider_callback_delay)
            self._kept.set_status(text.sid, status)
            if text.status_callback and text.callbacks != "none":
                await self._call(text.status_callback, self._form(text, status))

    def _form(self, text: Text, status: str) -> dict[str, str]:
        form = {
            "SmsSid": text.sid,
            "SmsStatus": status,
            "MessageStatus": status,
            "To": text.to,
            "MessageSid": text.sid,
            "AccountSid": self._settings.sms_account_sid,
            "From": text.sender,
            "ApiVersion": "2010-04-01",
        }
        return form | ({"ErrorCode": UNREACHABLE_HANDSET} if status == "undelivered" else {})

    async def _call(self, url: str, form: dict[str, str]) -> None:
        signature = sign(self._settings.sms_auth_tokens[0], url, list(form.items()))
        for pause in PAUSES:
            await asyncio.sleep(pause)
            try:
                headers = {"X-Twilio-Signature": signature}
                answer = await self._http.post(url, data=form, headers=headers)
            except httpx.HTTPError:
                continue
            if answer.status_code < SERVER_ERROR:
                return

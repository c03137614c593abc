"""Writes to a partner's registered address: a link or a code, never anything about a person."""

import asyncio
from datetime import timedelta
from email.message import EmailMessage

import aiosmtplib

from shared.deliveries import Failed, HandedOver, RefusedNow, Result

TOTAL_SECONDS = 8
AGAIN = timedelta(seconds=30)
FIRST_FINAL = 500


class PartnerMail:
    """Links and codes may arrive twice without harm, so whatever was unclear is sent again."""

    def __init__(self, *, host: str, port: int, sender: str) -> None:
        self._host, self._port, self._sender = host, port, sender

    async def send(self, *, to: str, subject: str, text: str, message_id: str) -> Result:
        domain = self._sender.rpartition("@")[2].rstrip(">")
        mail = EmailMessage()
        try:
            mail["From"], mail["To"], mail["Subject"] = self._sender, to, subject
        except ValueError:  # a line break in an address
            return Failed("BAD_ADDRESS")
        mail["Message-ID"] = f"<{message_id}@{domain}>"
        mail.set_content(text)
        return await self._hand_over(mail)

    async def _hand_over(self, mail: EmailMessage) -> Result:
        try:
            async with asyncio.timeout(TOTAL_SECONDS):
                await aiosmtplib.send(
                    mail, hostname=self._host, port=self._port, timeout=TOTAL_SECONDS
                )
        except aiosmtplib.SMTPRecipientsRefused as refused:
            return _refused(refused.recipients[0].code)
        except aiosmtplib.SMTPResponseException as answer:
            return _refused(answer.code)
        except (aiosmtplib.SMTPException, OSError, TimeoutError):
            return RefusedNow("UNREACHABLE", AGAIN)
        return HandedOver("accepted")


def _refused(code: int) -> Result:
    """5xx means never, 4xx not now."""
    if code >= FIRST_FINAL:
        return Failed(f"SMTP_{code}")
    return RefusedNow(f"SMTP_{code}", AGAIN)

"""Hands a mail to the outgoing mail server, once."""

import asyncio
from collections.abc import Mapping
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr
from enum import Enum, auto

import aiosmtplib

from services.notifications.outcome import Outcome, Refused, Sent, Unclear

CONNECT_SECONDS = 2.0
TOTAL_SECONDS = 8.0
LATER = 60.0
FIRST_PERMANENT = 500
ANSWERS = range(400, 600)

WIRE = SMTP.clone(cte_type="7bit")  # every server takes it


class Step(Enum):
    GREETING = auto()
    RECIPIENT = auto()
    CONTENT = auto()


class MailApi:
    """Speaks each step itself, for only an answer lost after the last one leaves doubt."""

    def __init__(
        self, *, host: str, port: int, sender: str, total_seconds: float = TOTAL_SECONDS
    ) -> None:
        self._host, self._port, self._sender = host, port, sender
        self._total = total_seconds

    async def send(
        self, to: str, subject: str, text: str, headers: Mapping[str, str], message_id: str
    ) -> Outcome:
        """The same `message_id` at every try lets the receiving side drop a second copy."""
        named = {"To": to, "Subject": subject, "Message-ID": message_id, **headers}
        try:
            recipient, wire = self._written(named, text)
        except ValueError:  # a line break in a header, no address or several
            return Refused("unusable")
        outcome = await self._hand_over(recipient, wire)
        return outcome or Sent(message_id)

    async def _hand_over(self, recipient: str, wire: bytes) -> Refused | Unclear | None:
        """Nothing to report is a mail taken over."""
        server, step = self._server(), Step.GREETING
        try:
            async with asyncio.timeout(self._total):
                await server.connect(timeout=CONNECT_SECONDS)
                await server.mail(parseaddr(self._sender)[1])
                step = Step.RECIPIENT
                await server.rcpt(recipient)
                step = Step.CONTENT
                await server.data(wire)
        except aiosmtplib.SMTPResponseException as answer:
            return _judged(answer.code, step)
        except (TimeoutError, OSError, aiosmtplib.SMTPException):
            return _lost(step)
        finally:
            server.close()
        return None

    def _server(self) -> aiosmtplib.SMTP:
        """Encrypted wherever the server offers it; the name we give is the domain we write from."""
        return aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            local_hostname=parseaddr(self._sender)[1].rpartition("@")[2],
            timeout=self._total,
        )

    def _written(self, named: Mapping[str, str], text: str) -> tuple[str, bytes]:
        mail = EmailMessage(policy=WIRE)
        mail["From"] = self._sender
        for name, value in named.items():
            mail[name] = value
        mail.set_content(text)
        (address,) = mail["To"].addresses
        address.addr_spec.encode("ascii")
        return address.addr_spec, mail.as_bytes()


def _judged(code: int, step: Step) -> Refused | Unclear:
    """Only a 5xx about the recipient or the content is final; others are ours to mend."""
    if code not in ANSWERS:
        return _lost(step)
    is_final = code >= FIRST_PERMANENT and step is not Step.GREETING
    return Refused(f"smtp-{code}", None if is_final else LATER)


def _lost(step: Step) -> Refused | Unclear:
    if step is Step.CONTENT:
        return Unclear("connection-lost")
    return Refused("unreachable", LATER)

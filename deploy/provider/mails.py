"""The mail side: an SMTP server that keeps what it is given."""

import asyncio
import email
import secrets
from email.policy import default

from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.provider.kept import Kept, Mail, now
from deploy.provider.switches import Board

LARGEST = 10_000_000


class Postbox:
    """The handler aiosmtpd calls; its method names are theirs."""

    def __init__(self, kept: Kept, board: Board) -> None:
        self._kept, self._board = kept, board

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        mail = _read(envelope)
        for to in mail.to:
            self._kept.count_call("mail", to, mail.text)
        mode = self._board.take().mail
        if mode == "refuse":
            return "550 Refused"
        if mode == "busy":
            return "451 Come back later"
        if mode != "hang":
            self._kept.add_mail(mail)
        if mode in ("hang", "accept_and_silence"):
            await asyncio.Event().wait()  # until the caller hangs up, which cancels this
        return "250 Kept"


async def open_mail_server(kept: Kept, board: Board, host: str, port: int) -> asyncio.Server:
    loop = asyncio.get_running_loop()

    def session() -> SMTP:
        return SMTP(Postbox(kept, board), hostname="stand-in", data_size_limit=LARGEST, loop=loop)

    return await loop.create_server(session, host, port)


def _read(envelope: Envelope) -> Mail:
    content = envelope.content if isinstance(envelope.content, bytes) else b""
    message = email.message_from_bytes(content, policy=default)
    body = message.get_body(("plain", "html"))
    return Mail(
        sid=f"ML{secrets.token_hex(16)}",
        to=list(envelope.rcpt_tos),
        sender=str(envelope.mail_from),
        subject=str(message["Subject"] or ""),
        text=body.get_content() if body else "",
        headers={name: str(value) for name, value in message.items()},
        at=now(),
    )

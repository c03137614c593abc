"""What happens by itself: partners' terms run out (R6.5), notices and codes are sent."""

from services.referrals.lifecycle import usecases
from services.referrals.lifecycle.domain import DECIDE, VIEW
from services.referrals.notice_sending import check, keep_outcome, send
from services.referrals.settings import Settings, settings_of
from shared.consume import Handler
from shared.deliveries import Sending
from shared.due import run_due
from shared.journal import Document
from shared.runtime import Runtime
from shared.unit import Unit


async def _link_key(runtime: Runtime, deadline: Document) -> bytes:
    return settings_of(runtime).link_key


async def remind_to_view(unit: Unit, deadline: Document, link_key: bytes) -> None:
    await usecases.remind(unit, deadline["subject"], VIEW, link_key=link_key)


async def remind_to_decide(unit: Unit, deadline: Document, link_key: bytes) -> None:
    await usecases.remind(unit, deadline["subject"], DECIDE, link_key=link_key)


async def mail_instead(unit: Unit, deadline: Document, link_key: bytes) -> None:
    purpose = deadline["data"]["purpose"]
    await usecases.mail_instead(unit, deadline["subject"], purpose, link_key=link_key)


DUE = {
    usecases.VIEW_DUE: Handler(remind_to_view, prepare=_link_key),
    usecases.DECIDE_DUE: Handler(remind_to_decide, prepare=_link_key),
    usecases.MAIL_INSTEAD: Handler(mail_instead, prepare=_link_key),
}


def main() -> None:
    run_due(Settings, DUE, deliveries=Sending(check=check, send=send, on_state=keep_outcome))


if __name__ == "__main__":
    main()

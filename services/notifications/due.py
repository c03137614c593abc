"""What happens in its time: messages leave, codes end, pages climb, the unclear is told."""

from services.notifications.alarms import page_again
from services.notifications.facts import on_state, tell_unclear
from services.notifications.sending import Post, check, settings_of
from services.notifications.settings import Settings
from services.notifications.usecases import end_code
from shared.consume import Handler
from shared.deliveries import Sending
from shared.due import run_due
from shared.journal import Document
from shared.runtime import Runtime


async def count_on_call(runtime: Runtime, deadline: Document) -> int:
    return len(settings_of(runtime).on_call)


DUE = {
    "message-unclear": Handler(tell_unclear),
    "code-ended": Handler(end_code),
    "crisis-unacknowledged": Handler(page_again, prepare=count_on_call),
}


def sending() -> Sending:
    return Sending(check=check, send=Post().send, on_state=on_state)


def main() -> None:
    run_due(Settings, DUE, deliveries=sending())


if __name__ == "__main__":
    main()

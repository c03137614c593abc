"""What happens when a deadline of intake is due: unsent drafts and closed forms are forgotten."""

from typing import Any

from services.intake.keydesk.desk import KeyDesk
from services.intake.settings import Settings
from services.intake.submissions import usecases
from shared.consume import Handler
from shared.due import run_due
from shared.journal import Document
from shared.runtime import Runtime


async def _desk(runtime: Runtime, deadline: Document) -> KeyDesk:
    settings: Any = runtime.settings
    return KeyDesk(runtime.database, settings.master_keys)


DUE = {
    "draft-ended": Handler(usecases.end_draft, prepare=_desk),
    "closed-form-ended": Handler(usecases.end_closed_form, prepare=_desk),
}


def main() -> None:
    run_due(Settings, DUE)


if __name__ == "__main__":
    main()

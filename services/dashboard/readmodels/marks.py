"""What a person does with a row of My day: done with a note, later, or never mind."""

from dataclasses import replace
from datetime import datetime

from services.dashboard.readmodels import store
from services.dashboard.readmodels.rows import Row
from shared.auth import NotVisible
from shared.confidential import encrypt_json
from shared.journal import Document
from shared.unit import Unit


async def end(unit: Unit, row_id: str, *, by: str, note: str, key: bytes) -> None:
    """The note is kept encrypted beside the row; a later fact may open the row again."""
    row, document = await _row(unit, row_id)
    sealed = encrypt_json(key, note, f"rows/{row_id}/note") if note else None
    done = {"by": by, "at": unit.at, "note": sealed}
    ended = store.of(replace(row, state="done", snoozed_until=None))
    unit.replace("rows", {**document, **ended, "done": done})
    unit.about(row_id, *([row.client_id] if row.client_id else []))


async def snooze(unit: Unit, row_id: str, until: datetime) -> None:
    row, document = await _row(unit, row_id)
    unit.replace("rows", {**document, **store.of(replace(row, snoozed_until=until))})
    unit.about(row_id)


async def undo(unit: Unit, row_id: str) -> None:
    """Done and snoozed rows stand there again, as long as no fact has ended them."""
    row, document = await _row(unit, row_id)
    if row.state == "done" and not document.get("done"):
        raise NotVisible
    awake = store.of(replace(row, state="open", snoozed_until=None))
    unit.replace("rows", {**document, **awake, "done": None})
    unit.about(row_id)


async def _row(unit: Unit, row_id: str) -> tuple[Row, Document]:
    document = await unit.get("rows", row_id)
    if document is None:
        raise NotVisible
    return store.to_row(document), document

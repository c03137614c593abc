"""Facts in the shape in which the projector meets them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from shared.clock import new_id
from shared.events import Envelope, Event

NOW = datetime(2026, 6, 2, 14, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
TODAY = date(2026, 6, 2)


def envelope(event: Event, sequence: int = 1, at: datetime = NOW) -> Envelope:
    return Envelope(
        id=new_id("ev"),
        service=event.service,
        type=event.type,
        subject=str(getattr(event, event.subject)),
        key=event.key_value,
        sequence=sequence,
        time=at,
        data=event.model_dump(mode="json"),
    )


def made(kind: type[Event], **values: Any) -> Event:
    """An event of this class for client cl_1, its other fields filled plainly."""
    return kind.model_validate({**_plain(kind), **values})


def _plain(kind: type[Event]) -> dict[str, Any]:
    samples: dict[str, Any] = {
        "str": "x",
        "int": 1,
        "bool": True,
        "datetime": NOW,
        "date": TODAY,
        "list": [],
    }
    filled = {}
    for name, field in kind.model_fields.items():
        word = str(field.annotation).replace("<class '", "").split("[")[0].split(".")[-1]
        if field.is_required():
            filled[name] = samples.get(word.rstrip("'>"), "x")
    return {**filled, **({"client_id": "cl_1"} if "client_id" in kind.model_fields else {})}

"""One example of every event, built from its own field types so that none can be forgotten."""

from datetime import UTC, date, datetime
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel

from shared.events import EVENT_TYPES, Envelope, Event

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SIMPLE: dict[Any, Any] = {
    str: "example",
    int: 1,
    bool: True,
    datetime: NOON,
    date: NOON.date(),
}


def example(event_class: type[Event]) -> Event:
    """A whole event: optional fields filled as well."""
    return event_class(**_values(event_class))


def examples() -> list[Event]:
    return [example(event_class) for event_class in EVENT_TYPES.values()]


def enveloped(event: Event, sequence: int = 1) -> Envelope:
    """The event as its service would publish it."""
    return Envelope(
        id=f"ev_{event.key_value}_{sequence}",
        service=event.service,
        type=event.type,
        subject=str(getattr(event, event.subject)),
        key=event.key_value,
        sequence=sequence,
        time=NOON,
        data=event.model_dump(mode="json"),
    )


def _values(model: type[BaseModel]) -> dict[str, Any]:
    return {name: _value(field.annotation) for name, field in model.model_fields.items()}


def _value(annotation: Any) -> Any:
    if annotation in SIMPLE:
        return SIMPLE[annotation]
    if get_origin(annotation) in (Union, UnionType):
        return _value(next(kind for kind in get_args(annotation) if kind is not NoneType))
    if get_origin(annotation) in (list, tuple):
        return [_value(get_args(annotation)[0])]
    if get_origin(annotation) is dict:
        return {"example": _value(get_args(annotation)[1])}
    return annotation(**_values(annotation))

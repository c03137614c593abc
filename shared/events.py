"""Facts and their envelope: CloudEvents 1.0, structured JSON, the same bytes everywhere."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, ValidationError

TYPE_PREFIX = "org.throughline."
CONTENT_TYPE = "application/cloudevents+json"
MAX_BYTES = 256 * 1024

EVENT_TYPES: dict[str, type["Event"]] = {}


class Event(BaseModel):
    """A fact that other services may rely on: ids, codes and times only.

    ``key`` names the field whose value is the Kafka key; events of one key stay in order.
    ``urgent`` marks facts that restrict or alarm: they are applied at once, whatever waits.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: ClassVar[str]
    service: ClassVar[str]
    key: ClassVar[str]
    subject: ClassVar[str]
    urgent: ClassVar[bool]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__()  # the names in the class line are read below

    @classmethod
    def __pydantic_init_subclass__(  # type: ignore[override]  # names of the class line
        cls,
        *,
        type: str,
        subject: str,
        key: str = "client_id",
        urgent: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        cls.type = TYPE_PREFIX + type
        cls.service = type.partition(".")[0]
        cls.key, cls.subject, cls.urgent = key, subject, urgent
        if cls.type in EVENT_TYPES:
            raise TypeError(f"{cls.type} is declared twice")
        EVENT_TYPES[cls.type] = cls

    @property
    def key_value(self) -> str:
        return str(getattr(self, self.key))


class BadEnvelope(Exception):
    """The bytes are not one of our events; ``code`` says why without repeating any of them."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """An event as it travels. ``data`` is not yet checked against the event's class."""

    id: str
    service: str
    type: str
    subject: str
    key: str
    sequence: int
    time: datetime
    data: dict[str, Any]
    confidential: str | None = None
    causation_id: str | None = None
    traceparent: str | None = None

    def event(self) -> Event | None:
        """The typed event, or None for a type this release does not know."""
        known = EVENT_TYPES.get(self.type)
        if known is None:
            return None
        try:
            return known.model_validate(self.data)
        except ValidationError as error:
            raise BadEnvelope("BAD_DATA") from error

    def associated_data(self) -> bytes:
        """What binds a confidential part to this one event."""
        return f"{self.id}|{self.type}|{self.key}|{self.sequence}".encode()


def seal(envelope: Envelope) -> bytes:
    """Write the envelope as CloudEvents structured JSON."""
    body: dict[str, Any] = {
        "specversion": "1.0",
        "id": envelope.id,
        "source": f"/{envelope.service}",
        "type": envelope.type,
        "subject": envelope.subject,
        "time": envelope.time.isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "partitionkey": envelope.key,
        "sequence": envelope.sequence,
        "causationid": envelope.causation_id,
        "traceparent": envelope.traceparent,
        "confidential": envelope.confidential,
        "data": envelope.data,
    }
    present = {name: value for name, value in body.items() if value is not None}
    return json.dumps(present, separators=(",", ":"), ensure_ascii=False).encode()


def open_envelope(value: bytes | None) -> Envelope:
    """Read an envelope; raises BadEnvelope for anything that is not one of ours."""
    if value is None:
        raise BadEnvelope("TOMBSTONE")
    if len(value) > MAX_BYTES:
        raise BadEnvelope("TOO_LARGE")
    body = _json_object(value)
    try:
        return Envelope(
            id=_text(body["id"]),
            service=_text(body["source"]).removeprefix("/"),
            type=_text(body["type"]),
            subject=_text(body["subject"]),
            key=_text(body["partitionkey"]),
            sequence=_whole_number(body["sequence"]),
            time=datetime.fromisoformat(_text(body["time"])),
            data=_object(body["data"]),
            confidential=body.get("confidential"),
            causation_id=body.get("causationid"),
            traceparent=body.get("traceparent"),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BadEnvelope("BAD_ENVELOPE") from error


def _json_object(value: bytes) -> dict[str, Any]:
    try:
        body = json.loads(value.decode(), parse_constant=_refuse_constant)
        json.dumps(body, ensure_ascii=False).encode()  # a lone surrogate cannot be written again
        return _object(body)
    except (ValueError, TypeError, RecursionError) as error:
        raise BadEnvelope("NOT_JSON") from error


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value or len(value) > 300:
        raise TypeError("expected a short text")
    return value


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("expected an object")
    return value


def _whole_number(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**53:
        raise TypeError("expected a positive whole number")
    return value

"""JSON logs that carry only keys on the allowlist: what is not known to be harmless is dropped."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

ALLOWED = frozenset(
    [
        "event",
        "level",
        "timestamp",
        "service",
        "process",
        "outcome",
        "topic",
        "partition",
        "offset",
        "event_id",
        "cause_id",
        "reason",
        "code",
        "method",
        "route",
        "status",
        "seconds",
        "count",
        "lag_seconds",
        "kind",
        "state",
        "delivery_id",
        "deadline_id",
        "seal",
        "request_id",
        "error",
        "sequence",
        "address",
        "signal",
        "attempts",
        "library",
    ]
)


def only_allowed(
    logger: Any, name: str, entry: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Fail closed: unknown keys go, and an exception leaves only its type and place."""
    error = entry.pop("exc_info", None)
    if error:
        entry["error"] = _where(error)
    return {key: value for key, value in entry.items() if key in ALLOWED}


def _where(error: Any) -> str:
    kind, _, trace = sys.exc_info() if error is True else (type(error), error, error.__traceback__)
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = ""
    if trace is not None:
        code = trace.tb_frame.f_code
        place = f" at {code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno} {code.co_name}"
    return f"{getattr(kind, '__name__', 'error')}{place}"


def set_up(service: str, process: str) -> None:
    """Every line is one JSON object on standard output; other libraries only from warning up."""
    logging.basicConfig(handlers=[Quiet()], level=logging.WARNING, force=True)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            only_allowed,
            structlog.processors.JSONRenderer(),
        ],
        # the true one: Faust turns what is printed into log lines, which would come back here
        logger_factory=structlog.WriteLoggerFactory(sys.__stdout__),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service, process=process)


class Quiet(logging.Handler):
    """A library's own message may quote what it handled: keep its name, level and error type."""

    def emit(self, record: logging.LogRecord) -> None:
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
        structlog.get_logger().warning(
            "library", library=record.name, code=record.levelname, error=kind
        )


QUIET: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"quiet": {"class": "shared.logs.Quiet"}},
    "root": {"handlers": ["quiet"], "level": "WARNING"},
}

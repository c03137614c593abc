"""Freeze event schemas and write docs/asyncapi.yaml from the contracts and the HANDLERS tables.

python scripts/contracts.py --freeze    keep today's schemas as released; fails on a breaking one
python scripts/contracts.py             write docs/asyncapi.yaml
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from os import environ
from pathlib import Path
from typing import Any

import yaml
from jsoncompat import check_compat

import shared.contracts  # noqa: F401  registers every event class
from deploy import environment, keys, topology
from deploy.environment import Deployment
from shared.consume import Handlers
from shared.events import CONTENT_TYPE, EVENT_TYPES, Event

ROOT = Path(__file__).parent.parent
FROZEN = ROOT / "shared" / "contracts" / "frozen"
ASYNCAPI = ROOT / "docs" / "asyncapi.yaml"


def schema(event_class: type[Event]) -> dict[str, Any]:
    return event_class.model_json_schema(mode="serialization")


def breaking(old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Only an added optional field may pass: what was written is still read, and the other way."""
    written = check_compat(json.dumps(old), json.dumps(new), "serializer")
    read = check_compat(json.dumps(_closed(old)), json.dumps(_closed(new)), "deserializer")
    return not (written and read)


def _closed(node: Any) -> Any:
    if isinstance(node, list):
        return [_closed(part) for part in node]
    if not isinstance(node, dict):
        return node
    closed = {name: _closed(part) for name, part in node.items()}
    if closed.get("type") == "object" and "properties" in closed:
        closed["additionalProperties"] = False
    return closed


def frozen() -> dict[str, dict[str, Any]]:
    return {path.stem: json.loads(path.read_text()) for path in sorted(FROZEN.glob("*.json"))}


def broken_types() -> list[str]:
    """Event types whose class no longer fits what was released, or is gone."""
    return [
        name
        for name, old in frozen().items()
        if name not in EVENT_TYPES or breaking(old, schema(EVENT_TYPES[name]))
    ]


def freeze() -> None:
    if broken := broken_types():
        sys.exit(f"breaking change, make a new .v2 class instead: {', '.join(broken)}")
    FROZEN.mkdir(exist_ok=True)
    for name, event_class in EVENT_TYPES.items():
        text = json.dumps(schema(event_class), indent=1, sort_keys=True) + "\n"
        (FROZEN / f"{name}.json").write_text(text)


def handlers() -> dict[str, Handlers]:
    """The HANDLERS table of every listener, imported as its process would import it."""
    found: dict[str, Handlers] = {}
    for process in topology.processes():
        if process.kind == "listener" and process.service:
            with as_process(process):
                module = "projector" if process.service == "dashboard" else "handlers"
                place = import_module(f"services.{process.service}.{module}")
            found[process.service] = place.HANDLERS
    return found


@contextmanager
def as_process(process: topology.Process) -> Iterator[None]:
    """The environment of one process of a platform that is nowhere."""
    before = dict(environ)
    with tempfile.TemporaryDirectory() as folder:
        nowhere = Deployment(
            Path(folder),
            keys.load(Path(folder)),
            "nowhere:1",
            lambda user: "mongodb://nowhere",
            topology.PORTS,
        )
        environ.update(environment.of(process, nowhere))
        try:
            yield
        finally:
            environ.clear()
            environ.update(before)


def asyncapi() -> str:
    """AsyncAPI 3.0: a channel per topic, a message per event type, who sends, who receives."""
    document = {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Throughline events",
            "version": "1.0.0",
            "description": "CloudEvents 1.0, structured JSON; key = client id.",
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": {name: _channel(name) for name in topology.SERVICES},
        "operations": _operations(),
        "components": {
            "messages": {
                name: {
                    "name": name,
                    "title": event_class.__name__,
                    "summary": " ".join((event_class.__doc__ or "").split()),
                    "payload": schema(event_class),
                }
                for name, event_class in sorted(EVENT_TYPES.items())
            }
        },
    }
    return yaml.safe_dump(document, sort_keys=False, width=100, allow_unicode=True)


def _types_of(service: str) -> list[str]:
    return sorted(n for n, c in EVENT_TYPES.items() if c.service in (service, "platform"))


def _channel(service: str) -> dict[str, Any]:
    refs = {n: {"$ref": f"#/components/messages/{n}"} for n in _types_of(service)}
    return {"address": topology.topic(service), "messages": refs}


def _operations() -> dict[str, Any]:
    sent = {
        f"{service}.send": _operation("send", service, _types_of(service))
        for service in topology.SERVICES
    }
    received: dict[str, Any] = {}
    for listener, table in handlers().items():
        for service in topology.SERVICES:
            types = sorted(t for t in table if EVENT_TYPES[t].service == service)
            if types:
                received[f"{listener}.receive.{service}"] = _operation("receive", service, types)
    return sent | received


def _operation(action: str, service: str, types: list[str]) -> dict[str, Any]:
    channel = f"#/channels/{service}"
    return {
        "action": action,
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/{name}"} for name in types],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--freeze", action="store_true")
    if parser.parse_args().freeze:
        freeze()
    ASYNCAPI.write_text(asyncapi())


if __name__ == "__main__":
    main()

"""The published language: every event survives its envelope, fits what was released, is handled."""

import json
from datetime import datetime

import pytest
from cloudevents.core.v1.event import CloudEvent

from scripts import contracts
from shared.events import EVENT_TYPES, Event, open_envelope, seal
from tests.examples import enveloped, example

TYPES = sorted(EVENT_TYPES)


@pytest.mark.parametrize("name", TYPES)
def test_an_event_survives_seal_and_open(name: str) -> None:
    event = example(EVENT_TYPES[name])
    opened = open_envelope(seal(enveloped(event)))
    assert opened.event() == event and opened == enveloped(event)


@pytest.mark.parametrize("name", TYPES)
def test_the_official_cloudevents_package_accepts_it(name: str) -> None:
    body = json.loads(seal(enveloped(example(EVENT_TYPES[name]))))
    data = body.pop("data")
    accepted = CloudEvent(_with_time(body), data)
    assert accepted.get_type() == name


def _with_time(attributes: dict[str, object]) -> dict[str, object]:
    return attributes | {"time": datetime.fromisoformat(str(attributes["time"]))}


def test_nothing_released_was_broken() -> None:
    assert contracts.frozen(), "no schema was ever released"
    assert contracts.broken_types() == []


def test_every_event_type_is_released() -> None:
    assert sorted(contracts.frozen()) == TYPES


def test_a_required_field_more_is_noticed() -> None:
    old = contracts.schema(EVENT_TYPES[TYPES[0]])
    name = next(iter(old["properties"]))
    fewer = {**old, "properties": {k: v for k, v in old["properties"].items() if k != name}}
    fewer["required"] = [field for field in old["required"] if field != name]
    assert contracts.breaking(fewer, old)


def test_every_handled_type_is_an_event() -> None:
    for listener, table in contracts.handlers().items():
        for name in table:
            assert issubclass(EVENT_TYPES[name], Event), listener


def test_the_asyncapi_document_is_what_the_contracts_say() -> None:
    assert contracts.ASYNCAPI.read_text() == contracts.asyncapi()


def test_no_event_has_a_field_that_could_name_a_person() -> None:
    forbidden = {"given_name", "family_name", "email", "phone", "value", "text", "note", "body"}
    for event_class in EVENT_TYPES.values():
        assert not forbidden & set(event_class.model_fields), event_class

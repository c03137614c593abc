import random
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

import pytest

from services.intake.clients import domain
from services.intake.clients.card import BadCard, CardBody, checked
from services.intake.clients.domain import Card, Client, ContactPoint, Discharge
from shared.contracts.intake import (
    ClientDischarged,
    ClientErased,
    ClientRegistered,
    ContactCardChanged,
    ContactPointRef,
    ContactRemoved,
)

NOW = datetime(2026, 6, 2, 14, 0, tzinfo=UTC)
TODAY = date(2026, 6, 2)
PHONE = ContactPoint(id="cp_1", channel="sms", value="+12025550142")
MAIL = ContactPoint(id="cp_2", channel="email", value="dana@example.org")
CARD = Card(given_name="Dana", family_name="Ruiz", contact_points=(PHONE, MAIL))


def registered(**changes: Any) -> Client:
    client, _ = domain.register(
        CARD, id="cl_1", code="K7M-4Q", site_id="site_main", submission_id="sub_1", at=NOW
    )
    return replace(client, **changes)


def test_registering_tells_the_code_and_the_points_by_id_only() -> None:
    _, events = domain.register(
        CARD, id="cl_1", code="K7M-4Q", site_id="site_main", submission_id="sub_1", at=NOW
    )
    assert events == [
        ClientRegistered(
            client_id="cl_1",
            code="K7M-4Q",
            site_id="site_main",
            registered_at=NOW,
            submission_id="sub_1",
        ),
        ContactCardChanged(
            client_id="cl_1",
            version=1,
            contact_points=[
                ContactPointRef(contact_point_id="cp_1", channel="sms"),
                ContactPointRef(contact_point_id="cp_2", channel="email"),
            ],
        ),
    ]


def test_a_code_can_be_said_aloud_and_spells_nothing() -> None:
    for seed in range(50):
        code = domain.new_code(random.Random(seed).choice)
        assert len(code) == 6 and code[3] == "-"
        assert not set(code) & set("AEIOU01258BSZLO")


def ids() -> Any:
    numbers = count(9)
    return lambda: f"cp_{next(numbers)}"


def wanted(channel: str, value: str) -> ContactPoint:
    return ContactPoint(id="", channel=channel, value=value)


def test_a_changed_number_is_a_new_point_and_the_old_one_is_removed() -> None:
    points = domain.keep_ids(
        [wanted("sms", "+12025550199"), wanted("email", MAIL.value)], CARD, ids()
    )
    assert [point.id for point in points] == ["cp_9", "cp_2"]
    changed, events = domain.change_card(
        registered(), replace(CARD, contact_points=points), seen_version=1
    )
    assert changed.card_version == 2
    assert events[0] == ContactRemoved(client_id="cl_1", contact_point_id="cp_1")
    assert isinstance(events[1], ContactCardChanged)
    assert [ref.contact_point_id for ref in events[1].contact_points] == ["cp_9", "cp_2"]


def test_the_same_number_twice_is_one_point() -> None:
    points = domain.keep_ids([wanted("sms", "+12025550199")] * 2, None, ids())
    assert len(points) == 1


def test_a_card_left_as_it_was_is_no_fact() -> None:
    client, events = domain.change_card(registered(), CARD, seen_version=1)
    assert (client.card_version, events) == (1, [])


def test_a_stale_card_is_refused_with_what_changed() -> None:
    client, _ = domain.change_card(
        registered(), replace(CARD, language="es", given_name="Dany"), seen_version=1
    )
    with pytest.raises(domain.CardChanged) as caught:
        domain.change_card(client, replace(CARD, given_name="Dee"), seen_version=1)
    assert set(caught.value.fields) == {"language", "given_name"}


def leaving(**changes: Any) -> Discharge:
    values: dict[str, Any] = {
        "id": "dis_1",
        "program_id": "residential",
        "discharged_on": date(2026, 6, 1),
        "level_of_care": "2.1",
        "recovery_date_basis": "abstinence",
        "plan_template": "standard",
        "recovery_date": date(2026, 5, 1),
    }
    return Discharge(**{**values, **changes})


def test_a_discharge_begins_aftercare_with_the_zone_of_the_card() -> None:
    card = replace(CARD, time_zone="America/Chicago")
    client, [event] = domain.discharge(registered(card=card), leaving(), today=TODAY)
    assert client.state == "in-aftercare"
    assert isinstance(event, ClientDischarged)
    assert (event.discharge_id, event.time_zone, event.level_of_care) == (
        "dis_1",
        "America/Chicago",
        "2.1",
    )


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"discharged_on": date(2026, 6, 3)}, {"discharged_on"}),
        ({"level_of_care": "9.9"}, {"level_of_care"}),
        ({"recovery_date_basis": "clean"}, {"recovery_date_basis"}),
        ({"recovery_date": date(2027, 1, 1)}, {"recovery_date"}),
    ],
)
def test_a_discharge_names_what_is_wrong(changes: dict[str, Any], wrong: set[str]) -> None:
    with pytest.raises(domain.BadDischarge) as caught:
        domain.discharge(registered(), leaving(**changes), today=TODAY)
    assert set(caught.value.fields) == wrong


def test_the_same_discharge_is_not_recorded_twice_but_a_later_one_is() -> None:
    client, _ = domain.discharge(registered(), leaving(), today=TODAY)
    with pytest.raises(domain.AlreadyDischarged):
        domain.discharge(client, leaving(id="dis_2"), today=TODAY)
    later, events = domain.discharge(
        client, leaving(id="dis_2", discharged_on=date(2026, 6, 2)), today=TODAY
    )
    assert later.discharge is not None and later.discharge.id == "dis_2"
    assert len(events) == 1


def test_erasing_needs_the_code_and_leaves_nothing_readable() -> None:
    with pytest.raises(domain.WrongCode):
        domain.erase(registered(), code="K7M-4X", at=NOW)
    erased, events = domain.erase(registered(), code=" k7m-4q ", at=NOW)
    assert erased.card is None and erased.discharge is None
    assert events == [ClientErased(client_id="cl_1", erased_at=NOW)]
    with pytest.raises(domain.Erased):
        domain.change_card(erased, CARD, seen_version=1)


def test_a_card_form_names_every_wrong_field_at_once() -> None:
    body = CardBody.model_validate(
        {
            "given_name": " ",
            "birth_date": "tomorrow",
            "language": "xx",
            "time_zone": "Mars/Base",
            "contact_points": [
                {"channel": "sms", "value": "12"},
                {"channel": "pigeon", "value": "coop"},
                {"channel": "email", "value": " "},
            ],
        }
    )
    with pytest.raises(BadCard) as caught:
        checked(body, today=TODAY)
    assert set(caught.value.fields) == {
        "given_name",
        "birth_date",
        "language",
        "time_zone",
        "contact_points.0.value",
        "contact_points.1.value",
        "contact_points.2.value",
    }

"""Which rows are taken, which are left out, and what is said about it."""

from collections.abc import Callable
from typing import Any

import pytest

from services.referrals.directory import rows
from services.referrals.directory.domain import Address, Holiday, Hours, Place
from services.referrals.directory.rows import Known
from services.referrals.directory.tables import Row, RowRefused


@pytest.fixture
def known() -> Known:
    address = Address(lines=("1 Elm St",), city="Elmton", state="MD", postal_code="1", country="US")
    place = Place(id="x:loc:1", organization_id="x:org:1", name="Hall", address=address)
    return Known(
        "x",
        organizations={"x:org:1": "Elm Aid"},
        places={place.id: place},
        services={"x:svc:1"},
        contacts={"4": "x:org:1"},
    )


def row(**cells: str) -> Row:
    return Row(table="t", number=2, cells={"id": "1", **cells}, bytes_read=0)


ORGANIZATION = {"name": "Elm Aid", "description": "Helps."}
LOCATION = {"organization_id": "1", "name": "Hall", "description": "A hall."}
SERVICE = {"location_id": "1", "name": "Soup", "description": "Soup kitchen.", "status": "active"}
ADDRESS = {"location_id": "1", "address_1": "1 Elm St", "city": "Elmton", "postal_code": "21201"}
HOURS = {"location_id": "1", "weekday": "Monday", "opens_at": "9:30", "closes_at": "5:00 PM"}
HOLIDAY = {
    "location_id": "1",
    "start_date": "12/24/2014",
    "end_date": "12/24/2014",
    "closed": "FALSE",
    "opens_at": "10:00",
    "closes_at": "3:00 PM",
}
PHONE = {"service_id": "1", "number": "(410) 555-0134", "number_type": "voice"}

Read = Callable[[Row, Known], Any]


@pytest.mark.parametrize(
    ("read", "good", "change", "column"),
    [
        (rows.organization, ORGANIZATION, {"id": ""}, "id"),
        (rows.organization, ORGANIZATION, {"id": "../x"}, "id"),
        (rows.organization, ORGANIZATION, {"name": ""}, "name"),
        (rows.organization, ORGANIZATION, {"description": ""}, "description"),
        (rows.organization, ORGANIZATION, {"date_incorporated": "24/2/70"}, "date_incorporated"),
        (rows.location, LOCATION, {"name": ""}, "name"),
        (rows.location, LOCATION, {"organization_id": ""}, "organization_id"),
        (rows.location, LOCATION, {"organization_id": "100"}, "organization_id"),
        (rows.service, SERVICE, {"name": ""}, "name"),
        (rows.service, SERVICE, {"description": ""}, "description"),
        (rows.service, SERVICE, {"location_id": "100"}, "location_id"),
        (rows.service, SERVICE, {"location_id": ""}, "location_id"),
        (rows.service, SERVICE, {"status": "maybe"}, "status"),
        (rows.address, ADDRESS, {"city": ""}, "city"),
        (rows.hours, HOURS, {"closes_at": ""}, "closes_at"),
        (rows.hours, HOURS, {"weekday": "Someday"}, "weekday"),
        (rows.hours, HOURS, {"location_id": ""}, "location_id"),
        (rows.holiday, HOLIDAY, {"closed": ""}, "closed"),
        (rows.holiday, HOLIDAY, {"end_date": "13/27/2014"}, "end_date"),
        (rows.holiday, HOLIDAY, {"closes_at": ""}, "closes_at"),
        (rows.phone, PHONE, {"number": ""}, "number"),
        (rows.phone, PHONE, {"service_id": "100"}, "service_id"),
        (rows.phone, PHONE, {"service_id": ""}, "service_id"),
        (rows.phone, PHONE, {"service_id": "", "contact_id": "99"}, "contact_id"),
        (rows.contact, {}, {}, "organization_id"),
    ],
)
def test_a_faulty_row_is_left_out_by_name(
    read: Read, good: dict[str, str], change: dict[str, str], column: str, known: Known
) -> None:
    if good:
        assert read(row(**good), known)
    with pytest.raises(RowRefused) as refused:
        read(row(**{**good, **change}), known)
    assert refused.value.field == column


@pytest.mark.parametrize(
    ("read", "cells", "column"),
    [
        (rows.organization, {**ORGANIZATION, "date_incorporated": "1/24/70"}, "date_incorporated"),
        (rows.organization, {**ORGANIZATION, "website": "javascript:x"}, "website"),
        (rows.location, {**LOCATION, "latitude": "north"}, "latitude"),
        (rows.service, {**SERVICE, "status": ""}, "status"),
        (rows.address, {**ADDRESS, "postal_code": "2123O"}, "postal_code"),
        (rows.address, {**ADDRESS, "address_1": ""}, "address_1"),
        (rows.holiday, {**HOLIDAY, "start_date": "1/2/14"}, "start_date"),
        (rows.phone, {**PHONE, "number_type": ""}, "number_type"),
        (rows.phone, {**PHONE, "number": "(3  )    -"}, "number"),
    ],
)
def test_a_doubtful_row_is_kept_with_a_remark(
    read: Read, cells: dict[str, str], column: str, known: Known
) -> None:
    doubtful = row(**cells)
    assert read(doubtful, known)
    assert [remark.field for remark in doubtful.remarks] == [column]


def test_no_finding_repeats_what_a_cell_says(known: Known) -> None:
    with pytest.raises(RowRefused) as refused:
        rows.service(row(**{**SERVICE, "location_id": "call Ana on 555"}), known)
    assert "Ana" not in refused.value.reason


def test_a_service_takes_its_organization_from_its_place(known: Known) -> None:
    found = rows.service(row(**SERVICE), known)
    assert found.organization_id == "x:org:1"
    assert found.organization_name == "Elm Aid"
    assert found.place == known.places["x:loc:1"]


def test_a_service_without_a_place_may_name_its_organization(known: Known) -> None:
    found = rows.service(row(**{**SERVICE, "location_id": "", "organization_id": "1"}), known)
    assert (found.place, found.organization_id) == (None, "x:org:1")


def test_a_phone_goes_to_the_narrowest_owner(known: Known) -> None:
    everything = {**PHONE, "location_id": "1", "organization_id": "1"}
    assert rows.phone(row(**everything), known).owner_id == "x:svc:1"
    assert rows.phone(row(**{**everything, "service_id": ""}), known).owner_id == "x:loc:1"


def test_a_contacts_phone_goes_to_what_the_contact_belongs_to(known: Known) -> None:
    phone = rows.phone(row(**{**PHONE, "service_id": "", "contact_id": "4"}), known)
    assert phone.owner_id == "x:org:1"


def test_closed_days_need_no_hours(known: Known) -> None:
    cells = {**HOLIDAY, "closed": "TRUE", "opens_at": "", "closes_at": ""}
    owner, found = rows.holiday(row(**cells), known)
    assert owner == "x:loc:1"
    assert found == Holiday(first_day="2014-12-24", last_day="2014-12-24", closed=True)


def test_hours_are_read_in_any_writing(known: Known) -> None:
    assert rows.hours(row(**HOURS), known)[1] == Hours(
        weekday="monday", opens_at="09:30", closes_at="17:00"
    )

"""One row of each table, as what it stands for; raises RowRefused where it cannot be that."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from services.referrals.directory import cells, needs, phones
from services.referrals.directory.domain import (
    ACTIVE,
    STATUSES,
    Address,
    Holiday,
    Hours,
    Kind,
    Location,
    Number,
    Organization,
    Phone,
    Place,
    Service,
    key,
)
from services.referrals.directory.tables import Row, RowRefused

PROSE = (
    "eligibility",
    "fees",
    "application_process",
    "wait_time",
    "interpretation_services",
)
LISTS = (
    "languages",
    "keywords",
    "service_areas",
    "accepted_payments",
    "required_documents",
)
# Which column names the owner of a phone or of opening hours, the narrowest first.
OWNERS: tuple[tuple[str, Kind], ...] = (
    ("service_id", "svc"),
    ("location_id", "loc"),
    ("organization_id", "org"),
)
VOICE = "voice"


@dataclass
class Known:
    """What later tables refer to: names and places by id, nothing heavier."""

    source: str
    organizations: dict[str, str] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    services: set[str] = field(default_factory=set)
    contacts: dict[str, str] = field(default_factory=dict)
    """Contact → what it belongs to; who the contact is stays out."""
    addresses: dict[str, Address] = field(default_factory=dict)
    hours: dict[str, list[Hours]] = field(default_factory=dict)
    holidays: dict[str, list[Holiday]] = field(default_factory=dict)

    def key(self, kind: Kind, number: str) -> str:
        return key(self.source, kind, number)

    def has(self, kind: Kind, number: str) -> bool:
        kept: Mapping[Kind, Iterable[str]] = {
            "svc": self.services,
            "loc": self.places,
            "org": self.organizations,
        }
        return self.key(kind, number) in kept[kind]


def organization(row: Row, known: Known) -> Organization:
    incorporated = None
    if row.text("date_incorporated"):
        incorporated = _day(row, "date_incorporated")
    return Organization(
        id=known.key("org", row.id()),
        name=row.required("name"),
        description=row.required("description"),
        alternate_name=row.text("alternate_name"),
        email=row.text("email"),
        website=row.try_read("website", cells.website) or "",
        incorporated_on=incorporated,
    )


def address(row: Row, known: Known) -> tuple[str, Address]:
    """The location it belongs to, and the address."""
    city = row.required("city")
    country = row.text("country").upper() or "US"
    if not row.text("address_1"):
        row.remark("address_1", "is missing; only the city is known")
    if country == "US" and not cells.is_zip(row.text("postal_code")):
        row.remark("postal_code", "is not a ZIP code; kept as it is")
    found = Address(
        lines=cells.street(row.text("address_1"), row.text("address_2")),
        city=city,
        state=row.text("state_province").upper(),
        postal_code=row.text("postal_code"),
        country=country,
    )
    return known.key("loc", row.id("location_id")), found


def location(row: Row, known: Known) -> Location:
    id, owner = known.key("loc", row.id()), row.id("organization_id")
    if not known.has("org", owner):
        raise RowRefused("organization_id", _nowhere("organization", owner))
    return Location(
        id=id,
        organization_id=known.key("org", owner),
        name=row.required("name"),
        description=row.required("description"),
        alternate_name=row.text("alternate_name"),
        email=row.text("email"),
        website=row.try_read("website", cells.website) or "",
        transportation=row.text("transportation"),
        languages=cells.listed(row.text("languages")),
        accessibility=cells.listed(row.text("accessibility")),
        latitude=row.try_read("latitude", lambda text: cells.coordinate(text, 90)),
        longitude=row.try_read("longitude", lambda text: cells.coordinate(text, 180)),
        virtual=row.try_read("virtual", cells.truth) or False,
        address=known.addresses.get(id),
        hours=tuple(known.hours.get(id, ())),
        holidays=tuple(known.holidays.get(id, ())),
    )


def service(row: Row, known: Known) -> Service:
    id, place = known.key("svc", row.id()), _place(row, known)
    organization_id = place.organization_id if place else _organization_of(row, known)
    name, other_name = row.required("name"), row.text("alternate_name")
    description = row.required("description")
    found = needs.assign(name, other_name, row.text("keywords"), description)
    return Service(
        id=id,
        organization_id=organization_id,
        organization_name=known.organizations[organization_id],
        place=place,
        name=name,
        alternate_name=other_name,
        description=description,
        status=_status(row),
        needs=found.needs,
        substance_use=found.substance_use,
        told=_prose(row),
        lists={name: cells.listed(row.text(name)) for name in LISTS if row.text(name)},
        hours=tuple(known.hours.get(id, ())),
        holidays=tuple(known.holidays.get(id, ())),
    )


def _place(row: Row, known: Known) -> Place | None:
    number = row.text("location_id")
    if not number:
        return None
    if not known.has("loc", number):
        raise RowRefused("location_id", _nowhere("location", number))
    return known.places[known.key("loc", number)]


def _organization_of(row: Row, known: Known) -> str:
    """Of a service without a place; nobody could be asked for it without an organization."""
    number = row.text("organization_id")
    if not number:
        raise RowRefused("location_id", "is missing, so nobody is known who offers this")
    if not known.has("org", number):
        raise RowRefused("organization_id", _nowhere("organization", number))
    return known.key("org", number)


def _status(row: Row) -> str:
    status = row.text("status").lower()
    if not status:
        row.remark("status", f"is missing; taken as {ACTIVE}")
        return ACTIVE
    if status not in STATUSES:
        raise RowRefused("status", f"is none of {', '.join(STATUSES)}")
    return status


def _prose(row: Row) -> dict[str, str]:
    told = {name: row.text(name) for name in (*PROSE, "email") if row.text(name)}
    link = row.try_read("website", cells.website)
    return {**told, "website": link} if link else told


def phone(row: Row, known: Known) -> Phone:
    """Contacts' phones go to what the contact belongs to."""
    contact = row.text("contact_id")
    owner = _owner(row, known) if _names_owner(row) else known.contacts.get(contact)
    if owner is None:
        reason = _nowhere("contact", contact) if contact else "is missing, and so is every owner"
        raise RowRefused("contact_id" if contact else "service_id", reason)
    if not row.text("number_type"):
        row.remark("number_type", f"is missing; taken as {VOICE}")
    found = row.read("number", lambda text: _number(row, text))
    if found.e164 is None:
        row.remark("number", "cannot be dialed as it stands; kept as text")
    return Phone(
        id=known.key("tel", row.id()),
        owner_id=owner,
        number=found,
        kind=row.text("number_type").lower() or VOICE,
        vanity=row.text("vanity_number"),
    )


def _number(row: Row, text: str) -> Number:
    return phones.number(
        text, region="US", extension=row.text("extension"), label=row.text("department")
    )


def contact(row: Row, known: Known) -> tuple[str, str]:
    """The contact's number and its owner; names and titles are not kept."""
    owner = _owner(row, known)
    if owner is None:
        raise RowRefused("organization_id", "is missing, and so is every other owner")
    return row.id(), owner


def hours(row: Row, known: Known) -> tuple[str, Hours]:
    found = Hours(
        weekday=row.read("weekday", cells.weekday),
        opens_at=row.read("opens_at", cells.clock_time),
        closes_at=row.read("closes_at", cells.clock_time),
    )
    return _scheduled(row, known), found


def holiday(row: Row, known: Known) -> tuple[str, Holiday]:
    closed = row.read("closed", cells.truth)
    first, last = _day(row, "start_date"), _day(row, "end_date")
    opens, closes = "", ""
    if not closed:
        opens = row.read("opens_at", cells.clock_time)
        closes = row.read("closes_at", cells.clock_time)
    found = Holiday(first_day=first, last_day=last, closed=closed, opens_at=opens, closes_at=closes)
    return _scheduled(row, known), found


def _scheduled(row: Row, known: Known) -> str:
    for column, kind in OWNERS[:2]:
        if row.text(column):
            return known.key(kind, row.id(column))
    raise RowRefused("location_id", "is missing, and so is service_id")


def _names_owner(row: Row) -> bool:
    return any(row.text(column) for column, _ in OWNERS)


def _owner(row: Row, known: Known) -> str | None:
    """The narrowest owner named; one that is not in the export refuses the row."""
    for column, kind in OWNERS:
        number = row.text(column)
        if number:
            if not known.has(kind, number):
                raise RowRefused(column, _nowhere(column.removesuffix("_id"), number))
            return known.key(kind, number)
    return None


def _day(row: Row, name: str) -> str:
    found, remark = row.read(name, cells.day)
    if remark:
        row.remark(name, remark)
    return found.isoformat()


def _nowhere(what: str, number: str) -> str:
    """Ids are the export's own numbers; they are echoed only in the form of an id."""
    shown = f" {number}" if number.isalnum() and len(number) <= 40 else ""
    return f"there is no {what}{shown} in this export, or its row was left out"

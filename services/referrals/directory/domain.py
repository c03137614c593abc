"""Organizations, the places they work from, what they offer there, and their phones (R6.6)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["org", "loc", "svc", "tel"]

ACTIVE = "active"
STATUSES = (ACTIVE, "inactive", "defunct", "temporarily closed")
# What staff can still choose from; the others stay readable where a referral names them.
OFFERED = (ACTIVE, "temporarily closed")


def key(source: str, kind: Kind, number: str) -> str:
    """The same row of the same source has this id in every run."""
    return f"{source}:{kind}:{number}"


@dataclass(frozen=True, kw_only=True)
class Organization:
    id: str
    name: str
    description: str
    alternate_name: str = ""
    email: str = ""
    website: str = ""
    incorporated_on: str | None = None


@dataclass(frozen=True, kw_only=True)
class Address:
    lines: tuple[str, ...]
    city: str
    state: str
    postal_code: str
    country: str


@dataclass(frozen=True, kw_only=True)
class Hours:
    """Open on this weekday, in the wall time of the place; several rows a day are possible."""

    weekday: str
    opens_at: str
    closes_at: str


@dataclass(frozen=True, kw_only=True)
class Holiday:
    """Other hours, or closed, on these days; year 1 stands for every year."""

    first_day: str
    last_day: str
    closed: bool
    opens_at: str = ""
    closes_at: str = ""


@dataclass(frozen=True, kw_only=True)
class Location:
    id: str
    organization_id: str
    name: str
    description: str
    alternate_name: str = ""
    email: str = ""
    website: str = ""
    transportation: str = ""
    languages: tuple[str, ...] = ()
    accessibility: tuple[str, ...] = ()
    latitude: float | None = None
    longitude: float | None = None
    virtual: bool = False
    address: Address | None = None
    hours: tuple[Hours, ...] = ()
    holidays: tuple[Holiday, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Place:
    """What a service shows of its location."""

    id: str
    organization_id: str
    name: str
    address: Address | None


@dataclass(frozen=True, kw_only=True)
class Service:
    id: str
    organization_id: str
    organization_name: str
    place: Place | None
    name: str
    description: str
    status: str
    needs: tuple[str, ...]
    substance_use: bool
    """Naming it would tell that somebody is in treatment: never in a message to a client."""
    alternate_name: str = ""
    told: Mapping[str, str]
    """Prose by its HSDS field name: eligibility, fees, application_process, wait_time, …"""
    lists: Mapping[str, tuple[str, ...]]
    """Lists by their HSDS field name: languages, keywords, service_areas, …"""
    hours: tuple[Hours, ...] = ()
    holidays: tuple[Holiday, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Number:
    """A phone as it can be dialed, and as it was written."""

    text: str
    e164: str | None = None
    extension: str = ""
    label: str = ""
    also: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Phone:
    """Belongs to the narrowest of its owners: service, else location, else organization."""

    id: str
    owner_id: str
    number: Number
    kind: str
    vanity: str = ""

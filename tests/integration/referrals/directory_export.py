"""Directory exports made up for the tests, in the shape of the real ones."""

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

Rows = Iterable[Mapping[str, Any]]

ORGANIZATIONS: list[dict[str, Any]] = [
    {"id": 1, "name": "Elm Aid", "description": "Neighbors&#39; help."},
    {"id": 2, "name": "Oak Legal", "description": "Lawyers."},
]
LOCATIONS: list[dict[str, Any]] = [
    {"id": 1, "organization_id": 1, "name": "Elm Hall", "description": "A hall."},
    {"id": 2, "organization_id": 2, "name": "Oak Office", "description": "An office."},
]
ADDRESSES: list[dict[str, Any]] = [
    {
        "id": 1,
        "location_id": 1,
        "address_1": "12 Elm St #4",
        "address_2": "Suite 4",
        "city": "Elmton",
        "state_province": "md",
        "postal_code": "21299-1234",
        "country": "us",
    },
    {
        "id": 2,
        "location_id": 2,
        "address_1": "7 Oak Ave",
        "address_2": "",
        "city": "Oakville",
        "state_province": "MD",
        "postal_code": "21388",
        "country": "us",
    },
]
SERVICES: list[dict[str, Any]] = [
    {
        "id": 1,
        "location_id": 1,
        "name": "Soup at Elm",
        "description": "SOUP KITCHEN: Noon.\r\n\r\nVOLUNTEERS: Needed.",
        "status": "active",
        "fees": "None.",
        "languages": "Spanish, French",
    },
    {
        "id": 2,
        "location_id": 1,
        "name": "Beds at Elm",
        "description": "Emergency shelter.",
        "status": "active",
    },
    {
        "id": 3,
        "location_id": 2,
        "name": "José's Law Desk",
        "description": "Free legal services, also on evictions.",
        "status": "active",
    },
    {
        "id": 4,
        "location_id": 2,
        "name": "Old Law Desk",
        "description": "Free legal services.",
        "status": "defunct",
    },
]
PHONES: list[dict[str, Any]] = [
    {"id": 1, "service_id": 1, "number": "(410) 555-0134", "department": "x9 Kitchen"},
    {"id": 2, "location_id": 1, "number": "(410) 555-0135", "department": ""},
    {"id": 3, "organization_id": 2, "number": "(410) 555-0136", "department": ""},
]


def write(folder: Path, **tables: Rows) -> Path:
    """The standard export with some tables replaced, as CSV."""
    folder.mkdir(exist_ok=True)
    standard: dict[str, Rows] = {
        "organizations": ORGANIZATIONS,
        "locations": LOCATIONS,
        "addresses": ADDRESSES,
        "services": SERVICES,
        "phones": [{"number_type": "voice", **phone} for phone in PHONES],
    }
    for name, rows in {**standard, **tables}.items():
        _write(folder / f"{name}.csv", list(rows))
    return folder


def _write(path: Path, rows: list[Mapping[str, Any]]) -> None:
    columns = dict.fromkeys(column for row in rows for column in row)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(columns))
        writer.writeheader()
        writer.writerows(rows)


def write_a_city(folder: Path) -> Path:
    """As much as a whole city has: 748 organizations, 1,876 services with long descriptions."""
    prose = "OVERVIEW: Word{0} helps word{1} with food.\n" + "More of word{0}, word{2}. " * 60
    organizations = [
        {"id": n, "name": f"Organization {n}", "description": prose.format(n, n % 7, n % 31)}
        for n in range(748)
    ]
    locations = [
        {"id": n, "organization_id": n % 748, "name": f"Place {n}", "description": "A place."}
        for n in range(1482)
    ]
    addresses = [{**ADDRESSES[0], "id": n, "location_id": n} for n in range(1482)]
    services = [
        {
            **SERVICES[0],
            "id": n,
            "location_id": n % 1482,
            "name": f"Service {n}",
            "description": prose.format(n, n % 11, n % 97),
        }
        for n in range(1876)
    ]
    phones = [
        {**PHONES[0], "number_type": "voice", "id": n, "service_id": n % 1876} for n in range(6704)
    ]
    return write(
        folder,
        organizations=organizations,
        locations=locations,
        addresses=addresses,
        services=services,
        phones=phones,
    )

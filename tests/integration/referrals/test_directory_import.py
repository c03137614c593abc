"""A whole export from a folder into the database, and once more."""

import csv
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from deploy.embedded import MongoServer
from services.referrals import directory_import
from tests.integration.referrals.directory_export import (
    LOCATIONS,
    ORGANIZATIONS,
    PHONES,
    SERVICES,
    write,
    write_a_city,
)

KEPT = ("organizations", "locations", "services", "directory_phones")
DONE, NOT_AN_EXPORT = 0, 2


@pytest.fixture
def directory(
    clean_referrals: None,
    mongo: MongoServer,
    environment_of: Callable[[str], dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Iterator[Database[dict[str, Any]]]:
    """What the service's own database user sees; findings go to a folder of the test."""
    environment = environment_of("referrals-web") | {"RUN_DIR": str(tmp_path / "run")}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with MongoClient[dict[str, Any]](environment["MONGO_URL"], tz_aware=True) as client:
        yield client["referrals"]


def everything(database: Database[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    return {name: list(database[name].find().sort("_id")) for name in KEPT}


def findings(tmp_path: Path, source: str = "export") -> list[dict[str, str]]:
    path = tmp_path / "run" / f"directory-{source}-findings.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_an_export_becomes_organizations_places_services_and_phones(
    directory: Database[dict[str, Any]], tmp_path: Path
) -> None:
    assert directory_import.main(write(tmp_path / "export")) == DONE
    assert [len(found) for found in everything(directory).values()] == [2, 2, 4, 3]
    organization = directory.organizations.find_one({"_id": "export:org:1"})
    assert organization and organization["description"] == "Neighbors' help."
    service = directory.services.find_one({"_id": "export:svc:1"})
    assert service
    assert (service["organization_id"], service["organization_name"]) == ("export:org:1", "Elm Aid")
    assert service["needs"] == ["food-insecurity"]
    assert service["place"]["address"] == {
        "lines": ["12 Elm St #4"],
        "city": "Elmton",
        "state": "MD",
        "postal_code": "21299-1234",
        "country": "US",
    }
    phone = directory.directory_phones.find_one({"_id": "export:tel:1"})
    assert phone and phone["owner_id"] == "export:svc:1"
    assert (phone["number"]["e164"], phone["number"]["extension"]) == ("+14105550134", "9")


def test_a_second_time_changes_nothing(
    directory: Database[dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export = write(tmp_path / "export")
    directory_import.main(export)
    before = everything(directory)
    assert directory_import.main(export) == DONE
    assert everything(directory) == before
    last = list(directory.journal.find().sort("at"))[-1]
    nothing = {"added": 0, "changed": 0, "withdrawn": 0}
    assert last["imported"]["counts"]["services"] == {**nothing, "unchanged": 4}
    assert last["imported"]["counts"]["phones"] == {**nothing, "unchanged": 3}


def test_each_run_is_one_journal_row(directory: Database[dict[str, Any]], tmp_path: Path) -> None:
    directory_import.main(write(tmp_path / "export"))
    [row] = directory.journal.find()
    assert (row["actor"]["id"], row["outcome"]) == ("import-directory", "done")
    assert row["subjects"] == ["directory:export"]
    assert row["imported"]["rows"]["organizations"] == 2
    assert row["events"] == []


def test_only_what_differs_is_written(directory: Database[dict[str, Any]], tmp_path: Path) -> None:
    directory_import.main(write(tmp_path / "export"))
    changed = [{**SERVICES[0], "fees": "One dollar."}, *SERVICES[1:]]
    directory_import.main(write(tmp_path / "export", services=changed))
    counts = list(directory.journal.find().sort("at"))[-1]["imported"]["counts"]
    assert (counts["services"]["changed"], counts["services"]["unchanged"]) == (1, 3)
    service = directory.services.find_one({"_id": "export:svc:1"})
    assert service and service["told"]["fees"] == "One dollar."


def test_what_is_no_longer_listed_is_hidden_and_comes_back(
    directory: Database[dict[str, Any]], tmp_path: Path
) -> None:
    directory_import.main(write(tmp_path / "export"))
    before = everything(directory)
    export = write(tmp_path / "export", services=SERVICES[1:], phones=[])
    (export / "phones.csv").write_text("id,number\n")
    directory_import.main(export)
    hidden = directory.services.find_one({"_id": "export:svc:1"})
    assert hidden and hidden["withdrawn"] and "order" not in hidden and "terms" not in hidden
    assert directory.directory_phones.count_documents({}) == 0
    directory_import.main(write(tmp_path / "export"))
    assert everything(directory) == before


def test_two_exports_do_not_touch_each_other(
    directory: Database[dict[str, Any]], tmp_path: Path
) -> None:
    directory_import.main(write(tmp_path / "north"))
    directory_import.main(write(tmp_path / "south", services=SERVICES[:1]))
    assert directory.services.count_documents({"source": "north"}) == 4
    assert directory.services.count_documents({"source": "south"}) == 1


def test_refused_rows_are_named_and_the_rest_goes_through(
    directory: Database[dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export = write(
        tmp_path / "export",
        organizations=[*ORGANIZATIONS, {"id": 9, "name": "", "description": "?"}, ORGANIZATIONS[0]],
        locations=[*LOCATIONS, {**LOCATIONS[0], "id": 9, "organization_id": 9}],
        services=[*SERVICES, {**SERVICES[0], "id": 9, "location_id": ""}],
        regular_schedules=[
            {
                "id": 1,
                "location_id": 1,
                "weekday": "Monday",
                "opens_at": "9am",
                "closes_at": "5 PM",
            },
            {
                "id": 2,
                "location_id": 9,
                "weekday": "Monday",
                "opens_at": "9am",
                "closes_at": "5 PM",
            },
        ],
    )
    assert directory_import.main(export) == DONE
    left_out = [row for row in findings(tmp_path) if row["outcome"] == "left out"]
    assert [(row["table"], row["row"], row["field"]) for row in left_out] == [
        ("organizations", "4", "name"),
        ("organizations", "5", "id"),
        ("locations", "4", "organization_id"),
        ("services", "6", "location_id"),
        ("regular_schedules", "3", "location_id"),
    ]
    assert "left out: organizations row 4, name: is missing" in capsys.readouterr().out
    location = directory.locations.find_one({"_id": "export:loc:1"})
    assert location and location["hours"] == [
        {"weekday": "monday", "opens_at": "09:00", "closes_at": "17:00"}
    ]


def test_a_refused_row_leaves_what_was_known_before(
    directory: Database[dict[str, Any]], tmp_path: Path
) -> None:
    directory_import.main(write(tmp_path / "export"))
    before = everything(directory)
    spoiled = [{**SERVICES[0], "name": ""}, *SERVICES[1:]]
    directory_import.main(write(tmp_path / "export", services=spoiled))
    assert everything(directory)["services"] == before["services"]


def test_a_torn_table_is_told_and_hides_nothing(
    directory: Database[dict[str, Any]], tmp_path: Path
) -> None:
    export = write(tmp_path / "export")
    directory_import.main(export)
    torn = 'id,location_id,name,description,status\n1,1,Soup\n2,1,"' + "x" * 200_000
    (export / "services.csv").write_text(torn)
    assert directory_import.main(export) == DONE
    told = [row["reason"] for row in findings(tmp_path) if row["table"] == "services"]
    assert told[0] == "has 3 cells where the header has 5"
    assert "cannot be read" in told[1]
    assert directory.services.count_documents({"withdrawn": True}) == 0


@pytest.mark.parametrize(
    ("table", "text", "told"),
    [
        ("services", None, "there is no services.csv"),
        ("locations", "id,name\n", "locations.csv has no column organization_id"),
        ("organizations", "", "organizations.csv has no column id, name"),
    ],
)
def test_a_folder_that_is_no_export_is_said_so(
    directory: Database[dict[str, Any]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    table: str,
    text: str | None,
    told: str,
) -> None:
    export = write(tmp_path / "export")
    (export / f"{table}.csv").unlink()
    if text is not None:
        (export / f"{table}.csv").write_text(text)
    assert directory_import.main(export) == NOT_AN_EXPORT
    assert told in capsys.readouterr().out
    assert directory.organizations.count_documents({}) == 0


def test_a_whole_city_comes_in_under_a_minute(
    directory: Database[dict[str, Any]], tmp_path: Path
) -> None:
    export = write_a_city(tmp_path / "city")
    began = time.monotonic()
    assert directory_import.main(export) == DONE
    assert time.monotonic() - began < 60
    assert [directory[name].estimated_document_count() for name in KEPT] == [748, 1482, 1876, 6704]


def test_phones_are_kept_without_the_people_behind_them(
    directory: Database[dict[str, Any]], tmp_path: Path
) -> None:
    contacts = [{"id": 5, "organization_id": 1, "name": "Canary Person", "email": "c@x.example"}]
    phones = [{"id": 8, "contact_id": 5, "number": PHONES[0]["number"]}]
    directory_import.main(write(tmp_path / "export", contacts=contacts, phones=phones))
    phone = directory.directory_phones.find_one({"_id": "export:tel:8"})
    assert phone and phone["owner_id"] == "export:org:1"
    assert "Canary" not in str(everything(directory)) + str(list(directory.journal.find()))

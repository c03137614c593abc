"""Services found by need, place and words, on an index, page by page, by those who may."""

import itertools
from pathlib import Path
from typing import Any

import pytest

from services.referrals.directory import load, store, tables
from services.referrals.directory.load import Import, Report
from services.referrals.directory.rows import Known
from services.referrals.directory.store import Wish
from tests.integration.referrals.directory_export import PHONES, SERVICES, write
from tests.integration.referrals.world import World

URL = "/directory/services"


async def bring(world: World, folder: Path) -> None:
    going = Import(tables.opened(folder), Known("elm"), Report(), lambda table, read: None)
    await load.load(world.runtime.database, going)


@pytest.fixture
async def elm(world: World, tmp_path: Path) -> World:
    """The standard export, beside what the other tests furnish."""
    await world.runtime.database["services"].delete_many({})
    await bring(world, write(tmp_path / "elm"))
    return world


async def found(world: World, **asked: str) -> list[str]:
    answer = await world.web.get(URL, params=asked, headers=world.staff())
    assert answer.status_code == 200, answer.text
    return [item["service_id"].removeprefix("elm:svc:") for item in answer.json()["items"]]


FOUND: list[tuple[dict[str, str], list[str]]] = [
    ({}, ["2", "3", "1"]),
    ({"need": "food-insecurity"}, ["1"]),
    ({"need": "homelessness"}, ["2"]),
    ({"need": "housing"}, ["2", "3"]),
    ({"need": "veteran-status"}, []),
    ({"place": "Elmton"}, ["2", "1"]),
    ({"place": "elmt"}, ["2", "1"]),
    ({"place": "21299"}, ["2", "1"]),
    ({"place": "213"}, ["3"]),
    ({"place": "Oak Ave"}, ["3"]),
    ({"place": "1234"}, []),
    ({"text": "jose"}, ["3"]),
    ({"text": "Josés, LAW"}, ["3"]),
    ({"text": "oak leg"}, ["3"]),
    ({"text": "soup elm"}, ["1"]),
    ({"text": "soup law"}, []),
    ({"text": "of the"}, ["2", "3", "1"]),
    ({"need": "homelessness", "place": "elmton", "text": "bed"}, ["2"]),
    ({"need": "homelessness", "place": "oakville"}, []),
    ({"text": "$where"}, []),
    ({"text": "\x00.*"}, ["2", "3", "1"]),
]


async def test_services_are_found_by_need_place_and_words(elm: World) -> None:
    assert [(asked, await found(elm, **asked)) for asked, _ in FOUND] == FOUND


async def test_what_is_no_longer_offered_is_not_found_but_can_be_read(elm: World) -> None:
    assert "4" not in await found(elm)
    answer = await elm.web.get(f"{URL}/elm:svc:4", headers=elm.staff())
    assert answer.json()["status"] == "defunct"


async def test_an_item_says_who_where_and_how_to_reach_them(elm: World) -> None:
    await elm.runtime.database["partners"].update_one(
        {"_id": "prt_1"}, {"$set": {"organization_id": "elm:org:1"}}
    )
    answer = await elm.web.get(URL, params={"text": "soup"}, headers=elm.staff())
    assert answer.json() == {
        "items": [
            {
                "service_id": "elm:svc:1",
                "name": "Soup at Elm",
                "organization_id": "elm:org:1",
                "organization_name": "Elm Aid",
                "partner_id": "prt_1",
                "location": {
                    "name": "Elm Hall",
                    "address": "12 Elm St #4",
                    "city": "Elmton",
                    "state": "MD",
                    "postal_code": "21299-1234",
                },
                "phones": [
                    {
                        "number": PHONES[0]["number"],
                        "e164": "+14105550134",
                        "extension": "9",
                        "label": "Kitchen",
                        "also": [],
                        "kind": "voice",
                    }
                ],
                "needs": ["food-insecurity"],
                "substance_use": False,
                "status": "active",
            }
        ],
        "next": None,
    }


async def test_without_a_phone_of_its_own_a_service_shows_its_places_or_organizations(
    elm: World,
) -> None:
    items = (await elm.web.get(URL, headers=elm.staff())).json()["items"]
    phones = {item["service_id"]: item["phones"][0]["number"] for item in items}
    assert phones["elm:svc:2"] == PHONES[1]["number"]
    assert phones["elm:svc:3"] == PHONES[2]["number"]


async def test_a_partner_that_has_ended_is_none(elm: World) -> None:
    await elm.runtime.database["partners"].update_one(
        {"_id": "prt_1"}, {"$set": {"organization_id": "elm:org:1", "active": False}}
    )
    items = (await elm.web.get(URL, headers=elm.staff())).json()["items"]
    assert {item["partner_id"] for item in items} == {None}


async def test_one_service_is_shown_with_all_it_says(elm: World) -> None:
    shown = (await elm.web.get(f"{URL}/elm:svc:1", headers=elm.staff())).json()
    assert shown["description"] == "SOUP KITCHEN: Noon.\n\nVOLUNTEERS: Needed."
    assert (shown["fees"], shown["languages"]) == ("None.", ["Spanish", "French"])
    assert "terms" not in shown and "content" not in shown


async def test_pages_hold_twenty_and_each_service_once(world: World, tmp_path: Path) -> None:
    many = [{**SERVICES[0], "id": n, "name": f"Soup {n % 9}"} for n in range(45)]
    await bring(world, write(tmp_path / "elm", services=many, phones=[PHONES[1]]))
    seen: list[str] = []
    sizes: list[int] = []
    cursor = ""
    while True:
        asked = {"text": "soup", "cursor": cursor}
        answer = (await world.web.get(URL, params=asked, headers=world.staff())).json()
        seen += [item["service_id"] for item in answer["items"]]
        sizes.append(len(answer["items"]))
        if answer["next"] is None:
            break
        cursor = answer["next"]
    assert sizes == [20, 20, 5]
    assert len(set(seen)) == 45


WISHES = (
    Wish(),
    Wish(need="housing"),
    Wish(place="elm 21299"),
    Wish(text="soup kit"),
    Wish(need="housing", place="elm", text="soup"),
)


async def test_every_search_runs_on_an_index(elm: World) -> None:
    for wish, after in itertools.product(WISHES, ("", "m")):
        wanted, index = store.query(wish, after)
        asked = {"find": "services", "filter": wanted, "hint": index, "sort": {"order": 1}}
        plan: Any = await elm.runtime.database.command("explain", asked)
        told = str(plan["queryPlanner"]["winningPlan"])
        assert "IXSCAN" in told and "COLLSCAN" not in told


async def test_the_other_reads_run_on_an_index(elm: World) -> None:
    for collection, wanted in (
        ("directory_phones", {"owner_id": {"$in": ["elm:svc:1", "elm:org:1"]}}),
        ("partners", {"organization_id": {"$in": ["elm:org:1"]}, "active": True}),
        ("locations", {"source": "elm", "withdrawn": {"$exists": False}}),
    ):
        asked = {"find": collection, "filter": wanted}
        plan: Any = await elm.runtime.database.command("explain", asked)
        assert "COLLSCAN" not in str(plan["queryPlanner"]["winningPlan"])


UNREADABLE = (
    {"need": "bed"},
    {"text": "x" * 101},
    {"cursor": "§"},
    {"cursor": "abc"},
    {"cursor": "_w=="},
)


async def test_what_cannot_be_read_is_refused(elm: World) -> None:
    for asked in UNREADABLE:
        answer = await elm.web.get(URL, params=asked, headers=elm.staff())
        assert (answer.status_code, answer.json()["code"]) == (422, "BAD_INPUT"), asked


async def test_others_find_nothing(elm: World) -> None:
    for url in (URL, f"{URL}/elm:svc:1"):
        assert (await elm.web.get(url)).status_code == 401
        for role in ("intake-worker", "operations", "privacy-officer"):
            answer = await elm.web.get(url, headers=elm.staff(roles=(role,)))
            assert answer.status_code == 404, role


async def test_a_service_that_is_not_there(elm: World) -> None:
    answer = await elm.web.get(f"{URL}/elm:svc:99", headers=elm.staff())
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")

"""Registering, the contact card, discharge and erasure, over HTTP and with the real database."""

import asyncio
from typing import Any

import pytest

from deploy.embedded import MongoServer
from services.intake.keydesk.desk import KeyDesk, desk_of
from shared.auth import Staff
from shared.contracts.intake import (
    ClientDischarged,
    ClientErased,
    ClientRegistered,
    ContactCardChanged,
    ContactRemoved,
)
from tests.integration.intake.world import (
    CARD,
    MAIL,
    PHONE,
    SITE,
    STRANGER,
    SUPER,
    WORKER,
    World,
    counselor,
)

DISCHARGE: dict[str, Any] = {
    "program_id": "residential",
    "discharged_on": "2026-06-01",
    "level_of_care": "2.1",
    "recovery_date_basis": "abstinence",
    "plan_template": "standard",
}


async def test_a_registered_client_travels_by_id_and_the_card_encrypted(world: World) -> None:
    answer = await world.register()
    client_id = answer["client_id"]
    assert answer["service"] == "intake" and answer["streams"] == {client_id: 2}
    [registered] = await world.facts(ClientRegistered)
    assert (registered.client_id, registered.code) == (client_id, answer["code"])
    [changed] = await world.facts(ContactCardChanged)
    part = await world.part_of(ContactCardChanged, client_id)
    assert part["given_name"] == "Dana" and part["time_zone"] == "America/Chicago"
    assert sorted(part["contact_values"].values()) == sorted([PHONE, MAIL])
    assert set(part["contact_values"]) == {p.contact_point_id for p in changed.contact_points}


async def test_no_name_or_number_stands_readable_in_the_database(
    world: World, mongo: MongoServer
) -> None:
    await world.consented()
    with mongo.admin() as admin:
        everything = [
            (name, document)
            for name in admin["intake"].list_collection_names()
            for document in admin["intake"][name].find()
        ]
    assert {"clients", "consents", "journal", "data_keys"} <= {name for name, _ in everything}
    for name, document in everything:
        written = repr(document)
        for canary in ("Dana", "Ruiz", PHONE, MAIL, "1990-03-04", "Hope House", "a room"):
            assert canary not in written, (name, canary)


async def test_the_same_key_registers_once_and_another_body_is_refused(world: World) -> None:
    body = {**CARD, "site_id": SITE}
    first, second = await asyncio.gather(
        world.post("/clients", body, key="k1"), world.post("/clients", body, key="k1")
    )
    assert {first.status_code, second.status_code} <= {200, 409}
    again = await world.post("/clients", body, key="k1")
    assert again.status_code == 200
    assert len(await world.facts(ClientRegistered)) == 1
    other = await world.post("/clients", {**body, "given_name": "Dee"}, key="k1")
    assert (other.status_code, other.json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")


async def test_a_changed_number_is_a_new_point_and_the_old_one_is_removed(world: World) -> None:
    client_id = (await world.register())["client_id"]
    before = (await world.get(f"/clients/{client_id}")).json()
    points = {p["channel"]: p["contact_point_id"] for p in before["contact_points"]}
    body = {
        **CARD,
        "version": before["version"],
        "contact_points": [
            {"contact_point_id": points["sms"], "channel": "sms", "value": "202-555-0199"},
            {"contact_point_id": points["email"], "channel": "email", "value": MAIL},
        ],
    }
    headers = world.staff(WORKER)
    answer = await world.web.put(f"/clients/{client_id}/card", json=body, headers=headers)
    assert (answer.status_code, answer.json()["version"]) == (200, 2)
    after = (await world.get(f"/clients/{client_id}")).json()
    kept = {p["channel"]: p["contact_point_id"] for p in after["contact_points"]}
    assert kept["email"] == points["email"] and kept["sms"] != points["sms"]
    [removed] = await world.facts(ContactRemoved)
    assert removed.contact_point_id == points["sms"]
    stale = await world.web.put(f"/clients/{client_id}/card", json=body, headers=headers)
    assert (stale.status_code, stale.json()["code"]) == (409, "CONFLICT")
    assert set(stale.json()["fields"]) == {"contact_points"}


async def test_reading_a_card_is_recorded_before_it_is_shown(world: World) -> None:
    client_id = (await world.register())["client_id"]
    assert await world.rows(action="read-card") == []
    await world.get(f"/clients/{client_id}", SUPER)
    [row] = await world.rows(action="read-card")
    assert (row["actor"], row["subjects"]) == ({"kind": "staff", "id": "st_super"}, [client_id])


@pytest.mark.parametrize(
    ("caller", "status"),
    [(WORKER, 200), (SUPER, 200), ("own", 200), ("none", 404), (STRANGER, 404)],
)
async def test_who_may_see_a_card(world: World, caller: Staff | str, status: int) -> None:
    client_id = (await world.register())["client_id"]
    staff = counselor(client_id, caller) if isinstance(caller, str) else caller
    assert (await world.get(f"/clients/{client_id}", staff)).status_code == status


async def test_a_foreign_client_and_a_missing_one_look_the_same(world: World) -> None:
    client_id = (await world.register())["client_id"]
    for path in ("", "/consents", "/disclosures"):
        foreign = await world.get(f"/clients/{client_id}{path}", STRANGER)
        missing = await world.get(f"/clients/cl_nobody{path}", STRANGER)
        assert foreign.status_code == missing.status_code == 404
        same = [{**one.json(), "request_id": ""} for one in (foreign, missing)]
        assert same[0] == same[1]


async def test_a_counselor_sees_only_the_client_the_token_is_about(world: World) -> None:
    one = (await world.register())["client_id"]
    other = (await world.register(given_name="Owen"))["client_id"]
    assert (await world.get(f"/clients/{other}", counselor(one))).status_code == 404


async def test_a_discharge_is_told_once_and_names_what_is_wrong(world: World) -> None:
    client_id = (await world.register())["client_id"]
    path = f"/clients/{client_id}/discharge"
    for change in ({"level_of_care": "9"}, {"discharged_on": "2026-13-40"}, {"program_id": "$"}):
        wrong = await world.post(path, {**DISCHARGE, **change}, key="k")
        assert wrong.status_code == 422 and set(wrong.json()["fields"]) == set(change)
    right = await world.post(path, DISCHARGE, key="k")
    assert right.status_code == 200
    assert (await world.post(path, DISCHARGE, key="k")).json() == right.json()
    [fact] = await world.facts(ClientDischarged)
    assert (fact.discharge_id, fact.time_zone) == (right.json()["discharge_id"], "America/Chicago")
    again = await world.post(path, DISCHARGE)
    assert (again.status_code, again.json()["code"]) == (409, "ALREADY_DISCHARGED")
    assert (await world.post(path, DISCHARGE, counselor(client_id))).status_code == 404


async def test_an_erased_client_cannot_be_read_by_anyone(world: World) -> None:
    client_id, _ = await world.consented()
    code = (await world.get(f"/clients/{client_id}")).json()["code"]
    path = f"/clients/{client_id}/erase"
    assert (await world.post(path, {"code": code}, WORKER)).status_code == 404
    wrong = await world.post(path, {"code": "C3D-4F"}, SUPER, key="e")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "WRONG_CODE")
    erased = await world.post(path, {"code": code}, SUPER, key="e2")
    assert erased.status_code == 200
    assert erased.json()["remains"]["consents"] == 1
    assert (await world.post(path, {"code": code}, SUPER, key="e2")).json() == erased.json()
    assert len(await world.facts(ClientErased)) == 1
    assert (await world.get(f"/clients/{client_id}", SUPER)).status_code == 404
    assert (await world.permit(client_id))["decision"] == "NO_IDENTITY"
    keys = {"client_ids": [client_id]}
    handed = await world.web.post("/internal/keys", json=keys, headers=world.service("referrals"))
    assert handed.json() == {"keys": {}}


async def test_the_key_desk_gives_known_keys_to_services_and_records_it(world: World) -> None:
    client_id = (await world.register())["client_id"]
    wanted = {"client_ids": [client_id, "cl_nobody"]}
    answer = await world.web.post("/internal/keys", json=wanted, headers=world.service("referrals"))
    assert set(answer.json()["keys"]) == {client_id}
    [row] = await world.rows(action="read-keys")
    assert client_id in row["subjects"] and row["actor"]["id"] == "referrals"
    staff = await world.post("/internal/keys", wanted)
    assert staff.status_code == 401
    itself = await world.web.post("/internal/keys", json=wanted, headers=world.service("intake"))
    assert itself.status_code == 404
    many = {"client_ids": [f"cl_{n}" for n in range(501)]}
    refused = await world.web.post("/internal/keys", json=many, headers=world.service("referrals"))
    assert refused.status_code == 422


async def test_keys_are_wrapped_anew_without_a_pause(world: World) -> None:
    client_id = (await world.register())["client_id"]
    key = await desk_of(world.runtime).key(client_id)
    masters = {**world.runtime.settings.master_keys, "2": b"m" * 32}  # type: ignore[attr-defined]
    rotated = KeyDesk(world.runtime.database, masters)
    assert await rotated.key(client_id) == key
    assert await rotated.rotate() == 1
    assert await rotated.rotate() == 0
    only_new = KeyDesk(world.runtime.database, {"2": b"m" * 32})
    assert await only_new.key(client_id) == key


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"given_name": {"$ne": ""}}, "given_name"),
        ({"surprise": 1}, "surprise"),
        ({"given_name": "x" * 301}, "given_name"),
        ({"contact_points": [{"channel": "sms", "value": "12"}]}, "contact_points.0.value"),
        ({"safe_voicemail": "perhaps"}, "safe_voicemail"),
        ({"birth_date": 19900304}, "birth_date"),
    ],
)
async def test_bad_input_is_named_by_field_and_never_repeated(
    world: World, change: dict[str, Any], field: str
) -> None:
    answer = await world.post("/clients", {**CARD, "site_id": SITE, **change})
    assert answer.status_code == 422
    assert set(answer.json()["fields"]) == {field}
    assert "xxx" not in answer.text and "perhaps" not in answer.text


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b'{"given_name": ', 400),
        (b'{"given_name": "\xff\xfe"}', 400),
        (b'{"given_name": "\\ud800"}', 422),
        (b"[" * 100_000, 400),
        (b'{"message": "' + b"x" * 1_100_000 + b'"}', 413),
    ],
)
async def test_unreadable_bodies_get_a_clear_answer(
    world: World, content: bytes, status: int
) -> None:
    headers = {**world.staff(WORKER), "Content-Type": "application/json"}
    answer = await world.web.post("/clients", content=content, headers=headers)
    assert answer.status_code == status, answer.text


async def test_tokens_that_are_old_foreign_or_changed_open_nothing(world: World) -> None:
    client_id = (await world.register())["client_id"]
    path = f"/clients/{client_id}"
    good = world.staff(WORKER)["Authorization"]
    tampered = good[:-4] + ("aaaa" if good[-4:] != "aaaa" else "bbbb")
    wrong_audience = f"Bearer {world._tokens('dashboard').for_staff('referrals', WORKER)}"
    forged = f"Bearer {world._tokens('referrals').for_staff('intake', WORKER)}"
    for token in ("", "Bearer x", tampered, wrong_audience, forged):
        headers = {"Authorization": token}
        assert (await world.web.get(path, headers=headers)).status_code == 401
    world.clock.move_to(world.clock.now().replace(minute=30))
    assert (await world.web.get(path, headers={"Authorization": good})).status_code == 401

"""Who among staff may do what, and what they cannot do however they ask."""

from typing import Any

from shared.contracts import referrals as facts
from tests.integration.referrals.conftest import public_jwk
from tests.integration.referrals.world import CLIENT, OTHER_KEY, World

PEOPLE: list[tuple[dict[str, Any], bool]] = [
    ({"own": False}, False),
    ({"own": False, "roles": ("supervisor",)}, True),
    ({"own": False, "roles": ("supervisor",), "sites": ("site_2",)}, False),
    ({"roles": ("intake-worker",)}, False),
    ({"roles": ("administrator",)}, False),
    ({"roles": ()}, False),
    ({}, True),
]


async def test_referring_belongs_to_the_clients_own_team(world: World) -> None:
    for person, allowed in PEOPLE:
        referral_id = await world.draft()
        headers = world.staff(**person)
        answers = [
            await world.web.get(f"/referrals/{referral_id}", headers=headers),
            await world.web.get(f"/clients/{CLIENT}/referrals", headers=headers),
            await world.web.post(f"/referrals/{referral_id}/check", headers=headers),
            await world.web.post(f"/referrals/{referral_id}/send", headers=headers),
        ]
        expected = 200 if allowed else 404
        assert [answer.status_code for answer in answers] == [expected] * 4, person


async def test_a_foreign_and_a_missing_referral_look_the_same(world: World) -> None:
    referral_id = await world.draft()
    stranger = world.staff(own=False)
    found = [
        await world.web.get(f"/referrals/{one}", headers=stranger)
        for one in (referral_id, "ref_none")
    ]
    foreign, missing = ({**answer.json(), "request_id": ""} for answer in found)
    assert foreign == missing


async def test_without_a_token_nothing_answers(world: World) -> None:
    for path in ("/partners", f"/clients/{CLIENT}/referrals", "/referrals/ref_1"):
        assert (await world.web.get(path)).status_code == 401


WRONG_DRAFTS: list[tuple[dict[str, Any], str]] = [
    ({"need": "a-palace"}, "UNKNOWN_NEED"),
    ({"need": {"$ne": 1}}, "BAD_INPUT"),
    ({"urgency": "now"}, "BAD_INPUT"),
    ({"categories": ["scores"]}, "CATEGORY_NOT_COVERED"),
    ({"categories": ["identity"] * 21}, "BAD_INPUT"),
    ({"note": "x" * 501}, "BAD_INPUT"),
    ({"extra": 1}, "BAD_INPUT"),
    ({"service_id": "svc_none"}, "NOT_FOUND"),
]


async def test_a_wrong_draft_is_refused(world: World) -> None:
    for change, code in WRONG_DRAFTS:
        body = {"client_id": CLIENT, "service_id": "svc_1", "need": "homelessness", **change}
        answer = await world.web.post("/referrals", json=body, headers=world.staff())
        assert answer.json()["code"] == code, change
    assert await world.runtime.database.referrals.count_documents({}) == 0


async def test_a_service_without_a_confirmed_partner_cannot_be_chosen(world: World) -> None:
    await world.runtime.database["services"].insert_one(
        {"_id": "svc_2", "name": "Beds", "organization_id": "org_9"}
    )
    body = {"client_id": CLIENT, "service_id": "svc_2", "need": "homelessness"}
    answer = await world.web.post("/referrals", json=body, headers=world.staff())
    assert (answer.status_code, answer.json()["code"]) == (422, "NO_PARTNER")


async def test_sending_twice_under_one_key_sends_once(world: World) -> None:
    referral_id = await world.draft()
    key = {"Idempotency-Key": "send-1"}
    first, second = await world.send(referral_id, **key), await world.send(referral_id, **key)
    assert first.json() == second.json()
    assert first.json()["streams"] == {CLIENT: 2}
    other = await world.send(referral_id)
    assert (other.status_code, other.json()["code"]) == (409, "TRANSITION_NOT_ALLOWED")
    assert len(await world.facts(facts.ReferralSent)) == 1


async def test_the_house_takes_a_referral_back_and_needs_a_reason(world: World) -> None:
    referral_id = await world.sent()
    path = f"/referrals/{referral_id}/cancel"
    empty = await world.web.post(path, json={"reason": ""}, headers=world.staff())
    assert empty.status_code == 422
    done = await world.web.post(path, json={"reason": "client-declined"}, headers=world.staff())
    assert done.json()["status"] == "cancelled"
    (fact,) = await world.facts(facts.ReferralCancelled)
    assert fact.reason == "requester"
    again = await world.web.post(path, json={"reason": "other words"}, headers=world.staff())
    assert (again.status_code, again.json()["code"]) == (409, "REFERRAL_CLOSED")


async def test_answering_for_a_partner_keeps_who_did_it(world: World) -> None:
    referral_id = await world.sent()
    path = f"/referrals/{referral_id}/answer"
    stale = await world.web.post(
        path, json={"status": "accepted", "version": 1}, headers=world.staff()
    )
    assert (stale.status_code, stale.json()["code"]) == (409, "CONFLICT")
    done = await world.web.post(path, json={"status": "accepted"}, headers=world.staff())
    assert done.status_code == 200
    row = await world.runtime.database.journal.find_one({"action": "answer-for-partner"})
    assert row is not None
    row = await world.runtime.database.journal.find_one(
        {"action": "answer-for-partner", "outcome": "done"}
    )
    assert row is not None
    assert row["actor"] == {"kind": "staff", "id": "st_1"}


async def test_only_an_administrator_gives_keys_and_endpoints(world: World) -> None:
    supervisor = world.staff(own=False, roles=("supervisor",))
    new = {"organization_id": "org_3", "name": "Elm", "email": "a@elm.example"}
    assert (await world.web.post("/partners", json=new, headers=supervisor)).status_code == 201
    with_keys = {**new, "organization_id": "org_4", "jwks": {"keys": [public_jwk(OTHER_KEY)]}}
    refused = await world.web.post("/partners", json=with_keys, headers=supervisor)
    assert refused.status_code == 404
    taken = await world.web.post("/partners", json=new, headers=world.administrator())
    assert (taken.status_code, taken.json()["code"]) == (409, "ALREADY_PARTNER")
    (fact,) = await world.facts(facts.PartnerRegistered)
    assert fact.name == "Elm"


async def test_a_webhook_secret_is_shown_once_and_kept_sealed(world: World) -> None:
    headers = {**world.administrator(), "Idempotency-Key": "w"}
    path, body = "/partners/prt_1/webhook", {"url": "https://hope.example/hooks"}
    first = (await world.web.post(path, json=body, headers=headers)).json()
    secret = first["webhook_secret"]
    assert secret.startswith("whsec_")
    again = (await world.web.post(path, json=body, headers=headers)).json()
    assert "webhook_secret" not in again
    shown = await world.web.get("/partners/prt_1", headers=world.administrator())
    assert secret not in shown.text
    for name in ("partners", "journal"):
        async for document in world.runtime.database[name].find():
            assert secret not in repr(document)


async def test_bad_keys_are_refused_and_the_old_ones_stay(world: World) -> None:
    answer = await world.web.post(
        "/partners/prt_1/jwks", json={"jwks": {"keys": []}}, headers=world.administrator()
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "BAD_KEYS")
    assert (await world.ask_token(world.assertion())).status_code == 200


async def test_new_keys_replace_the_old_ones_at_once(world: World) -> None:
    answer = await world.web.post(
        "/partners/prt_1/jwks",
        json={"jwks": {"keys": [public_jwk(OTHER_KEY, kid="k2")]}},
        headers=world.administrator(),
    )
    assert answer.status_code == 200
    assert (await world.ask_token(world.assertion())).status_code == 401
    renewed = world.assertion(key=OTHER_KEY, headers={"kid": "k2"})
    assert (await world.ask_token(renewed)).status_code == 200


async def test_partners_are_listed_by_name(world: World) -> None:
    listed = (await world.web.get("/partners", headers=world.administrator())).json()
    assert [item["name"] for item in listed["items"]] == ["Hope House", "Oak Home"]
    assert listed["next"] is None
    assert listed["items"][0]["has_system"]

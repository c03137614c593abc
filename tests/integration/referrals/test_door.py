"""The token endpoint and the partner API against everything that should not work."""

import asyncio
from datetime import timedelta
from typing import Any

from services.referrals.door.limits import API_LIMIT
from shared.contracts import referrals as facts
from tests.integration.referrals.world import OTHER_KEY, World


async def test_a_token_has_the_scopes_it_was_asked_for(world: World) -> None:
    answer = await world.ask_token(world.assertion(), scope="system/referrals.read")
    told = answer.json()
    assert (told["token_type"], told["expires_in"]) == ("bearer", 300)
    headers = {"Authorization": f"Bearer {told['access_token']}", "Idempotency-Key": "k"}
    refused = await world.web.post("/partner/v1/referrals/ref_1/accept", headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "INSUFFICIENT_SCOPE")


async def test_the_token_address_can_be_found_and_answers_are_kept_by_nobody(world: World) -> None:
    told = (await world.web.get("/.well-known/smart-configuration")).json()
    signed = world.assertion(aud=told["token_endpoint"])
    answer = await world.ask_token(signed)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"


async def test_an_assertion_works_once(world: World) -> None:
    assertion = world.assertion()
    assert (await world.ask_token(assertion)).status_code == 200
    again = await world.ask_token(assertion)
    assert (again.status_code, again.json()["error"]) == (401, "invalid_client")


async def test_an_assertion_sent_twice_at_once_gives_one_token(world: World) -> None:
    assertion = world.assertion()
    both = await asyncio.gather(world.ask_token(assertion), world.ask_token(assertion))
    assert sorted(answer.status_code for answer in both) == [200, 401]


async def test_what_proves_nothing_gives_no_token(world: World) -> None:
    for assertion in (
        world.assertion(key=OTHER_KEY),
        world.assertion(headers={"kid": "k9"}),
        world.assertion(exp=world.clock.now() + timedelta(minutes=6)),
        world.assertion(aud="https://elsewhere.example/oauth/token"),
        world.assertion(iss="prt_2", sub="prt_2"),
        world.assertion(iss="prt_unknown", sub="prt_unknown"),
        "not a jwt",
        "",
    ):
        answer = await world.ask_token(assertion)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


async def test_an_expired_assertion_is_refused(world: World) -> None:
    assertion = world.assertion()
    world.clock.advance(timedelta(minutes=5))
    assert (await world.ask_token(assertion)).status_code == 401


async def test_other_ways_to_a_token_are_refused(world: World) -> None:
    for changes, error in (
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"client_assertion_type": "x"}, "invalid_request"),
        ({"scope": "admin"}, "invalid_scope"),
    ):
        answer = await world.ask_token(world.assertion(), **changes)
        assert (answer.status_code, answer.json()["error"]) == (400, error)


async def test_a_token_ends_after_five_minutes_and_cannot_be_changed(world: World) -> None:
    partner = await world.partner()
    assert (await world.web.get("/partner/v1/referrals", headers=partner)).status_code == 200
    tampered = {"Authorization": partner["Authorization"][:-1]}
    for headers in (tampered, {}, {"Authorization": "Basic abc"}):
        answer = await world.web.get("/partner/v1/referrals", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    world.clock.advance(timedelta(minutes=5))
    assert (await world.web.get("/partner/v1/referrals", headers=partner)).status_code == 401


async def test_a_partner_that_ended_loses_its_token_at_once(world: World) -> None:
    partner = await world.partner()
    await world.runtime.database.partners.update_one({"_id": "prt_1"}, {"$set": {"active": False}})
    assert (await world.web.get("/partner/v1/referrals", headers=partner)).status_code == 401
    assert (await world.ask_token(world.assertion())).status_code == 401


async def other_partner(world: World) -> dict[str, str]:
    answer = await world.ask_token(world.assertion(key=OTHER_KEY, iss="prt_2", sub="prt_2"))
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


async def test_a_foreign_referral_a_draft_and_a_missing_one_look_the_same(world: World) -> None:
    foreign, draft = await world.sent(), await world.draft()
    other, own = await other_partner(world), await world.partner()
    answers = []
    for referral_id, headers in ((foreign, other), (draft, own), ("ref_none", own)):
        for method, tail in (("GET", ""), ("GET", "/details"), ("POST", "/accept")):
            answer = await world.web.request(
                method,
                f"/partner/v1/referrals/{referral_id}{tail}",
                headers={**headers, "Idempotency-Key": "k"},
            )
            body = answer.json()
            body.pop("request_id")
            answers.append((answer.status_code, str(body)))
    assert len(set(answers)) == 1
    assert answers[0][0] == 404
    assert (await world.web.get("/partner/v1/referrals", headers=other)).json()["items"] == []


async def accept(world: World, referral_id: str, headers: dict[str, str], **more: Any) -> Any:
    return await world.web.post(
        f"/partner/v1/referrals/{referral_id}/accept", headers=headers, **more
    )


async def test_an_answer_needs_an_idempotency_key(world: World) -> None:
    referral_id, partner = await world.sent(), await world.partner()
    answer = await accept(world, referral_id, partner)
    assert (answer.status_code, answer.json()["code"]) == (400, "IDEMPOTENCY_KEY_REQUIRED")


async def test_the_same_key_gives_the_same_answer_and_counts_once(world: World) -> None:
    referral_id, partner = await world.sent(), await world.partner()
    headers = {**partner, "Idempotency-Key": "once"}
    first, second = await asyncio.gather(
        accept(world, referral_id, headers), accept(world, referral_id, headers)
    )
    assert first.json() == second.json()
    assert (await accept(world, referral_id, headers)).json() == first.json()
    assert len(await world.facts(facts.ReferralAccepted)) == 1


async def test_the_same_key_for_another_request_is_refused(world: World) -> None:
    referral_id, partner = await world.sent(), await world.partner()
    headers = {**partner, "Idempotency-Key": "once"}
    await accept(world, referral_id, headers)
    other = await accept(world, referral_id, headers, json={"business_status": "appointment-set"})
    assert (other.status_code, other.json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")


async def test_two_different_answers_at_once_leave_one(world: World) -> None:
    referral_id, partner = await world.sent(), await world.partner()
    yes = accept(world, referral_id, {**partner, "Idempotency-Key": "yes"})
    no = world.web.post(
        f"/partner/v1/referrals/{referral_id}/reject",
        json={"reason_code": "no-capacity"},
        headers={**partner, "Idempotency-Key": "no"},
    )
    answers = await asyncio.gather(yes, no)
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert len(await world.facts(facts.ReferralAccepted, facts.ReferralRejected)) == 1


async def test_a_stale_version_is_told_what_it_is_now(world: World) -> None:
    referral_id, partner = await world.sent(), await world.partner()
    await world.acknowledged(referral_id, partner)
    headers = {**partner, "Idempotency-Key": "k", "If-Match": '"2"'}
    answer = await accept(world, referral_id, headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "CONFLICT")
    assert answer.json()["fields"] == {"status": "requested", "version": "3"}
    headers |= {"If-Match": answer.json()["fields"]["version"].join('""')}
    assert (await accept(world, referral_id, headers)).status_code == 200


WRONG_BODIES: list[tuple[str, dict[str, Any], str]] = [
    ("reject", {}, "REASON_MISSING"),
    ("reject", {"reason_code": "other"}, "REASON_MISSING"),
    ("reject", {"reason_code": "$ne"}, "UNKNOWN_WORD"),
    ("reject", {"reason_code": {"$ne": 1}}, "BAD_INPUT"),
    ("reject", {"reason": "x" * 501}, "BAD_INPUT"),
    ("accept", {"unknown": 1}, "BAD_INPUT"),
    ("accept", {"business_status": "wonderful"}, "UNKNOWN_WORD"),
    ("notice-acknowledgement", {"notice_version": "1987"}, "NOTICE_OUTDATED"),
    ("notice-acknowledgement", {}, "BAD_INPUT"),
]


async def test_a_wrong_body_is_refused_by_name(world: World) -> None:
    referral_id, partner = await world.sent(), await world.partner()
    for number, (action, body, code) in enumerate(WRONG_BODIES):
        answer = await world.web.post(
            f"/partner/v1/referrals/{referral_id}/{action}",
            json=body,
            headers={**partner, "Idempotency-Key": f"k{number}"},
        )
        assert (answer.status_code, answer.json()["code"]) == (422, code), body
        assert answer.headers["content-type"] == "application/problem+json"


async def test_a_malformed_body_is_refused(world: World) -> None:
    referral_id, partner = await world.sent(), await world.partner()
    headers = {**partner, "Idempotency-Key": "k", "content-type": "application/json"}
    for content in (b"{", b'{"reason": "\xff"}', b"[]", b'"x"'):
        answer = await world.web.post(
            f"/partner/v1/referrals/{referral_id}/reject", content=content, headers=headers
        )
        assert answer.status_code in (400, 422), content


async def test_an_oversized_body_is_refused(world: World) -> None:
    referral_id, partner = await world.sent(), await world.partner()
    answer = await world.web.post(
        f"/partner/v1/referrals/{referral_id}/reject",
        json={"reason": "x" * 70_000},
        headers={**partner, "Idempotency-Key": "k"},
    )
    assert answer.status_code == 413


async def test_an_unknown_action_is_not_there(world: World) -> None:
    referral_id, partner = await world.sent(), await world.partner()
    answer = await world.web.post(
        f"/partner/v1/referrals/{referral_id}/explode", headers={**partner, "Idempotency-Key": "k"}
    )
    assert answer.status_code in (404, 422)


async def test_pages_of_a_list_join_without_gap_or_repeat(world: World) -> None:
    sent = []
    for _ in range(5):
        sent.append(await world.sent())
        world.clock.advance(timedelta(seconds=1))
    partner, seen, cursor = await world.partner(), [], ""
    while cursor is not None:
        query = f"?limit=2{'&cursor=' + cursor if cursor else ''}"
        page = (await world.web.get(f"/partner/v1/referrals{query}", headers=partner)).json()
        seen += [item["referral_id"] for item in page["items"]]
        cursor = page["next"]
    assert seen == sent[::-1]
    for bad in ("cursor=%00", "cursor=abc", "limit=0", "limit=1000", "status=gone"):
        answer = await world.web.get(f"/partner/v1/referrals?{bad}", headers=partner)
        assert answer.status_code == 422, bad


async def test_an_unchanged_referral_is_not_sent_again(world: World) -> None:
    referral_id, partner = await world.sent(), await world.partner()
    for address in ("/partner/v1/referrals", f"/partner/v1/referrals/{referral_id}"):
        first = await world.web.get(address, headers=partner)
        known = {**partner, "If-None-Match": first.headers["ETag"]}
        assert (await world.web.get(address, headers=known)).status_code == 304
    await world.acknowledged(referral_id, partner)
    assert (await world.web.get(address, headers=known)).status_code == 200


async def test_details_are_never_kept_by_a_cache(world: World) -> None:
    referral_id, partner = await world.sent(), await world.partner()
    await world.acknowledged(referral_id, partner)
    answer = await world.web.get(f"/partner/v1/referrals/{referral_id}/details", headers=partner)
    assert answer.headers["Cache-Control"] == "no-store"


async def test_too_many_calls_are_asked_to_wait(world: World) -> None:
    partner = await world.partner()
    minute = int(world.clock.now().timestamp() // 60)
    await world.runtime.database.rates.insert_one(
        {"_id": f"api/prt_1/{minute}", "count": API_LIMIT}
    )
    answer = await world.web.get("/partner/v1/referrals", headers=partner)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"]
    world.clock.advance(timedelta(minutes=1))
    assert (await world.web.get("/partner/v1/referrals", headers=partner)).status_code == 200

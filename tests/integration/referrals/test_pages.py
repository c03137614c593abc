"""The one-time link: nothing before the code, nothing before the notice, one answer, then dead."""

import re
from datetime import timedelta

import httpx

from shared.contracts import referrals as facts
from tests.integration.referrals.world import CLIENT, PHONE, World

HTML = {"Accept": "text/html"}


async def link_of(world: World) -> str:
    await world.work()
    found = re.search(r"/p/([\w-]+)", world.mails.last_text())
    assert found
    return found[1]


async def code_of(world: World, token: str) -> str:
    answer = await world.web.post("/partner/code", data={"token": token}, headers=HTML)
    assert answer.status_code == 200
    await world.work()
    found = re.search(r"\b(\d{6})\b", world.mails.last_text())
    assert found
    return found[1]


async def visited(world: World, token: str) -> None:
    opened = await enter(world, token, await code_of(world, token))
    assert (opened.status_code, opened.headers["location"]) == (303, "/partner/request")


async def enter(world: World, token: str, code: str) -> httpx.Response:
    return await world.web.post("/partner/open", data={"token": token, "code": code}, headers=HTML)


async def details(world: World) -> str:
    await world.web.post("/partner/notice", data={"read": "yes"}, headers=HTML)
    return (await world.web.get("/partner/request", headers=HTML)).text


async def say(world: World, **said: str) -> httpx.Response:
    return await world.web.post("/partner/answer", data=said, headers=HTML)


async def dead(world: World, token: str) -> bool:
    answer = await world.web.get(f"/p/{token}", headers=HTML)
    return answer.status_code == 404 and "not in use" in answer.text


async def test_a_partner_without_a_system_walks_the_whole_way(world: World) -> None:
    referral_id = await world.sent()
    token = await link_of(world)
    first = await world.web.get(f"/p/{token}", headers=HTML)
    assert first.status_code == 200
    assert "d…@h….example" in first.text
    for word in ("Dana", PHONE, "Hope", "housing", CLIENT, referral_id):
        assert word not in first.text
    await visited(world, token)
    notice = (await world.web.get("/partner/request", headers=HTML)).text
    assert "This record which has been disclosed" in notice
    assert "Dana" not in notice
    shown = await details(world)
    assert "Dana Ruizcanary" in shown
    assert PHONE in shown
    assert "A place to live" in shown
    answered = await say(world, answer="accepted", idempotency_key="k1")
    assert answered.headers["location"] == "/partner/receipt"
    receipt = await world.web.get("/partner/receipt", headers=HTML)
    assert "Recorded: accepted, 10:00." in receipt.text
    assert [type(fact).__name__ for fact in await world.facts()] == [
        "ReferralDrafted",
        "ReferralSent",
        "ReferralViewed",
        "DisclosureMade",
        "ReferralAccepted",
    ]
    assert await dead(world, token)


async def test_opening_the_link_again_and_again_uses_nothing_up(world: World) -> None:
    await world.sent()
    token = await link_of(world)
    for _ in range(5):
        assert (await world.web.get(f"/p/{token}", headers=HTML)).status_code == 200


async def test_dead_links_look_alike(world: World) -> None:
    await world.sent()
    token = await link_of(world)
    unknown = await world.web.get("/p/AAAAAAAAAAAAAAAAAAAAAA", headers=HTML)
    world.clock.advance(timedelta(hours=73))
    ended = await world.web.get(f"/p/{token}", headers=HTML)
    await world.revoke()
    withdrawn = await world.web.get(f"/p/{token}", headers=HTML)
    bodies = {
        re.sub(r'name="token" value="[^"]*"', "", answer.text)
        for answer in (unknown, ended, withdrawn)
    }
    assert len(bodies) == 1
    assert {unknown.status_code, ended.status_code, withdrawn.status_code} == {404}


async def test_a_new_link_goes_to_the_registered_address_and_the_answer_says_nothing(
    world: World,
) -> None:
    await world.sent()
    token = await link_of(world)
    world.clock.advance(timedelta(hours=73))
    known = await world.web.post("/partner/new-link", data={"token": token}, headers=HTML)
    unknown = await world.web.post("/partner/new-link", data={"token": "nothing"}, headers=HTML)
    assert known.text == unknown.text
    assert "on its way" in known.text
    renewed = await link_of(world)
    assert renewed != token
    assert (await world.web.get(f"/p/{renewed}", headers=HTML)).status_code == 200


async def test_a_wrong_code_opens_nothing_and_the_sixth_try_is_too_late(world: World) -> None:
    await world.sent()
    token = await link_of(world)
    code = await code_of(world, token)
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    for _ in range(5):
        answer = await enter(world, token, wrong)
        assert answer.status_code == 422
        assert "not right" in answer.text
    assert (await enter(world, token, code)).status_code == 422
    assert await world.runtime.database.visits.count_documents({}) == 0


async def test_a_code_ends_after_ten_minutes_and_works_once(world: World) -> None:
    await world.sent()
    token = await link_of(world)
    code = await code_of(world, token)
    world.clock.advance(timedelta(minutes=10))
    assert (await enter(world, token, code)).status_code == 422
    fresh = await code_of(world, token)
    assert (await enter(world, token, fresh)).status_code == 303
    assert (await enter(world, token, fresh)).status_code == 422


async def test_asking_for_codes_without_end_sends_only_a_few(world: World) -> None:
    await world.sent()
    token = await link_of(world)
    for _ in range(10):
        await world.web.post("/partner/code", data={"token": token}, headers=HTML)
        world.clock.advance(timedelta(seconds=20))
    await world.work()
    codes = [mail for mail in world.mails.mails if mail["Subject"] == "Your code"]
    assert 1 < len(codes) <= 5


async def test_nothing_is_shown_without_a_visit(world: World) -> None:
    await world.sent()
    for answer in (
        await world.web.get("/partner/request", headers=HTML),
        await world.web.get("/partner/receipt", headers=HTML),
        await world.web.post("/partner/notice", data={"read": "yes"}, headers=HTML),
        await say(world, answer="accepted"),
    ):
        assert answer.status_code == 404
        assert "Dana" not in answer.text


async def test_the_notice_must_be_ticked(world: World) -> None:
    await world.sent()
    await visited(world, await link_of(world))
    answer = await world.web.post("/partner/notice", data={}, headers=HTML)
    assert answer.status_code == 422
    assert "tick the box" in answer.text
    assert await world.facts(facts.DisclosureMade) == []


WRONG_ANSWERS: list[tuple[dict[str, str], str]] = [
    ({}, "Choose an answer."),
    ({"answer": "completed"}, "Choose an answer."),
    ({"answer": "rejected"}, "Say why."),
    ({"answer": "rejected", "reason": "other"}, "Say why."),
    ({"answer": "rejected", "reason": "$gt"}, "Choose a reason from the list."),
    ({"answer": "accepted", "text": "x" * 501}, "Use at most 500 letters."),
]


async def test_a_wrong_answer_is_explained_and_kept(world: World) -> None:
    await world.sent()
    await visited(world, await link_of(world))
    await details(world)
    for said, sentence in WRONG_ANSWERS:
        answer = await say(world, **said)
        assert answer.status_code == 422
        assert sentence in answer.text
        assert said.get("text", "") in answer.text


async def test_cannot_help_carries_its_reason_and_keeps_the_words_here(world: World) -> None:
    await world.sent()
    await visited(world, await link_of(world))
    await details(world)
    await say(world, answer="rejected", reason="no-capacity", text="Full until July")
    (rejected,) = await world.facts(facts.ReferralRejected)
    assert rejected.reason == "no-capacity"
    listed = await world.web.get(f"/clients/{CLIENT}/referrals", headers=world.staff())
    assert listed.json()["items"][0]["history"][-1]["text"] == "Full until July"


async def test_a_waitlist_keeps_the_request_open_and_a_new_link_leads_back(world: World) -> None:
    await world.sent()
    token = await link_of(world)
    await visited(world, token)
    await details(world)
    await say(world, answer="waitlist")
    receipt = await world.web.get("/partner/receipt", headers=HTML)
    assert "on your waitlist" in receipt.text
    await world.web.post("/partner/new-link", data={"token": token}, headers=HTML)
    await visited(world, await link_of(world))
    assert "Accept" in await details(world)


async def test_an_answer_sent_twice_counts_once(world: World) -> None:
    await world.sent()
    await visited(world, await link_of(world))
    await details(world)
    for _ in range(2):
        answer = await say(world, answer="accepted", idempotency_key="k1")
        assert answer.headers["location"] == "/partner/receipt"
    assert len(await world.facts(facts.ReferralAccepted)) == 1


async def test_after_a_revocation_the_open_page_is_dead(world: World) -> None:
    await world.sent()
    token = await link_of(world)
    await visited(world, token)
    assert "Dana" in await details(world)
    world.intake.decision = "CONSENT_REVOKED"
    cut = await world.web.get("/partner/request", headers=HTML)
    assert (cut.status_code, "Dana" in cut.text) == (404, False)
    await world.revoke()
    assert await dead(world, token)
    assert (await say(world, answer="accepted")).status_code == 404


async def test_the_page_speaks_spanish(world: World) -> None:
    await world.sent()
    token = await link_of(world)
    answer = await world.web.get(f"/p/{token}?lang=es", headers=HTML)
    assert 'lang="es"' in answer.text
    assert "Enviar código" in answer.text


async def test_titles_and_addresses_name_nobody(world: World) -> None:
    await world.sent()
    await visited(world, await link_of(world))
    shown = await details(world)
    titles = re.findall(r"<title>(.*?)</title>", shown, re.S)
    assert titles
    assert "Dana" not in titles[0]
    assert all(CLIENT not in address for address in re.findall(r'(?:href|action)="(.*?)"', shown))

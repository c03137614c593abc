"""Numbers and addresses: confirmed by code, by link, by staff; removed, changed, forgotten."""

from datetime import timedelta

import pytest

from services.notifications.domain import CODE_TRIES
from shared.consume import Outcome
from shared.contracts.intake import ClientErased, ContactRemoved
from shared.contracts.notifications import (
    ContactPointUnverified,
    ContactPointVerified,
    MessageDropped,
    MessageQueued,
)
from tests.integration.notifications.world import CLIENT, MAIL, PHONE, World


async def test_a_new_card_asks_each_point_to_prove_itself(world: World) -> None:
    await world.register(cp_1=PHONE, cp_2=MAIL)
    assert [(e.contact_point_id, e.reason) for e in await world.facts(ContactPointUnverified)] == [
        ("cp_1", "new"),
        ("cp_2", "new"),
    ]
    queued = await world.facts(MessageQueued)
    assert [(e.purpose, e.channel) for e in queued] == [
        ("verification", "sms"),
        ("verification", "email"),
    ]


async def test_the_value_is_kept_only_encrypted_and_digested(world: World) -> None:
    await world.register(cp_1=PHONE, cp_2=MAIL)
    everything = str(
        [await world.find(name) for name in ("contact_points", "deliveries", "people")]
    )
    journal = str(await world.find("journal"))
    for secret in (PHONE, MAIL, "Canary", await world.code_of("cp_1")):
        assert secret not in everything
        assert secret not in journal


async def test_the_code_by_text_confirms(world: World) -> None:
    await world.register()
    await world.text(f"code {await world.code_of('cp_1')}")
    (fact,) = await world.facts(ContactPointVerified)
    assert (fact.client_id, fact.contact_point_id) == (CLIENT, "cp_1")
    (point,) = await world.find("contact_points")
    assert (point["state"], point["warning"]) == ("verified", "2026-1")


async def test_a_code_names_its_owner_where_two_share_the_number(world: World) -> None:
    await world.register("cl_1", cp_1=PHONE)
    await world.register("cl_2", cp_2=PHONE)
    await world.text(await world.code_of("cp_2"))
    assert [e.client_id for e in await world.facts(ContactPointVerified)] == ["cl_2"]


async def test_five_wrong_codes_end_it(world: World) -> None:
    await world.register()
    right = await world.code_of("cp_1")
    wrong = f"{(int(right) + 1) % 10**6:06d}"
    for _ in range(CODE_TRIES):
        await world.text(wrong)
    await world.text(right)
    assert await world.facts(ContactPointVerified) == []


async def test_opening_the_link_uses_nothing_up_and_posting_ends_it(world: World) -> None:
    await world.register()
    (link,) = await world.find("links", {"kind": "confirm"})
    token = world.token(link["link_id"])
    for _ in range(5):
        opened = await world.web.get(f"/v/{token}")
        assert opened.status_code == 200
        assert "STOP" in opened.text
    assert (await world.web.post("/confirm", data={"token": token})).status_code == 200
    assert len(await world.facts(ContactPointVerified)) == 1
    assert (await world.web.get(f"/v/{token}")).status_code == 404


async def test_dead_links_look_alike(world: World) -> None:
    await world.register()
    (link,) = await world.find("links", {"kind": "confirm"})
    token = world.token(link["link_id"])
    await world.web.post("/confirm", data={"token": token})
    used = await world.web.get(f"/v/{token}")
    unknown = await world.web.get(f"/v/{token[::-1]}")
    other = await world.web.get(f"/u/{token}")
    long = await world.web.get(f"/v/{'x' * 500}")
    alike = {
        page.text.replace(token, "…").replace(token[::-1], "…") for page in (used, unknown, other)
    }
    assert len(alike) == 1
    assert {page.status_code for page in (used, unknown, other, long)} == {404}


async def test_a_link_that_ended_sends_a_new_one_and_says_the_same_to_all(world: World) -> None:
    await world.register()
    (link,) = await world.find("links", {"kind": "confirm"})
    world.clock.advance(timedelta(hours=25))
    token = world.token(link["link_id"])
    assert (await world.web.get(f"/v/{token}")).status_code == 404
    real = await world.web.post("/new-link", data={"token": token})
    guess = await world.web.post("/new-link", data={"token": "nothing"})
    assert real.text == guess.text
    assert len(await world.find("deliveries", {"purpose": "verification"})) == 2
    await world.web.post("/new-link", data={"token": token})
    assert len(await world.find("deliveries", {"purpose": "verification"})) == 2


async def test_staff_type_the_code_they_were_told(world: World) -> None:
    await world.register()
    right = await world.code_of("cp_1")
    path, staff = "/contact-points/cp_1/verify", world.staff()
    wrong = await world.web.post(path, json={"code": "000000"}, headers=staff)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "CODE_WRONG")
    done = await world.web.post(path, json={"code": right}, headers=staff)
    assert done.json()["contact_point_id"] == "cp_1"
    assert done.json()["streams"][CLIENT] > 0
    again = await world.web.post("/contact-points/cp_1/send-code", headers=staff)
    assert (again.status_code, again.json()["code"]) == (409, "ALREADY_VERIFIED")


async def test_a_code_nobody_used_is_told_after_a_day(world: World) -> None:
    await world.register()
    await world.wait(hours=24)
    reasons = [e.reason for e in await world.facts(ContactPointUnverified)]
    assert reasons == ["new", "code-expired"]


async def test_a_changed_number_is_unverified_again(world: World) -> None:
    await world.confirmed()
    await world.card(cp_1="+14105550199")
    (point,) = await world.find("contact_points")
    assert (point["state"], point["verified_at"]) == ("unverified", None)
    assert [e.reason for e in await world.facts(ContactPointUnverified)] == ["new", "changed"]


async def test_an_older_card_that_comes_again_changes_nothing(world: World) -> None:
    await world.register()
    world._cards[CLIENT] = 0
    assert await world.card(cp_1="+14105550199") is Outcome.HANDLED
    assert len(await world.facts(ContactPointUnverified)) == 1


async def test_a_removed_number_gets_nothing_more_at_once(world: World) -> None:
    await world.register()
    removed = ContactRemoved(client_id=CLIENT, contact_point_id="cp_1")
    assert await world.arrive(removed) is Outcome.HANDLED
    (dropped,) = await world.facts(MessageDropped)
    assert (dropped.purpose, dropped.reason) == ("verification", "contact-removed")
    (point,) = await world.find("contact_points")
    assert (point["state"], point["sealed"], point["address"]) == ("removed", b"", "")
    assert await world.find("links") == []


async def test_a_removal_that_overtakes_its_card_still_holds(world: World) -> None:
    await world.register(cp_1=PHONE)
    world._sequences[("intake", CLIENT)] += 1  # the card with cp_2 is still on its way
    removed = ContactRemoved(client_id=CLIENT, contact_point_id="cp_2")
    assert await world.arrive(removed) is Outcome.WAITING
    world._sequences[("intake", CLIENT)] -= 2
    await world.card(cp_1=PHONE, cp_2=MAIL)
    states = {p["_id"]: p["state"] for p in await world.find("contact_points")}
    assert states == {"cp_1": "unverified", "cp_2": "removed"}


async def test_erasing_a_client_leaves_no_content_and_nothing_comes_back(world: World) -> None:
    await world.confirmed(cp_1=PHONE, cp_2=MAIL)
    await world.text("I found a room")
    late = world.enveloped(ContactRemoved(client_id=CLIENT, contact_point_id="cp_2"))
    erased = ClientErased(client_id=CLIENT, erased_at=world.clock.now())
    assert await world.arrive(erased) is Outcome.WAITING  # urgent: applied at once all the same
    for name in ("people", "contact_points", "links"):
        assert await world.find(name) == []
    assert [text["content"] for text in await world.find("texts")] == [None]
    (key,) = await world.find("keys", {"_id": CLIENT})
    assert "wrapped" not in key
    await world.deliver(late)
    assert await world.find("contact_points") == []
    assert await world.find("waiting") == []


@pytest.mark.parametrize("language", ["en", "es"])
async def test_the_page_speaks_the_readers_language(world: World, language: str) -> None:
    await world.register()
    (link,) = await world.find("links", {"kind": "confirm"})
    page = await world.web.get(f"/v/{world.token(link['link_id'])}?lang={language}")
    assert f'lang="{language}"' in page.text
    assert {"en": "Yes, write to me here", "es": "Sí, escríbanme aquí"}[language] in page.text

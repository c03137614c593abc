"""The check-in pages over HTTP: links that scanners open, answers that reloads keep."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from services.aftercare.app import create
from shared.contracts.aftercare import (
    CheckinAnswered,
    CheckinDue,
    CheckinLinkRenewed,
    ContactAttemptDue,
    RiskChanged,
    TaskOpened,
)
from shared.links import digest
from tests.integration.aftercare.conftest import CLIENT, World

TUESDAY_10 = datetime(2026, 6, 2, 14, 0, tzinfo=UTC)
PAGE = {"accept": "text/html"}


@pytest.fixture
async def door(world: World) -> World:
    """A client whose first check-in is due."""
    await world.discharge()
    await world.pass_time(TUESDAY_10)
    return world


def browser(world: World) -> httpx.AsyncClient:
    """A phone of its own, with its own cookies."""
    app = create()
    app.state.runtime = world.runtime
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://forms.example", headers=PAGE
    )


@pytest.fixture
async def phone(door: World) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(door) as client:
        yield client


async def link(world: World) -> str:
    due = (await world.facts(CheckinDue, CheckinLinkRenewed))[-1]
    return f"/c/{world.token(due.link_id)}"


async def start(world: World, phone: httpx.AsyncClient) -> None:
    answer = await phone.post(await link(world))
    assert (answer.status_code, answer.headers["location"]) == (303, "/checkin")


async def say(phone: httpx.AsyncClient, number: int, value: int | None) -> httpx.Response:
    told = {"skip": "yes"} if value is None else {"answer": str(value)}
    return await phone.post("/checkin", data={"number": str(number), **told})


async def say_all(phone: httpx.AsyncClient, *values: int | None) -> None:
    for number, value in enumerate(values, start=1):
        answer = await say(phone, number, value)
        assert answer.headers["location"] == "/checkin"


async def test_opening_the_link_uses_nothing_up(door: World, phone: httpx.AsyncClient) -> None:
    address = await link(door)
    for _ in range(5):
        answer = await phone.get(address)
        assert answer.status_code == 200
        assert "4 short questions. Skip any." in answer.text
        assert "set-cookie" not in answer.headers
    assert await door.runtime.database.sessions.count_documents({}) == 0
    await start(door, phone)


async def test_the_whole_form_ends_the_link(door: World, phone: httpx.AsyncClient) -> None:
    address = await link(door)
    await start(door, phone)
    for number, question in enumerate(["mood", "wish to use", "stay on your path", "alcohol"], 1):
        shown = await phone.get("/checkin")
        assert f"{number} of 4" in shown.text and question in shown.text
        assert "911" in shown.text and "988" in shown.text
        await say(phone, number, 0 if number != 2 else 1)
    thanks = await phone.get("/checkin")
    assert "Next: Tue Jun 9." in thanks.text
    assert len(await door.facts(CheckinAnswered)) == 1
    async with browser(door) as another:
        assert (await another.get(address)).status_code == 404


async def test_the_cookie_cannot_be_read_by_scripts_and_the_token_is_gone(
    door: World, phone: httpx.AsyncClient
) -> None:
    address = await link(door)
    answer = await phone.post(address)
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=lax" in cookie
    token = address.removeprefix("/c/")
    shown = await phone.get("/checkin")
    assert token not in shown.text
    rows = [str(row) async for row in door.runtime.database.journal.find({})]
    links = [str(row) async for row in door.runtime.database.links.find({})]
    assert not any(token in kept for kept in rows + links)


async def test_a_reload_loses_no_answer(door: World, phone: httpx.AsyncClient) -> None:
    await start(door, phone)
    await say(phone, 1, 3)
    for _ in range(2):
        assert "2 of 4" in (await phone.get("/checkin")).text
    back = await phone.get("/checkin/1")
    assert 'value="3" checked' in back.text


async def test_elsewhere_it_goes_on_without_showing_what_was_answered(
    door: World, phone: httpx.AsyncClient
) -> None:
    await start(door, phone)
    await say(phone, 1, 3)
    async with browser(door) as library:
        await start(door, library)
        shown = await library.get("/checkin")
        assert "2 of 4" in shown.text and "checked" not in shown.text
        assert 'href="/checkin/1"' not in shown.text
        refused = await library.get("/checkin/1")
        assert (refused.status_code, refused.headers["location"]) == (303, "/checkin")


async def test_nothing_chosen_asks_again_and_says_what_to_do(
    door: World, phone: httpx.AsyncClient
) -> None:
    await start(door, phone)
    for fields in ({"number": "1"}, {"number": "1", "answer": "7"}, {"number": "1", "answer": "x"}):
        answer = await phone.post("/checkin", data=fields)
        assert answer.status_code == 422
        assert "Choose an answer, or skip this one" in answer.text
    assert "1 of 4" in (await phone.get("/checkin")).text


async def test_every_question_can_be_skipped(door: World, phone: httpx.AsyncClient) -> None:
    await start(door, phone)
    await say_all(phone, None, None, None, None)
    assert "Thank you" in (await phone.get("/checkin")).text
    assert len(await door.facts(CheckinAnswered)) == 1


async def test_a_double_click_is_one_answer(door: World, phone: httpx.AsyncClient) -> None:
    await start(door, phone)
    await say_all(phone, 3, 0, 3)
    answers = await asyncio.gather(*(say(phone, 4, 0) for _ in range(4)))
    assert {answer.headers["location"] for answer in answers} == {"/checkin"}
    assert "Thank you" in (await phone.get("/checkin")).text
    assert len(await door.facts(CheckinAnswered)) == 1
    late = await say(phone, 2, 4)
    assert late.headers["location"] == "/checkin"
    assert len(await door.facts(CheckinAnswered)) == 1


async def test_a_hard_week_offers_a_call_and_tells_the_team(
    door: World, phone: httpx.AsyncClient
) -> None:
    await start(door, phone)
    await say_all(phone, 1, 4, 1, 1)
    assert [one.level for one in await door.facts(RiskChanged)] == ["routine", "high"]
    assert "A call today?" in (await phone.get("/checkin")).text
    for _ in range(2):
        await phone.post("/checkin/call")
    assert "A person on the team has been told." in (await phone.get("/checkin")).text
    opened = [one for one in await door.facts(TaskOpened) if one.code == "call-asked-for"]
    assert [one.due_at for one in opened] == [datetime(2026, 6, 2, 21, 0, tzinfo=UTC)]


async def test_an_idle_page_closes_and_the_link_still_works(
    door: World, phone: httpx.AsyncClient
) -> None:
    await start(door, phone)
    shown = await phone.get("/checkin")
    assert shown.headers["refresh"] == "300;url=/checkin/closed"
    await say(phone, 1, 3)
    door.clock.advance(timedelta(minutes=7))
    closed = await say(phone, 2, 3)
    assert closed.headers["location"] == "/checkin/closed"
    assert "What you answered is saved" in (await phone.get("/checkin/closed")).text
    await start(door, phone)
    assert "2 of 4" in (await phone.get("/checkin")).text
    assert await door.runtime.database.sessions.count_documents({}) == 1  # the old one is gone


async def dead_links(world: World) -> dict[str, str]:
    """A used, an expired, a withdrawn and an unknown link."""
    due = (await world.facts(CheckinDue))[-1]
    links = world.runtime.database.links
    kept = await links.find_one({"link_id": due.link_id})
    assert kept is not None
    dead = {"unknown": "/c/AAAAAAAAAAAAAAAAAAAAAA"}
    changes: dict[str, dict[str, Any]] = {
        "used": {"used_at": world.clock.now()},
        "expired": {"expires_at": world.clock.now()},
        "withdrawn": {"subject": "ci_gone"},
    }
    for name, change in changes.items():
        token = world.token(f"li_{name}")
        await links.insert_one({**kept, "_id": digest(token), "link_id": f"li_{name}", **change})
        dead[name] = f"/c/{token}"
    return dead


async def test_dead_links_look_alike_whatever_killed_them(
    door: World, phone: httpx.AsyncClient
) -> None:
    answers = []
    for address in (await dead_links(door)).values():
        for reply in (await phone.get(address), await phone.post(address)):
            assert reply.status_code == 404
            answers.append(reply.text.replace(address, "").replace(address[3:], ""))
    assert len(set(answers)) == 1
    assert await door.runtime.database.sessions.count_documents({}) == 0


async def test_a_new_link_goes_to_the_same_contact_and_the_words_never_differ(
    door: World, phone: httpx.AsyncClient
) -> None:
    door.clock.advance(timedelta(hours=25))
    expired = await link(door)
    assert (await phone.get(expired)).status_code == 404
    ours = await phone.post(f"{expired}/renew")
    unknown = await phone.post("/c/AAAAAAAAAAAAAAAAAAAAAA/renew")
    assert "If it was yours, it is on its way." in ours.text
    assert ours.text.replace(expired, "").replace(expired[3:], "") == unknown.text.replace(
        "/c/AAAAAAAAAAAAAAAAAAAAAA", ""
    ).replace("AAAAAAAAAAAAAAAAAAAAAA", "")
    (renewed,) = await door.facts(CheckinLinkRenewed)
    assert renewed.link_expires_at == door.clock.now() + timedelta(hours=24)
    await start(door, phone)
    for _ in range(5):
        await phone.post(f"{expired}/renew")
    assert len(await door.facts(CheckinLinkRenewed)) == 3


async def test_a_missed_checkin_takes_its_answer_until_the_next_one_is_asked(
    door: World, phone: httpx.AsyncClient
) -> None:
    await door.pass_time(TUESDAY_10 + timedelta(days=6, hours=23))
    reminder = (await door.facts(ContactAttemptDue))[-1]
    late = f"/c/{door.token(reminder.link_id)}"
    links = door.runtime.database.links
    await links.update_many({}, {"$set": {"expires_at": TUESDAY_10 + timedelta(days=30)}})
    assert (await phone.get(late)).status_code == 200
    await door.pass_time(TUESDAY_10 + timedelta(days=7))
    assert (await phone.get(late)).status_code == 404
    assert (await phone.post(late)).status_code == 404
    await start(door, phone)


async def test_a_tampered_token_opens_nothing(door: World, phone: httpx.AsyncClient) -> None:
    address = await link(door)
    for wrong in (address[:-1], address + "A", address.swapcase(), "/c/%00", "/c/" + "a" * 5000):
        assert (await phone.get(wrong)).status_code == 404


@pytest.mark.parametrize("cookie", ["", "guess", "x" * 4000, '{"$gt": ""}'])
async def test_a_made_up_cookie_opens_nothing(
    door: World, phone: httpx.AsyncClient, cookie: str
) -> None:
    answer = await phone.get("/checkin", headers={"cookie": f"checkin={cookie}"})
    assert answer.headers["location"] == "/checkin/closed"


async def test_a_form_that_cannot_be_read_changes_nothing(
    door: World, phone: httpx.AsyncClient
) -> None:
    await start(door, phone)
    form = {"content-type": "application/x-www-form-urlencoded"}
    for body in (b"number=1&answer=\xff\xfe", b"number=1&answer=%00", b"answer[$gt]=0&number=1"):
        answer = await phone.post("/checkin", content=body, headers=form)
        assert answer.status_code == 422
    big = await phone.post("/checkin", content=b"answer=" + b"1" * 2_000_000, headers=form)
    assert big.status_code == 413
    assert "1 of 4" in (await phone.get("/checkin")).text


async def test_leaving_forgets_this_browser_and_keeps_the_answers(
    door: World, phone: httpx.AsyncClient
) -> None:
    await start(door, phone)
    await say(phone, 1, 3)
    left = await phone.get("/leave")
    assert left.status_code == 303 and left.headers["location"].startswith("https://")
    assert (await phone.get("/checkin")).headers["location"] == "/checkin/closed"
    await start(door, phone)
    assert "2 of 4" in (await phone.get("/checkin")).text


async def test_in_spanish_every_word_is_spanish(door: World, phone: httpx.AsyncClient) -> None:
    first = await phone.get(f"{await link(door)}?lang=es")
    assert '<html lang="es"' in first.text and "4 preguntas cortas" in first.text
    await start(door, phone)
    question = await phone.get("/checkin")
    assert "¿Cómo ha estado su ánimo esta semana?" in question.text
    assert "Saltar esta" in question.text and "Siguiente" in question.text
    await say_all(phone, 3, 0, 3, 0)
    assert "Gracias. Próxima vez: mar 9 jun." in (await phone.get("/checkin")).text
    kept = await door.runtime.database.checkins.find_one({"client_id": CLIENT})
    assert kept is not None and kept["language"] == "es"


async def test_titles_and_addresses_say_nothing_about_the_person(
    door: World, phone: httpx.AsyncClient
) -> None:
    await start(door, phone)
    shown = await phone.get("/checkin")
    assert "<title>Your form</title>" in shown.text
    assert shown.headers["referrer-policy"] == "no-referrer"
    assert shown.headers["cache-control"] == "no-store"

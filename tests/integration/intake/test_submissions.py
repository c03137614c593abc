"""The public contact form, and what staff do with it."""

import asyncio
import re
from datetime import timedelta
from typing import Any

from shared.contracts.intake import ClientRegistered, SubmissionClosed, SubmissionReceived
from tests.integration.intake.world import CARD, SITE, STRANGER, SUPER, World, counselor

HTML = {"Accept": "text/html"}
ANSWERS: dict[str, dict[str, Any]] = {
    "you": {"asking": "self"},
    "name": {
        "given_name": "Dana",
        "family_name": "Ruis",
        "birth_date_month": "3",
        "birth_date_day": "4",
        "birth_date_year": "1990",
    },
    "reach": {
        "phone": "(202) 555-0142",
        "ways": ["text", "call"],
        "times": ["evening"],
        "voicemail": "no",
        "language": "en",
        "time_zone": "America/Chicago",
    },
    "help": {"help_wanted": ["housing"], "message": "I need a room."},
}


async def begin(world: World) -> str:
    """Start a form; gives the address of its steps."""
    started = await world.web.post("/contact", data={})
    assert started.status_code == 303
    return str(started.headers["location"]).rsplit("/", 1)[0]


async def fill(world: World, address: str) -> None:
    for step, answers in ANSWERS.items():
        saved = await world.web.post(f"{address}/{step}", data=answers)
        assert saved.status_code == 303, saved.text
    assert saved.headers["location"] == f"{address}/check"


async def send(world: World) -> str:
    address = await begin(world)
    await fill(world, address)
    sent = await world.web.post(f"{address}/check", data={})
    assert sent.headers["location"] == "/contact/sent"
    return str((await world.facts(SubmissionReceived))[-1].submission_id)


async def test_a_form_goes_step_by_step_from_the_first_page_to_the_queue(world: World) -> None:
    submission_id = await send(world)
    [fact] = await world.facts(SubmissionReceived)
    assert (fact.site_id, fact.channel, fact.language) == (SITE, "web", "en")
    [item] = (await world.get("/submissions")).json()["items"]
    assert item["submission_id"] == submission_id
    content = (await world.get(f"/submissions/{submission_id}")).json()["content"]
    assert (content["given_name"], content["phone"]) == ("Dana", "+12025550142")
    assert content["safe_contact"] == {
        "text": True,
        "call": True,
        "email": False,
        "voicemail": False,
    }
    assert content["message"] == "I need a room."
    [row] = await world.rows(action="read-form")
    assert row["subjects"] == [submission_id]
    sent_page = await world.web.get("/contact/sent", headers=HTML)
    assert "Wed 12:00" in sent_page.text


async def test_wrong_entries_are_kept_and_explained_at_the_field_and_above(world: World) -> None:
    address = await begin(world)
    typed = {**ANSWERS["name"], "given_name": "", "birth_date_year": "1790"}
    page = await world.web.post(f"{address}/name", data=typed, headers=HTML)
    assert page.status_code == 422
    sentence = "Enter a first name, or the name you like to be called"
    assert page.text.count(sentence) == 2
    assert page.text.count("Check the year of the birth date") == 2
    assert 'value="1790"' in page.text and 'value="Ruis"' in page.text
    assert "<title>Error: " in page.text


async def test_a_form_speaks_spanish(world: World) -> None:
    page = await world.web.get("/contact?lang=es", headers=HTML)
    assert "Díganos cómo contactarle: 4 minutos." in page.text
    address = await begin(world)
    wrong = await world.web.post(f"{address}/reach?lang=es", data={"phone": "12"})
    assert "Escriba un número de teléfono" in wrong.text


async def test_a_saved_form_is_found_again_by_its_code_alone(world: World) -> None:
    address = await begin(world)
    await world.web.post(f"{address}/you", data=ANSWERS["you"])
    await world.web.post(f"{address}/name", data=ANSWERS["name"])
    page = await world.web.get(f"{address}/reach", headers=HTML)
    code = re.search(r"Your code: ([A-Z0-9]{4}-[A-Z0-9]{4})", page.text)
    assert code is not None
    world.clock.advance(timedelta(minutes=20))
    hidden = await world.web.get(f"{address}/name", headers=HTML)
    assert "Enter your code to go on" in hidden.text and "Dana" not in hidden.text
    wrong = await world.web.post("/contact/return", data={"code": "CDFG-3467"})
    assert wrong.status_code == 422 and "CDFG-3467" in wrong.text
    typed = code[1].lower().replace("-", " ")
    back = await world.web.post("/contact/return", data={"code": typed})
    assert back.headers["location"] == f"{address}/reach"
    shown = await world.web.get(f"{address}/name", headers=HTML)
    assert 'value="Dana"' in shown.text


async def test_a_form_that_was_not_sent_is_gone_after_seven_days(world: World) -> None:
    address = await begin(world)
    await world.web.post(f"{address}/name", data=ANSWERS["name"])
    world.clock.advance(timedelta(days=7, seconds=1))
    await world.work()
    assert (await world.web.get(f"{address}/name")).status_code == 404
    database = world.runtime.database
    assert await database.drafts.count_documents({}) == 0
    assert await database.data_keys.count_documents({}) == 0


async def test_a_sent_form_outlives_its_draft(world: World) -> None:
    submission_id = await send(world)
    world.clock.advance(timedelta(days=8))
    await world.work()
    shown = (await world.get(f"/submissions/{submission_id}")).json()
    assert shown["content"]["given_name"] == "Dana"


async def test_pressing_send_twice_sends_once(world: World) -> None:
    address = await begin(world)
    await fill(world, address)
    first, second = await asyncio.gather(
        *(world.web.post(f"{address}/check", data={}) for _ in range(2))
    )
    third = await world.web.post(f"{address}/check", data={})
    assert [answer.status_code for answer in (first, second, third)] == [303] * 3
    assert len(await world.facts(SubmissionReceived)) == 1


async def test_a_form_without_answers_cannot_be_sent(world: World) -> None:
    address = await begin(world)
    answer = await world.web.post(f"{address}/check", data={})
    assert answer.status_code == 422
    assert await world.facts(SubmissionReceived) == []


async def test_what_fills_the_hidden_field_is_thanked_and_forgotten(world: World) -> None:
    answer = await world.web.post("/contact", data={"website": "https://spam.example"})
    assert answer.headers["location"] == "/contact/sent"
    assert await world.runtime.database.drafts.count_documents({}) == 0


async def test_one_address_cannot_start_forms_without_end(world: World) -> None:
    limit = world.runtime.settings.forms_an_hour  # type: ignore[attr-defined]
    for _ in range(limit):
        await world.web.post("/contact", data={"website": "x"})
    refused = await world.web.post("/contact", data={})
    assert refused.status_code == 429 and "retry-after" in refused.headers
    world.clock.advance(timedelta(hours=1))
    assert (await world.web.post("/contact", data={})).status_code == 303


async def test_bad_form_bytes_get_a_clear_answer(world: World) -> None:
    address = await begin(world)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    for content, status in (
        (b"given_name=\xff\xfe", 422),
        (b"given_name=%00", 422),
        (b"given_name=" + b"x" * 20_000, 422),
        (b"given_name=" + b"x" * 1_100_000, 413),
        (b"given_name[$ne]=1", 422),
    ):
        answer = await world.web.post(f"{address}/name", content=content, headers=headers)
        assert answer.status_code == status, content[:30]
    for path in (f"{address}/nowhere", "/contact/unknown-token/name"):
        assert (await world.web.get(path)).status_code == 404


async def test_registering_from_a_form_closes_it_and_suspects_the_known_client(
    world: World,
) -> None:
    known = await world.register()
    submission_id = await send(world)
    [match] = (await world.get(f"/submissions/{submission_id}")).json()["possible_matches"]
    assert match["client_id"] == known["client_id"] and match["phone_ending"] == "0142"
    assert match["reasons"] == ["same-phone", "close-name", "same-birth-date"]
    path = f"/submissions/{submission_id}/register"
    answer = await world.post(path, {**CARD, "site_id": SITE})
    assert answer.status_code == 200
    closed = (await world.facts(SubmissionClosed))[-1]
    assert (closed.reason, closed.client_id) == ("registered", answer.json()["client_id"])
    assert (await world.facts(ClientRegistered))[-1].submission_id == submission_id
    again = await world.post(path, {**CARD, "site_id": SITE})
    assert (again.status_code, again.json()["code"]) == (409, "ALREADY_CLOSED")
    assert (await world.get("/submissions")).json()["items"] == []


async def test_a_form_taken_by_phone_is_checked_like_the_public_one(world: World) -> None:
    wrong = await world.post("/submissions", {"given_name": "Dana", "phone": "12"})
    assert wrong.status_code == 422 and set(wrong.json()["fields"]) == {"phone"}
    body = {"given_name": "Dana", "phone": "202 555 0142", "ways": ["call"]}
    answer = await world.post("/submissions", body)
    assert answer.status_code == 200
    [fact] = await world.facts(SubmissionReceived)
    assert (fact.channel, fact.submission_id) == ("phone", answer.json()["submission_id"])


async def test_a_closed_forms_content_is_forgotten_after_thirty_days(world: World) -> None:
    submission_id = await send(world)
    path = f"/submissions/{submission_id}"
    bad = await world.post(f"{path}/close", {"reason": "because"})
    assert bad.status_code == 422
    assert (await world.post(f"{path}/close", {"reason": "withdrawn"})).status_code == 200
    assert (await world.get(path)).json()["content"]["given_name"] == "Dana"
    world.clock.advance(timedelta(days=31))
    await world.work()
    assert (await world.get(path)).json()["content"] is None
    gone = await world.post(f"{path}/register", {**CARD, "site_id": SITE})
    assert gone.status_code == 404


async def test_forms_are_seen_by_the_people_of_their_site_only(world: World) -> None:
    submission_id = await send(world)
    assert (await world.get("/submissions", STRANGER)).json()["items"] == []
    assert (await world.get(f"/submissions/{submission_id}", STRANGER)).status_code == 404
    assert (await world.get("/submissions/sub_nobody", STRANGER)).status_code == 404
    assert (await world.get("/submissions", counselor("cl_1"))).status_code == 404
    assert len((await world.get("/submissions", SUPER)).json()["items"]) == 1

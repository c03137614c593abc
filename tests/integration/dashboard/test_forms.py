"""What people type: kept when wrong, shown as text, saved once, never lost."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from shared.contracts import dashboard, intake, notifications
from tests.integration.dashboard.house import Browser, House, hidden, words_of
from tests.integration.dashboard.test_story import FORM, register
from tests.unit.dashboard.facts import made

SCRIPT = "<script>alert(1)</script>"


async def worker(house: House) -> Browser:
    await house.hire("Iris", "intake-worker")
    return await house.signed_in("Iris")


async def test_a_wrong_entry_is_explained_at_its_field_and_everything_is_kept(
    whole_house: House,
) -> None:
    browser = await worker(whole_house)
    answer = await browser.submit("/intake/new", "/intake/new", **{**FORM, "phone": "12"})
    assert answer.status_code == 422
    assert 'href="#phone"' in answer.text
    assert 'value="12"' in answer.text
    assert 'value="Ruiz"' in answer.text
    assert "A friend told me about you" in answer.text
    assert "<title>Error:" in answer.text


async def test_a_double_click_sends_once(whole_house: House) -> None:
    browser = await worker(whole_house)
    kept = hidden((await browser.get("/intake/new")).text, "/intake/new")
    first = await browser.post("/intake/new", **{**kept, **FORM})
    second = await browser.post("/intake/new", **{**kept, **FORM})
    assert first.status_code == second.status_code == 303
    assert first.headers["location"] == second.headers["location"]
    submissions = whole_house.runtimes["intake"].database.submissions
    assert await submissions.count_documents({}) == 1


async def test_the_same_key_with_other_answers_is_refused(whole_house: House) -> None:
    browser = await worker(whole_house)
    kept = hidden((await browser.get("/intake/new")).text, "/intake/new")
    await browser.post("/intake/new", **{**kept, **FORM})
    answer = await browser.post("/intake/new", **{**kept, **FORM, "family_name": "Other"})
    assert answer.status_code == 422
    assert "sent before with other answers" in words_of(answer.text)


async def test_names_are_text_wherever_they_stand(whole_house: House) -> None:
    house, browser = whole_house, await worker(whole_house)
    await browser.submit("/intake/new", "/intake/new", **{**FORM, "message": SCRIPT})
    await house.carry()
    form = (await house.runtime.database.submissions.find_one({}) or {})["_id"]
    page = await browser.get(f"/intake/{form}")
    assert "&lt;script&gt;" in page.text
    answer = await browser.send(
        page.text,
        f"/intake/{form}/register",
        given_name="Dana",
        preferred_name=SCRIPT,
        phone_1="202-555-0142",
        site_id="site_main",
    )
    await house.carry()
    for path in ("/", "/clients", answer.headers["location"]):
        assert SCRIPT not in (await browser.get(path)).text


async def test_an_owner_that_is_away_loses_nothing_that_was_typed(house: House) -> None:
    browser = await worker(house)
    text = (await browser.get("/intake/new")).text
    key = hidden(text, "/intake/new")["idempotency_key"]
    answer = await browser.send(text, "/intake/new", **FORM)
    assert answer.status_code == 503
    assert "This was not saved" in words_of(answer.text)
    assert "A friend told me about you" in answer.text
    assert hidden(answer.text, "/intake/new")["idempotency_key"] == key


async def test_a_page_whose_owner_is_away_says_so(house: House) -> None:
    ana = await house.hire("Ana", "counselor")
    await house.arrive(made(intake.ClientRegistered, code="K7M-4Q", site_id="site_main"))
    await house.arrive(made(dashboard.CaseloadAssigned, staff_id=ana))
    browser = await house.signed_in("Ana")
    answer = await browser.get("/clients/cl_1/plan")
    assert answer.status_code == 503
    assert "Try again" in words_of(answer.text)
    assert (await browser.get("/clients/cl_1")).status_code == 200


async def test_a_page_that_is_behind_says_that_it_is_catching_up(whole_house: House) -> None:
    browser = await worker(whole_house)
    await browser.submit("/intake/new", "/intake/new", **FORM)
    assert "This page is catching up" in words_of((await browser.get("/intake")).text)
    assert "This page is catching up" not in words_of((await browser.get("/intake")).text)


async def test_somebody_elses_change_is_not_overwritten(whole_house: House) -> None:
    house, browser = whole_house, await worker(whole_house)
    client = await register(house, browser)
    path = f"/clients/{client}/card"
    mine = (await browser.get(path)).text
    typed = {"given_name": "Dana", "phone_1": "202-555-0142", "language": "en"}
    first = await browser.submit(path, path, **{**typed, "preferred_name": "Dani"})
    assert first.status_code == 303
    second = await browser.send(mine, path, **{**typed, "preferred_name": "Dee"})
    assert second.status_code == 409
    said = words_of(second.text)
    assert "Somebody else changed the card" in said
    assert 'value="Dee"' in second.text


async def test_a_name_is_found_by_what_was_typed_and_never_kept(whole_house: House) -> None:
    house, browser = whole_house, await worker(whole_house)
    client = await register(house, browser)
    for typed in ("ruiz", "Dana R.", "3/4/1990", "(202) 555-0142"):
        answer = await browser.submit("/", "/search", q=typed)
        address = answer.headers["location"]
        assert f"/clients/{client}" in (await browser.get(address)).text, typed
    kept = str([row async for row in house.runtime.database.searches.find()])
    assert "ruiz" not in kept.lower()
    answer = await browser.submit("/", "/search", q="ruis")
    assert "Nobody matches" in words_of((await browser.get(answer.headers["location"])).text)


async def test_hidden_names_are_hidden_everywhere(whole_house: House) -> None:
    house, browser = whole_house, await worker(whole_house)
    client = await register(house, browser)
    await browser.submit("/", "/hide-names")
    for path in ("/", "/clients", f"/clients/{client}", f"/clients/{client}/timeline"):
        page = await browser.get(path)
        assert page.status_code == 200
        assert "Dana" not in page.text, path


async def test_titles_and_addresses_hold_no_name(whole_house: House) -> None:
    house, browser = whole_house, await worker(whole_house)
    client = await register(house, browser)
    for path in ("", "/card", "/sharing", "/discharge", "/counselor", "/consents/new"):
        page = await browser.get(f"/clients/{client}{path}")
        title = page.text.split("<title>")[1].split("</title>")[0]
        assert title.startswith("Client ")
        assert "Dana" not in title
        assert "Ruiz" not in title


async def test_a_row_is_done_with_a_note_that_nobody_else_can_read_and_undone(
    whole_house: House,
) -> None:
    house, browser = whole_house, await worker(whole_house)
    client = await register(house, browser)
    row = f"reach/{client}"
    answer = await browser.submit(f"/rows/{row}", f"/rows/done/{row}", note="Called her mother")
    assert answer.status_code == 303
    day = (await browser.get("/")).text
    assert "No confirmed number" not in words_of(day)
    kept = str([found async for found in house.runtime.database.rows.find()])
    journal = str([found async for found in house.runtime.database.journal.find()])
    assert "Called her mother" not in kept + journal
    await browser.send(day, f"/rows/undo/{row}")
    assert "No confirmed number" in words_of((await browser.get("/")).text)


async def test_a_snoozed_row_comes_back_and_a_crisis_cannot_wait(house: House) -> None:
    await house.hire("Ana", "supervisor")
    await house.arrive(made(intake.ClientRegistered, code="K7M-4Q", site_id="site_main"))
    crisis = made(notifications.CrisisOpened, thread_key="cl_1", crisis_id="cr_1")
    await house.arrive(crisis)
    browser = await house.signed_in("Ana")
    page = await browser.get("/rows/reach/cl_1")
    await browser.send(page.text, "/rows/snooze/reach/cl_1", until="hour")
    assert "No confirmed number" not in words_of((await browser.get("/")).text)
    forced = {"csrf": hidden(page.text, "/rows/snooze/reach/cl_1")["csrf"], "until": "days"}
    assert (await browser.post("/rows/snooze/crisis/cr_1", **forced)).status_code == 404
    assert (await browser.post("/rows/done/crisis/cr_1", **forced)).status_code == 404
    house.clock.advance(timedelta(hours=1, seconds=1))
    browser = await house.signed_in("Ana")
    assert "No confirmed number" in words_of((await browser.get("/")).text)


BAD: list[dict[str, Any]] = [
    {"content": b"csrf=\xff\xfe&q=x"},
    {"data": {"csrf": "x", "q": "a\x00b"}},
    {"data": {"csrf": {"$ne": ""}, "q": "x"}},
    {"data": {"csrf": "x", "q": "x" * 20_000}},
    {"data": {"csrf": "x", "q": "x" * 1_200_000}},
    {"json": {"csrf": {"$ne": ""}}},
]


@pytest.mark.parametrize("sent", BAD, ids=lambda sent: next(iter(sent)))
async def test_bad_input_gets_a_clear_no(house: House, sent: dict[str, Any]) -> None:
    browser = await worker(house)
    kind = {"Content-Type": "application/x-www-form-urlencoded"} if "content" in sent else {}
    answer = await browser.web.post("/search", headers={"Accept": "text/html", **kind}, **sent)
    assert isinstance(answer, httpx.Response)
    assert 400 <= answer.status_code < 500

"""Looking after the machinery: what waits for long is on My day and on the operations page."""

from datetime import timedelta

from services.dashboard.due import look_at
from services.dashboard.lateness import LISTENER, look
from shared.contracts import aftercare, dashboard, intake
from tests.integration.dashboard.house import House, words_of
from tests.unit.dashboard.facts import made


async def test_a_parked_event_is_seen_tried_again_and_gone_when_it_is_handled(
    house: House,
) -> None:
    await house.hire("Otto", "operations")
    await house.deliver(b"\xff poison", "cl_1")
    await look_at(house.runtime, "dashboard")
    browser = await house.signed_in("Otto")
    assert "An update to Staff was set aside" in words_of((await browser.get("/")).text)
    page = await browser.get("/operations")
    said = words_of(page.text)
    assert "Set aside" in said
    assert said.count("It does not answer.") == 4  # the owners are away in this house
    entry = (await house.runtime.database.waiting.find_one({}) or {})["_id"]
    answer = await browser.send(page.text, f"/operations/dashboard/{entry}/retry")
    assert answer.status_code == 303
    assert (await house.runtime.database.waiting.find_one({}) or {})["flag"] == "retry"
    await house.runtime.database.waiting.delete_one({"_id": entry})
    await look_at(house.runtime, "dashboard")
    assert "Nothing waits" in words_of((await browser.get("/")).text)


async def test_discarding_asks_for_a_reason_and_keeps_it(house: House) -> None:
    await house.hire("Otto", "operations")
    await house.deliver(b"\xff poison", "cl_1")
    entry = (await house.runtime.database.waiting.find_one({}) or {})["_id"]
    path = f"/operations/dashboard/{entry}/discard"
    browser = await house.signed_in("Otto")
    assert (await browser.submit(path, path)).status_code == 422
    assert (await browser.submit(path, path, reason="unreadable")).status_code == 303
    kept = await house.runtime.database.journal.find_one({"action": "discard-event"})
    assert kept is not None
    assert kept["reason"] == "unreadable"


async def test_an_update_that_waits_a_quarter_of_an_hour_is_on_the_counselors_day(
    house: House,
) -> None:
    ana = await house.hire("Ana", "counselor")
    await house.arrive(made(intake.ClientRegistered, code="K7M-4Q", site_id="site_main"))
    await house.arrive(made(dashboard.CaseloadAssigned, staff_id=ana))
    await house.deliver(house.sealed(made(aftercare.CheckinMissed), 5), "cl_1")
    await look_at(house.runtime, "dashboard")
    browser = await house.signed_in("Ana")
    assert "has been waiting for long" not in words_of((await browser.get("/")).text)
    house.clock.advance(timedelta(minutes=14))
    assert (await browser.get("/account")).status_code == 200
    house.clock.advance(timedelta(minutes=2))
    await look_at(house.runtime, "dashboard")
    day = words_of((await browser.get("/")).text)
    assert "An update to Staff has been waiting for long" in day
    assert "K7M-4Q" in day


async def test_lateness_is_measured(house: House) -> None:
    database, now = house.runtime.database, house.clock.now()
    assert (await look(house.runtime)).seconds is None
    beat = {"_id": LISTENER, "at": now, "lag_seconds": 2.0}
    await database.processes.insert_one(beat)
    assert (await look(house.runtime)).seconds == 2.0
    unsent = {"_id": "intake", "at": now, "unsent_since": now - timedelta(seconds=40)}
    await database.watched.insert_one(unsent)
    assert (await look(house.runtime)).seconds == 40.0
    house.clock.advance(timedelta(seconds=100))
    assert (await look(house.runtime)).seconds == 140.0


async def test_the_machinery_is_told_to_services_as_json(house: House) -> None:
    away = await house.browser().web.get("/internal/operations")
    assert away.status_code == 401
    assert away.headers["content-type"] == "application/problem+json"

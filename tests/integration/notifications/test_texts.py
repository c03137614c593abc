"""Texts that come in: each once, crisis before all, never a guess about who wrote."""

import asyncio
from datetime import timedelta

import pytest

from services.notifications import store
from services.notifications.texts import MOST_ANSWERS
from shared.contracts.notifications import (
    CrisisAcknowledged,
    CrisisClosed,
    CrisisOpened,
    HelpRequested,
    OptedIn,
    OptedOut,
    TextClosed,
    TextReceived,
    TextUnattributed,
)
from shared.journal import Database
from tests.integration.notifications.world import CLIENT, PHONE, World

STRANGER = "+14105550777"


class TestOrdinaryTexts:
    async def test_a_text_that_matches_nothing_waits_for_a_person(self, world: World) -> None:
        await world.confirmed()
        await world.text("I found a canary room")
        (fact,) = await world.facts(TextReceived)
        assert fact.client_id == CLIENT
        assert "canary" not in str(await world.find("texts")) + str(await world.find("journal"))
        path = f"/texts/{fact.message_id}"
        read = await world.web.get(path, headers=world.staff())
        assert read.json()["text"] == "I found a canary room"
        assert read.json()["from_masked"] == "••• 0123"
        closed = await world.web.post(f"{path}/close", json={"note": "call"}, headers=world.staff())
        assert closed.json()["streams"][CLIENT] > 0
        assert [e.message_id for e in await world.facts(TextClosed)] == [fact.message_id]
        again = await world.web.post(f"{path}/close", json={}, headers=world.staff())
        assert (again.status_code, again.json()["code"]) == (409, "TEXT_CLOSED")

    async def test_the_same_message_twice_is_one_text(self, world: World) -> None:
        await world.confirmed()
        for _ in range(3):
            await world.text("I found a room", sid="SM_same")
        assert len(await world.facts(TextReceived)) == 1

    async def test_two_at_once_are_one_text(self, world: World) -> None:
        await world.confirmed()
        await asyncio.gather(*(world.text("I found a room", sid="SM_same") for _ in range(5)))
        assert len(await world.facts(TextReceived)) == 1
        assert len(await world.find("texts")) == 1

    async def test_whose_number_it_is_is_decided_with_the_text(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Somebody else got the same number between the first look and the unit."""
        await world.register("cl_1", cp_1=PHONE)
        await world.register("cl_2", cp_2=PHONE)
        really, looks = store.owners_of, iter([["cl_1"]])

        async def stale_once(database: Database, address: str) -> list[str]:
            return next(looks, None) or await really(database, address)

        monkeypatch.setattr(store, "owners_of", stale_once)
        await world.text("I found a room")
        assert await world.facts(TextReceived) == []
        assert [e.candidates for e in await world.facts(TextUnattributed)] == [2]

    async def test_a_text_from_a_shared_number_is_never_guessed(self, world: World) -> None:
        await world.register("cl_1", cp_1=PHONE)
        await world.register("cl_2", cp_2=PHONE)
        await world.text("I found a room")
        (fact,) = await world.facts(TextUnattributed)
        assert fact.candidates == 2
        assert await world.facts(TextReceived) == []
        read = await world.web.get(f"/texts/{fact.message_id}", headers=world.staff())
        assert read.json()["candidates"] == ["cl_1", "cl_2"]

    async def test_a_strangers_text_is_put_before_a_person(self, world: World) -> None:
        await world.text("Who is this?", sender=STRANGER)
        (fact,) = await world.facts(TextUnattributed)
        assert fact.candidates == 0
        read = await world.web.get(f"/texts/{fact.message_id}", headers=world.staff())
        assert read.json()["text"] == "Who is this?"


class TestKeywords:
    async def test_stop_holds_for_the_number_and_is_confirmed_once(self, world: World) -> None:
        await world.register("cl_1", cp_1=PHONE)
        await world.register("cl_2", cp_2=PHONE)
        await world.text("STOP")
        await world.text("stop")
        assert [(e.client_id, e.clear) for e in await world.facts(OptedOut)] == [
            ("cl_1", True),
            ("cl_2", True),
        ]
        reply = await world.delivery(purpose="reply")
        assert reply["stale_at"] - reply["at"] == timedelta(minutes=5)
        dropped = await world.find("deliveries", {"purpose": "verification"})
        assert {row["reason"] for row in dropped} == {"opted-out"}

    async def test_start_resumes(self, world: World) -> None:
        await world.confirmed()
        await world.text("STOP")
        await world.text("yes")
        assert len(await world.facts(OptedIn)) == 1
        assert [wish["opted_out_at"] for wish in await world.find("wishes")] == [None]

    async def test_unclear_wording_suppresses_and_is_read_by_a_person(self, world: World) -> None:
        await world.confirmed()
        await world.text("please stop texting me")
        assert [e.clear for e in await world.facts(OptedOut)] == [False]
        assert len(await world.facts(TextReceived)) == 1

    async def test_help_is_answered_and_told(self, world: World) -> None:
        await world.confirmed()
        await world.text("HELP")
        assert [e.client_id for e in await world.facts(HelpRequested)] == [CLIENT]
        assert (await world.delivery(purpose="reply"))["data"]["keyword"] == "help"

    async def test_two_machines_do_not_answer_each_other_for_ever(self, world: World) -> None:
        await world.confirmed()
        for _ in range(MOST_ANSWERS + 2):
            await world.text("HELP")
        assert len(await world.find("deliveries", {"purpose": "reply"})) == MOST_ANSWERS
        assert len(await world.facts(HelpRequested)) == MOST_ANSWERS + 2
        world.clock.advance(timedelta(hours=2))
        await world.text("HELP")
        assert len(await world.find("deliveries", {"purpose": "reply"})) == MOST_ANSWERS + 1

    async def test_a_stranger_can_stop_us_too(self, world: World) -> None:
        await world.text("STOP", sender=STRANGER)
        assert len(await world.find("wishes", {"opted_out_at": {"$ne": None}})) == 1
        assert len(await world.find("deliveries", {"purpose": "reply"})) == 1


class TestCrises:
    @pytest.mark.parametrize("body", ["I want to die", "Ya no puedo, quiero morir"])
    async def test_a_crisis_phrase_is_answered_and_pages_at_once(
        self, world: World, body: str
    ) -> None:
        await world.confirmed()
        await world.text(body)
        (opened,) = await world.facts(CrisisOpened)
        assert (opened.client_id, opened.thread_key, opened.source) == (CLIENT, CLIENT, "text")
        reply = await world.delivery(purpose="crisis-reply")
        assert (reply["not_before"], reply["repeatable"]) == (world.clock.now(), True)
        page = await world.delivery(purpose="page")
        assert (page["channel"], page["data"]) == ("email", {"place": 0, "minutes": 0})

    async def test_a_crisis_goes_before_stop_and_both_hold(self, world: World) -> None:
        await world.confirmed()
        await world.text("stop texting me, I want to die")
        assert len(await world.facts(CrisisOpened)) == 1
        assert len(await world.facts(OptedOut)) == 1
        assert [d["purpose"] for d in await world.find("deliveries", {"channel": "sms"})] == [
            "crisis-reply"
        ]

    async def test_nobody_known_and_several_known_are_answered_as_well(self, world: World) -> None:
        await world.register("cl_1", cp_1=PHONE)
        await world.register("cl_2", cp_2=PHONE)
        await world.text("I want to die", sender=PHONE)
        await world.text("I want to die", sender=STRANGER)
        opened = await world.facts(CrisisOpened)
        assert [e.client_id for e in opened] == [None, None]
        assert all(e.thread_key == e.crisis_id for e in opened)
        assert len(await world.find("deliveries", {"purpose": "crisis-reply"})) == 2

    async def test_every_text_is_answered_but_one_alarm_is_enough(self, world: World) -> None:
        await world.confirmed()
        await world.text("I want to die")
        await world.text("I want to die tonight")
        (opened,) = await world.facts(CrisisOpened)
        assert len(await world.find("deliveries", {"purpose": "crisis-reply"})) == 2
        read = await world.web.get(f"/crises/{opened.crisis_id}", headers=world.staff())
        assert read.json()["text"] == "I want to die\nI want to die tonight"
        assert read.json()["from"] == PHONE

    async def test_pages_climb_until_somebody_has_it(self, world: World) -> None:
        await world.confirmed()
        await world.text("I want to die")
        (opened,) = await world.facts(CrisisOpened)
        await world.wait(minutes=5)
        await world.wait(minutes=5)
        pages = [row["data"] for row in await world.find("deliveries", {"purpose": "page"})]
        assert [(page["minutes"], page["place"]) for page in pages] == [
            (0, 0),
            (5, 0),
            (5, 1),
            (10, 0),
            (10, 1),
        ]
        staff = world.staff(relation="none")  # whoever gives care, not only the counselor
        path = f"/crises/{opened.crisis_id}"
        done = await world.web.post(f"{path}/acknowledge", headers=staff)
        assert done.json()["acknowledged_by"] == "st_1"
        await world.wait(minutes=5)
        assert len(await world.find("deliveries", {"purpose": "page"})) == len(pages)

    async def test_it_is_closed_with_a_note_that_stays_here(self, world: World) -> None:
        await world.confirmed()
        await world.text("I want to die")
        (opened,) = await world.facts(CrisisOpened)
        path, staff = f"/crises/{opened.crisis_id}", world.staff()
        early = await world.web.post(f"{path}/close", json={"note": "spoke"}, headers=staff)
        assert (early.status_code, early.json()["code"]) == (409, "NOT_ACKNOWLEDGED")
        await world.web.post(f"{path}/acknowledge", headers=staff)
        empty = await world.web.post(f"{path}/close", json={"note": " "}, headers=staff)
        assert empty.status_code == 422
        await world.web.post(f"{path}/close", json={"note": "a canary note"}, headers=staff)
        assert (
            len(await world.facts(CrisisAcknowledged)) == len(await world.facts(CrisisClosed)) == 1
        )
        assert "canary note" not in str(await world.find("crises"))
        assert "canary note" not in str(await world.find("journal"))

    async def test_no_survey_for_a_day(self, world: World) -> None:
        await world.confirmed()
        await world.text("I want to die")
        (person,) = await world.find("people")
        assert person["no_surveys_until"] == world.clock.now() + timedelta(hours=24)

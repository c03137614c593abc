"""Read models as the topics feed them: in order, twice, late, out of turn, after an erasure."""

from datetime import timedelta

import pytest

from shared.confidential import encrypt
from shared.consume import Outcome
from shared.contracts import aftercare, dashboard, intake, notifications
from shared.contracts.journal import JournalSealed
from shared.events import EVENT_TYPES, Event
from tests.examples import examples
from tests.integration.dashboard.house import House
from tests.unit.dashboard.facts import made

SEALED_NOW = {"seal": 7, "publisher": "intake"}


async def register(house: House, site: str = "site_main") -> None:
    await house.arrive(made(intake.ClientRegistered, code="K7M-4Q", site_id=site))


async def open_rows(house: House) -> dict[str, str]:
    found = house.runtime.database.rows.find({"state": "open"})
    return {row["kind"]: row["_id"] async for row in found}


async def test_a_registered_client_is_a_row_until_somebody_can_be_reached(house: House) -> None:
    await register(house)
    assert await open_rows(house) == {"unreachable": "reach/cl_1"}
    await house.arrive(made(notifications.ContactPointVerified, channel="sms"))
    assert await open_rows(house) == {}
    await house.arrive(made(notifications.OptedOut))
    assert await open_rows(house) == {"unreachable": "reach/cl_1"}


async def test_a_verified_contact_may_be_known_before_the_client(house: House) -> None:
    await house.arrive(made(notifications.ContactPointVerified, channel="sms"))
    await register(house)
    assert await open_rows(house) == {}


async def test_a_record_that_comes_twice_counts_once(house: House) -> None:
    await register(house)
    event = made(aftercare.CheckinMissed, consecutive=2)
    first = await house.deliver(house.sealed(event, 1), "cl_1")
    again = await house.deliver(house.sealed(event, 1), "cl_1")
    assert (first, again) == (Outcome.HANDLED, Outcome.DUPLICATE)
    assert await house.runtime.database.timeline.count_documents({"code": "checkin-missed"}) == 1


async def test_what_overtook_waits_for_its_turn(house: House) -> None:
    await register(house)
    missed, answered = made(aftercare.CheckinMissed), made(aftercare.CheckinAnswered)
    late = await house.deliver(house.sealed(answered, 2), "cl_1")
    assert late == Outcome.WAITING
    await house.deliver(house.sealed(missed, 1), "cl_1")
    assert "missed" not in await open_rows(house)
    assert await house.runtime.database.waiting.count_documents({}) == 0


async def test_a_level_is_shown_at_once_whatever_waits_before_it(house: House) -> None:
    await register(house)
    high = made(aftercare.RiskChanged, level="high", previous_level="routine")
    await house.deliver(house.sealed(high, 5), "cl_1")
    client = await house.runtime.database.clients.find_one({"_id": "cl_1"})
    assert client is not None
    assert client["level"] == "high"
    assert "risk" in await open_rows(house)


async def test_rows_follow_the_client_to_another_counselor_and_level(house: House) -> None:
    await register(house)
    await house.arrive(made(notifications.TextReceived))
    await house.arrive(made(dashboard.CaseloadAssigned, staff_id="st_ana"))
    await house.arrive(made(aftercare.RiskChanged, level="very-high", previous_level="routine"))
    row = await house.runtime.database.rows.find_one({"kind": "text"})
    assert row is not None
    assert (row["counselor_id"], row["level"], row["rank"]) == ("st_ana", "very-high", 1)


async def test_every_fact_there_is_can_be_folded(house: House) -> None:
    """One example of each, all about one client, in the order in which they are declared."""
    wrapped = encrypt(house.runtime.settings.wrap_key, b"k" * 32, "keys/example")
    await house.runtime.database["keys"].insert_one({"_id": "example", "wrapped": wrapped})
    for event in examples():
        if type(event) in (intake.ContactCardChanged, JournalSealed):
            continue  # they carry more than an example: tested on their own
        outcome = await house.arrive(event)
        assert outcome in (Outcome.HANDLED, Outcome.IGNORED), event.type
        if isinstance(event, intake.ClientErased):
            await house.runtime.database["keys"].delete_one({"_id": "example"})
    assert await house.runtime.database.waiting.count_documents({}) == 0


async def test_an_erased_client_is_gone_and_stays_gone(house: House) -> None:
    await register(house)
    await house.arrive(made(aftercare.CheckinMissed))
    await house.arrive(made(intake.ClientErased))
    await house.arrive(made(aftercare.CheckinMissed, consecutive=2))
    database = house.runtime.database
    assert await database.rows.count_documents({}) == 0
    assert await database.timeline.count_documents({}) == 0
    client = await database.clients.find_one({"_id": "cl_1"})
    assert client is not None
    assert (client["code"], client["sealed_card"], client["digests"]) == ("", None, [])
    key = await database["keys"].find_one({"_id": "cl_1"})
    assert key is not None
    assert "wrapped" not in key


async def test_another_hash_for_a_kept_seal_is_an_alarm(house: House) -> None:
    first = made(JournalSealed, **SEALED_NOW, hash="aa")
    for event in (first, first, made(JournalSealed, publisher="intake", seal=8, hash="bb")):
        await house.deliver(house.sealed(event, event.seal), "intake")  # type: ignore[attr-defined]
    assert await open_rows(house) == {}
    forged = made(JournalSealed, **SEALED_NOW, hash="cc")
    await house.deliver(house.sealed(forged, 7), "intake")
    assert await open_rows(house) == {"seal": "seal/intake/7"}


async def test_poison_is_set_aside_and_the_next_client_goes_on(house: House) -> None:
    await house.deliver(b"\xff not an event", "cl_9")
    assert await house.arrive(made(intake.ClientRegistered)) == Outcome.HANDLED
    parked = await house.runtime.database.waiting.find_one({"parked": True})
    assert parked is not None


@pytest.mark.parametrize("kind", [aftercare.CheckinMissed, notifications.HelpRequested])
async def test_a_row_that_was_done_comes_back_with_a_later_fact(
    house: House, kind: type[Event]
) -> None:
    await register(house)
    await house.arrive(made(kind))
    rows = house.runtime.database.rows
    name = (await rows.find_one({"kind": {"$in": ["missed", "help"]}}) or {})["_id"]
    await rows.update_one({"_id": name}, {"$set": {"state": "done"}})
    house.clock.advance(timedelta(days=1))
    await house.arrive(made(kind))
    kept = await rows.find_one({"_id": name})
    assert kept is not None
    assert kept["state"] == "open"


def test_there_are_examples_of_all_facts() -> None:
    assert {event.type for event in examples()} == set(EVENT_TYPES)

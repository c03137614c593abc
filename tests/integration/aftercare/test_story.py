"""Discharge, check-ins, silence and erasure: use cases and deadlines against the real database."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from services.aftercare.checkins import answering, store
from services.aftercare.checkins.answering import Given
from services.aftercare.due import DUE
from services.aftercare.keys import keys_of
from services.aftercare.plans import store as plans
from services.aftercare.risk import store as risk
from shared.consume import Outcome
from shared.contracts.aftercare import (
    CheckinAnswered,
    CheckinDue,
    CheckinMissed,
    ContactAttemptDue,
    PlanStarted,
    RiskChanged,
    TaskClosed,
    TaskOpened,
)
from shared.contracts.intake import ClientErased
from shared.contracts.notifications import CrisisOpened, TextReceived
from shared.contracts.referrals import ReferralAccepted, ReferralCancelled
from shared.due import Deadlines
from shared.journal import Actor, once
from shared.links import digest
from shared.unit import run
from tests.integration.aftercare.conftest import CLIENT, MONDAY, World

BROWSER = Actor(kind="client", id=CLIENT)
TUESDAY_10 = datetime(2026, 6, 2, 14, 0, tzinfo=UTC)
CALM = {"mood": 3, "craving": 0, "confidence": 3, "use": 0}
HARD = {"mood": 1, "craving": 4, "confidence": 1, "use": 1}


async def answer(world: World, answers: Mapping[str, int | None], session: str = "s1") -> None:
    """Open the newest link and answer everything."""
    due = (await world.facts(CheckinDue, ContactAttemptDue))[-1]
    link = digest(world.token(due.link_id))
    keys = await keys_of(world.runtime, CLIENT)
    cause = once(BROWSER, "open", world.clock.now())
    await run(
        world.runtime.database,
        lambda unit: answering.open_session(unit, link, session, keys),
        cause,
    )
    for code, value in answers.items():
        await post(world, session, Given(code=code, value=value, language="en"))


async def post(world: World, session: str, given: Given) -> None:
    keys = await keys_of(world.runtime, CLIENT)
    await run(
        world.runtime.database,
        lambda unit: answering.answer(unit, session, given, keys),
        once(BROWSER, "answer", world.clock.now()),
    )


async def test_a_discharge_becomes_a_plan_with_its_deadlines(world: World) -> None:
    assert await world.discharge() is Outcome.HANDLED
    (started,) = await world.facts(PlanStarted)
    assert started.first_checkin_on == date(2026, 6, 2)
    plan = await plans.latest(world.runtime.database, CLIENT)
    assert plan is not None and plan.active and plan.zone == "America/New_York"
    rows = world.runtime.database.deadlines.find({"state": "open"}).sort("due", 1)
    assert [(row["kind"], row["due"]) async for row in rows] == [
        ("checkin-due", TUESDAY_10),
        ("task-due", datetime(2026, 6, 3, 21, 0, tzinfo=UTC)),
        ("silence", MONDAY + timedelta(days=21)),
    ]


async def test_the_first_contact_task_is_late_after_its_term(world: World) -> None:
    await world.discharge()
    await world.pass_time(datetime(2026, 6, 3, 21, 0, tzinfo=UTC))
    plan = await plans.latest(world.runtime.database, CLIENT)
    assert plan is not None
    assert [task.code for task in plan.tasks() if task.late] == ["first-contact"]


async def test_an_answered_checkin_is_scored_and_the_next_one_is_set(world: World) -> None:
    await world.discharge()
    await world.pass_time(TUESDAY_10)
    (due,) = await world.facts(CheckinDue)
    assert (due.due_at, due.link_expires_at) == (TUESDAY_10, TUESDAY_10 + timedelta(hours=24))
    assert due.window_ends_at == TUESDAY_10 + timedelta(days=2)
    await answer(world, HARD)
    (answered,) = await world.facts(CheckinAnswered)
    assert answered.next_on == date(2026, 6, 9)
    changes = await world.facts(RiskChanged)
    assert [(one.previous_level, one.level) for one in changes] == [
        ("unknown", "routine"),
        ("routine", "high"),
    ]
    kept = await risk.evaluations(
        world.runtime.database, CLIENT, (await keys_of(world.runtime, CLIENT)).data, limit=1
    )
    assert kept[0].score == 25 + 15 + 6 + 8
    assert {reason["rule"] for reason in kept[0].reasons} == {"W2", "W3", "W6", "W12", "gate"}
    await world.pass_time(datetime(2026, 6, 9, 14, 0, tzinfo=UTC))
    assert len(await world.facts(CheckinDue)) == 2


async def test_weekly_checkins_stay_at_10_when_the_clocks_change(world: World) -> None:
    world.clock.move_to(datetime(2026, 10, 28, 18, 0, tzinfo=UTC))
    await world.discharge(on=date(2026, 10, 28))
    await world.pass_time(datetime(2026, 10, 29, 14, 0, tzinfo=UTC))  # 10:00 EDT
    await answer(world, CALM)
    await world.pass_time(datetime(2026, 11, 6, 0, 0, tzinfo=UTC))
    assert [due.due_at for due in await world.facts(CheckinDue)] == [
        datetime(2026, 10, 29, 14, 0, tzinfo=UTC),
        datetime(2026, 11, 5, 15, 0, tzinfo=UTC),  # 10:00 EST
    ]


async def test_a_reload_or_another_browser_goes_on_where_the_answers_stopped(world: World) -> None:
    await world.discharge()
    await world.pass_time(TUESDAY_10)
    await answer(world, {"mood": 3}, session="phone")
    await answer(world, {"craving": None, "confidence": 3, "use": 0}, session="library")
    assert len(await world.facts(CheckinAnswered)) == 1


async def test_two_last_answers_at_once_are_one_answer(world: World) -> None:
    await world.discharge()
    await world.pass_time(TUESDAY_10)
    await answer(world, {"mood": 3, "craving": 0, "confidence": 3})
    last = Given(code="use", value=0, language="en")
    await asyncio.gather(
        *(post(world, "s1", last) for _ in range(4)),
        return_exceptions=True,
    )
    assert len(await world.facts(CheckinAnswered)) == 1
    assert len(await world.facts(RiskChanged)) == 1  # only the first evaluation, at the start


async def test_a_missed_checkin_climbs_the_ladder_once_and_a_person_calls(world: World) -> None:
    await world.discharge()
    await world.pass_time(TUESDAY_10 + timedelta(days=6, hours=23))
    missed = await world.facts(CheckinMissed)
    assert [(one.consecutive, one.missed_at) for one in missed] == [
        (1, TUESDAY_10 + timedelta(days=2))
    ]
    attempts = await world.facts(ContactAttemptDue)
    assert [(one.rung, one.link_expires_at - timedelta(days=1)) for one in attempts] == [
        (1, TUESDAY_10 + timedelta(days=2)),
        (2, TUESDAY_10 + timedelta(days=3)),
    ]
    opened = [one.code for one in await world.facts(TaskOpened)]
    assert opened[-1] == "call-client"
    await world.pass_time(TUESDAY_10 + timedelta(days=9))  # the second window ends
    assert [one.consecutive for one in await world.facts(CheckinMissed)] == [1, 2]
    assert len(await world.facts(ContactAttemptDue)) == 2


async def test_a_late_answer_ends_the_silence(world: World) -> None:
    await world.discharge()
    await world.pass_time(TUESDAY_10 + timedelta(days=2, hours=5))
    await answer(world, CALM)
    rungs = {"state": "open", "kind": "ladder-rung"}
    assert await world.runtime.database.deadlines.count_documents(rungs) == 0
    await world.pass_time(TUESDAY_10 + timedelta(days=6, hours=23))
    assert len(await world.facts(ContactAttemptDue)) == 1
    assert "call-client" not in [one.code for one in await world.facts(TaskOpened)]


async def test_an_answer_takes_the_call_task_away(world: World) -> None:
    await world.discharge()
    await world.pass_time(TUESDAY_10 + timedelta(days=5, hours=1))
    opened = (await world.facts(TaskOpened))[-1]
    assert opened.code == "call-client"
    world.clock.move_to(TUESDAY_10 + timedelta(days=3, hours=2))  # the link of rung 2 still works
    await answer(world, CALM)
    (closed,) = await world.facts(TaskClosed)
    assert (closed.task_id, closed.reason) == (opened.task_id, "heard-from")


async def test_a_text_is_a_reply_too(world: World) -> None:
    await world.discharge()
    await world.pass_time(TUESDAY_10 + timedelta(days=2, hours=5))
    received = TextReceived(client_id=CLIENT, message_id="sm_1", received_at=world.clock.now())
    assert await world.arrive(received) is Outcome.HANDLED
    await world.pass_time(TUESDAY_10 + timedelta(days=6))
    assert [one.rung for one in await world.facts(ContactAttemptDue)] == [1]


async def test_after_a_crisis_no_form_and_no_reminder_comes_for_a_day(world: World) -> None:
    await world.discharge()
    at = TUESDAY_10 - timedelta(hours=2)
    world.clock.move_to(at)
    crisis = CrisisOpened(
        thread_key=CLIENT, crisis_id="cr_1", client_id=CLIENT, source="text", at=at
    )
    await world.arrive(crisis)
    await world.pass_time(TUESDAY_10 + timedelta(hours=23))
    assert await world.facts(CheckinDue) == []
    await world.wait(hours=1)
    assert [one.due_at for one in await world.facts(CheckinDue)] == [TUESDAY_10 + timedelta(days=1)]
    unknown = CrisisOpened(thread_key="cr_2", crisis_id="cr_2", source="text", at=at)
    assert await world.arrive(unknown) is Outcome.HANDLED


async def test_reminders_wait_while_something_about_the_client_is_on_its_way(world: World) -> None:
    await world.discharge()
    waiting = world.runtime.database.waiting
    await waiting.insert_one({"_id": "w", "queue": "intake/cl_1", "client_id": CLIENT})
    world.clock.move_to(TUESDAY_10)
    await world.work()
    world.clock.move_to(TUESDAY_10 + timedelta(days=2))
    await Deadlines(world.runtime, DUE).work()
    await Deadlines(world.runtime, DUE).work()
    assert len(await world.facts(CheckinMissed)) == 1
    assert await world.facts(ContactAttemptDue) == []
    await waiting.delete_many({})
    world.clock.advance(timedelta(minutes=1))
    await Deadlines(world.runtime, DUE).work()
    assert [one.rung for one in await world.facts(ContactAttemptDue)] == [1]


async def test_three_cadences_of_silence_are_unknown(world: World) -> None:
    await world.discharge()
    await world.wait(days=21)
    levels = [one.level for one in await world.facts(RiskChanged)]
    assert levels[0] == "routine" and "unknown" in levels
    standing = await risk.read_standing(world.runtime.database, CLIENT)
    assert standing is not None and standing.shown == "unknown"


async def test_a_deadline_completed_twice_has_one_effect(world: World) -> None:
    await world.discharge()
    world.clock.move_to(TUESDAY_10)
    workers = [Deadlines(world.runtime, DUE) for _ in range(4)]
    await asyncio.gather(*(worker.work() for worker in workers))
    await asyncio.gather(*(worker.work() for worker in workers))
    assert len(await world.facts(CheckinDue)) == 1
    row = await world.runtime.database.deadlines.find_one({"kind": "checkin-due"})
    assert row is not None
    await world.runtime.database.deadlines.update_one(  # a claim that was lost half-way
        {"_id": row["_id"]}, {"$set": {"state": "open", "leased_until": None}}
    )
    await world.work()
    assert len(await world.facts(CheckinDue)) == 1


async def test_the_same_discharge_delivered_twice_is_one_plan(world: World) -> None:
    await world.discharge()
    world._sequences.clear()
    assert await world.discharge() is Outcome.DUPLICATE
    assert len(await world.facts(PlanStarted)) == 1


async def test_a_readmission_closes_the_old_plan_and_starts_a_new_one(world: World) -> None:
    await world.discharge()
    await world.pass_time(TUESDAY_10)
    world.clock.move_to(TUESDAY_10 + timedelta(hours=3))
    await world.discharge(id="dis_2", on=date(2026, 6, 2))
    assert len(await world.facts(PlanStarted)) == 2
    closed = await world.facts(TaskClosed)
    assert {one.reason for one in closed} == {"readmission"} and len(closed) == 5
    due = (await world.facts(CheckinDue))[0]
    link = await store.read_link(world.runtime.database, digest(world.token(due.link_id)))
    assert link is not None and link.used_at is not None
    active = await world.runtime.database.plans.count_documents({"active": True})
    open_due = await world.runtime.database.deadlines.count_documents(
        {"state": "open", "kind": "checkin-due"}
    )
    assert (active, open_due) == (1, 1)


async def test_an_accepted_referral_closes_its_task_and_a_cancelled_one_does_not(
    world: World,
) -> None:
    await world.discharge()
    about = {"client_id": CLIENT, "referral_id": "re_1", "partner_id": "pa_1"}
    cancelled = ReferralCancelled(**about, reason="requester", cancelled_at=MONDAY)
    assert await world.arrive(cancelled) is Outcome.IGNORED
    accepted = ReferralAccepted(**about, need="housing-instability", accepted_at=MONDAY)
    assert await world.arrive(accepted) is Outcome.HANDLED
    (closed,) = await world.facts(TaskClosed)
    assert (closed.status, closed.reason) == ("completed", "referral-accepted")
    without_task = ReferralAccepted(**about, need="language-access", accepted_at=MONDAY)
    assert await world.arrive(without_task) is Outcome.HANDLED
    assert len(await world.facts(TaskClosed)) == 1


async def test_after_erasure_nothing_is_left_to_read_and_nothing_becomes_due(world: World) -> None:
    await world.discharge()
    await world.pass_time(TUESDAY_10)
    await answer(world, HARD)
    await world.arrive(ClientErased(client_id=CLIENT, erased_at=world.clock.now()))
    database = world.runtime.database
    for collection in ("checkins", "evaluations", "standings", "contacts", "links", "sessions"):
        assert await database[collection].count_documents({}) == 0, collection
    assert await database.deadlines.count_documents({"state": "open"}) == 0
    assert await plans.latest(database, CLIENT) is None
    before = len(await world.facts())
    assert await world.discharge(id="dis_2") is Outcome.IGNORED
    await world.wait(days=30)
    assert len(await world.facts()) == before


async def test_answers_and_scores_are_not_readable_in_the_database(world: World) -> None:
    await world.discharge()
    await world.pass_time(TUESDAY_10)
    await answer(world, HARD)
    checkin = await world.runtime.database.checkins.find_one({})
    evaluation = await world.runtime.database.evaluations.find_one({}, sort=[("at", -1)])
    assert checkin is not None and isinstance(checkin["answers"], bytes)
    assert evaluation is not None and isinstance(evaluation["content"], bytes)
    assert not {"score", "reasons", "inputs"} & set(evaluation)
    rows = [row async for row in world.runtime.database.journal.find({})]
    assert not any("craving" in str(row) for row in rows)

"""A plan unfolds from its template; its tasks close; contact follows the phases of R3.1."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from services.aftercare.plans import calls
from services.aftercare.plans import domain as plans
from services.aftercare.plans.domain import Plan, PlanClosed, TaskNotOpen
from services.aftercare.plans.templates import PlanTemplate, chosen, templates
from services.aftercare.walltime import local_day
from shared.contracts.aftercare import PlanStarted, TaskClosed, TaskOpened
from tests.unit.aftercare.examples import (
    DISCHARGED_ON,
    STARTED_AT,
    ZONE,
    discharged,
    numbered,
    started_plan,
)


def task_id(plan: Plan, code: str) -> str:
    return next(task.id for task in plan.tasks() if task.code == code)


def test_a_discharge_unfolds_goals_activities_tasks_and_says_so() -> None:
    plan, events = plans.start(
        discharged(), chosen("standard"), ids=numbered(), zone=ZONE, at=STARTED_AT
    )
    assert events[0] == PlanStarted(
        client_id="cl_1",
        plan_id=plan.id,
        discharge_id="dis_1",
        template="standard",
        template_version="1",
        phase="P0",
        first_checkin_on=date(2026, 6, 2),
        review_due_on=date(2026, 7, 1),
    )
    assert [event.code for event in events[1:] if isinstance(event, TaskOpened)] == [
        "first-contact",
        "safety-plan",
        "housing-referral",
        "employment-referral",
        "care-appointment",
    ]
    activities = {one.code: one.on for goal in plan.goals for one in goal.activities}
    assert activities["support-list"] == DISCHARGED_ON + timedelta(days=7)


def test_the_first_live_contact_is_due_within_72_hours_of_the_discharge() -> None:
    plan = started_plan()
    contact = plan.task(task_id(plan, "first-contact"))
    earliest_discharge = datetime(2026, 6, 1, 4, 0, tzinfo=UTC)  # midnight in New York
    assert contact.due_at - earliest_discharge <= timedelta(hours=72)
    assert contact.due_at == datetime(2026, 6, 3, 21, 0, tzinfo=UTC)  # 17:00 there


def test_an_unknown_template_becomes_the_standard_one() -> None:
    assert chosen("no-such-plan").id == "standard"


@pytest.mark.parametrize("template", templates().values(), ids=templates())
def test_every_template_speaks_both_languages_and_has_the_phases_of_the_rule(
    template: PlanTemplate,
) -> None:
    for goal in template.goals:
        words = [goal.words, *(one.words for one in goal.activities)]
        words += [one.words for one in goal.tasks]
        assert all(text["en"] and text["es"] for text in words)
    cadence = [(one.name, one.every_days, one.window_days) for one in template.phases]
    assert cadence == [
        ("P0", 7, 2),
        ("P1", 7, 2),
        ("P2", 14, 3),
        ("P3", 30, 7),
        ("P4", 90, 14),
    ]
    assert any(goal.code == calls.CONTACT_GOAL for goal in template.goals)


@pytest.mark.parametrize(
    ("day", "phase"),
    [
        (-3, "P0"),
        (0, "P0"),
        (2, "P0"),
        (3, "P1"),
        (55, "P1"),
        (56, "P2"),
        (363, "P2"),
        (364, "P3"),
        (729, "P3"),
        (730, "P4"),
        (4000, "P4"),
    ],
)
def test_phases(day: int, phase: str) -> None:
    assert started_plan().phase_on(DISCHARGED_ON + timedelta(days=day)).name == phase


@pytest.mark.parametrize(
    ("discharged_on", "at", "first"),
    [
        ("2026-06-01", "2026-06-01T18:00Z", "2026-06-02T14:00Z"),  # the next day at 10:00 there
        ("2026-06-10", "2026-06-01T18:00Z", "2026-06-11T14:00Z"),  # a discharge still to come
        ("2026-05-20", "2026-06-01T13:00Z", "2026-06-01T14:00Z"),  # recorded late, before 10:00
        ("2026-05-20", "2026-06-01T14:00Z", "2026-06-02T14:00Z"),  # and after it
        ("2026-03-07", "2026-03-07T20:00Z", "2026-03-08T14:00Z"),  # the clocks went forward
    ],
)
def test_the_first_checkin_is_at_10_there_and_never_in_the_past(
    discharged_on: str, at: str, first: str
) -> None:
    now = datetime.fromisoformat(at)
    plan = started_plan(on=date.fromisoformat(discharged_on), at=now)
    assert plans.first_checkin(plan, 1, now) == datetime.fromisoformat(first)


@pytest.mark.parametrize(
    ("after_days", "closely", "days"),
    [(7, False, 7), (56, False, 14), (400, False, 30), (800, False, 90), (400, True, 7)],
)
def test_the_next_checkin_follows_the_phase_or_weekly_while_the_level_is_high(
    after_days: int, closely: bool, days: int
) -> None:
    plan = started_plan()
    day = DISCHARGED_ON + timedelta(days=after_days)
    at = plan.at_checkin_time(day)
    following = plans.next_checkin(plan, day, closely=closely, at=at)
    assert local_day(following, ZONE) == day + timedelta(days=days)
    assert following.astimezone(at.tzinfo).hour in (14, 15)  # 10:00 there, summer or winter


def test_after_downtime_the_next_checkin_is_still_ahead() -> None:
    plan = started_plan()
    long_after = plan.at_checkin_time(DISCHARGED_ON + timedelta(days=40))
    following = plans.next_checkin(plan, DISCHARGED_ON, closely=False, at=long_after)
    assert following > long_after
    assert (local_day(following, ZONE) - DISCHARGED_ON).days % 7 == 0


@pytest.mark.parametrize("need", ["housing-instability", "homelessness", "housing"])
def test_an_accepted_referral_closes_the_task_of_its_need(need: str) -> None:
    plan = started_plan()
    after, events = plans.meet_need(plan, need, at=STARTED_AT)
    housing = task_id(plan, "housing-referral")
    assert after.task(housing).status == "completed"
    assert events == [
        TaskClosed(
            client_id="cl_1",
            plan_id=plan.id,
            task_id=housing,
            status="completed",
            reason="referral-accepted",
        )
    ]
    assert plans.meet_need(after, need, at=STARTED_AT) == (after, [])


def test_an_accepted_referral_without_such_a_task_changes_nothing() -> None:
    plan = started_plan()
    assert plans.meet_need(plan, "language-access", at=STARTED_AT) == (plan, [])


def test_a_closed_task_cannot_be_closed_again() -> None:
    plan = started_plan()
    first = task_id(plan, "first-contact")
    closed, _ = plans.close_task(
        plan, first, status="completed", reason="staff", at=STARTED_AT, note=b"sealed"
    )
    assert closed.task(first).note == b"sealed"
    with pytest.raises(TaskNotOpen):
        plans.close_task(closed, first, status="cancelled", reason="staff", at=STARTED_AT)


def test_closing_the_plan_cancels_what_was_left_and_nothing_else() -> None:
    plan, _ = plans.meet_need(started_plan(), "homelessness", at=STARTED_AT)
    ended, events = plans.close(plan, "readmission", at=STARTED_AT)
    assert not ended.active
    assert len(events) == 4
    assert {event.status for event in events if isinstance(event, TaskClosed)} == {"cancelled"}
    assert ended.task(task_id(plan, "housing-referral")).status == "completed"
    with pytest.raises(PlanClosed):
        plans.close_task(
            ended, task_id(plan, "safety-plan"), status="completed", reason="staff", at=STARTED_AT
        )


def test_only_an_open_task_becomes_late() -> None:
    plan = started_plan()
    first = task_id(plan, "first-contact")
    assert plans.note_late(plan, first).task(first).late
    done, _ = plans.close_task(plan, first, status="completed", reason="staff", at=STARTED_AT)
    assert plans.note_late(done, first) == done


def test_one_open_call_task_is_enough() -> None:
    plan = started_plan()
    called, events = calls.ask(plan, ids=numbered(), due_at=STARTED_AT)
    assert [event.code for event in events if isinstance(event, TaskOpened)] == ["call-client"]
    assert calls.ask(called, ids=numbered(), due_at=STARTED_AT) == (called, [])
    assert replace(called, goals=plan.goals) == plan

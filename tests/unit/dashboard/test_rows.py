from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.dashboard.readmodels import rows
from services.dashboard.readmodels.reasons import changes_of
from services.dashboard.readmodels.rows import Closed, ClosedLike, Opened, Row, change
from shared.contracts import aftercare, intake, notifications, referrals
from shared.events import Event
from tests.unit.dashboard.facts import HOUR, NOW, made


def opened(event: Event, level: str | None = None) -> Row:
    (what,) = [c for c in changes_of(event, NOW) if isinstance(c, Opened)]
    row = change(None, what, service=event.service, sequence=1, client_id="cl_1", level=level)
    assert row is not None
    return row


OPENING = [
    (made(notifications.CrisisOpened, thread_key="cl_1", crisis_id="cr_1"), "crisis"),
    (made(aftercare.RiskChanged, level="high", previous_level="routine"), "risk"),
    (made(aftercare.RiskChanged, level="unknown", previous_level="routine"), "risk"),
    (made(notifications.TextReceived), "text"),
    (made(notifications.TextUnattributed, candidates=2), "unattributed"),
    (made(notifications.HelpRequested), "help"),
    (made(aftercare.CheckinMissed), "missed"),
    (made(notifications.MessageFailed), "message-failed"),
    (made(notifications.MessageUnclear), "message-unclear"),
    (made(referrals.ReferralBlocked, code="HELD"), "referral-blocked"),
    (made(referrals.ReferralOverdue, stage="view"), "referral-overdue"),
    (made(referrals.ReferralRejected), "referral-rejected"),
    (made(intake.SubmissionReceived), "submission"),
    (made(aftercare.TaskOpened, owner="staff", due_at=NOW + HOUR), "task"),
    (made(intake.ConsentGranted, expires_on=date(2026, 12, 2)), "consent-expiring"),
]


@pytest.mark.parametrize(("event", "kind"), OPENING, ids=lambda value: str(value)[:30])
def test_what_opens_a_row(event: Event, kind: str) -> None:
    assert opened(event).kind == kind
    assert kind in rows.KINDS


ENDING = [
    (OPENING[0][0], made(notifications.CrisisClosed, thread_key="cl_1", crisis_id="cr_1")),
    (OPENING[1][0], made(aftercare.RiskChanged, level="routine", previous_level="high")),
    (OPENING[3][0], made(notifications.TextClosed, thread_key="cl_1")),
    (OPENING[6][0], made(aftercare.CheckinAnswered)),
    (OPENING[8][0], made(notifications.MessageDelivered)),
    (OPENING[9][0], made(referrals.ReferralSent)),
    (OPENING[10][0], made(referrals.ReferralAccepted)),
    (OPENING[10][0], made(referrals.ReferralCancelled)),
    (OPENING[12][0], made(intake.SubmissionClosed)),
    (OPENING[13][0], made(aftercare.TaskClosed)),
    (OPENING[14][0], made(intake.ConsentRevoked)),
]


@pytest.mark.parametrize(("opening", "ending"), ENDING, ids=lambda value: str(value)[:30])
def test_the_fact_that_ends_it_closes_the_row(opening: Event, ending: Event) -> None:
    row = opened(opening)
    closing = next(c for c in changes_of(ending, NOW) if isinstance(c, Closed))
    assert closing.id == row.id
    done = change(row, closing, service=ending.service, sequence=2)
    assert done is not None
    assert done.state == "done"


def test_an_ending_that_overtook_keeps_the_row_shut() -> None:
    granted = made(intake.ConsentGranted, expires_on=date(2026, 6, 9))
    (revoked,) = changes_of(made(intake.ConsentRevoked), NOW)
    assert isinstance(revoked, Closed)
    shut = change(None, revoked, service="intake", sequence=7)
    (_, late) = changes_of(granted, NOW)
    assert isinstance(late, Opened)
    again = change(shut, late, service="intake", sequence=6)
    assert again is not None
    assert again.state == "done"


def test_a_later_fact_opens_a_row_again_that_staff_had_done() -> None:
    row = opened(made(aftercare.CheckinMissed, consecutive=1))
    done = Row(**{**vars(row), "state": "done"})
    (again,) = changes_of(made(aftercare.CheckinMissed, consecutive=2), NOW)
    assert isinstance(again, Opened)
    after = change(done, again, service="aftercare", sequence=2)
    assert after is not None
    assert (after.state, after.params["consecutive"]) == ("open", 2)


def test_the_same_fact_twice_is_one_row_with_one_state() -> None:
    row = opened(made(aftercare.CheckinMissed))
    done = Row(**{**vars(row), "state": "done"})
    (again,) = changes_of(made(aftercare.CheckinMissed), NOW)
    assert isinstance(again, Opened)
    assert change(done, again, service="aftercare", sequence=1) == done


def test_a_falling_level_amends_the_row_and_does_not_open_a_new_one() -> None:
    falling = made(aftercare.RiskChanged, level="elevated", previous_level="high")
    (what,) = changes_of(falling, NOW)
    assert isinstance(what, rows.Amended)
    assert change(None, what, service="aftercare", sequence=3) is None


def test_who_took_a_crisis_is_said_on_its_row_which_stays() -> None:
    row = opened(made(notifications.CrisisOpened, thread_key="cl_1", crisis_id="cr_1"))
    taken = made(
        notifications.CrisisAcknowledged, thread_key="cl_1", crisis_id="cr_1", staff_id="st_1"
    )
    (what,) = changes_of(taken, NOW)
    assert isinstance(what, rows.Amended)
    after = change(row, what, service="notifications", sequence=2)
    assert after is not None
    assert (after.state, after.params["staff_id"]) == ("open", "st_1")


def test_a_client_task_and_a_task_without_a_date_are_no_rows() -> None:
    assert changes_of(made(aftercare.TaskOpened, owner="client", due_at=NOW), NOW) == []
    assert changes_of(made(aftercare.TaskOpened, owner="staff"), NOW) == []


def test_a_consent_row_appears_fourteen_days_before_the_end() -> None:
    row = opened(made(intake.ConsentGranted, expires_on=date(2026, 6, 30)))
    assert row.appears_at == datetime(2026, 6, 16, tzinfo=UTC)


def test_a_new_consent_for_the_same_recipient_answers_the_older_ones_expiry() -> None:
    granted = made(intake.ConsentGranted, recipient_id="org_1", purpose="housing")
    (like,) = changes_of(granted, NOW)
    assert like == ClosedLike(
        kind="consent-expiring", params={"recipient_id": "org_1", "purpose": "housing"}
    )


def test_another_referral_for_the_same_need_answers_a_partner_that_cannot_help() -> None:
    changes = changes_of(made(referrals.ReferralSent, need="homelessness"), NOW)
    assert ClosedLike(kind="referral-rejected", params={"need": "homelessness"}) in changes


RANKING: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"kind": "crisis", "level": "routine"}, {"kind": "risk", "level": "very-high"}),
    ({"kind": "risk", "level": "very-high"}, {"kind": "text", "level": "high"}),
    ({"kind": "text", "level": "high"}, {"kind": "missed", "level": "elevated"}),
    ({"kind": "missed", "level": "unknown"}, {"kind": "text", "level": "routine"}),
    ({"kind": "unattributed", "level": None}, {"kind": "text", "level": None}),
]


@pytest.mark.parametrize(("first", "second"), RANKING)
def test_crisis_then_level(first: dict[str, Any], second: dict[str, Any]) -> None:
    assert rows.rank_of(**first) < rows.rank_of(**second)


def test_unknown_stands_with_elevated() -> None:
    assert rows.rank_of("text", "unknown") == rows.rank_of("text", "elevated")


def test_a_task_shows_three_days_before_it_is_due() -> None:
    task = made(aftercare.TaskOpened, owner="staff", due_at=NOW + timedelta(days=10))
    assert opened(task).appears_at == NOW + timedelta(days=7)

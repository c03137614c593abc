"""May it go out now? Every rule alone, and which of them bind which message."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.notifications import domain
from services.notifications.clearance import HELD_FOR, Situation, decide
from services.notifications.domain import SMS, UNVERIFIED, VERIFIED, ContactPoint, Person
from services.notifications.purposes import RULES, Purpose
from shared.deliveries import Drop, Go, Later

# 14:00 in New York
NOW = datetime(2026, 6, 2, 18, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
POINT = ContactPoint(id="cp_1", client_id="cl_1", channel=SMS, address="d", state=VERIFIED)
PERSON = Person(client_id="cl_1", time_zone="America/New_York")
CLEAR = Situation(purpose=Purpose.CHECKIN, at=NOW, stale_at=NOW + DAY, point=POINT, person=PERSON)
TO_CLIENTS = [p for p, rules in RULES.items() if not rules.answers_a_text and not rules.to_staff]
ANSWERS = [Purpose.REPLY, Purpose.CRISIS_REPLY]


@pytest.mark.parametrize("purpose", [p for p in TO_CLIENTS if p is not Purpose.VERIFICATION])
def test_a_message_with_nothing_in_its_way_goes(purpose: Purpose) -> None:
    assert decide(replace(CLEAR, purpose=purpose)) == Go()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"stale_at": NOW}, "stale"),
        ({"erased": True}, "client-erased"),
        ({"person": None}, "client-erased"),
        ({"point": None}, "contact-removed"),
        ({"point": domain.remove(POINT)}, "contact-removed"),
        ({"point": replace(POINT, state=UNVERIFIED)}, "no-verified-contact"),
        ({"opted_out": True}, "opted-out"),
        ({"about_withdrawn": True}, "withdrawn"),
        (
            {"recipient_id": "pt_1", "person": domain.withdraw(PERSON, "pt_1", at=NOW)},
            "consent-revoked",
        ),
    ],
)
def test_what_can_never_go_out_is_dropped(change: dict[str, object], reason: str) -> None:
    assert decide(replace(CLEAR, **change)) == Drop(reason)  # type: ignore[arg-type]


def test_a_consent_that_stands_lets_news_through() -> None:
    assert decide(replace(CLEAR, purpose=Purpose.NEWS, recipient_id="pt_1")) == Go()


def test_a_code_goes_to_a_number_nobody_confirmed_and_only_there() -> None:
    code = replace(CLEAR, purpose=Purpose.VERIFICATION)
    assert decide(replace(code, point=replace(POINT, state=UNVERIFIED))) == Go()
    assert decide(code) == Drop("verified-already")


def test_outside_the_persons_own_day_it_waits_for_the_morning() -> None:
    night = datetime(2026, 6, 3, 2, tzinfo=UTC)  # 22:00 in New York
    late = replace(CLEAR, at=night, stale_at=night + DAY)
    assert decide(late) == Later(datetime(2026, 6, 3, 13, tzinfo=UTC))
    honolulu = replace(PERSON, time_zone="Pacific/Honolulu")
    assert decide(replace(late, person=honolulu)) == Go()


def test_while_something_about_the_client_is_on_its_way_messages_wait() -> None:
    assert decide(replace(CLEAR, held=True)) == Later(NOW + HELD_FOR)


def test_no_survey_for_a_day_after_a_crisis_but_a_link_that_was_asked_for() -> None:
    person = replace(PERSON, no_surveys_until=NOW + HOUR)
    assert decide(replace(CLEAR, person=person)) == Later(NOW + HOUR)
    assert decide(replace(CLEAR, purpose=Purpose.SIGN_LINK, person=person)) == Go()
    after = replace(PERSON, no_surveys_until=NOW - HOUR)
    assert decide(replace(CLEAR, person=after)) == Go()


class TestCaps:
    CHECKIN_TODAY = (Purpose.CHECKIN, NOW - 2 * HOUR)
    NINE_TOMORROW = datetime(2026, 6, 3, 13, tzinfo=UTC)

    def test_one_of_a_kind_a_day_by_the_persons_calendar(self) -> None:
        reminder = replace(CLEAR, purpose=Purpose.REMINDER, counted=[self.CHECKIN_TODAY])
        assert decide(reminder) == Later(self.NINE_TOMORROW)
        yesterday = (Purpose.CHECKIN, datetime(2026, 6, 2, 3, 59, tzinfo=UTC))
        assert decide(replace(reminder, counted=[yesterday])) == Go()

    def test_news_does_not_wait_for_the_form_of_the_day(self) -> None:
        assert decide(replace(CLEAR, purpose=Purpose.NEWS, counted=[self.CHECKIN_TODAY])) == Go()

    def test_three_in_seven_days_whatever_their_kind(self) -> None:
        first = datetime(2026, 5, 28, 15, tzinfo=UTC)
        week = [
            (Purpose.CHECKIN, first),
            (Purpose.NEWS, NOW - 3 * DAY),
            (Purpose.REMINDER, NOW - 2 * DAY),
        ]
        assert decide(replace(CLEAR, counted=week)) == Later(first + timedelta(days=7))
        assert decide(replace(CLEAR, counted=week[1:])) == Go()

    def test_what_a_person_asked_for_is_not_counted(self) -> None:
        many = [(Purpose.CHECKIN, NOW - n * HOUR) for n in range(4)]
        assert decide(replace(CLEAR, purpose=Purpose.REVOKED, counted=many)) == Go()


@pytest.mark.parametrize("purpose", ANSWERS)
def test_an_answer_to_a_text_waits_for_nothing(purpose: Purpose) -> None:
    night = datetime(2026, 6, 3, 7, tzinfo=UTC)
    now = Situation(
        purpose=purpose,
        at=night,
        stale_at=night + HOUR,
        point=None,
        person=None,
        opted_out=True,
        held=True,
        erased=True,
    )
    assert decide(now) == Go()
    assert decide(replace(now, stale_at=night)) == Drop("stale")


def test_a_page_is_not_sent_for_a_crisis_somebody_has() -> None:
    page = replace(CLEAR, purpose=Purpose.PAGE, point=None, person=None)
    assert decide(page) == Go()
    assert decide(replace(page, about_withdrawn=True)) == Drop("withdrawn")

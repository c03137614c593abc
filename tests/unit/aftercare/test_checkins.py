"""A check-in from asking to answer, the links to it, and the silence ladder of R3.3."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from services.aftercare.checkins import domain
from services.aftercare.checkins.domain import (
    ANSWERED,
    CANCELLED,
    DUE,
    LADDER,
    MISSED,
    STEEP_LADDER,
    Checkin,
    Contact,
    Link,
    NotAnAnswer,
    NotOpen,
)
from services.aftercare.checkins.instruments import instruments
from shared.contracts.aftercare import CheckinAnswered, CheckinDue, CheckinMissed, ContactAttemptDue
from tests.unit.aftercare.examples import STARTED_AT

PULSE = instruments()["pulse"]
DUE_AT = STARTED_AT
WINDOW_END = DUE_AT + timedelta(days=2)

CHECKIN = Checkin(
    id="ci_1",
    client_id="cl_1",
    plan_id="pl_1",
    instrument="pulse",
    instrument_version="1",
    scorer="pulse-strain-1",
    state=DUE,
    due_at=DUE_AT,
    window_ends_at=WINDOW_END,
)
LINK = Link(
    digest="d",
    link_id="li_1",
    checkin_id="ci_1",
    client_id="cl_1",
    expires_at=DUE_AT + timedelta(hours=24),
)
CONTACT = Contact(client_id="cl_1", plan_id="pl_1", last_at=DUE_AT - timedelta(days=7))


def say(checkin: Checkin, code: str, value: int | None) -> Checkin:
    return domain.answer(checkin, PULSE, code, value, language="en")


def test_asking_names_the_link_by_its_id_only() -> None:
    (fact,) = domain.ask(CHECKIN, LINK)
    assert fact == CheckinDue(
        client_id="cl_1",
        checkin_id="ci_1",
        link_id="li_1",
        instrument="pulse",
        due_at=DUE_AT,
        window_ends_at=WINDOW_END,
        link_expires_at=LINK.expires_at,
    )


@pytest.mark.parametrize(
    ("state", "taken"), [(DUE, True), (MISSED, True), (ANSWERED, False), (CANCELLED, False)]
)
def test_which_states_take_an_answer(state: str, taken: bool) -> None:
    checkin = replace(CHECKIN, state=state)
    assert LINK.opens(checkin, DUE_AT) is taken
    if taken:
        assert say(checkin, "mood", 3).answers == {"mood": 3}
    else:
        with pytest.raises(NotOpen):
            say(checkin, "mood", 3)


@pytest.mark.parametrize(
    ("code", "value"), [("mood", 5), ("mood", -1), ("use", 2), ("$where", 1), ("", 0)]
)
def test_what_is_not_an_answer_is_not_kept(code: str, value: int) -> None:
    with pytest.raises(NotAnAnswer):
        say(CHECKIN, code, value)


def test_questions_come_in_order_and_a_skipped_one_does_not_come_again() -> None:
    places = [domain.first_open(CHECKIN, PULSE)]
    checkin = CHECKIN
    for code, value in (("mood", 2), ("craving", None), ("confidence", 4), ("use", 0)):
        checkin = say(checkin, code, value)
        places.append(domain.first_open(checkin, PULSE))
    assert places == [0, 1, 2, 3, None]


def test_the_same_answer_twice_is_one_answer() -> None:
    once = say(CHECKIN, "mood", 2)
    assert say(once, "mood", 2) == once


def test_finishing_says_when_the_next_one_is() -> None:
    done, facts = domain.finish(CHECKIN, next_on=date(2026, 6, 9), at=WINDOW_END)
    assert (done.state, done.next_on) == (ANSWERED, date(2026, 6, 9))
    assert facts == [
        CheckinAnswered(
            client_id="cl_1",
            checkin_id="ci_1",
            instrument="pulse",
            answered_at=WINDOW_END,
            next_on=date(2026, 6, 9),
        )
    ]


@pytest.mark.parametrize(
    ("answers", "score"),
    [
        ({"mood": 4, "craving": 0, "confidence": 4, "use": 0}, 0),
        ({"mood": 0, "craving": 4, "confidence": 0, "use": 1}, 12),
        ({"mood": 2, "craving": 1, "confidence": 3}, 4),  # use is not part of it
        ({"mood": 2, "craving": None, "confidence": 3, "use": 0}, None),
        ({}, None),
    ],
)
def test_a_score_only_when_its_answers_are_complete(
    answers: dict[str, int | None], score: int | None
) -> None:
    assert PULSE.score(answers) == score


def test_every_question_and_answer_is_there_in_both_languages() -> None:
    assert [item.code for item in PULSE.items] == ["mood", "craving", "confidence", "use"]
    for item in PULSE.items:
        texts = [item.words, *item.options.values(), *([item.hint] if item.hint else [])]
        assert all(text["en"] and text["es"] for text in texts)


@pytest.mark.parametrize("hours", [24, 25])
def test_a_link_ends_after_24_hours(hours: int) -> None:
    assert LINK.opens(CHECKIN, DUE_AT + timedelta(hours=23, minutes=59))
    assert not LINK.opens(CHECKIN, DUE_AT + timedelta(hours=hours))


def test_a_used_link_opens_nothing() -> None:
    assert not replace(LINK, used_at=DUE_AT).opens(CHECKIN, DUE_AT)


def test_new_links_are_handed_out_a_few_times_only() -> None:
    checkin, sent = CHECKIN, 0
    while checkin.renewable:
        checkin, facts = domain.renew(checkin, LINK)
        sent += len(facts)
    assert sent == 3
    assert not replace(CHECKIN, state=ANSWERED).renewable


def test_after_a_crisis_nothing_is_asked_for_a_day() -> None:
    quiet = domain.keep_quiet(CONTACT, DUE_AT)
    assert quiet.quiet_until == DUE_AT + timedelta(hours=24)
    assert domain.keep_quiet(quiet, DUE_AT - timedelta(hours=5)) == quiet


def test_a_miss_counts_up_and_an_answer_starts_again() -> None:
    checkin, contact, facts = domain.miss(CHECKIN, CONTACT, at=WINDOW_END)
    assert checkin.state == MISSED
    assert facts == [
        CheckinMissed(client_id="cl_1", checkin_id="ci_1", missed_at=WINDOW_END, consecutive=1)
    ]
    _, contact, facts = domain.miss(CHECKIN, contact, at=WINDOW_END)
    assert facts[0].consecutive == 2
    contact = domain.reached(contact, at=WINDOW_END)
    assert (contact.missed, contact.rung, contact.last_at) == (0, 0, WINDOW_END)


def test_a_rung_offers_a_new_link() -> None:
    contact, facts = domain.climb(CONTACT, CHECKIN, LINK, 2)
    assert contact.rung == 2
    assert facts == [
        ContactAttemptDue(
            client_id="cl_1",
            checkin_id="ci_1",
            rung=2,
            link_id="li_1",
            link_expires_at=LINK.expires_at,
        )
    ]


def test_the_ladder_is_steeper_while_the_level_is_high() -> None:
    assert (LADDER, STEEP_LADDER) == ({1: 0, 2: 1, 3: 3}, {1: 0, 2: 1, 3: 2})
    assert [domain.pause_before(rung, steep=False) for rung in (2, 3)] == [1, 2]
    assert [domain.pause_before(rung, steep=True) for rung in (2, 3)] == [1, 1]

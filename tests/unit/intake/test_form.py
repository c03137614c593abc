from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.intake.submissions import domain
from services.intake.submissions.domain import AlreadyClosed, Content, Draft, Incomplete
from services.intake.submissions.form import Typed, answers_of, check_all, check_step, content_of
from shared.contracts.intake import SubmissionClosed, SubmissionReceived

TODAY = date(2026, 6, 2)
NOW = datetime(2026, 6, 2, 14, 0, tzinfo=UTC)


def typed(lists: dict[str, list[str]] | None = None, **values: str) -> Typed:
    return Typed(values, lists or {})


def test_a_whole_form_becomes_content_and_back() -> None:
    form = typed(
        {"ways": ["text", "email"], "times": ["evening"], "help_wanted": ["housing"]},
        asking="self",
        given_name="Dana",
        family_name="Ruiz",
        birth_date="1990-03-04",
        phone="(202) 555-0142",
        email="dana@example.org",
        language="es",
        time_zone="America/Chicago",
        voicemail="yes",
        message="  I need a room.  ",
    )
    content = content_of(check_all(form, today=TODAY))
    assert form.errors == {}
    assert content == Content(
        given_name="Dana",
        family_name="Ruiz",
        birth_date=date(1990, 3, 4),
        phone="+12025550142",
        email="dana@example.org",
        language="es",
        time_zone="America/Chicago",
        ways=("text", "email"),
        times=("evening",),
        voicemail=True,
        help_wanted=("housing",),
        message="I need a room.",
    )
    assert content_of(answers_of(content)) == content


@pytest.mark.parametrize(
    ("step", "values", "lists", "wrong"),
    [
        ("you", {"asking": "robot"}, {}, {"asking"}),
        ("name", {}, {}, {"given_name"}),
        ("name", {"given_name": "Dana", "birth_date": "1990-13-40"}, {}, {"birth_date"}),
        ("reach", {}, {}, {"phone"}),
        ("reach", {"phone": "12"}, {}, {"phone"}),
        ("reach", {"email": "dana@example.org"}, {"ways": ["call"]}, {"phone"}),
        ("reach", {"phone": "2025550142"}, {"ways": ["email"]}, {"email"}),
        ("reach", {"phone": "2025550142", "time_zone": "Mars/Base"}, {}, {"time_zone"}),
        ("reach", {"phone": "2025550142", "language": "xx"}, {}, {"language"}),
        ("reach", {"phone": "2025550142"}, {"ways": ["pigeon"]}, {"ways"}),
        ("help", {"message": "x" * 2001}, {}, {"message"}),
        ("help", {}, {"help_wanted": ["$ne"]}, {"help_wanted"}),
    ],
)
def test_each_step_names_what_is_wrong(
    step: str, values: dict[str, str], lists: dict[str, list[str]], wrong: set[str]
) -> None:
    form = Typed(values, lists)
    check_step(step, form, today=TODAY)
    assert set(form.errors) == wrong


def test_a_received_form_is_a_fact_without_content() -> None:
    content = Content(given_name="Dana", phone="+12025550142", message="canary")
    submission, events = domain.receive(
        content, submission_id="sub_1", site_id="site_main", channel="web", at=NOW
    )
    assert submission.state == "open"
    assert events == [
        SubmissionReceived(
            submission_id="sub_1",
            site_id="site_main",
            language="en",
            channel="web",
            received_at=NOW,
        )
    ]


@pytest.mark.parametrize("content", [Content(phone="+12025550142"), Content(given_name="Dana")])
def test_a_form_without_a_name_or_a_way_to_answer_is_not_taken(content: Content) -> None:
    with pytest.raises(Incomplete):
        domain.receive(content, submission_id="s", site_id="site_main", channel="web", at=NOW)


def received() -> domain.Submission:
    content = Content(given_name="Dana", phone="+12025550142")
    submission, _ = domain.receive(
        content, submission_id="sub_1", site_id="site_main", channel="web", at=NOW
    )
    return submission


def test_a_form_is_answered_once() -> None:
    closed, events = domain.close(received(), reason="duplicate")
    assert closed.state == "closed"
    assert events == [SubmissionClosed(submission_id="sub_1", reason="duplicate")]
    with pytest.raises(AlreadyClosed):
        domain.register(closed, client_id="cl_1")


def test_a_registered_form_names_its_client() -> None:
    closed, events = domain.register(received(), client_id="cl_1")
    assert closed.client_id == "cl_1"
    assert events == [
        SubmissionClosed(submission_id="sub_1", reason="registered", client_id="cl_1")
    ]


def test_a_made_up_reason_does_not_close_a_form() -> None:
    with pytest.raises(domain.UnknownReason):
        domain.close(received(), reason="registered")


def draft(**changes: Any) -> Draft:
    values: dict[str, Any] = {
        "id": "dr_1",
        "submission_id": "sub_1",
        "return_code": "CDFG-HJKM",
        "return_digest": "d",
        "language": "en",
        "site_id": "site_main",
        "started_at": NOW,
        "touched_at": NOW,
        "deadline_id": "dl_1",
    }
    return Draft(**{**values, **changes})


def test_a_step_saved_twice_keeps_the_other_steps() -> None:
    first = domain.save_step(draft(), "you", {"asking": "self"}, at=NOW)
    second = domain.save_step(first, "name", {"given_name": "Dana"}, at=NOW)
    again = domain.save_step(second, "you", {"asking": "professional"}, at=NOW)
    assert again.answers == {"asking": "professional", "given_name": "Dana"}
    assert again.steps == ("you", "name")


def test_answers_are_hidden_after_a_quarter_of_an_hour() -> None:
    begun = draft(steps=("you",))
    assert begun.shows_answers(NOW + timedelta(minutes=15))
    assert not begun.shows_answers(NOW + timedelta(minutes=15, seconds=1))
    assert draft().shows_answers(NOW + timedelta(hours=1))


def test_saving_late_keeps_the_answer_but_opens_nothing() -> None:
    late = NOW + timedelta(minutes=30)
    saved = domain.save_step(draft(steps=("you",)), "name", {"given_name": "Dana"}, at=late)
    assert saved.answers == {"given_name": "Dana"}
    assert not saved.shows_answers(late)
    assert domain.reopen(saved, at=late).shows_answers(late)


@pytest.mark.parametrize(
    ("received", "call_by"),
    [("2026-06-02T14:00", "2026-06-03T12:00"), ("2026-06-05T09:00", "2026-06-08T12:00")],
)
def test_somebody_calls_by_noon_of_the_next_working_day(received: str, call_by: str) -> None:
    assert domain.call_by(datetime.fromisoformat(received)) == datetime.fromisoformat(call_by)

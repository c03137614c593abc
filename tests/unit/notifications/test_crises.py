"""A crisis goes open → acknowledged → closed, and nothing goes back."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.notifications import crises
from services.notifications.crises import ACKNOWLEDGED, CLOSED, OPEN, CrisisEnded, NotAcknowledged
from shared.contracts.notifications import CrisisAcknowledged, CrisisClosed, CrisisOpened

AT = datetime(2026, 6, 2, 3, tzinfo=UTC)
OPENED, EVENTS = crises.open_by_text(
    "cr_1", client_id="cl_1", text_id="txt_1", address="digest", at=AT
)


def test_a_crisis_phrase_opens_one_with_the_next_page_in_five_minutes() -> None:
    assert (OPENED.state, OPENED.text_ids) == (OPEN, ("txt_1",))
    assert [
        CrisisOpened(
            thread_key="cl_1",
            crisis_id="cr_1",
            client_id="cl_1",
            source="text",
            at=AT,
            page_next_at=AT + timedelta(minutes=5),
        )
    ] == EVENTS


def test_a_sender_nobody_is_sure_of_has_a_thread_of_its_own() -> None:
    crisis, (event,) = crises.open_by_text(
        "cr_2", client_id=None, text_id="txt_1", address="digest", at=AT
    )
    assert (crisis.thread_key, event.key_value) == ("cr_2", "cr_2")


def test_pages_climb_at_five_ten_and_fifteen_minutes() -> None:
    assert [int(after.total_seconds() / 60) for after in crises.PAGES_AT] == [0, 5, 10, 15]


def test_the_first_to_acknowledge_has_it() -> None:
    taken, events = crises.acknowledge(OPENED, by="st_1", at=AT)
    assert (taken.state, taken.acknowledged_by) == (ACKNOWLEDGED, "st_1")
    assert events == [
        CrisisAcknowledged(thread_key="cl_1", crisis_id="cr_1", staff_id="st_1", at=AT)
    ]
    assert crises.acknowledge(taken, by="st_2", at=AT) == (taken, [])


def test_it_is_closed_with_a_note_by_someone_after_someone_has_it() -> None:
    with pytest.raises(NotAcknowledged):
        crises.close(OPENED, by="st_1", note=b"n", note_key="cl_1", at=AT)
    taken, _ = crises.acknowledge(OPENED, by="st_1", at=AT)
    closed, events = crises.close(taken, by="st_2", note=b"n", note_key="cl_1", at=AT)
    assert (closed.state, closed.note) == (CLOSED, b"n")
    assert events == [CrisisClosed(thread_key="cl_1", crisis_id="cr_1", staff_id="st_2", at=AT)]


def test_a_closed_crisis_stays_closed() -> None:
    closed = replace(OPENED, state=CLOSED)
    with pytest.raises(CrisisEnded):
        crises.acknowledge(closed, by="st_1", at=AT)
    with pytest.raises(CrisisEnded):
        crises.close(closed, by="st_1", note=b"n", note_key="cl_1", at=AT)


def test_one_more_text_joins_the_crisis_nobody_has_taken() -> None:
    assert crises.add_text(OPENED, "txt_2").text_ids == ("txt_1", "txt_2")

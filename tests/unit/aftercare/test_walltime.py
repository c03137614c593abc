"""R5.9: recurrences are wall time with a zone; instants are UTC."""

from datetime import UTC, date, datetime, time

import pytest

from services.aftercare.walltime import days_later, end_of_working_day, instant, zone_name

NEW_YORK = "America/New_York"


@pytest.mark.parametrize(
    ("day", "at", "expected"),
    [
        (date(2026, 3, 8), time(2, 30), "2026-03-08T07:30Z"),  # skipped: forward, 03:30 EDT
        (date(2026, 11, 1), time(1, 30), "2026-11-01T05:30Z"),  # twice: the first
        (date(2026, 3, 2), time(10, 0), "2026-03-02T15:00Z"),
        (date(2026, 3, 9), time(10, 0), "2026-03-09T14:00Z"),
    ],
)
def test_the_examples_of_the_rule(day: date, at: time, expected: str) -> None:
    assert instant(day, at, NEW_YORK) == datetime.fromisoformat(expected)


def test_a_week_later_is_the_same_hour_there_though_the_clocks_changed() -> None:
    before = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
    assert days_later(before, 7, NEW_YORK) == datetime(2026, 3, 9, 14, 0, tzinfo=UTC)


@pytest.mark.parametrize("stated", [None, "", "Mars/Olympus", "../etc/passwd", "a" * 300])
def test_no_zone_or_none_that_exists_is_new_york(stated: str | None) -> None:
    assert zone_name(stated) == NEW_YORK


def test_a_stated_zone_is_kept() -> None:
    assert zone_name("America/Phoenix") == "America/Phoenix"


def test_working_days_pass_over_the_weekend() -> None:
    friday = datetime(2026, 6, 5, 14, 0, tzinfo=UTC)
    assert end_of_working_day(friday, 2, NEW_YORK) == datetime(2026, 6, 9, 21, 0, tzinfo=UTC)

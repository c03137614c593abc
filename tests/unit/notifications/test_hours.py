from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.hours import TooWide, Window, is_allowed, next_allowed, wall_time

EAST = "America/New_York"
WEST = "America/Los_Angeles"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "at", "instant"),
    [
        ("2026-03-08", "02:30", "2026-03-08T07:30"),  # skipped: moved forward to 03:30 EDT
        ("2026-11-01", "01:30", "2026-11-01T05:30"),  # comes twice: the first
        ("2026-03-02", "10:00", "2026-03-02T15:00"),  # one weekly appointment …
        ("2026-03-09", "10:00", "2026-03-09T14:00"),  # … across the change
    ],
)
def test_wall_times_become_instants(day: str, at: str, instant: str) -> None:
    assert wall_time(date.fromisoformat(day), time.fromisoformat(at), EAST) == utc(instant)


@pytest.mark.parametrize(
    ("at", "zone", "expected"),
    [
        ("2026-06-09T13:00", EAST, "2026-06-09T13:00"),  # 9:00, just open
        ("2026-06-09T12:59:59", EAST, "2026-06-09T13:00"),  # a second before
        ("2026-06-09T23:59:59", EAST, "2026-06-09T23:59:59"),  # 19:59:59, still open
        ("2026-06-10T00:00", EAST, "2026-06-10T13:00"),  # 20:00, closed
        ("2026-06-10T03:30", EAST, "2026-06-10T13:00"),  # 23:30 goes to the next local day
        ("2026-06-09T14:00", WEST, "2026-06-09T16:00"),  # day in the east, not in the west
        ("2026-03-08T02:00", EAST, "2026-03-08T13:00"),  # the night the clock moves forward
        ("2026-11-01T01:00", EAST, "2026-11-01T14:00"),  # the night it moves back
        ("2026-06-09T14:59", None, "2026-06-09T15:00"),  # unknown: 11:00 in New York
        ("2026-06-09T23:59", None, "2026-06-09T23:59"),
        ("2026-06-10T00:00", None, "2026-06-10T15:00"),
        ("2026-06-09T14:00", "Not/AZone", "2026-06-09T15:00"),
        ("2026-06-09T14:00", "../../etc/passwd", "2026-06-09T15:00"),
        ("2026-06-09T14:00", "", "2026-06-09T15:00"),
    ],
)
def test_quiet_hours(at: str, zone: str | None, expected: str) -> None:
    assert next_allowed(utc(at), zone) == utc(expected)
    assert is_allowed(utc(at), zone) is (at == expected)


def test_a_wider_wish_cannot_pass_the_hard_stop() -> None:
    for opens, closes in [(7, 20), (9, 22), (12, 12), (15, 10)]:
        with pytest.raises(TooWide):
            Window(time(opens), time(closes))


def test_a_narrower_state_is_obeyed_but_never_widens_an_unknown_zone() -> None:
    narrow, wide = Window(time(10), time(18)), Window(time(8), time(21))
    assert not is_allowed(utc("2026-06-09T13:30"), EAST, window=narrow)
    assert is_allowed(utc("2026-06-09T12:00"), EAST, window=wide)
    assert not is_allowed(utc("2026-06-09T12:00"), None, window=wide)


@given(
    st.integers(min_value=0, max_value=6 * 365 * 24 * 3600),
    st.sampled_from([EAST, WEST, "Asia/Kolkata", "Australia/Lord_Howe", "America/Phoenix", None]),
)
def test_what_is_next_is_allowed_and_never_far(seconds: int, zone: str | None) -> None:
    at = utc("2024-01-01T00:00") + timedelta(seconds=seconds)
    then = next_allowed(at, zone)
    assert at <= then <= at + timedelta(hours=16)
    assert is_allowed(then, zone)
    local = then.astimezone(ZoneInfo(zone or EAST))
    assert time(9) <= local.time() < time(20)

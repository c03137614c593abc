from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from services.referrals.lifecycle.hours import OfficeHours

ZONE = ZoneInfo("America/New_York")
OFFICE = OfficeHours(ZONE)


def local(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-06-02 10:00", 4, "2026-06-02 14:00"),
        ("2026-06-02 13:00", 4, "2026-06-02 17:00"),
        ("2026-06-02 15:30", 4, "2026-06-03 11:30"),
        ("2026-06-02 17:00", 4, "2026-06-03 13:00"),
        ("2026-06-02 03:00", 4, "2026-06-02 13:00"),
        ("2026-06-05 16:00", 4, "2026-06-08 12:00"),  # Friday afternoon to Monday noon
        ("2026-06-06 12:00", 4, "2026-06-08 13:00"),
        ("2026-06-02 10:00", 20, "2026-06-04 14:00"),
        ("2026-10-30 16:00", 4, "2026-11-02 12:00"),  # the clocks change on the Sunday between
    ],
)
def test_office_hours_pass_only_while_the_office_is_open(start: str, hours: int, end: str) -> None:
    assert OFFICE.hours_after(local(start), hours) == local(end).astimezone(UTC)


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("2026-06-02 10:00", 1, "2026-06-03 10:00"),
        ("2026-06-05 16:00", 1, "2026-06-08 16:00"),
        ("2026-06-05 20:00", 1, "2026-06-09 09:00"),
        ("2026-06-06 12:00", 2, "2026-06-10 09:00"),
        ("2026-06-02 10:00", 5, "2026-06-09 10:00"),
        ("2026-10-30 10:00", 1, "2026-11-02 10:00"),
    ],
)
def test_working_days_keep_the_wall_time(start: str, days: int, end: str) -> None:
    assert OFFICE.days_after(local(start), days) == local(end).astimezone(UTC)


def test_what_comes_back_is_utc() -> None:
    assert OFFICE.hours_after(local("2026-06-02 10:00"), 1).tzinfo is UTC

"""Wall time in a person's zone, and the instants it stands for (R5.9)."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

UNSTATED_ZONE = "America/New_York"  # R5.2: what is assumed while nobody has said
END_OF_WORK = time(17, 0)
SATURDAY = 5


def zone_name(stated: str | None) -> str:
    """The stated IANA zone, or the assumed one where none or no real one was stated."""
    try:
        return ZoneInfo(stated).key if stated else UNSTATED_ZONE
    except (KeyError, OSError, ValueError):  # which one depends on how wrong the name is
        return UNSTATED_ZONE


def instant(day: date, at: time, zone: str) -> datetime:
    """A wall time that the clocks skip moves forward; one that comes twice is the first."""
    return datetime.combine(day, at, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def local_day(moment: datetime, zone: str) -> date:
    return moment.astimezone(ZoneInfo(zone)).date()


def days_later(moment: datetime, days: int, zone: str) -> datetime:
    """The same wall time some days on, whatever the clocks do in between."""
    local = moment.astimezone(ZoneInfo(zone))
    return instant(local.date() + timedelta(days=days), local.time(), zone)


def end_of_working_day(moment: datetime, days: int, zone: str) -> datetime:
    """17:00 local on the n-th working day after this moment; Monday to Friday count."""
    day = local_day(moment, zone)
    while days > 0:
        day += timedelta(days=1)
        days -= day.weekday() < SATURDAY
    return instant(day, END_OF_WORK, zone)

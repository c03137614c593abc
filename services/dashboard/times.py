"""Instants as staff read them: the center's wall time, near ones by weekday, far ones by date."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

NEAR = timedelta(days=7)
MINUTE, HOUR = 60, 3600


def said(at: datetime | None, now: datetime, zone: ZoneInfo) -> str:
    """ "14:02" today, "Tue 10:00" within a week, "Jun 9" beyond, "Jun 9 2025" in another year."""
    if at is None:
        return ""
    there, here = at.astimezone(zone), now.astimezone(zone)
    if there.date() == here.date():
        return f"{there:%H:%M}"
    if abs(there.date() - here.date()) < NEAR:
        return f"{there:%a %H:%M}"
    return day(there.date(), here.date())


def day(on: date | None, today: date) -> str:
    if on is None:
        return ""
    year = "" if on.year == today.year else f" {on.year}"
    return f"{on:%b} {on.day}{year}"


def day_heading(on: date, today: date) -> str:
    if on == today:
        return "Today"
    if on == today - timedelta(days=1):
        return "Yesterday"
    return f"{on:%a}, {day(on, today)}"


def due(act_by: datetime | None, now: datetime, zone: ZoneInfo) -> tuple[str, bool]:
    """How the last column of a ranked row reads, and whether it is late."""
    if act_by is None:
        return "", False
    if act_by < now:
        return f"{span(now - act_by)} late", True
    return f"by {said(act_by, now, zone)}", False


def span(length: timedelta) -> str:
    """A length in its largest unit: "3 s", "2 min", "5 h", "3 days"."""
    seconds = max(int(length.total_seconds()), 0)
    if seconds < MINUTE:
        return f"{seconds} s"
    if seconds < HOUR:
        return f"{seconds // MINUTE} min"
    if seconds < 48 * HOUR:
        return f"{seconds // HOUR} h"
    return f"{seconds // (24 * HOUR)} days"


def instant(text: str | datetime | None) -> datetime | None:
    """What an owner's JSON or a fact's parameters say as text."""
    if text is None or isinstance(text, datetime):
        return text
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def on_date(text: str | None) -> date | None:
    return date.fromisoformat(text[:10]) if text else None

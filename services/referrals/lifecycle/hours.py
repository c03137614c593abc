"""Office hours, in which a partner's time to answer runs (R6.5)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

OPENS = time(9)
CLOSES = time(17)
SATURDAY = 5


@dataclass(frozen=True)
class OfficeHours:
    """Monday to Friday, 9 to 17, on the center's wall clock."""

    zone: ZoneInfo

    def hours_after(self, start: datetime, hours: int) -> datetime:
        """The instant when that many office hours have passed."""
        left = timedelta(hours=hours)
        local = self._next_open(start.astimezone(self.zone))
        while left > (rest := self._at(local.date(), CLOSES) - local):
            left -= rest
            local = self._opening_after(local.date())
        return (local + left).astimezone(UTC)

    def days_after(self, start: datetime, days: int) -> datetime:
        """The same wall time that many working days later."""
        local = self._next_open(start.astimezone(self.zone))
        wall, day = local.time(), local.date()
        for _ in range(days):
            day = _next_working_day(day)
        return self._at(day, wall).astimezone(UTC)

    def _next_open(self, local: datetime) -> datetime:
        if local.weekday() >= SATURDAY or local.time() >= CLOSES:
            return self._opening_after(local.date())
        return max(local, self._at(local.date(), OPENS))

    def _opening_after(self, day: date) -> datetime:
        return self._at(_next_working_day(day), OPENS)

    def _at(self, day: date, wall: time) -> datetime:
        return datetime.combine(day, wall, self.zone)


def _next_working_day(day: date) -> date:
    following = day + timedelta(days=1)
    while following.weekday() >= SATURDAY:
        following += timedelta(days=1)
    return following

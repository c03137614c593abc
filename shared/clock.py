"""Now and new names for things, passed in so that tests can fix them."""

from datetime import UTC, datetime, timedelta
from typing import Protocol

from ulid import ULID


class Clock(Protocol):
    def now(self) -> datetime:
        """The current instant, UTC, to the millisecond (what MongoDB can keep)."""
        ...


class SystemClock:
    def now(self) -> datetime:
        return to_millisecond(datetime.now(UTC))


class SteppedClock:
    """A clock that stands still until it is told to move: for tests and for seeding the past."""

    def __init__(self, start: datetime) -> None:
        self._now = to_millisecond(start)

    def now(self) -> datetime:
        return self._now

    def move_to(self, instant: datetime) -> None:
        self._now = to_millisecond(instant)

    def advance(self, step: timedelta) -> None:
        self.move_to(self._now + step)


def to_millisecond(instant: datetime) -> datetime:
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def new_id(prefix: str) -> str:
    """An opaque id such as ``cl_01J9…``; sortable only roughly, because clocks order nothing."""
    return f"{prefix}_{ULID()}"

"""When an automated text may go out (R5.2), and wall times turned into instants (R5.9)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

EARLIEST = time(8)
LATEST = time(21)


class TooWide(ValueError):
    """A window outside 8:00 to 21:00 local time is not ours to offer (R5.2)."""


@dataclass(frozen=True)
class Window:
    """From `opens`, up to but not at `closes`, in the recipient's wall time."""

    opens: time
    closes: time

    def __post_init__(self) -> None:
        if not EARLIEST <= self.opens < self.closes <= LATEST:
            raise TooWide


DAYTIME = Window(time(9), time(20))
# Nobody's zone is guessed from an area code: this is day on both coasts.
UNKNOWN_ZONE = "America/New_York"
UNKNOWN_DAYTIME = Window(time(11), time(20))


def is_allowed(at: datetime, zone: str | None, *, window: Window = DAYTIME) -> bool:
    return next_allowed(at, zone, window=window) == at


def next_allowed(at: datetime, zone: str | None, *, window: Window = DAYTIME) -> datetime:
    """The instant itself when a text may go out then, else the next opening, in UTC.

    An unknown zone gets the narrow window, whatever window was asked for.
    """
    known = known_zone(zone)
    if known is None:
        known, window = ZoneInfo(UNKNOWN_ZONE), UNKNOWN_DAYTIME
    local = at.astimezone(known)
    if window.opens <= local.time() < window.closes:
        return at.astimezone(UTC)
    day = local.date() if local.time() < window.opens else local.date() + timedelta(days=1)
    return wall_time(day, window.opens, known.key)


def wall_time(day: date, at: time, zone: str) -> datetime:
    """A time that the clock change skips moves forward; one that comes twice is the first."""
    # fold=0 is exactly that rule: in a gap it keeps the old offset, in an overlap it is the first.
    return datetime.combine(day, at.replace(fold=0), tzinfo=ZoneInfo(zone)).astimezone(UTC)


def known_zone(zone: str | None) -> ZoneInfo | None:
    """None for a zone that is not stated or not one of the IANA names."""
    try:
        return ZoneInfo(zone) if zone else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None

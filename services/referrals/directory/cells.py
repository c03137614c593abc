"""What stands in one cell of a table that people filled in, as a value or as a named fault."""

import html
import re
from datetime import date, datetime, time

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_BLANKS = re.compile(r"[ \t\u00a0]+")
_BLANK_LINES = re.compile(r"\n{3,}")
_SHORT_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{2}|\d{4})")
_TIME = re.compile(r"(\d{1,2})(?::(\d{2}))?(?::\d{2})?\s*([ap])?\.?(?:m\.?)?", re.IGNORECASE)
_ZIP = re.compile(r"\d{5}(-\d{4})?")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
TRUE, FALSE = frozenset({"true", "t", "yes", "y", "1"}), frozenset({"false", "f", "no", "n", "0"})
CENTURY_TURNS_AT = 69  # as strptime reads two digits: 69 is 1969, 68 is 2068


class Unreadable(ValueError):
    """The cell holds something, but not what its column promises; the text says why."""


def clean(raw: str) -> str:
    """The text without entities, control characters, stray blanks and surplus empty lines."""
    text = _repaired(html.unescape(raw)).replace("\r\n", "\n").replace("\r", "\n")
    lines = (_BLANKS.sub(" ", line).strip() for line in _CONTROL.sub("", text).split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()


def _repaired(text: str) -> str:
    """Bytes that were no UTF-8 are taken for what Windows writes."""
    if text.isascii() or not any("\udc80" <= each <= "\udcff" for each in text):
        return text
    return text.encode("utf-8", "surrogateescape").decode("cp1252", "replace")


def listed(text: str) -> tuple[str, ...]:
    """A list inside a cell: commas, semicolons or line breaks between the items."""
    items = (item.strip(" .") for item in re.split(r"[,;\n]", text))
    return tuple(dict.fromkeys(item for item in items if item))


def truth(text: str) -> bool:
    if text.lower() in TRUE:
        return True
    if text.lower() in FALSE:
        return False
    raise Unreadable("is neither true nor false")


def day(text: str) -> tuple[date, str | None]:
    """The date and, where it could have been meant otherwise, a remark. Month comes first."""
    short = _SHORT_DATE.fullmatch(text)
    if short:
        return _short_day(*short.groups())
    for pattern in ("%Y-%m-%d", "%B %d, %Y", "%b %d, %Y"):
        try:
            return datetime.strptime(text, pattern).date(), None  # noqa: DTZ007  a day has no zone
        except ValueError:
            continue
    raise Unreadable("is not a date we can read, such as 12/24/2014 or December 24, 2014")


def _short_day(month: str, number: str, year: str) -> tuple[date, str | None]:
    if int(month) > 12:
        raise Unreadable(f"there is no month {int(month)}; dates are month/day/year")
    remark = None
    full_year = int(year)
    if len(year) == 2:
        full_year += 1900 if full_year >= CENTURY_TURNS_AT else 2000
        remark = f"year of two digits, read as {full_year}"
    try:
        return date(full_year, int(month), int(number)), remark
    except ValueError as error:
        raise Unreadable("there is no such day; dates are month/day/year") from error


def clock_time(text: str) -> str:
    """``3pm``, ``3:00 PM`` and ``15:00`` are all ``15:00``."""
    found = _TIME.fullmatch(text)
    if not found:
        raise Unreadable("is not a time we can read, such as 9:30 or 3:00 PM")
    hour, minute, half = int(found[1]), int(found[2] or 0), (found[3] or "").lower()
    if half and not 1 <= hour <= 12:
        raise Unreadable("there is no such hour before or after noon")
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    try:
        return time(hour, minute).strftime("%H:%M")
    except ValueError as error:
        raise Unreadable("there is no such time of day") from error


def weekday(text: str) -> str:
    for name in WEEKDAYS:
        if len(text) >= 3 and name.startswith(text.lower()):
            return name
    raise Unreadable("is not a day of the week")


def coordinate(text: str, limit: int) -> float:
    try:
        degrees = float(text)
    except ValueError as error:
        raise Unreadable("is not a number of degrees") from error
    if not -limit <= degrees <= limit:  # also refuses NaN
        raise Unreadable(f"lies outside -{limit} to {limit} degrees")
    return degrees


def is_zip(text: str) -> bool:
    return _ZIP.fullmatch(text) is not None


def website(text: str) -> str:
    """A link that is safe to show: http or https, or it is refused."""
    if text.lower().startswith(("http://", "https://")):
        return text
    if (
        (_SCHEME.match(text) and not re.match(r"[\w.-]+:\d", text))
        or " " in text
        or "." not in text
    ):
        raise Unreadable("is not a web address")
    return f"http://{text}"


def street(first: str, second: str) -> tuple[str, ...]:
    """Address lines; the second one only if the first does not say it already."""
    if not second or second.lower() in first.lower():
        return tuple(line for line in (first,) if line)
    unit = second.lower().removeprefix("suite").removeprefix("unit").strip()
    if unit and first.lower().endswith(f"#{unit}"):
        return (first,)
    return tuple(line for line in (first, second) if line)

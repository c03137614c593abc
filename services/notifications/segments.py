"""Counts the segments a text is sent in (R5.4): what it costs, and whether it stays whole."""

from collections.abc import Iterable
from dataclasses import dataclass

GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENDED = frozenset("^{}\\[~]|€\f")

CAP = 320


@dataclass(frozen=True)
class Size:
    """`units` are septets in GSM-7 and 16-bit code units in UCS-2."""

    encoding: str
    units: int
    segments: int


def measure(text: str) -> Size:
    if all(letter in GSM_BASIC or letter in GSM_EXTENDED for letter in text):
        return _size("GSM-7", [2 if letter in GSM_EXTENDED else 1 for letter in text], 160, 153)
    # One foreign character switches the whole text.
    return _size("UCS-2", [len(letter.encode("utf-16-le")) // 2 for letter in text], 70, 67)


def is_gsm(text: str) -> bool:
    return measure(text).encoding == "GSM-7"


def is_within_cap(text: str) -> bool:
    """Longer texts are refused before they are queued (R5.4)."""
    return len(text) <= CAP


def _size(encoding: str, widths: list[int], alone: int, joined: int) -> Size:
    units = sum(widths)
    segments = min(units, 1) if units <= alone else _filled(widths, joined)
    return Size(encoding, units, segments)


def _filled(widths: Iterable[int], room: int) -> int:
    """An escape or surrogate pair that does not fit moves whole to the next segment."""
    segments, used = 1, 0
    for width in widths:
        if used + width > room:
            segments, used = segments + 1, 0
        used += width
    return segments

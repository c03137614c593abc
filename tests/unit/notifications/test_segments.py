import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.segments import is_gsm, is_within_cap, measure

VECTORS = [
    ("a" * 160, 1),
    ("a" * 161, 2),
    ("a" * 307, 3),
    ("a" * 158 + "€", 1),
    ("a" * 159 + "€", 2),
    ("a" * 152 + "€" + "a" * 152, 3),
    ("á" * 70, 1),
    ("á" * 71, 2),
    ("a" * 69 + "😀", 2),
    ("😀" * 35, 1),
    ("😀" * 36, 2),
]


@pytest.mark.parametrize(("text", "segments"), VECTORS)
def test_vectors(text: str, segments: int) -> None:
    assert measure(text).segments == segments


@pytest.mark.parametrize("letter", "àèéùìòñüöäÑÜÉ¿¡@£$¥\n\r^{}\\[~]|€\f")
def test_letters_inside_the_alphabet(letter: str) -> None:
    assert is_gsm(letter)


@pytest.mark.parametrize("letter", "áíóúçÁÍÓÚ‘’“”—…`\t😀")
def test_one_letter_outside_the_alphabet_switches_the_whole_text(letter: str) -> None:
    size = measure("a" * 70 + letter)
    assert (size.encoding, size.segments) == ("UCS-2", 2)


@pytest.mark.parametrize("letter", "^{}\\[~]|€\f")
def test_extended_letters_count_twice(letter: str) -> None:
    assert measure(letter * 80).segments == 1
    assert measure(letter * 81).segments == 2


def test_a_surrogate_pair_is_never_split() -> None:
    assert measure("á" * 66 + "😀" + "á" * 66).segments == 3


def test_nothing_is_no_segment() -> None:
    assert measure("").segments == 0


def test_the_cap() -> None:
    assert is_within_cap("a" * 320)
    assert not is_within_cap("a" * 321)


@given(st.text(max_size=400))
def test_segments_hold_their_units_and_no_more_than_needed(text: str) -> None:
    size = measure(text)
    room = 153 if size.encoding == "GSM-7" else 67
    alone = 160 if size.encoding == "GSM-7" else 70
    assert size.units <= max(alone, size.segments * room)
    assert size.segments <= 1 or size.units > (size.segments - 1) * (room - 1)

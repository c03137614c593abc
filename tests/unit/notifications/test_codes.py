"""Codes are derived, six digits, and found in the short replies people write."""

import pytest

from services.notifications import codes

KEY = b"k" * 32


def test_a_code_has_six_digits_and_belongs_to_its_id_and_key() -> None:
    made = {codes.code(KEY, f"code_{n}") for n in range(200)}
    assert all(len(code) == codes.DIGITS and code.isdigit() for code in made)
    assert len(made) > 190
    assert codes.code(KEY, "code_1") != codes.code(b"x" * 32, "code_1")


def test_only_the_right_code_is_right_however_it_is_spaced() -> None:
    code = codes.code(KEY, "code_1")
    assert codes.is_right(KEY, "code_1", f" {code[:3]}-{code[3:]} ")
    assert not codes.is_right(KEY, "code_2", code)
    assert not codes.is_right(KEY, "code_1", "")
    assert not codes.is_right(KEY, "code_1", "１２３４５６")


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("123456", "123456"),
        (" 123 456. ", "123456"),
        ("Code: 123-456", "123456"),
        ("1234567", None),
        ("12345", None),
        ("123456 or 654321", None),
        ("I will be there at 10, my new number is 410 555", None),
        ("The bus number was 123456 and I was late because of it", None),
        ("", None),
    ],
)
def test_a_code_is_found_only_where_it_is_meant(body: str, found: str | None) -> None:
    assert codes.find(body) == found

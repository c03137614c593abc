from datetime import date

import pytest

from services.intake.clients.matching import Traits, distance, reasons, search_parts, sound

DANA = Traits(
    given_name="Dana",
    family_name="Ruiz",
    birth_date=date(1990, 3, 4),
    phones=frozenset({"+12025550142"}),
)


def traits(given: str, family: str, born: str | None = None, phone: str | None = None) -> Traits:
    return Traits(
        given_name=given,
        family_name=family,
        birth_date=date.fromisoformat(born) if born else None,
        phones=frozenset({phone} if phone else ()),
    )


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (traits("Dana", "Ruiz", "1990-03-04"), ("same-name", "same-birth-date")),
        (traits("DANA", "Ruíz", "1990-03-04"), ("same-name", "same-birth-date")),
        (traits("Dana", "Ruis", "1990-03-04"), ("close-name", "same-birth-date")),
        (traits("Dnaa", "Ruiz", "1990-03-04"), ("close-name", "same-birth-date")),
        (traits("Dana", "Ruiz", "1990-04-03"), ("same-name", "close-birth-date")),
        (traits("Dana", "Ruiz", "1909-03-04"), ("same-name", "close-birth-date")),
        (traits("Dana", "Ruiz"), ("same-name",)),
        (traits("Ana", "Lopez", None, "+12025550142"), ("same-phone",)),
        (traits("Dana", "Ruis", None, "+12025550142"), ("same-phone", "close-name")),
        (traits("Dana", "Ruiz", "1971-11-30"), ()),
        (traits("Owen", "Hale", "1990-03-04"), ()),
        (traits("Dana", "Ruis"), ()),
    ],
)
def test_two_records_are_suspected_for_reasons(other: Traits, why: tuple[str, ...]) -> None:
    assert reasons(DANA, other) == why
    assert reasons(other, DANA) == why


@pytest.mark.parametrize(
    "other",
    [
        traits("Dana", "Ruis", "1990-03-04"),
        traits("Kana", "Ruiz", "1990-03-04"),
        traits("Dana", "Ruiz", "1990-04-03"),
        traits("Dana", "Ruiz", "1990-03-14"),
        traits("Dana", "Ruiz", "1991-03-04"),
        traits("Dana", "Ruiz"),
        traits("Someone", "Else", None, "+12025550142"),
    ],
)
def test_who_is_suspected_shares_a_search_part(other: Traits) -> None:
    assert reasons(DANA, other)
    assert set(search_parts(DANA)) & set(search_parts(other))


def test_strangers_share_no_search_part() -> None:
    stranger = traits("Owen", "Hale", "1985-07-19", "+12025550188")
    assert not set(search_parts(DANA)) & set(search_parts(stranger))


@pytest.mark.parametrize(
    ("one", "other", "steps"),
    [("ruiz", "ruis", 1), ("dana", "dnaa", 1), ("ana", "dana", 1), ("", "ab", 2), ("a", "a", 0)],
)
def test_a_slip_of_the_hand_is_one_step(one: str, other: str, steps: int) -> None:
    assert distance(one, other) == steps


@pytest.mark.parametrize(
    ("name", "code"),
    [("Robert", "r163"), ("Rupert", "r163"), ("Ashcraft", "a261"), ("Tymczak", "t522"), ("", "")],
)
def test_names_that_sound_alike_have_one_code(name: str, code: str) -> None:
    assert sound(name) == code

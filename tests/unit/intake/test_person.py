from datetime import date

import pytest

from services.intake import person
from services.intake.person import Unusable

TODAY = date(2026, 6, 2)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("(202) 555-0142", "+12025550142"),
        ("+1 202 555 0142", "+12025550142"),
        ("+34 612 34 56 78", "+34612345678"),
    ],
)
def test_a_phone_number_is_kept_in_one_form(typed: str, kept: str) -> None:
    assert person.phone(typed) == kept


@pytest.mark.parametrize("typed", ["555-0142", "12", "call me", "+1 202 555 0142 ext. 5", "+999"])
def test_a_number_nobody_could_call_is_refused(typed: str) -> None:
    with pytest.raises(Unusable, match="area code"):
        person.phone(typed)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Dana@Example.ORG", "Dana@example.org"),
        (" a.b+c@mail.example.org ", "a.b+c@mail.example.org"),
    ],
)
def test_an_address_keeps_its_name_and_lowers_its_domain(typed: str, kept: str) -> None:
    assert person.email(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "dana",
        "dana@",
        "@example.org",
        "a@b",
        "a b@example.org",
        "a..b@example.org",
        ".a@example.org",
        "a@-example.org",
        "a@example.org\nBcc: b@example.org",
        "x" * 250 + "@example.org",
    ],
)
def test_an_address_that_cannot_work_is_refused(typed: str) -> None:
    with pytest.raises(Unusable):
        person.email(typed)


@pytest.mark.parametrize("typed", ["Dana", "Nuñez", "O'Brien-Smith", "Dana 2", "李", "<script>"])
def test_a_name_is_what_a_person_calls_themselves(typed: str) -> None:
    assert person.name(typed) == typed


@pytest.mark.parametrize("typed", ["", "  ", "123", "--", "x" * 101, "Da\x00na"])
def test_what_is_no_name_is_refused(typed: str) -> None:
    with pytest.raises(Unusable):
        person.name(typed)


@pytest.mark.parametrize("typed", ["2026-06-03", "1899-12-31", "0090-03-04"])
def test_a_birth_date_of_nobody_alive_is_refused(typed: str) -> None:
    with pytest.raises(Unusable, match="year"):
        person.birth_date(typed, today=TODAY)


def test_a_birth_date_comes_in_three_parts() -> None:
    typed = {"born_month": "3", "born_day": "4", "born_year": "1990"}
    assert person.date_parts(typed, "born") == "1990-03-04"
    assert person.date_parts({}, "born") == ""
    with pytest.raises(Unusable, match="month, day and year"):
        person.birth_date(person.date_parts({"born_month": "2"}, "born"), today=TODAY)


def test_a_problem_never_repeats_what_was_typed() -> None:
    with pytest.raises(Unusable) as caught:
        person.email("secret-canary@@example")
    assert "canary" not in str(caught.value)

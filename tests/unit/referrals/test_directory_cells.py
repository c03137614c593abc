"""What people type into cells, and what we make of it."""

import math

import pytest

from services.referrals.directory import cells, phones
from services.referrals.directory.cells import Unreadable
from services.referrals.directory.words import plain, words


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("Veterans&#39; Aid &amp; &quot;Rest&quot;", 'Veterans\' Aid & "Rest"'),
        ("  one\t two\u00a0three  ", "one two three"),
        ("one\r\n\r\n\r\n\r\ntwo\rthree", "one\n\ntwo\nthree"),
        ("nul\x00l and bell\x07", "null and bell"),
        ("caf\udce9", "café"),
    ],
)
def test_a_cell_is_cleaned(raw: str, text: str) -> None:
    assert cells.clean(raw) == text


@pytest.mark.parametrize(
    ("text", "day", "remarked"),
    [
        ("1/1/1970", "1970-01-01", False),
        ("December 24, 2014", "2014-12-24", False),
        ("2014-12-24", "2014-12-24", False),
        ("January 01, 0001", "0001-01-01", False),
        ("1/2/14", "2014-01-02", True),
        ("1/24/70", "1970-01-24", True),
    ],
)
def test_a_day_is_read(text: str, day: str, remarked: bool) -> None:
    found, remark = cells.day(text)
    assert (found.isoformat(), remark is not None) == (day, remarked)


@pytest.mark.parametrize("text", ["13/27/2014", "24/2/70", "2/30/2014", "soon", "1/2", "0/1/2014"])
def test_an_impossible_day_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        cells.day(text)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("9:30", "09:30"),
        ("3:00 PM", "15:00"),
        ("3pm", "15:00"),
        ("9am", "09:00"),
        ("12:15 a.m.", "00:15"),
        ("12 pm", "12:00"),
        ("16:00", "16:00"),
    ],
)
def test_a_time_is_read(text: str, time: str) -> None:
    assert cells.clock_time(text) == time


@pytest.mark.parametrize("text", ["25:00", "9:75", "13 pm", "0am", "noon", ""])
def test_an_impossible_time_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        cells.clock_time(text)


def test_a_list_inside_a_cell_keeps_each_item_once() -> None:
    assert cells.listed("Spanish, French;Spanish\n German.") == ("Spanish", "French", "German")


@pytest.mark.parametrize(
    ("first", "second", "lines"),
    [
        ("12 Elm St 2Nd Floor", "2Nd Floor", ("12 Elm St 2Nd Floor",)),
        ("12 Elm St #110", "Suite 110", ("12 Elm St #110",)),
        ("12 Elm St", "Suite 110", ("12 Elm St", "Suite 110")),
        ("", "Suite 110", ("Suite 110",)),
        ("", "", ()),
    ],
)
def test_an_address_line_is_not_said_twice(first: str, second: str, lines: tuple[str, ...]) -> None:
    assert cells.street(first, second) == lines


def test_only_links_to_the_web_are_kept() -> None:
    assert cells.website("www.example.org/help") == "http://www.example.org/help"
    assert cells.website("https://example.org") == "https://example.org"
    for text in ("javascript:alert(1)", "data:text/html,x.y", "ask at the desk", "none"):
        with pytest.raises(Unreadable):
            cells.website(text)


@pytest.mark.parametrize("text", ["91", "nan", "inf", "north"])
def test_a_coordinate_lies_on_the_globe(text: str) -> None:
    with pytest.raises(Unreadable):
        cells.coordinate(text, 90)
    assert math.isclose(cells.coordinate("39.33704410000001", 90), 39.3370441)


@pytest.mark.parametrize(
    ("text", "e164"),
    [
        ("(410) 555-0134", "+14105550134"),
        ("410.555.0134", "+14105550134"),
        ("(800) GO-FEDEX", "+18004633339"),
        ("(311)    -", None),
        ("(F41) 396-5550", None),
        ("123-456-7890", None),
    ],
)
def test_a_number_is_made_dialable_where_possible(text: str, e164: str | None) -> None:
    assert phones.number(text, region="US").e164 == e164


def test_what_cannot_be_dialed_is_kept_as_written() -> None:
    assert phones.number("(F41) 396-5550", region="US").text == "(F41) 396-5550"
    assert phones.number("(   ) 311-", region="US").text == "311"  # dialed as it is
    with pytest.raises(Unreadable):
        phones.number("(   ) -  -", region="US")


@pytest.mark.parametrize(
    ("label", "extension", "rest"),
    [
        ("X 217, Director", "217", "Director"),
        ("ext. 210 - Intake", "210", "Intake"),
        ("x3013  Handy Cab", "3013", "Handy Cab"),
        ("Main Office, Intake x55 or x21", "", "Main Office, Intake x55 or x21"),
        ("Suite next door", "", "Suite next door"),
        ("Phone 2", "", "Phone 2"),
    ],
)
def test_an_extension_is_found_in_the_label(label: str, extension: str, rest: str) -> None:
    found = phones.number("(410) 555-0134", region="US", label=label)
    assert (found.extension, found.label) == (extension, rest)


def test_an_extension_in_its_own_column_wins() -> None:
    found = phones.number("(410) 555-0134", region="US", extension="7", label="x9 Desk")
    assert (found.extension, found.label) == ("7", "x9 Desk")


def test_a_second_number_in_the_label_is_found() -> None:
    found = phones.number("(410) 555-0134", region="US", label="Clinic  FAX: 410-555-0199")
    assert (found.also, found.label) == (("+14105550199",), "Clinic  FAX: 410-555-0199")


def test_words_have_one_spelling() -> None:
    assert plain("St. José's  HOUSE—2nd") == "st joses house 2nd"
    assert list(words("The House of the Hope", "hope & a b")) == ["house", "hope"]
    assert list(words("x" * 500)) == ["x" * 40]

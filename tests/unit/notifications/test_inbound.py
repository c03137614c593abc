"""The order in which an inbound text is read: crisis, keyword, code, and else a person."""

import pytest

from services.notifications.inbound import Reading, read
from services.notifications.keywords import Keyword


@pytest.mark.parametrize(
    ("body", "opted_out", "reading"),
    [
        ("I want to die", False, Reading(keyword=Keyword.CRISIS)),
        ("quiero morir", True, Reading(keyword=Keyword.CRISIS)),
        (
            "stop texting me I want to die",
            False,
            Reading(keyword=Keyword.CRISIS, stops=True, stop_is_clear=False),
        ),
        ("Stop.", False, Reading(keyword=Keyword.OPT_OUT, stops=True)),
        (
            "please stop texting me",
            False,
            Reading(keyword=Keyword.UNCLEAR_OPT_OUT, stops=True, stop_is_clear=False),
        ),
        ("START", True, Reading(keyword=Keyword.OPT_IN)),
        ("yes", True, Reading(keyword=Keyword.OPT_IN)),
        ("yes", False, Reading()),
        ("HELP", False, Reading(keyword=Keyword.HELP)),
        ("123 456", False, Reading(code="123456")),
        ("I found a room", False, Reading()),
        ("", False, Reading()),
    ],
)
def test_a_text_is_read(body: str, opted_out: bool, reading: Reading) -> None:
    assert read(body, opted_out=opted_out) == reading


def test_a_person_reads_what_no_rule_settled() -> None:
    assert read("I found a room", opted_out=False).needs_reading
    assert read("please stop texting me", opted_out=False).needs_reading
    assert not read("STOP", opted_out=False).needs_reading
    assert not read("I want to die", opted_out=False).needs_reading

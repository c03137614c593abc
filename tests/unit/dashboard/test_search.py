from datetime import date

import pytest

from services.dashboard.readmodels.search import digests_of, sought
from shared.contracts.intake import ContactCard

KEY = b"k" * 32
CARD = ContactCard(
    given_name="Dána",
    family_name="Ruiz-Soto",
    preferred_name="Danita",
    birth_date=date(1990, 3, 4),
    contact_values={"cp_1": "+14105550142", "cp_2": "dana@example.org"},
)
DIGESTS = set(digests_of(CARD, KEY))


@pytest.mark.parametrize(
    "typed",
    [
        "dana",
        "DANA ruiz",
        "Dana R.",
        "soto",
        "dan",
        "1990-03-04",
        "3/4/1990",
        "Mar 4 1990",
        "March 4, 1990",
        "410-555-0142",
        "+1 (410) 555.0142",
    ],
)
def test_what_finds_her(typed: str) -> None:
    digests, code = sought(typed, KEY)
    assert code is None
    assert digests
    assert set(digests) <= DIGESTS


@pytest.mark.parametrize("typed", ["diana", "ruis", "1990-04-03", "410-555-0143", "da", "0142"])
def test_what_does_not(typed: str) -> None:
    digests, _ = sought(typed, KEY)
    assert not set(digests) <= DIGESTS


@pytest.mark.parametrize("typed", ["K7M-4Q", "k7m4q", "K7M 4Q"])
def test_a_code_is_a_code(typed: str) -> None:
    assert sought(typed, KEY) == ([], "K7M-4Q")


def test_another_key_gives_other_digests() -> None:
    assert not DIGESTS & set(digests_of(CARD, b"x" * 32))


def test_nothing_readable_is_kept() -> None:
    assert not any("dana" in digest or "1990" in digest for digest in DIGESTS)

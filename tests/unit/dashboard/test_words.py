"""Sentences: person first, complete for every code, and never blaming (R7)."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.dashboard import lines, rowviews, times, words
from services.dashboard.lateness import Lateness
from services.dashboard.readmodels import rows
from services.dashboard.readmodels.client import LEVELS
from services.dashboard.readmodels.reasons import changes_of
from services.dashboard.readmodels.referral import STATES
from services.dashboard.readmodels.timeline import LINES, entry_of
from shared.auth import ROLES
from shared.contracts.intake import CATEGORIES, PURPOSE_OF_NEED
from tests.examples import examples
from tests.unit.dashboard.facts import NOW, envelope

ZONE = ZoneInfo("America/New_York")
AVOIDED = re.compile(
    r"\b(addict|abus|alcoholic|junkie|clean|dirty|relapse|non-?complian|refused|failed|"
    r"dropped out|please|oops|inmate|felon)|!",
    re.IGNORECASE,
)
AROUND = rowviews.Around(people={}, partners={}, staff={}, now=NOW, zone=ZONE)


def told() -> list[tuple[str, str]]:
    sentences = []
    for event in examples():
        if type(event) in LINES:
            entry = entry_of(envelope(event), event, "cl_1")
            assert entry is not None
            sentence = lines.line(entry.code, entry.params, {}, {}, lambda text: text or "")
            sentences.append((entry.code, sentence))
    return sentences


def views() -> list[tuple[str, rowviews.RowView]]:
    shown = []
    for event in examples():
        for what in changes_of(event, NOW):
            if isinstance(what, rows.Opened):
                row = rows.change(None, what, service="x", sequence=1, client_id="cl_1")
                assert row is not None
                shown.append((row.kind, rowviews.view(row, AROUND)))
    return shown


def test_every_fact_has_a_sentence_of_its_own() -> None:
    codes = {line.code for line in LINES.values()}
    assert {code for code, _ in told()} == codes
    assert codes == set(lines._LINES)


@pytest.mark.parametrize(("code", "sentence"), told())
def test_sentences_are_whole_and_kind(code: str, sentence: str) -> None:
    assert sentence[0].isupper()
    assert sentence.endswith(".")
    assert "{" not in sentence
    assert "None" not in sentence
    assert not AVOIDED.search(sentence), sentence


@pytest.mark.parametrize(("kind", "view"), views())
def test_every_row_says_why_and_what_comes_next(kind: str, view: rowviews.RowView) -> None:
    assert view.reason.endswith(".")
    assert view.action
    assert view.address.startswith("/")
    assert not AVOIDED.search(view.reason), view.reason


def test_every_code_has_words() -> None:
    assert set(words.ROLES) == set(ROLES)
    assert set(words.LEVELS) == set(LEVELS)
    assert set(words.STATUSES) == set(STATES)
    assert set(words.NEEDS) == set(PURPOSE_OF_NEED)
    assert all(words.category(code) for code in CATEGORIES)
    assert set(rowviews._REASONS) == set(rows.KINDS)
    shown = {kind for _, kinds in rowviews.FILTERS.values() for kind in kinds}
    assert shown | {rows.CRISIS} == set(rows.KINDS)


def test_all_fixed_words_are_kind() -> None:
    tables = [value for value in vars(words).values() if isinstance(value, dict)]
    for text in (text for table in tables for text in table.values() if isinstance(text, str)):
        assert not AVOIDED.search(text), text


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (datetime(2026, 6, 2, 18, 2, tzinfo=UTC), "14:02"),
        (datetime(2026, 6, 4, 14, 0, tzinfo=UTC), "Thu 10:00"),
        (datetime(2026, 5, 30, 14, 0, tzinfo=UTC), "Sat 10:00"),
        (datetime(2026, 6, 9, 14, 0, tzinfo=UTC), "Jun 9"),
        (datetime(2025, 6, 9, 14, 0, tzinfo=UTC), "Jun 9 2025"),
        (None, ""),
    ],
)
def test_times_are_said_in_the_centers_zone(at: datetime | None, said: str) -> None:
    assert times.said(at, NOW, ZONE) == said


def test_what_is_due_and_what_is_late() -> None:
    assert times.due(NOW + timedelta(hours=3), NOW, ZONE) == ("by 13:00", False)
    assert times.due(NOW - timedelta(hours=2), NOW, ZONE) == ("2 h late", True)
    assert times.due(None, NOW, ZONE) == ("", False)


@pytest.mark.parametrize(
    ("seconds", "kind"), [(None, None), (3, None), (30, None), (31, "wait"), (301, "stop")]
)
def test_the_banner_comes_from_real_lateness(seconds: float | None, kind: str | None) -> None:
    banner = Lateness(seconds).banner
    assert (banner["kind"] if banner else None) == kind

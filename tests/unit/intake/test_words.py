"""Everything a client reads exists in Spanish, and nothing says what it must not."""

import gettext
import re
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from services import intake
from services.intake.consents import wording

FOLDER = Path(intake.__file__).parent
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
# R7.1, and words that would say what kind of place this is on a first screen (R5.6)
AVOIDED = re.compile(r"addict|abus|relapse|clean|sober|patient|rehab|oops|failed|please|!", re.I)


def sentences() -> set[str]:
    found = extract_from_dir(FOLDER, METHODS, comment_tags=())
    return {message for _, _, message, _, _ in found if isinstance(message, str)}


def spanish() -> gettext.GNUTranslations:
    catalog = FOLDER / "locale" / "es" / "LC_MESSAGES" / "throughline.po"
    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO(catalog.read_bytes())))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def test_every_sentence_has_spanish_words() -> None:
    catalog = spanish()
    same = {"No", "Arizona", "Alaska", "Puerto Rico"}
    missing = [s for s in sentences() if catalog.gettext(s) == s and s not in same]
    assert len(sentences()) > 100
    assert missing == []


def test_a_translation_keeps_the_places_of_its_values() -> None:
    catalog = spanish()
    for sentence in sentences():
        places = re.findall(r"%\(\w+\)s", sentence)
        assert re.findall(r"%\(\w+\)s", catalog.gettext(sentence)) == places


def test_the_words_blame_nobody_and_name_no_program() -> None:
    assert [sentence for sentence in sentences() if AVOIDED.search(sentence)] == []


@pytest.mark.parametrize("language", ["en", "es"])
def test_both_texts_of_a_wording_have_the_same_parts(language: str) -> None:
    english, other = wording._words("consent-1", "en"), wording._words("consent-1", language)
    for part in ("purposes", "categories", "expiry"):
        assert set(english[part]) == set(other[part])
    assert len(english["paragraphs"]) == len(other["paragraphs"])
    assert english["statements"] == other["statements"]

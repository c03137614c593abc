"""The common look: every component renders, every word is in Spanish, every pair can be read."""

import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from scripts.components import PUBLIC, STAFF
from shared.pages import LOOK, ROOT, environment

CSS = [LOOK / "static" / name for name in ("tokens.css", "throughline.css", "layout.css")]
WORDS = [("shared", LOOK)] + [
    (f"services/{name}", ROOT / "services" / name)
    for name in ("intake", "aftercare", "referrals", "notifications")
]
METHODS = [("**/templates/**.html", "jinja2"), ("**.py", "python")]
GROUNDS = ("paper", "card", "sunk")
TAGS = ("very-high", "high", "wait", "routine", "unknown", "info", "good", "stop", "plain")


def translated(home: Path) -> set[str]:
    catalog = home / "locale" / "es" / "LC_MESSAGES" / "throughline.po"
    with catalog.open("rb") as words:
        known = [message for message in read_po(words, locale="es") if message.string]
    return {message.id if isinstance(message.id, str) else message.id[0] for message in known}


def rendered(language: str, frame: str) -> str:
    context = STAFF if frame == "staff" else PUBLIC
    page = environment("look", language).get_template("components.html")
    return page.render(frame=f"{frame}.html", lang=language, csrf="token", **context)


@pytest.mark.parametrize("frame", ["staff", "public"])
@pytest.mark.parametrize("language", ["en", "es"])
def test_no_page_needs_what_the_content_policy_forbids(language: str, frame: str) -> None:
    page = rendered(language, frame)
    assert not re.search(r"\sstyle=|\son\w+=|javascript:|<style", page)
    assert re.findall(r"<script[^>]*>[^<]", page) == []


@pytest.mark.parametrize("frame", ["staff", "public"])
def test_each_id_is_there_once_and_each_label_and_description_finds_its_own(frame: str) -> None:
    page = rendered("en", frame)
    ids = re.findall(r'\sid="([^"]+)"', page)
    # The public confirm page stands alone; here it shares a page with the frame.
    assert sorted(ids) == sorted(set(ids))
    pointed = re.findall(r'\sfor="([^"]+)"', page)
    for several in re.findall(r'aria-(?:describedby|labelledby)="([^"]+)"', page):
        pointed += several.split()
    assert set(pointed) <= set(ids)


def test_each_error_is_linked_and_said_again_at_its_field() -> None:
    page = rendered("en", "staff")
    for name, sentence in STAFF["errors"].items():  # type: ignore[attr-defined]
        assert f'<a href="#{name}">{sentence}</a>' in page
        assert re.search(rf'id="{name}-error">.*{sentence}</p>', page)
    assert "<title>Error: Components</title>" in page


def test_each_post_carries_the_token() -> None:
    page = rendered("en", "staff")
    forms = re.findall(r"<form.*?</form>", page, flags=re.S)
    assert forms
    assert all('method="post"' in form and 'name="csrf" value="token"' in form for form in forms)


def test_each_icon_used_is_drawn() -> None:
    drawn = set(re.findall(r'<symbol id="([^"]+)"', (LOOK / "static" / "sprite.svg").read_text()))
    assert set(re.findall(r"sprite\.svg#([\w-]+)", rendered("en", "staff"))) <= drawn


@pytest.mark.parametrize(("folder", "home"), WORDS)
def test_every_word_that_clients_see_is_in_spanish(folder: str, home: Path) -> None:
    options = {"**/templates/**.html": {"newstyle_gettext": "true"}}
    found = extract_from_dir(ROOT / folder, METHODS, options)
    asked = {text if isinstance(text, str) else text[0] for _, _, text, _, _ in found}
    assert asked
    assert asked - translated(home) - translated(LOOK) == set()


def tokens(dark: bool) -> dict[str, str]:
    light, night = CSS[0].read_text().split("@media (prefers-color-scheme: dark)")
    found = dict(re.findall(r"--([\w-]+): (#\w{6});", light))
    return found | (dict(re.findall(r"--([\w-]+): (#\w{6});", night)) if dark else {})


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2.2, section 1.4.3."""

    def light(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("dark", [False, True])
def test_every_pair_of_colours_can_be_read(dark: bool) -> None:
    colour = tokens(dark)
    text = [(word, ground) for word in ("ink", "ink-2", "pine", "danger") for ground in GROUNDS]
    text += [("on-pine", "pine"), ("on-danger", "danger"), ("crisis", "crisis-tint")]
    text += [(tag, f"{tag}-tint") for tag in TAGS]
    assert [pair for pair in text if contrast(colour[pair[0]], colour[pair[1]]) < 4.5] == []
    shape = [(line, ground) for line in ("edge", "focus") for ground in GROUNDS]
    assert [pair for pair in shape if contrast(colour[pair[0]], colour[pair[1]]) < 3] == []


def test_the_styles_stay_small_and_name_only_known_tokens() -> None:
    css = "".join(sheet.read_text() for sheet in CSS)
    assert len(css) <= 45_000
    assert set(re.findall(r"var\(--([\w-]+)\)", css)) <= set(re.findall(r"--([\w-]+):", css))

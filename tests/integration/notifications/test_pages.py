"""The public pages as a phone and a desktop show them: readable by everyone, in both languages."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Route

from shared.pages import LANGUAGES, LOOK, environment

WIDTHS = (1280, 390, 320)
ADDRESS = "http://notifications.test/"
PAGES: dict[str, dict[str, Any]] = {
    "confirm.html": {"token": "token", "channel": "sms"},
    "confirmed.html": {},
    "unsubscribe.html": {"token": "token"},
    "stopped.html": {},
    "kept.html": {},
    "link_not_in_use.html": {"token": "token", "again": "/new-link"},
}
COMMON: dict[str, Any] = {
    "center_name": "Riverbend Center",
    "center_phone": "410-555-0134",
    "errors": {},
    "csrf": "",
    "crisis_line": False,
    "nav": None,
    "title": "",
}


def answer(route: Route, html: str) -> None:
    _, _, path = route.request.url.partition("/static/")
    file = LOOK / "static" / path
    if path and file.is_file():
        route.fulfill(path=file)
    elif path:
        route.fulfill(status=404)
    else:
        route.fulfill(body=html, content_type="text/html; charset=utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_clean(browser: Browser, axe: str, language: str) -> None:
    page = browser.new_page()
    shown = ""
    page.route("**/*", lambda route: answer(route, shown))
    try:
        for template, context in PAGES.items():
            words = {**COMMON, **context, "lang": language, "language": language}
            shown = environment("notifications", language).get_template(template).render(words)
            page.goto(ADDRESS)
            page.add_script_tag(content=axe)
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 844})
                found = page.evaluate("axe.run()")["violations"]
                assert [(template, width, one["id"]) for one in found] == []
                assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert COMMON["center_name"] not in page.title()
            assert page.locator("html").get_attribute("lang") == language
    finally:
        page.close()

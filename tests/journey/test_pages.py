"""Every page in a real browser, at a desk and on a phone: nothing axe-core objects to."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.journey.conftest import Platform

WIDTHS = (1280, 390)
PARTS = (
    "",
    "/plan",
    "/checkins",
    "/referrals",
    "/messages",
    "/sharing",
    "/card",
    "/consents/new",
    "/refer",
)
STAFF_PAGES = {
    "counselor": ["/", "/clients", "/referrals", "/partners", "/directory", "/account"],
    "intake-worker": ["/intake", "/intake/new"],
    "operations": ["/operations"],
    "administrator": ["/staff", "/partners/new"],
}

Open = Callable[[int], Page]


@pytest.fixture
def opened(browser: Browser) -> Iterator[Open]:
    contexts = []

    def open_at(width: int) -> Page:
        contexts.append(browser.new_context(viewport={"width": width, "height": 900}))
        return contexts[-1].new_page()

    yield open_at
    for context in contexts:
        context.close()


def _sign_in(page: Page, platform: Platform, role: str) -> None:
    email, password = platform.login(role)
    page.goto(f"{platform.url('dashboard')}/sign-in")
    page.fill("[name=email]", email)
    page.fill("[name=password]", password)
    page.click("button:has-text('Sign in')")


def _check(page: Page, url: str, axe: str) -> None:
    """Axe clean, no sideways scroll, no name in the address."""
    answer = page.goto(url)
    assert answer is not None and answer.status == 200, page.title()
    found: dict[str, Any] = page.evaluate(f"{axe}; axe.run()")
    assert [(each["id"], each["nodes"][0]["html"][:200]) for each in found["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("role", STAFF_PAGES)
def test_staff_pages_are_clean(
    platform: Platform, opened: Open, axe: str, role: str, width: int
) -> None:
    page = opened(width)
    _sign_in(page, platform, role)
    for path in STAFF_PAGES[role]:
        _check(page, platform.url("dashboard") + path, axe)


@pytest.mark.parametrize("width", WIDTHS)
def test_every_part_of_a_client_is_clean(
    platform: Platform, opened: Open, axe: str, width: int
) -> None:
    page = opened(width)
    _sign_in(page, platform, "counselor")
    page.goto(platform.url("dashboard") + "/clients")
    client = page.locator("a[href^='/clients/cl_']").first.get_attribute("href")
    assert client is not None
    for part in PARTS:
        _check(page, platform.url("dashboard") + client + part, axe)
        assert re.fullmatch(r"Client [A-Z0-9]{3}-[A-Z0-9]{2}: .+", page.title()), (
            "a name in a title"
        )


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", ["en", "es"])
def test_the_contact_form_is_clean(
    platform: Platform, opened: Open, axe: str, width: int, language: str
) -> None:
    page = opened(width)
    _check(page, f"{platform.url('intake')}/contact?lang={language}", axe)
    assert page.get_attribute("html", "lang") == language
    for link in ("/s/unknown", "/r/unknown"):
        answer = page.goto(platform.url("intake") + link)
        assert answer is not None and answer.status == 404

"""The stand-in's page in a real browser."""

from typing import Literal

import httpx
import pytest
from playwright.sync_api import Browser

from tests.integration.test_provider import ACCOUNT, TO, TOKENS, Running, described, running

__all__ = ["described", "running"]


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_can_be_read_by_everybody(
    running: Running, browser: Browser, axe: str, width: int, scheme: Literal["light", "dark"]
) -> None:
    login = (ACCOUNT, TOKENS[0])
    form = {"To": TO, "From": "+12025550100", "Body": "Open https://go.example/c/x today"}
    path = f"{running.url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    httpx.post(path, data=form, auth=login).raise_for_status()
    httpx.post(f"{running.url}/switches", json={"mode": "429"})
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.goto(running.url)
    page.evaluate(axe)
    found = page.evaluate("axe.run().then(r => r.violations.map(v => v.id))")
    is_wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    page.close()
    httpx.post(f"{running.url}/switches", json={})
    assert (found, is_wide) == ([], False)

"""Take the pictures of docs/pictures from a running platform with its demo people.

    python scripts/pictures.py http://127.0.0.1:8100 http://127.0.0.1:8101 .run/demo-logins

A Chromium must be on the machine; its path may be given as CHROMIUM.
"""

import os
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

PICTURES = Path(__file__).resolve().parent.parent / "docs" / "pictures"
WIDE = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}


def take(page: Page, name: str, size: dict[str, int], scheme: str = "light") -> None:
    page.set_viewport_size({"width": size["width"], "height": size["height"]})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.screenshot(path=PICTURES / f"{name}.png")


def sign_in(browser: Browser, dashboard: str, logins: Path, role: str) -> Page:
    rows = [line.split() for line in logins.read_text().splitlines()]
    email, password = next(row[1:3] for row in rows if row and row[0] == role)
    page = browser.new_page(reduced_motion="reduce")
    page.goto(f"{dashboard}/sign-in")
    page.fill("#email", email)
    page.fill("#password", password)
    page.click("main button[type=submit]")
    page.wait_for_selector("nav.nav")
    return page


def staff(browser: Browser, dashboard: str, logins: Path) -> None:
    page = sign_in(browser, dashboard, logins, "counselor")
    take(page, "my-day", WIDE)
    take(page, "my-day-phone", PHONE, "dark")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(f"{dashboard}/clients")
    take(page, "clients", WIDE)
    page.click("table a >> nth=0")
    take(page, "client", WIDE)
    page = sign_in(browser, dashboard, logins, "operations")
    page.goto(f"{dashboard}/operations")
    take(page, "operations", WIDE)


def public(browser: Browser, intake: str) -> None:
    page = browser.new_page(reduced_motion="reduce")
    page.goto(f"{intake}/contact?lang=es")
    page.click("main .button-primary")
    page.wait_for_selector("fieldset")
    take(page, "contact-phone", PHONE)


def main(dashboard: str, intake: str, logins: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox"]
        )
        staff(browser, dashboard, Path(logins))
        public(browser, intake)
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:4])

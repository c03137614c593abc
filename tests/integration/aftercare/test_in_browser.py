"""The check-in in a real browser, as on a phone: by touch, without scripts, in both languages."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, expect

from deploy.embedded import free_ports
from services.aftercare.app import create
from shared.clock import SteppedClock
from shared.contracts.aftercare import CheckinAnswered, CheckinDue
from tests.integration.aftercare.conftest import MONDAY, World, opened_world
from tests.support import eventually

TUESDAY_10 = datetime(2026, 6, 2, 14, 0, tzinfo=UTC)
expect.set_options(timeout=30_000)

WIDTHS = {"phone": 390, "desk": 1280}


@dataclass
class Door:
    """The web process in a thread of its own, with a check-in that is due."""

    world: World
    address: str
    loop: asyncio.AbstractEventLoop

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    def link(self) -> str:
        due = self.run(self.world.facts(CheckinDue))[-1]
        return f"{self.address}/c/{self.world.token(due.link_id)}"


@pytest.fixture
def door(
    clean_mongo: object,
    environment_of: Callable[[str], dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Door]:
    (port,) = free_ports(1)
    opened: list[Door] = []
    ready, stop = threading.Event(), threading.Event()

    async def serve() -> None:
        async with opened_world(environment_of, SteppedClock(MONDAY), monkeypatch) as world:
            await world.discharge()
            await world.pass_time(TUESDAY_10)
            app = create()
            app.state.runtime = world.runtime
            config = uvicorn.Config(app, port=port, lifespan="off", log_config=None)
            server = uvicorn.Server(config)
            serving = asyncio.create_task(server.serve())
            opened.append(Door(world, f"http://127.0.0.1:{port}", asyncio.get_running_loop()))
            await eventually(lambda: server.started)
            ready.set()
            await asyncio.to_thread(stop.wait)
            server.should_exit = True
            await serving

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(60)
    yield opened[0]
    stop.set()
    thread.join(60)


@pytest.fixture(params=[True, False], ids=["scripts", "no scripts"])
def phone(browser: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    context = browser.new_context(
        viewport={"width": 390, "height": 800},
        java_script_enabled=request.param,
        locale="en-US",
        has_touch=True,
    )
    yield context
    context.close()


def press(page: Page) -> None:
    """The page's first button, and wait for the page that follows."""
    with page.expect_navigation() as following:
        page.locator("form button").first.click()
    assert following.value and following.value.status < 500, page.locator("main").inner_text()


def choose(page: Page, label: str) -> None:
    page.get_by_text(label, exact=True).tap()
    with page.expect_navigation():
        page.get_by_role("button", name="Next").tap()


def test_a_check_in_by_touch(door: Door, phone: BrowserContext) -> None:
    page = phone.new_page()
    page.goto(door.link())
    page.get_by_role("button", name="Start").tap()
    choose(page, "Low")
    page.reload()
    expect(page.get_by_text("2 of 4")).to_be_visible()
    choose(page, "Very strong")
    page.get_by_role("link", name="Back").tap()
    expect(page.get_by_label("Very strong")).to_be_checked()
    choose(page, "Strong")
    page.get_by_role("button", name="Next").tap()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_role("button", name="Skip this one").tap()
    choose(page, "Yes")
    expect(page.get_by_text("A call today?")).to_be_visible()
    page.get_by_role("button", name="Yes, call me today").tap()
    expect(page.get_by_text("A person on the team has been told.")).to_be_visible()
    assert len(door.run(door.world.facts(CheckinAnswered))) == 1


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
def test_every_page_is_clean_and_fits(
    door: Door, browser: Browser, axe: str, width: int, language: str
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800}, bypass_csp=True)
    page = context.new_page()

    def check() -> None:
        page.evaluate(axe)
        found = page.evaluate("axe.run().then(r => r.violations.map(v => v.id))")
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert (found, wide) == ([], False), page.url

    page.goto(f"{door.link()}?lang={language}")
    check()
    press(page)
    for number in range(1, 5):
        check()
        press(page)  # nothing chosen
        check()
        page.locator("input[type=radio]").nth(1 if number == 4 else 0).check(force=True)
        press(page)
    check()
    for address in ("/checkin/closed", "/c/unknown"):
        page.goto(door.address + address)
        check()
    context.close()

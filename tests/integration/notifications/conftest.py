"""Notifications against the real database: facts in, texts in and out, on a clock tests move."""

import os
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import httpx
import pytest

from services.notifications.app import create
from services.notifications.settings import Settings
from shared.clock import SteppedClock
from shared.runtime import opened
from tests.integration.notifications.world import World

# 14:00 in New York
AFTERNOON = datetime(2026, 6, 2, 18, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock(AFTERNOON)


@pytest.fixture
async def world(
    clean_mongo: object,
    environment_of: Callable[[str], dict[str, str]],
    clock: SteppedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[World]:
    told = environment_of("notifications-web")
    told["ON_CALL_EMAIL"] = "first@riverbend.example,second@riverbend.example"
    # the dashboard's key as well, so that tests can speak for staff
    keys = {name: environment_of(f"{name}-web")["SIGNING_KEY"] for name in ("dashboard", "intake")}
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    assert "intake" in os.environ["LINK_KEYS"]
    async with opened(Settings.read(), clock) as runtime:
        app = create()
        app.state.runtime = runtime
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as web:
            yield World(runtime, clock, app, web, keys)

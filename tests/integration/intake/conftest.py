"""Intake against the real database, on a clock that tests move."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import httpx
import pytest

from services.intake.app import create
from services.intake.keydesk.desk import install
from services.intake.settings import Settings
from shared.clock import SteppedClock
from shared.runtime import opened
from tests.integration.intake.world import World

AFTERNOON = datetime(2026, 6, 2, 18, 0, tzinfo=UTC)  # 14:00 in New York


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
    names = ("dashboard", "referrals", "intake")
    keys = {name: environment_of(f"{name}-web")["SIGNING_KEY"] for name in names}
    for name, value in environment_of("intake-web").items():
        monkeypatch.setenv(name, value)
    async with opened(Settings.read(), clock) as runtime:
        await install(runtime)
        app = create()
        app.state.runtime = runtime
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as web:
            yield World(runtime, clock, app, web, keys)

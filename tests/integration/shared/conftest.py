"""A runtime of the aftercare service against the real database, on a clock that tests move."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import pytest

from shared.clock import SteppedClock
from shared.config import Settings
from shared.runtime import Runtime, opened

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock(NOON)


@pytest.fixture
async def runtime(
    clean_mongo: object,
    environment_of: Callable[[str], dict[str, str]],
    clock: SteppedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Runtime]:
    for name, value in environment_of("aftercare-due").items():
        monkeypatch.setenv(name, value)
    async with opened(Settings.read(), clock) as runtime:
        yield runtime

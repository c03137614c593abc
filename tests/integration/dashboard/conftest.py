"""The dashboard alone, and the whole house, on a clock that tests move."""

import importlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from deploy import topology
from shared.clock import SteppedClock
from shared.confidential import Keyring
from shared.runtime import Runtime, opened
from tests.integration.dashboard.house import House

# 14:00 in New York; ahead of every real clock, so that the database deletes nothing as ended
AFTERNOON = datetime(2036, 6, 2, 18, 0, tzinfo=UTC)
OWNERS = ("intake", "aftercare", "referrals", "notifications")
Environment = Callable[[str], dict[str, str]]


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock(AFTERNOON)


@pytest.fixture
async def house(
    clean_mongo: object,
    environment_of: Environment,
    clock: SteppedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[House]:
    """The dashboard; every owner is away."""
    async with AsyncExitStack() as stack:
        yield await _open(stack, ["dashboard"], environment_of, clock, monkeypatch)


@pytest.fixture
async def whole_house(
    clean_mongo: object,
    environment_of: Environment,
    clock: SteppedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[House]:
    """All five services, calling each other as they do over HTTP."""
    async with AsyncExitStack() as stack:
        yield await _open(stack, ["dashboard", *OWNERS], environment_of, clock, monkeypatch)


async def _open(
    stack: AsyncExitStack,
    services: Sequence[str],
    environment_of: Environment,
    clock: SteppedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> House:
    runtimes: dict[str, Runtime] = {}
    apps: dict[str, Any] = {}
    for service in services:
        for name, value in environment_of(f"{service}-web").items():
            monkeypatch.setenv(name, value)
        settings = importlib.import_module(f"services.{service}.settings").Settings.read()
        runtimes[service] = await stack.enter_async_context(opened(settings, clock))
        apps[service] = importlib.import_module(f"services.{service}.app").create()
        apps[service].state.runtime = runtimes[service]
    mounts = {
        runtimes["dashboard"].settings.url_of(service): httpx.ASGITransport(
            app, raise_app_exceptions=False
        )
        for service, app in apps.items()
    }
    for runtime in runtimes.values():
        _connect(runtime, mounts)
    if "intake" in runtimes:
        await importlib.import_module("services.intake.keydesk.desk").install(runtimes["intake"])
    return House(
        runtimes=runtimes,
        handlers={service: _handlers(service) for service in services},
        listens=topology.LISTENS,
        clock=clock,
        app=apps["dashboard"],
    )


def _connect(runtime: Runtime, mounts: dict[str, httpx.ASGITransport]) -> None:
    """The real calls, without a network between the services."""
    away = httpx.MockTransport(_away)
    runtime.http = httpx.AsyncClient(transport=away, mounts=dict(mounts))
    desk = httpx.AsyncClient(
        transport=away, mounts=dict(mounts), base_url=runtime.settings.url_of("intake")
    )
    runtime.keyring = Keyring(
        runtime.database,
        runtime.settings.wrap_key,
        desk,
        lambda: runtime.tokens.for_service("intake"),
    )


def _away(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("nobody answers there", request=request)


def _handlers(service: str) -> Any:
    module = "projector" if service == "dashboard" else "handlers"
    return importlib.import_module(f"services.{service}.{module}").HANDLERS

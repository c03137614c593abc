from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.provider.app import create
from deploy.provider.kept import Kept
from deploy.provider.settings import Settings

ACCOUNT = "AC00000000000000000000000000000001"
PATH = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        sms_account_sid=ACCOUNT,
        sms_auth_tokens=["first", "second"],
        run_dir=tmp_path,
        provider_smtp_port=0,
        provider_callback_delay=0.0,
        inbound_url="https://platform.example/webhooks/sms/inbound",
    )


class Platform:
    """The other end: keeps the webhook calls it gets and answers as it was told."""

    def __init__(self) -> None:
        self.calls: list[httpx.Request] = []
        self.answer: Callable[[], httpx.Response] = lambda: httpx.Response(200)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.calls.append(request)
        return self.answer()

    def forms(self) -> list[dict[str, Any]]:
        return [dict(httpx.QueryParams(call.content.decode())) for call in self.calls]


@pytest.fixture
def platform() -> Platform:
    return Platform()


@asynccontextmanager
async def running(settings: Settings, platform: Platform) -> AsyncIterator[httpx.AsyncClient]:
    app = create(settings, httpx.MockTransport(platform))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url="http://127.0.0.1",
            auth=(ACCOUNT, "second"),
        ) as client,
    ):
        yield client


@pytest.fixture
async def client(settings: Settings, platform: Platform) -> AsyncIterator[httpx.AsyncClient]:
    async with running(settings, platform) as client:
        yield client


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    kept = Kept(tmp_path / "kept.jsonl")
    yield kept
    kept.close()

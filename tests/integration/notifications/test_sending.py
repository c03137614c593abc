"""The whole way out, against the stand-in provider as a process of its own: each text once."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import uvicorn

from shared.contracts.notifications import (
    MessageDelivered,
    MessageFailed,
    MessageHandedOver,
    MessageUnclear,
    OptedOut,
)
from shared.deliveries import SENDING_LOST_AFTER
from tests.integration.notifications.test_outgoing import attempt, checkin
from tests.integration.notifications.world import MAIL, PHONE, World, link_in
from tests.support import eventually, soon


@pytest.fixture(scope="module")
def provider_url(environment_of: Callable[[str], dict[str, str]]) -> Iterator[str]:
    told = {**os.environ, **environment_of("provider"), "PROVIDER_CALLBACK_DELAY": "0.01"}
    process = subprocess.Popen([sys.executable, "-m", "deploy.provider"], env=told)
    url = f"http://127.0.0.1:{told['PROVIDER_PORT']}"
    soon(lambda: process.poll() is not None or _answers(f"{url}/readyz"), within=30)
    assert process.poll() is None
    yield url
    process.terminate()
    process.wait(10)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2, trust_env=False).is_success
    except httpx.HTTPError:
        return False


@pytest.fixture
async def provider(provider_url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=provider_url, trust_env=False) as client:
        await client.post("/switches", json={})
        await client.delete("/messages")
        yield client


@pytest.fixture
async def open_door(world: World) -> AsyncIterator[None]:
    """The web process answers at its real address, so that callbacks arrive."""
    port = int(world.settings.own_url.rpartition(":")[2])
    config = uvicorn.Config(world.app, port=port, lifespan="off", log_level="error")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    yield
    server.should_exit = True
    await serving


@pytest.fixture
async def form_sent(world: World, provider: httpx.AsyncClient) -> World:
    """A check-in waits to be sent."""
    await world.confirmed()
    await world.arrive(checkin(world))
    return world


async def texts(provider: httpx.AsyncClient) -> list[dict[str, Any]]:
    kept = (await provider.get("/messages", params={"to": PHONE})).json()
    return list(kept["messages"] if isinstance(kept, dict) else kept)


async def state_of(world: World, purpose: str = "checkin") -> str:
    return str((await world.delivery(purpose=purpose))["state"])


@pytest.mark.usefixtures("open_door")
async def test_a_form_arrives_once_with_its_link_and_its_receipt(
    form_sent: World, provider: httpx.AsyncClient
) -> None:
    world = form_sent
    for _ in range(3):
        await world.work()
    (text,) = await texts(provider)
    link = f"{world.settings.public_urls['aftercare']}/c/{world.token('lnk_1', 'aftercare')}"
    assert link_in(text["body"]) == link

    async def receipt() -> bool:
        return await state_of(world) == "delivered"

    await eventually(receipt)
    assert len(await world.facts(MessageHandedOver)) == 1
    assert len(await world.facts(MessageDelivered)) == 1


async def test_a_refusal_is_final_and_a_stop_at_the_carrier_is_kept(
    form_sent: World, provider: httpx.AsyncClient
) -> None:
    await provider.post("/switches", json={"mode": "refuse", "code": 21610})
    await form_sent.work()
    assert [e.reason for e in await form_sent.facts(MessageFailed)] == ["21610"]
    assert len(await form_sent.facts(OptedOut)) == 1


async def test_too_many_at_once_is_tried_again_later(
    form_sent: World, provider: httpx.AsyncClient
) -> None:
    await provider.post("/switches", json={"mode": "429", "count": 1})
    await form_sent.work()
    assert await state_of(form_sent) == "pending"
    await form_sent.wait(minutes=2)
    assert await state_of(form_sent) == "handed_over"
    assert len(await texts(provider)) == 1


@pytest.mark.usefixtures("open_door")
async def test_accepted_in_silence_is_settled_by_the_callback_and_sent_once(
    form_sent: World, provider: httpx.AsyncClient
) -> None:
    world = form_sent
    await provider.post("/switches", json={"mode": "accept_and_silence"})
    await world.work()

    async def receipt() -> bool:
        return await state_of(world) == "delivered"

    await eventually(receipt)
    await world.wait(minutes=11)
    assert len(await texts(provider)) == 1
    assert await world.facts(MessageUnclear) == []


async def test_what_stays_unclear_is_told_after_ten_minutes_and_not_sent_again(
    form_sent: World, provider: httpx.AsyncClient
) -> None:
    await provider.post("/switches", json={"mode": "500", "callbacks": "none"})
    await form_sent.work()
    assert await state_of(form_sent) == "unknown"
    await provider.post("/switches", json={})
    await form_sent.wait(minutes=9)
    assert await form_sent.facts(MessageUnclear) == []
    await form_sent.wait(minutes=2)
    assert len(await form_sent.facts(MessageUnclear)) == 1
    await form_sent.wait(hours=2)
    assert await state_of(form_sent) == "unknown"
    assert len(await texts(provider)) <= 1


@pytest.mark.usefixtures("open_door")
@pytest.mark.parametrize("callbacks", ["duplicate", "reordered"])
async def test_callbacks_in_disorder_leave_one_receipt(
    form_sent: World, provider: httpx.AsyncClient, callbacks: str
) -> None:
    world = form_sent
    await provider.post("/switches", json={"callbacks": callbacks})
    await world.work()

    async def receipt() -> bool:
        return await state_of(world) == "delivered"

    await eventually(receipt)
    assert len(await world.facts(MessageDelivered)) == 1


async def test_a_sender_that_died_in_the_call_leaves_an_unknown(
    form_sent: World, provider: httpx.AsyncClient
) -> None:
    world = form_sent
    now = world.clock.now()
    await world.runtime.database.deliveries.update_one(
        {"purpose": "checkin"},
        {
            "$set": {
                "state": "sending",
                "sending_at": now,
                "lease": {"token": "dead", "until": now},
            }
        },
    )
    await world.wait(seconds=SENDING_LOST_AFTER.total_seconds() + 1)
    await world.work()
    assert await state_of(world) == "unknown"
    assert await texts(provider) == []


async def test_a_crisis_is_answered_and_paged_at_once_by_night(
    world: World, provider: httpx.AsyncClient
) -> None:
    await world.confirmed()
    world.clock.advance(timedelta(hours=10))
    await world.text("I want to die")
    await world.work()
    (text,) = await texts(provider)
    assert "988" in text["body"]
    mails = (await provider.get("/mails", params={"to": "first@riverbend.example"})).json()
    mail = str(mails)
    assert "A person is needed now" in mail
    assert PHONE not in mail
    assert "die" not in mail


async def test_stop_is_confirmed_once_and_then_it_is_quiet(
    form_sent: World, provider: httpx.AsyncClient
) -> None:
    await form_sent.text("STOP")
    await form_sent.work()
    await form_sent.arrive(attempt(form_sent, 1))
    await form_sent.wait(hours=1)
    (text,) = await texts(provider)
    assert "START" in text["body"]


async def test_an_email_can_be_stopped_with_one_click(
    world: World, provider: httpx.AsyncClient
) -> None:
    await world.confirmed(cp_2=MAIL)
    await world.arrive(checkin(world))
    await world.work()
    kept = (await provider.get("/mails", params={"to": MAIL})).json()
    (mail,) = kept["mails"] if isinstance(kept, dict) else kept
    headers = {name.lower(): value for name, value in dict(mail["headers"]).items()}
    assert headers["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    path = headers["list-unsubscribe"].strip("<>").removeprefix(world.settings.own_url)
    assert (await world.web.get(path)).status_code == 200
    assert await world.facts(OptedOut) == []
    for _ in range(2):
        done = await world.web.post(path, data={"List-Unsubscribe": "One-Click"})
        assert (done.status_code, done.text) == (200, "")
    assert len(await world.facts(OptedOut)) == 1


async def test_the_code_arrives_with_the_wording_and_its_link_confirms(
    world: World, provider: httpx.AsyncClient
) -> None:
    await world.register(language="es")
    await world.work()
    (text,) = await texts(provider)
    assert await world.code_of("cp_1") in text["body"]
    assert "hasta 3 por semana" in text["body"]
    path = link_in(text["body"]).removeprefix(world.settings.own_url)
    assert (await world.web.get(path)).status_code == 200


def _zone_at_noon(now: datetime) -> str:
    """A zone in which it is around noon, so that the test runs at any hour."""
    ahead = 12 - now.hour
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"


async def test_a_sender_killed_in_the_call_has_sent_once(
    world: World, provider: httpx.AsyncClient, environment_of: Callable[[str], dict[str, str]]
) -> None:
    world.clock.move_to(datetime.now(UTC))
    await world.confirmed()
    await world.card(cp_1=PHONE, zone=_zone_at_noon(world.clock.now()))
    await provider.post("/switches", json={"mode": "accept_and_silence", "callbacks": "none"})
    await world.arrive(checkin(world))
    told = {**os.environ, **environment_of("notifications-due")}
    sender = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.notifications.due", env=told
    )
    try:

        async def taken() -> list[dict[str, Any]]:
            return await texts(provider)

        await eventually(taken, within=20)
        assert await state_of(world) == "sending"
    finally:
        sender.kill()
        await sender.wait()
    await provider.post("/switches", json={})
    world.clock.move_to(datetime.now(UTC) + SENDING_LOST_AFTER + timedelta(seconds=1))
    await world.work()
    await world.wait(minutes=30)
    assert await state_of(world) == "unknown"
    assert len(await texts(provider)) == 1

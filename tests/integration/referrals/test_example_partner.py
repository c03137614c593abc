"""The example partner system against the real thing, over real sockets."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from examples.partner.__main__ import _accept
from examples.partner.client import Center, Said
from examples.partner.keys import jwks, private_key
from examples.partner.receiver import receiver
from services.referrals.settings import settings_of
from shared.contracts import referrals as facts
from tests.integration.referrals.world import World
from tests.support import eventually


@asynccontextmanager
async def served(app: FastAPI, port: int) -> AsyncIterator[None]:
    config = uvicorn.Config(app, host="127.0.0.1", port=port, lifespan="off", log_level="error")
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    yield
    server.should_exit = True
    await running


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
async def center(world: World, tmp_path: Path) -> AsyncIterator[Center]:
    """The center, on the real clock, knowing this partner's keys."""
    world.clock.move_to(datetime.now(UTC))
    answer = await world.web.post(
        "/partners/prt_1/jwks", json={"jwks": jwks(tmp_path)}, headers=world.administrator()
    )
    assert answer.status_code == 200, answer.text
    url = settings_of(world.runtime).own_url
    async with served(world.app, urlsplit(url).port or 0):
        with httpx.Client(timeout=10) as http:
            yield Center(url, "prt_1", tmp_path, http)


async def test_a_webhook_leads_to_an_accepted_referral(world: World, center: Center) -> None:
    port = free_port()
    secret = await world.give_webhook(f"http://127.0.0.1:{port}/webhooks")
    referral_id = await world.sent()

    def react(told: dict[str, dict[str, str]]) -> None:
        _accept(center, told["data"]["referral_id"])

    async with served(receiver(secret, react), port):
        await world.work()
        accepted = await eventually(lambda: world.facts(facts.ReferralAccepted))
    assert [fact.referral_id for fact in accepted] == [referral_id]
    assert len(await world.facts(facts.DisclosureMade)) == 1


async def test_a_forged_notice_is_refused(world: World, center: Center) -> None:
    port = free_port()
    told: list[dict[str, Any]] = []
    async with served(receiver("whsec_" + "c2VjcmV0" * 4, told.append), port):
        secret = await world.give_webhook(f"http://127.0.0.1:{port}/webhooks")
        assert secret
        await world.sent()
        await world.work()
    kept = await world.runtime.database.deliveries.find_one({"purpose": "sent"})
    assert kept is not None
    assert (told, kept["state"], kept["reason"]) == ([], "pending", "HTTP_401")


async def test_one_shot_commands_list_read_and_answer(world: World, center: Center) -> None:
    referral_id = await world.sent()
    listed = await asyncio.to_thread(lambda: list(center.referrals("requested")))
    assert [item["referral_id"] for item in listed] == [referral_id]
    read = await asyncio.to_thread(center.details, referral_id)
    assert read["details"]["name"]["given"] == "Dana"
    with pytest.raises(Said, match="REASON_MISSING"):
        await asyncio.to_thread(center.answer, referral_id, "reject")
    done = await asyncio.to_thread(
        lambda: center.answer(referral_id, "reject", reason_code="no-capacity")
    )
    assert done["status"] == "rejected"


async def test_a_stranger_gets_no_token(world: World, center: Center, tmp_path: Path) -> None:
    stranger = Center(center.url, "prt_1", tmp_path / "other", center.http)
    with pytest.raises(Said, match="invalid_client"):
        await asyncio.to_thread(lambda: list(stranger.referrals()))


def test_the_private_key_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    first = private_key(tmp_path / "home").private_numbers()
    assert private_key(tmp_path / "home").private_numbers() == first
    assert (tmp_path / "home" / "private-key.pem").stat().st_mode & 0o077 == 0
    assert "d" not in jwks(tmp_path / "home")["keys"][0]

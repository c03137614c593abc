import base64
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from deploy.embedded import MongoServer
from deploy.keys import Keys
from services.referrals.app import create
from services.referrals.settings import Settings
from shared.auth import Tokens
from shared.clock import SteppedClock
from shared.runtime import opened
from tests.integration.referrals.servers import mailbox, webhook_receiver
from tests.integration.referrals.world import OTHER_KEY, PARTNER_KEY, TUESDAY, Intake, World


def public_jwk(key: ec.EllipticCurvePrivateKey, kid: str = "k1") -> dict[str, Any]:
    jwk: dict[str, Any] = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {**jwk, "kid": kid, "alg": "ES384"}


@pytest.fixture(scope="session")
def emptied(mongo: MongoServer) -> Iterator[Callable[[], None]]:
    """The other services' databases play no part here."""
    with mongo.admin() as admin:
        names = admin["referrals"].list_collection_names()

        def empty() -> None:
            for name in names:
                admin["referrals"][name].delete_many({})

        yield empty


@pytest.fixture
def clean_referrals(emptied: Callable[[], None]) -> None:
    emptied()


@pytest.fixture
async def world(
    clean_referrals: None,
    environment_of: Callable[[str], dict[str, str]],
    secrets: Keys,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[World]:
    for name, value in environment_of("referrals-web").items():
        monkeypatch.setenv(name, value)
    clock = SteppedClock(TUESDAY)
    intake = Intake(clock)
    app = create()
    async with (
        mailbox() as mails,
        webhook_receiver() as receiver,
        opened(_settings(mails.port), clock) as runtime,
        httpx.AsyncClient(transport=httpx.MockTransport(intake.answer)) as played,
    ):
        app.state.runtime = replace(runtime, http=played)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as web:
            signing_key = base64.b64decode(secrets.signing["dashboard"])
            told = runtime.settings.model_copy(
                update={"service": "dashboard", "signing_key": signing_key}
            )
            dashboard = Tokens(told, clock)
            world = World(app.state.runtime, clock, web, app, intake, dashboard, mails, receiver)
            await _furnish(world)
            yield world


def _settings(smtp_port: int) -> Settings:
    told = Settings.read()
    return told.model_copy(update={"smtp_host": "127.0.0.1", "smtp_port": smtp_port})


async def _furnish(world: World) -> None:
    """One partner with a system, its service in the directory, one client with a card."""
    database = world.runtime.database
    await database["services"].insert_one(
        {"_id": "svc_1", "name": "Rooms", "organization_id": "org_1"}
    )
    partner = {
        "organization_id": "org_1",
        "name": "Hope House",
        "email": "desk@hope.example",
        "active": True,
        "webhook": None,
        "version": 1,
    }
    other = {**partner, "organization_id": "org_2", "name": "Oak Home"}
    await database["partners"].insert_many(
        [
            {"_id": "prt_1", **partner, "keys": [public_jwk(PARTNER_KEY)]},
            {"_id": "prt_2", **other, "keys": [public_jwk(OTHER_KEY)]},
        ]
    )
    await world.know_client()

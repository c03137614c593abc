"""What a running process has in its hands: settings, database, clock, keys, other services."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
from pymongo import AsyncMongoClient

from shared.auth import Tokens
from shared.clock import Clock, SystemClock
from shared.confidential import Keyring
from shared.config import Settings
from shared.journal import AWARE, Database, Document


@dataclass
class Runtime:
    """Opened once per process; web, listener and due get the same thing."""

    settings: Settings
    database: Database
    clock: Clock
    tokens: Tokens
    http: httpx.AsyncClient
    keyring: Keyring


def mongo_client(settings: Settings) -> "AsyncMongoClient[Document]":
    """Majority and journal on every write; a page must not hang when the database is away."""
    return AsyncMongoClient(
        settings.mongo_url,
        w="majority",
        journal=True,
        tz_aware=True,
        serverSelectionTimeoutMS=3000,
        connectTimeoutMS=3000,
        appname=settings.process,
    )


@asynccontextmanager
async def opened(settings: Settings, clock: Clock | None = None) -> AsyncIterator[Runtime]:
    """Connects lazily, closes everything at the end; belongs to the running event loop."""
    clock = clock or SystemClock()
    tokens = Tokens(settings, clock)
    client = mongo_client(settings)
    database = client.get_database(settings.mongo_database, codec_options=AWARE)
    tls = ssl.create_default_context()  # one for both: each would load its own list of authorities
    http = httpx.AsyncClient(timeout=httpx.Timeout(5, connect=1), trust_env=False, verify=tls)
    desk = httpx.AsyncClient(base_url=settings.intake_url, timeout=2, trust_env=False, verify=tls)
    keyring = Keyring(database, settings.wrap_key, desk, lambda: tokens.for_service("intake"))
    try:
        yield Runtime(settings, database, clock, tokens, http, keyring)
    finally:
        await http.aclose()
        await desk.aclose()
        await client.close()

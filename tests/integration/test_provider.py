"""The real senders against the stand-in, run as a process of its own, with its switches."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from typing import Any

import httpx
import pytest

from services.notifications.email import MailApi
from services.notifications.outcome import Refused, Sent, Unclear
from services.notifications.sms import SmsApi
from tests.support import eventually, soon

ACCOUNT = "AC00000000000000000000000000000001"
TOKENS = ["current", "former"]
TO = "+14105550123"
NOBODY = "http://127.0.0.1:9/status"
MAIL = ("ana@example.org", "News for you", "Please call us: ¿mañana?", {"X-Kind": "news"})


@dataclass(frozen=True)
class Running:
    port: int
    smtp: int
    environment: dict[str, str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> "Popen[bytes]":
        process = Popen([sys.executable, "-m", "deploy.provider"], env=self.environment)
        soon(lambda: process.poll() is not None or _answers(f"{self.url}/readyz"), within=30)
        assert process.poll() is None, "the provider ended at once"
        return process


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).is_success
    except httpx.HTTPError:
        return False


def _free_ports(number: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [server.getsockname()[1] for server in sockets]
    for server in sockets:
        server.close()
    return ports


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Running:
    port, smtp = _free_ports(2)
    environment = {
        **os.environ,
        "SMS_ACCOUNT_SID": ACCOUNT,
        "SMS_AUTH_TOKENS": json.dumps(TOKENS),
        "PROVIDER_PORT": str(port),
        "PROVIDER_SMTP_PORT": str(smtp),
        "PROVIDER_CALLBACK_DELAY": "0.01",
        "RUN_DIR": str(tmp_path_factory.mktemp("provider")),
    }
    return Running(port, smtp, environment)


@pytest.fixture(scope="module")
def running(described: Running) -> Iterator[Running]:
    process = described.start()
    yield described
    process.terminate()
    assert process.wait(10) in (0, -signal.SIGTERM)


@pytest.fixture
async def provider(running: Running) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=running.url) as client:
        await client.post("/switches", json={})
        await client.delete("/messages")
        yield client


@asynccontextmanager
async def sender(url: str, token: str = TOKENS[0]) -> AsyncIterator[SmsApi]:
    """Gives up sooner than in earnest, so that a hanging provider does not hold up the tests."""
    api = SmsApi(
        url=url,
        account_sid=ACCOUNT,
        auth_token=token,
        sender="+12025550100",
        total_seconds=1.0,
    )
    async with api:
        yield api


def mailer(port: int) -> MailApi:
    return MailApi(
        host="127.0.0.1", port=port, sender="Harbor <no-reply@harbor.example>", total_seconds=1.0
    )


async def calls(provider: httpx.AsyncClient) -> list[int]:
    return [count["calls"] for count in (await provider.get("/counts")).json()]


async def test_a_text_is_sent_once(provider: httpx.AsyncClient, running: Running) -> None:
    async with sender(running.url) as api:
        outcome = await api.send(TO, "¿Cómo está? 🙏", NOBODY)
    (kept,) = (await provider.get("/messages", params={"to": TO})).json()
    assert outcome == Sent(kept["sid"])
    assert (kept["body"], kept["from"]) == ("¿Cómo está? 🙏", "+12025550100")
    assert await calls(provider) == [1]


@pytest.mark.parametrize(
    ("switches", "outcome", "arrived"),
    [
        ({"mode": "refuse"}, Refused("21610"), 0),
        ({"mode": "429"}, Refused("20429", retry_after=1.0), 0),
        ({"mode": "500"}, Unclear("http-500"), 0),
        ({"mode": "hang"}, Unclear("timeout"), 0),
        ({"mode": "accept_and_silence"}, Unclear("timeout"), 1),
    ],
)
async def test_each_misbehaviour_has_its_outcome_and_one_call(
    provider: httpx.AsyncClient,
    running: Running,
    switches: dict[str, Any],
    outcome: Refused | Unclear,
    arrived: int,
) -> None:
    await provider.post("/switches", json=switches)
    async with sender(running.url) as api:
        assert await api.send(TO, "Hello", NOBODY) == outcome
    assert len((await provider.get("/messages")).json()) == arrived
    assert await calls(provider) == [1]


async def test_a_former_token_still_sends_and_a_wrong_one_is_ours_to_mend(
    provider: httpx.AsyncClient, running: Running
) -> None:
    async with sender(running.url, token=TOKENS[1]) as api:
        assert isinstance(await api.send(TO, "Hello", NOBODY), Sent)
    async with sender(running.url, token="wrong") as api:
        assert await api.send(TO, "Hello", NOBODY) == Refused("20003", retry_after=60.0)


async def test_nobody_listening_is_a_refusal_to_try_again() -> None:
    (port,) = _free_ports(1)
    async with sender(f"http://127.0.0.1:{port}") as api:
        outcome = await api.send(TO, "Hello", NOBODY)
    assert isinstance(outcome, Refused)
    assert outcome.retry_after
    assert await mailer(port).send(*MAIL, "<1@harbor.example>") == Refused("unreachable", 60.0)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 201 Crea",
        b"not http at all\r\n\r\n",
        b"HTTP/1.1 201 Created\r\nContent-Length: 99\r\n\r\n{",
        b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n[]",
        b"HTTP/1.1 201 Created\r\nContent-Length: 4\r\n\r\noops",
        b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n",
    ],
)
async def test_an_answer_lost_or_unreadable_after_the_request_is_unclear(answer: bytes) -> None:
    asked = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with sender(f"http://127.0.0.1:{port}") as api:
            assert isinstance(await api.send(TO, "Hello", NOBODY), Unclear)
    assert asked == 1


async def test_a_mail_is_sent_once(provider: httpx.AsyncClient, running: Running) -> None:
    outcome = await mailer(running.smtp).send(*MAIL, "<dl_1@harbor.example>")
    assert outcome == Sent("<dl_1@harbor.example>")
    (kept,) = (await provider.get("/mails", params={"to": "ana@example.org"})).json()
    assert (kept["subject"], kept["text"].strip()) == (MAIL[1], MAIL[2])
    assert (kept["headers"]["Message-ID"], kept["headers"]["X-Kind"]) == (
        "<dl_1@harbor.example>",
        "news",
    )


@pytest.mark.parametrize(
    ("mode", "outcome", "arrived"),
    [
        ("refuse", Refused("smtp-550"), 0),
        ("busy", Refused("smtp-451", retry_after=60.0), 0),
        ("hang", Unclear("connection-lost"), 0),
        ("accept_and_silence", Unclear("connection-lost"), 1),
    ],
)
async def test_each_misbehaviour_of_the_mail_server_has_its_outcome(
    provider: httpx.AsyncClient,
    running: Running,
    mode: str,
    outcome: Refused | Unclear,
    arrived: int,
) -> None:
    await provider.post("/switches", json={"mail": mode})
    assert await mailer(running.smtp).send(*MAIL, "<1@harbor.example>") == outcome
    assert len((await provider.get("/mails")).json()) == arrived
    assert await calls(provider) == [1]


@pytest.mark.parametrize(
    ("to", "subject"),
    [
        ("ana@example.org", "News\r\nBcc: all@example.org"),
        ("ana@example.org, eve@example.org", "News"),
        ("", "News"),
        ("ana@example.org\r\nBcc: eve@example.org", "News"),
        ("añá@example.org", "News"),
    ],
)
async def test_an_unusable_header_is_never_sent(
    provider: httpx.AsyncClient, running: Running, to: str, subject: str
) -> None:
    outcome = await mailer(running.smtp).send(to, subject, "Hello", {}, "<1@harbor.example>")
    assert outcome == Refused("unusable")
    assert (await provider.get("/mails")).json() == []


async def test_what_was_sent_outlives_a_kill(described: Running, tmp_path: Path) -> None:
    port, smtp = _free_ports(2)
    ports = {"PROVIDER_PORT": str(port), "PROVIDER_SMTP_PORT": str(smtp)}
    own = Running(port, smtp, described.environment | ports | {"RUN_DIR": str(tmp_path)})
    first = own.start()
    async with sender(own.url) as api:
        outcome = await api.send(TO, "Hello", NOBODY)
    first.kill()
    first.wait(10)
    second = own.start()
    async with httpx.AsyncClient(base_url=own.url) as client:
        (kept,) = (await client.get("/messages")).json()
        assert outcome == Sent(kept["sid"])
        await eventually(lambda: client.get("/readyz"))
    second.terminate()
    assert second.wait(10) in (0, -signal.SIGTERM)

"""All five services in one process under one stepped clock: how the demo's past is made.

The services' own web routes, listeners and deadlines run; only the wires are short. What a service
publishes is handed to the listeners in order and stays in the journal for the relay, which will
send it once more (listeners drop what they know). Messages are rendered and checked, then marked
``simulated``: nobody is texted about the past.
"""

import importlib
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx
from fastapi import FastAPI

from deploy import environment, topology
from deploy.environment import Deployment
from services.notifications import sending
from services.notifications.facts import on_state
from shared.auth import Staff
from shared.clock import SteppedClock, new_id
from shared.confidential import Keyring
from shared.consume import Consumer, Outcome, Record
from shared.deliveries import HandedOver, Result, Sending
from shared.due import Deadlines
from shared.journal import Document
from shared.runtime import Runtime, opened

QUIET_AFTER_ROUNDS = 50


class Unfinished(Exception):
    """Something in the made-up past was refused, parked or never came to rest."""


@dataclass
class Service:
    """One service as it stands in this process."""

    runtime: Runtime
    app: FastAPI
    consumer: Consumer
    deadlines: Deadlines
    told: int = 0


@dataclass
class World:
    """``texts`` holds what would have been sent, by recipient's client id, for the story's sake."""

    clock: SteppedClock
    services: dict[str, Service] = field(default_factory=dict)
    texts: dict[str, list[str]] = field(default_factory=dict)
    _seen: set[str] = field(default_factory=set)

    def http(self, service: str) -> httpx.AsyncClient:
        """A browser in front of one service; each has its own cookies."""
        transport = httpx.ASGITransport(self.services[service].app)
        return httpx.AsyncClient(
            transport=transport, base_url="http://in.process", follow_redirects=True
        )

    async def ask(
        self, service: str, staff: Staff, method: str, path: str, body: Mapping[str, Any] | None
    ) -> Any:
        """A staff command as the dashboard would send it; Unfinished with the code if refused."""
        tokens = self.services["dashboard"].runtime.tokens
        headers = {
            "Authorization": f"Bearer {tokens.for_staff(service, staff)}",
            "Idempotency-Key": new_id("key"),
        }
        async with self.http(service) as client:
            answer = await client.request(method, path, json=body, headers=headers)
        if answer.status_code >= httpx.codes.BAD_REQUEST:
            told = answer.json()
            raise Unfinished(f"{method} {service}: {told['code']} {sorted(told['fields'])}")
        await self.settle()
        return answer.json()

    async def move_to(self, instant: datetime) -> None:
        """Let time pass: what falls due on the way happens in its order."""
        while True:
            following = await self._next_due(instant)
            if following is None:
                break
            self.clock.move_to(max(following, self.clock.now()))
            await self._work()
            await self.settle()
        self.clock.move_to(instant)
        await self.settle()

    async def _next_due(self, until: datetime) -> datetime | None:
        soonest: list[datetime] = []
        for service in self.services.values():
            database = service.runtime.database
            for collection, query, name in (
                ("deadlines", {"state": "open", "due": {"$lte": until}}, "due"),
                ("deliveries", {"state": "pending", "not_before": {"$lte": until}}, "not_before"),
            ):
                found = await database[collection].find_one(query, sort=[(name, 1)])
                if found:
                    soonest.append(found[name])
        return min(soonest, default=None)

    async def _work(self) -> None:
        for service in self.services.values():
            await service.deadlines.work()
        mail = Sending(check=sending.check, send=self._keep_text, on_state=on_state)
        await mail.work(self.services["notifications"].runtime)
        referrals = importlib.import_module("services.referrals.due")
        notices = Sending(
            check=referrals.check, send=self._keep_notice, on_state=referrals.keep_outcome
        )
        await notices.work(self.services["referrals"].runtime)

    async def _keep_text(self, runtime: Runtime, delivery: Document) -> Result:
        message = await sending.write(runtime, delivery)
        self.texts.setdefault(str(delivery["client_id"]), []).append(message.text)
        return await self._keep_notice(runtime, delivery)

    async def _keep_notice(self, runtime: Runtime, delivery: Document) -> Result:
        await runtime.database.deliveries.update_one(
            {"_id": delivery["_id"]}, {"$set": {"simulated": True}}
        )
        return HandedOver(f"simulated-{delivery['_id']}")

    async def settle(self) -> None:
        """Hand on every event until nobody has anything new to say."""
        for _ in range(QUIET_AFTER_ROUNDS):
            fresh = [row for service in self.services for row in await self._fresh(service)]
            if not fresh:
                return
            for topic, event in fresh:
                await self._hand_on(topic, event)
        raise Unfinished("the services never came to rest")

    async def _fresh(self, name: str) -> list[tuple[str, Document]]:
        rows = self.services[name].runtime.database.journal.find(
            {"pending": True, "events.0": {"$exists": True}}
        )
        events = [event async for row in rows.sort("at", 1) for event in row["events"]]
        fresh = [event for event in events if event["id"] not in self._seen]
        self._seen |= {event["id"] for event in fresh}
        ordered = sorted(fresh, key=lambda event: (event["key"], event["sequence"]))
        return [(topology.topic(name), event) for event in ordered]

    async def _hand_on(self, topic: str, event: Document) -> None:
        record = Record(
            topic=topic,
            partition=0,
            offset=0,
            key=event["key"].encode(),
            value=bytes(event["value"]),
        )
        for name, service in self.services.items():
            if topic.removesuffix(".events") in topology.LISTENS[name]:
                outcome = await service.consumer.consume(record)
                if outcome in (Outcome.PARKED, Outcome.WAITING):
                    raise Unfinished(f"{name} {outcome} {event['type']}")


@asynccontextmanager
async def world(deployment: Deployment, start: datetime) -> AsyncIterator[World]:
    """Every service opened on the real databases, wired to each other in this process."""
    made = World(SteppedClock(start))
    known = {process.name: process for process in topology.processes(dict(deployment.ports))}
    async with AsyncExitStack() as stack:
        for name in topology.SERVICES:
            os.environ.update(environment.of(known[f"{name}-due"], deployment))
            os.environ.update(environment.of(known[f"{name}-web"], deployment))
            made.services[name] = await _service(stack, name, made.clock)
        await _wire(stack, made, deployment)
        yield made


async def _service(stack: AsyncExitStack, name: str, clock: SteppedClock) -> Service:
    settings = importlib.import_module(f"services.{name}.settings").Settings.read()
    runtime = await stack.enter_async_context(opened(settings, clock))
    app = importlib.import_module(f"services.{name}.app").create()
    app.state.runtime = runtime
    if name == "intake":
        await importlib.import_module("services.intake.keydesk.desk").install(runtime)
    listening = "projector" if name == "dashboard" else "handlers"
    handlers = importlib.import_module(f"services.{name}.{listening}").HANDLERS
    due = getattr(importlib.import_module(f"services.{name}.due"), "DUE", {})
    return Service(runtime, app, Consumer(runtime, handlers), Deadlines(runtime, due))


async def _wire(stack: AsyncExitStack, made: World, deployment: Deployment) -> None:
    """Calls between services stay in this process: permits and the key desk."""
    mounts = {
        deployment.url(name): httpx.ASGITransport(service.app)
        for name, service in made.services.items()
    }
    http = await stack.enter_async_context(httpx.AsyncClient(mounts=mounts))
    desk = await stack.enter_async_context(
        httpx.AsyncClient(mounts=mounts, base_url=deployment.url("intake"))
    )
    for name, service in made.services.items():
        runtime = service.runtime
        runtime.http = http
        if name != "intake":
            runtime.keyring = Keyring(
                runtime.database,
                runtime.settings.wrap_key,
                desk,
                lambda tokens=runtime.tokens: tokens.for_service("intake"),
            )

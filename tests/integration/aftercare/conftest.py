"""Aftercare against the real database, on a clock that tests move: facts in, time on, facts out."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.aftercare.due import DUE
from services.aftercare.handlers import HANDLERS
from services.aftercare.settings import Settings
from shared import links
from shared.auth import Staff, Tokens
from shared.clock import SteppedClock
from shared.confidential import encrypt
from shared.consume import Consumer, Outcome, Record
from shared.contracts.intake import ClientDischarged
from shared.due import Deadlines
from shared.events import Envelope, Event, open_envelope, seal
from shared.runtime import Runtime, opened

CLIENT = "cl_1"
SITE = "site_1"
ZONE = "America/New_York"
MONDAY = datetime(2026, 6, 1, 18, 0, tzinfo=UTC)  # 14:00 in New York
THAT_DAY = MONDAY.date()


@dataclass
class World:
    runtime: Runtime
    clock: SteppedClock
    dashboard: Tokens
    _sequences: dict[tuple[str, str], int] = field(default_factory=dict)

    async def give_key(self, client_id: str = CLIENT) -> None:
        """The client's data key, as the key desk would have handed it out."""
        wrap_key = self.runtime.settings.wrap_key
        wrapped = encrypt(wrap_key, os.urandom(32), f"keys/{client_id}")
        await self.runtime.database["keys"].insert_one({"_id": client_id, "wrapped": wrapped})

    async def arrive(self, event: Event, *, id: str | None = None) -> Outcome:
        """The event comes from its topic."""
        place = (event.service, event.key_value)
        sequence = self._sequences[place] = self._sequences.get(place, 0) + 1
        envelope = Envelope(
            id=id or f"ev_{event.service}_{event.key_value}_{sequence}",
            service=event.service,
            type=event.type,
            subject=str(getattr(event, event.subject)),
            key=event.key_value,
            sequence=sequence,
            time=self.clock.now(),
            data=event.model_dump(mode="json"),
        )
        record = Record(
            topic=f"{event.service}.events",
            partition=0,
            offset=sequence,
            key=event.key_value.encode(),
            value=seal(envelope),
        )
        return await Consumer(self.runtime, HANDLERS).consume(record)

    async def discharge(
        self, *, id: str = "dis_1", on: date = THAT_DAY, zone: str = ZONE
    ) -> Outcome:
        return await self.arrive(
            ClientDischarged(
                client_id=CLIENT,
                discharge_id=id,
                program_id="pr_1",
                site_id=SITE,
                discharged_on=on,
                level_of_care="2.1",
                recovery_date_basis="abstinence",
                plan_template="standard",
                time_zone=zone,
            )
        )

    async def work(self) -> None:
        """Complete whatever is due now."""
        deadlines = Deadlines(self.runtime, DUE)
        for _ in range(20):
            if not await deadlines.work():
                return
        raise AssertionError("a deadline stays due")

    async def pass_time(self, until: datetime) -> None:
        """Let time go by; each deadline finds the clock at its own instant."""
        while True:
            following = await self.runtime.database.deadlines.find_one(
                {"state": "open", "due": {"$lte": until}}, sort=[("due", 1)]
            )
            if following is None:
                self.clock.move_to(until)
                return
            self.clock.move_to(max(following["due"], self.clock.now()))
            await self.work()

    async def wait(self, **span: float) -> None:
        await self.pass_time(self.clock.now() + timedelta(**span))

    async def facts(self, *types: type[Event]) -> list[Any]:
        """What aftercare told the others, in order."""
        rows = self.runtime.database.journal.find({"events.0": {"$exists": True}})
        sealed = [event async for row in rows for event in row["events"]]
        sealed.sort(key=lambda event: event["sequence"])
        events = [open_envelope(one["value"]).event() for one in sealed]
        return [one for one in events if not types or isinstance(one, types)]

    def bearer(
        self, *, role: str = "counselor", own: bool = True, sites: tuple[str, ...] = ()
    ) -> dict[str, str]:
        """What the dashboard would send along for this staff member and this client."""
        staff = Staff(
            id="st_1",
            roles=(role,),
            sites=sites,
            client_id=CLIENT,
            relation="own" if own else "none",
        )
        return {"Authorization": f"Bearer {self.dashboard.for_staff('aftercare', staff)}"}

    def token(self, link_id: str) -> str:
        """What notifications would put into the text."""
        return links.token(self.runtime.settings.link_keys["aftercare"], link_id)


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock(MONDAY)


@asynccontextmanager
async def opened_world(
    environment_of: Callable[[str], dict[str, str]],
    clock: SteppedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[World]:
    """Belongs to the loop that opens it."""
    for name, value in environment_of("dashboard-web").items():
        monkeypatch.setenv(name, value)
    dashboard = Tokens(Settings.read(), clock)
    for name, value in environment_of("aftercare-web").items():
        monkeypatch.setenv(name, value)
    async with opened(Settings.read(), clock) as runtime:
        world = World(runtime, clock, dashboard)
        await world.give_key()
        yield world


@pytest.fixture
async def world(
    clean_mongo: object,
    environment_of: Callable[[str], dict[str, str]],
    clock: SteppedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[World]:
    async with opened_world(environment_of, clock, monkeypatch) as world:
        yield world

"""Time is a row: deadlines, leased here and completed in the same unit as their effect."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog
from pymongo.errors import PyMongoError

from shared.clock import new_id
from shared.config import Settings
from shared.consume import Handler
from shared.contracts.refusal import Refused
from shared.deliveries import Sending
from shared.heartbeat import Heartbeat
from shared.journal import SYSTEM, Cause, Document
from shared.logs import set_up
from shared.runtime import Runtime, opened
from shared.unit import Unavailable, Unit, run

log = structlog.get_logger()

LEASE = timedelta(seconds=15)
POLL_SECONDS = 0.3
BATCH = 50
AT_ONCE = 8
LONGEST_PAUSE = timedelta(minutes=5)

DueTable = Mapping[str, Handler | Callable[..., Awaitable[Any]]]


def schedule(
    unit: Unit,
    *,
    kind: str,
    subject: str,
    due: datetime,
    client_id: str | None = None,
    data: Mapping[str, Any] | None = None,
    id: str | None = None,
) -> str:
    """Something must happen at this instant (UTC), once. Returns the deadline's id."""
    deadline_id = id or new_id("dl")
    unit.insert(
        "deadlines",
        {
            "_id": deadline_id,
            "kind": kind,
            "subject": subject,
            "client_id": client_id,
            "due": due,
            "data": dict(data or {}),
            "state": "open",
            "leased_until": None,
            "tries": 0,
        },
    )
    return deadline_id


async def call_off(unit: Unit, id: str) -> None:
    """The deadline no longer matters; unknown or completed ones are left alone."""
    deadline = await unit.get("deadlines", id)
    if deadline and deadline["state"] == "open":
        unit.replace("deadlines", {**deadline, "state": "called-off", "ended_at": unit.at})


async def call_off_all(unit: Unit, *, subject: str, kind: str | None = None) -> None:
    query = {"subject": subject, "state": "open", **({"kind": kind} if kind else {})}
    for deadline in await unit.find("deadlines", query):
        unit.replace("deadlines", {**deadline, "state": "called-off", "ended_at": unit.at})


class Deadlines:
    """Leases due rows and runs their use case; a lease is only a claim, the unit decides."""

    def __init__(self, runtime: Runtime, table: DueTable) -> None:
        self._runtime = runtime
        self._table = {
            kind: how if isinstance(how, Handler) else Handler(how) for kind, how in table.items()
        }
        self.lag_seconds = 0.0

    async def work(self) -> int:
        """Complete what is due; returns how many deadlines were taken on."""
        now = self._runtime.clock.now()
        query = {"state": "open", "due": {"$lte": now}, "kind": {"$in": sorted(self._table)}}
        found = self._runtime.database.deadlines.find(query).sort("due", 1).limit(BATCH)
        due = [row async for row in found if not row["leased_until"] or row["leased_until"] < now]
        self.lag_seconds = max(((now - row["due"]).total_seconds() for row in due), default=0.0)
        for start in range(0, len(due), AT_ONCE):
            await asyncio.gather(*(self._take(row) for row in due[start : start + AT_ONCE]))
        return len(due)

    async def _take(self, deadline: Document) -> None:
        now = self._runtime.clock.now()
        pause = min(LEASE * 2 ** min(deadline["tries"], 8), LONGEST_PAUSE)
        leased = await self._runtime.database.deadlines.update_one(
            {"_id": deadline["_id"], "state": "open", "leased_until": deadline["leased_until"]},
            {"$set": {"leased_until": now + pause}, "$inc": {"tries": 1}},
        )
        if leased.modified_count == 0:
            return
        try:
            await self._complete(deadline)
        except (PyMongoError, Unavailable) as error:
            log.warning("deadline_held", deadline_id=deadline["_id"], reason=type(error).__name__)
        except Exception as error:  # one bad deadline must not stop the others
            log.exception(
                "deadline_failed", deadline_id=deadline["_id"], reason=type(error).__name__
            )

    async def _complete(self, deadline: Document) -> None:
        handler = self._table[deadline["kind"]]
        prepared: tuple[Any, ...] = ()
        if handler.prepare is not None:
            prepared = (await handler.prepare(self._runtime, deadline),)

        async def work(unit: Unit) -> None:
            current = await unit.get("deadlines", deadline["_id"])
            if current is None or current["state"] != "open":
                return
            unit.replace("deadlines", {**current, "state": "done", "ended_at": unit.at})
            await handler.run(unit, current, *prepared)

        try:
            await run(self._runtime.database, work, self._cause(deadline), record_refusals=False)
        except Refused as refusal:
            if not refusal.final:
                raise
            await self._give_up(deadline, refusal.code)

    def _cause(self, deadline: Document) -> Cause:
        return Cause(
            id=f"deadline/{deadline['_id']}",
            actor=SYSTEM,
            action=self._table[deadline["kind"]].name,
            at=self._runtime.clock.now(),
            about=tuple(filter(None, (deadline["client_id"], deadline["subject"]))),
        )

    async def _give_up(self, deadline: Document, code: str) -> None:
        """A final refusal ends the deadline in the unit that records it."""

        async def work(unit: Unit) -> None:
            current = await unit.get("deadlines", deadline["_id"])
            if current and current["state"] == "open":
                unit.replace(
                    "deadlines", {**current, "state": "refused", "code": code, "ended_at": unit.at}
                )
            unit.note(code=code)

        await run(self._runtime.database, work, self._cause(deadline))


async def serve(
    runtime: Runtime,
    table: DueTable,
    deliveries: Sending | None,
    stop: asyncio.Event,
) -> None:
    """Work until told to stop; the database being away only makes it wait."""
    deadlines = Deadlines(runtime, table)
    heartbeat = Heartbeat(runtime.settings, "due", runtime.clock)
    while not stop.is_set():
        try:
            taken = await deadlines.work()
            if deliveries is not None:
                taken += await deliveries.work(runtime)
            if heartbeat.due():
                lag = max(deadlines.lag_seconds, deliveries.lag_seconds if deliveries else 0.0)
                where, row = heartbeat.row(lag)
                await runtime.database.processes.update_one(where, row, upsert=True)
        except (PyMongoError, Unavailable) as error:
            log.warning("database_away", error=type(error).__name__)
            taken = 0
        if not taken:
            await _pause(stop, POLL_SECONDS)


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return


def run_due(
    settings_class: type[Settings], table: DueTable, *, deliveries: Sending | None = None
) -> None:
    """The body of every ``services/X/due.py``: settings from the environment, until SIGTERM."""

    async def body() -> None:
        settings = settings_class.read()
        set_up(settings.service, settings.process)
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        async with opened(settings) as runtime:
            await serve(runtime, table, deliveries, stop)

    asyncio.run(body())

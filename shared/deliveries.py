"""Sending something out is a row, and a row is sent at most once.

pending → claimed (a lease, may be re-claimed) → sending (written with the lease token just before
the call; never sent again) → handed_over, failed, unknown → delivered. A definite refusal before
acceptance goes back to pending. What must arrive even at the price of twice is ``repeatable``.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from pymongo import ReturnDocument
from pymongo.errors import PyMongoError

from shared.clock import new_id
from shared.journal import SYSTEM, Cause, Document
from shared.runtime import Runtime
from shared.unit import Unavailable, Unit, run

log = structlog.get_logger()

LEASE = timedelta(seconds=30)
SENDING_LOST_AFTER = timedelta(seconds=60)
CHECKS_HOLD_FOR = timedelta(seconds=2)
BATCH = 20
AT_ONCE = 8
MOST_REFUSALS = 20

FINAL = frozenset({"delivered", "failed", "dropped"})
AFTER: Mapping[str, frozenset[str]] = {
    "pending": frozenset({"dropped", "failed"}),
    "claimed": frozenset({"dropped", "failed"}),
    "sending": frozenset({"handed_over", "failed", "unknown", "delivered"}),
    "handed_over": frozenset({"delivered", "failed"}),
    "unknown": frozenset({"handed_over", "delivered", "failed"}),
}


@dataclass(frozen=True)
class Go:
    """All checks passed at this instant."""


@dataclass(frozen=True)
class Later:
    """Not now (quiet hours, cap, held); try again at ``until``."""

    until: datetime


@dataclass(frozen=True)
class Drop:
    """It must not be sent any more; ``reason`` is a code."""

    reason: str


@dataclass(frozen=True)
class HandedOver:
    reference: str


@dataclass(frozen=True)
class RefusedNow:
    """Definitely not accepted; may be tried again after ``retry_after``."""

    reason: str
    retry_after: timedelta


@dataclass(frozen=True)
class Failed:
    """Definitely not accepted, and never will be."""

    reason: str


@dataclass(frozen=True)
class Unclear:
    """Accepted or not: nobody here can know."""

    reason: str


Verdict = Go | Later | Drop
Result = HandedOver | RefusedNow | Failed | Unclear


def queue(  # noqa: PLR0913  each is a word of the row
    unit: Unit,
    *,
    id: str,
    channel: str,
    purpose: str,
    client_id: str | None,
    not_before: datetime,
    stale_at: datetime,
    about_id: str | None = None,
    repeatable: bool = False,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Write the row. ``id`` names client, purpose and occurrence, so a second one cannot exist."""
    unit.insert(
        "deliveries",
        {
            "_id": id,
            "state": "pending",
            "channel": channel,
            "purpose": purpose,
            "client_id": client_id,
            "at": unit.at,
            "not_before": not_before,
            "stale_at": stale_at,
            "about_id": about_id,
            "repeatable": repeatable,
            "data": dict(data or {}),
            "lease": None,
            "refusals": 0,
            "reference": None,
            "reason": None,
        },
    )


OnState = Callable[[Unit, Document, str], Awaitable[None]]


async def move(unit: Unit, delivery_id: str, state: str, on_state: OnState, **fields: Any) -> bool:
    """Write a new state with its facts; False where the state graph does not allow it."""
    delivery = await unit.get("deliveries", delivery_id)
    if delivery is None or state not in AFTER.get(delivery["state"], frozenset()):
        return False
    moved = {**delivery, "state": state, **fields, "moved_at": unit.at}
    unit.replace("deliveries", moved)
    await on_state(unit, moved, state)
    return True


@dataclass
class Sending:
    """The sender's loop. ``check`` runs after the claim; ``send`` is called at most once a claim
    and never for a row that was ``sending`` before, unless the row is repeatable."""

    check: Callable[[Runtime, Document], Awaitable[Verdict]]
    send: Callable[[Runtime, Document], Awaitable[Result]]
    on_state: OnState
    lag_seconds: float = 0.0

    async def work(self, runtime: Runtime) -> int:
        """Send what is due; returns how many rows were taken on."""
        now = runtime.clock.now()
        await self._settle_lost(runtime, now)
        query = {"state": {"$in": ["pending", "claimed"]}, "not_before": {"$lte": now}}
        found = runtime.database.deliveries.find(query).sort("not_before", 1).limit(BATCH)
        due = [row async for row in found if not row["lease"] or row["lease"]["until"] < now]
        self.lag_seconds = max(
            ((now - row["not_before"]).total_seconds() for row in due), default=0.0
        )
        for start in range(0, len(due), AT_ONCE):
            several = due[start : start + AT_ONCE]
            await asyncio.gather(*(self._guarded(runtime, row["_id"]) for row in several))
        return len(due)

    async def _guarded(self, runtime: Runtime, delivery_id: str) -> None:
        try:
            await self._take(runtime, delivery_id)
        except (PyMongoError, Unavailable):
            raise
        except Exception as error:  # one bad row must not stop the others
            log.exception("delivery_stuck", delivery_id=delivery_id, reason=type(error).__name__)

    async def _take(self, runtime: Runtime, delivery_id: str) -> None:
        token = new_id("lease")
        delivery = await self._claim(runtime, delivery_id, token)
        if delivery is None:
            return
        checked_at = runtime.clock.now()
        verdict = await self.check(runtime, delivery)
        if isinstance(verdict, Later):
            await self._put_back(runtime, delivery_id, token, "claimed", verdict.until)
        elif isinstance(verdict, Drop):
            await self._record(runtime, delivery, "dropped", reason=verdict.reason)
        elif await self._begin_sending(runtime, delivery_id, token):
            if runtime.clock.now() - checked_at > CHECKS_HOLD_FOR:
                await self._put_back(runtime, delivery_id, token, "sending", runtime.clock.now())
                return
            await self._outcome(runtime, delivery, token, await self.send(runtime, delivery))

    async def _claim(self, runtime: Runtime, delivery_id: str, token: str) -> Document | None:
        now = runtime.clock.now()
        free = [{"state": "pending"}, {"state": "claimed", "lease.until": {"$lt": now}}]
        claimed: Document | None = await runtime.database.deliveries.find_one_and_update(
            {"_id": delivery_id, "$or": free, "not_before": {"$lte": now}},
            {"$set": {"state": "claimed", "lease": {"token": token, "until": now + LEASE}}},
            return_document=ReturnDocument.AFTER,
        )
        return claimed

    async def _begin_sending(self, runtime: Runtime, delivery_id: str, token: str) -> bool:
        result = await runtime.database.deliveries.update_one(
            {"_id": delivery_id, "state": "claimed", "lease.token": token},
            {"$set": {"state": "sending", "sending_at": runtime.clock.now()}},
        )
        return result.modified_count == 1

    async def _put_back(
        self, runtime: Runtime, delivery_id: str, token: str, state: str, until: datetime
    ) -> None:
        await runtime.database.deliveries.update_one(
            {"_id": delivery_id, "state": state, "lease.token": token},
            {"$set": {"state": "pending", "lease": None, "not_before": until}},
        )

    async def _outcome(
        self, runtime: Runtime, delivery: Document, token: str, result: Result
    ) -> None:
        match result:
            case HandedOver(reference):
                await self._record(runtime, delivery, "handed_over", reference=reference)
            case Failed(reason):
                await self._record(runtime, delivery, "failed", reason=reason)
            case Unclear() if delivery["repeatable"]:
                await self._refused(runtime, delivery, token, "UNCLEAR", timedelta(seconds=10))
            case Unclear(reason):
                await self._record(runtime, delivery, "unknown", reason=reason)
            case RefusedNow(reason, retry_after):
                await self._refused(runtime, delivery, token, reason, retry_after)

    async def _refused(
        self, runtime: Runtime, delivery: Document, token: str, reason: str, after: timedelta
    ) -> None:
        if delivery["refusals"] + 1 >= MOST_REFUSALS:
            await self._record(runtime, delivery, "failed", reason=reason)
            return
        await runtime.database.deliveries.update_one(
            {"_id": delivery["_id"], "state": "sending", "lease.token": token},
            {
                "$set": {
                    "state": "pending",
                    "lease": None,
                    "reason": reason,
                    "not_before": runtime.clock.now() + after,
                },
                "$inc": {"refusals": 1},
            },
        )

    async def _record(
        self, runtime: Runtime, delivery: Document, state: str, **fields: Any
    ) -> None:
        """The state and its facts in one unit; a callback that was faster has already said more."""
        cause = Cause(
            id=f"delivery/{delivery['_id']}/{state}",
            actor=SYSTEM,
            action=f"delivery.{state}",
            at=runtime.clock.now(),
            about=tuple(filter(None, (delivery["client_id"],))),
        )

        async def work(unit: Unit) -> None:
            await move(unit, delivery["_id"], state, self.on_state, **fields)

        await run(runtime.database, work, cause)

    async def _settle_lost(self, runtime: Runtime, now: datetime) -> None:
        """Rows whose sender died in the call: unknown, unless they may be repeated."""
        lost = {"state": "sending", "sending_at": {"$lt": now - SENDING_LOST_AFTER}}
        async for delivery in runtime.database.deliveries.find(lost).limit(BATCH):
            if delivery["repeatable"]:
                await self._put_back(
                    runtime, delivery["_id"], delivery["lease"]["token"], "sending", now
                )
            else:
                await self._record(runtime, delivery, "unknown", reason="SENDER_LOST")

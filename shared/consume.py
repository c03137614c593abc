"""One record from a topic: handled, duplicate, ignored, waiting or parked. Never raises.

Faust acknowledges an event whose handler raised, so nothing may escape from here. Events of one
client from one topic are applied in the order of their ``sequence``: what cannot be applied yet
stands in that client's queue (collection ``waiting``), and what follows joins it. Facts that
restrict or alarm are applied at once, whatever stands before them.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import structlog
from pymongo.errors import PyMongoError

from shared.confidential import Erased, KeyDeskAway
from shared.contracts.refusal import Refused
from shared.events import EVENT_TYPES, BadEnvelope, Envelope, Event, open_envelope
from shared.journal import SYSTEM, Cause
from shared.runtime import Runtime
from shared.unit import Unavailable, Unit, run
from shared.waiting import Queue, queue_name

log = structlog.get_logger()

EVERY_SERVICE = "platform"
TRIES = 4
FIRST_PAUSE_SECONDS = 0.05  # doubles: all tries together stay below 2 s
AWAY_PAUSE_SECONDS = 1.0


class Outcome(StrEnum):
    HANDLED = "handled"
    DUPLICATE = "duplicate"
    IGNORED = "ignored"
    WAITING = "waiting"
    PARKED = "parked"


class TooEarly(Exception):
    """The state this event needs has not arrived; it waits and is tried again."""


@dataclass(frozen=True)
class Handler:
    """A use case for one event type, or one kind of deadline. ``prepare`` gets the envelope (or the
    deadline) before the unit opens, to fetch keys and permits."""

    run: Callable[..., Awaitable[Any]]
    prepare: Callable[[Runtime, Any], Awaitable[Any]] | None = None

    @property
    def name(self) -> str:
        return self.run.__name__


Handlers = Mapping[str, Sequence[Handler | Callable[..., Awaitable[Any]]]]


def topics_of(handlers: Handlers) -> list[str]:
    """The topics on which these event types travel; seal heads travel on all of them."""
    services = {EVENT_TYPES[type].service for type in handlers} - {EVERY_SERVICE}
    return sorted(f"{service}.events" for service in services)


@dataclass(frozen=True, kw_only=True)
class Record:
    """What came from Kafka, bytes untouched."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None


@dataclass
class Consumer:
    """Applies records to one service's database. One lock per client keeps body and timer apart."""

    runtime: Runtime
    handlers: Handlers
    _locks: dict[str, asyncio.Lock] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.handlers = {
            type: [h if isinstance(h, Handler) else Handler(h) for h in several]
            for type, several in self.handlers.items()
        }
        self.queue = Queue(self.runtime)

    async def consume(self, record: Record) -> Outcome:
        """Durably handle or set aside one record; tries without end while the database is away."""
        pause = AWAY_PAUSE_SECONDS
        while True:
            try:
                outcome = await self._consume(record)
                log.info("event", outcome=outcome, topic=record.topic, offset=record.offset)
                return outcome
            except (PyMongoError, Unavailable) as error:
                log.warning("event_held", reason=type(error).__name__, topic=record.topic)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 10)

    async def _consume(self, record: Record) -> Outcome:
        try:
            envelope = _envelope_of(record)
        except BadEnvelope as error:
            await self.queue.park_unreadable(record, error.code)
            return Outcome.PARKED
        if envelope.key == envelope.service:  # a seal head: not dense, guarded by its own number
            return (await self._try(envelope, in_order=False))[0]
        async with self._lock(envelope.key):
            return await self._in_order(record, envelope)

    def _lock(self, client_id: str) -> asyncio.Lock:
        if len(self._locks) > 10_000:
            self._locks = {name: lock for name, lock in self._locks.items() if lock.locked()}
        return self._locks.setdefault(client_id, asyncio.Lock())

    async def _in_order(self, record: Record, envelope: Envelope) -> Outcome:
        last = await self.queue.position(envelope)
        if envelope.sequence <= last:
            return Outcome.DUPLICATE
        queues = await self.queue.of_client(envelope.key)
        if envelope.sequence > last + 1 or queue_name(envelope) in queues:
            return await self._stand_in_line(record, envelope)
        outcome, reason = await self._try(envelope)
        if outcome in (Outcome.WAITING, Outcome.PARKED):
            await self.queue.join(record, envelope, parked=outcome is Outcome.PARKED, reason=reason)
        elif outcome is Outcome.IGNORED:
            await self.queue.advance(envelope)
        else:
            for queue in queues:  # what waited for this event from another topic
                await self.drain(queue, due_only=False)
        return outcome

    async def _stand_in_line(self, record: Record, envelope: Envelope) -> Outcome:
        if self._is_urgent(envelope):
            await self._try_out_of_turn(envelope)
        await self.queue.join(record, envelope)
        await self.drain(queue_name(envelope), due_only=True)
        applied = await self.queue.position(envelope) >= envelope.sequence
        return Outcome.HANDLED if applied else Outcome.WAITING

    def _is_urgent(self, envelope: Envelope) -> bool:
        try:
            event = envelope.event()
        except BadEnvelope:
            return False
        return event is not None and event.urgent

    async def _try_out_of_turn(self, envelope: Envelope) -> None:
        """Apply an urgent fact at once; its place in the queue remains for the order's sake."""
        outcome, reason = await self._try(envelope, in_order=False)
        if outcome in (Outcome.WAITING, Outcome.PARKED):
            log.error("urgent_event_stuck", reason=reason, event_id=envelope.id)

    async def _try(self, envelope: Envelope, *, in_order: bool = True) -> tuple[Outcome, str]:
        pause = FIRST_PAUSE_SECONDS
        reason = ""
        for _ in range(TRIES):
            try:
                return await self._handle(envelope, in_order=in_order), ""
            except TooEarly:
                return Outcome.WAITING, "TOO_EARLY"
            except Erased:
                return Outcome.IGNORED, "ERASED"
            except BadEnvelope as error:
                return Outcome.PARKED, error.code
            except KeyDeskAway as error:
                return Outcome.WAITING, error.code
            except (PyMongoError, Unavailable):
                raise
            except Refused as error:
                reason = error.code
            except Exception as error:  # nothing may escape: it is parked by name
                reason = type(error).__name__
                log.exception("handler_failed", event_id=envelope.id, reason=reason)
            await asyncio.sleep(pause)
            pause *= 2
        return Outcome.PARKED, reason

    async def _handle(self, envelope: Envelope, *, in_order: bool) -> Outcome:
        event = envelope.event()
        handlers = self.handlers.get(envelope.type, ())
        if event is None or not handlers:
            return Outcome.IGNORED
        replayed = [
            await self._run(handler, envelope, event, in_order and handler is handlers[-1])
            for handler in handlers
            if isinstance(handler, Handler)
        ]
        if all(replayed):
            if in_order:
                await self.queue.advance(envelope)
            return Outcome.DUPLICATE
        return Outcome.HANDLED

    async def _run(self, handler: Handler, envelope: Envelope, event: Event, last: bool) -> bool:
        """Run one handler once; the last one of an event moves the position in its own unit."""
        prepared: tuple[Any, ...] = ()
        if handler.prepare is not None:
            prepared = (await handler.prepare(self.runtime, envelope),)
        cause = Cause(
            id=f"event/{envelope.id}/{handler.name}",
            actor=SYSTEM,
            action=handler.name,
            at=self.runtime.clock.now(),
            causation_id=envelope.id,
            traceparent=envelope.traceparent,
            about=(envelope.key,),
        )

        async def work(unit: Unit) -> None:
            await handler.run(unit, event, *prepared)
            if last:
                self.queue.advance_in(unit, envelope)

        answer = await run(self.runtime.database, work, cause, record_refusals=False)
        return answer.replayed

    async def drain(self, queue: str, *, due_only: bool) -> None:
        """Apply what can be applied from the head of one queue; needs the client's lock."""
        while entry := await self.queue.head(queue, due_only=due_only):
            outcome, reason = await self._try_entry(entry)
            if outcome in (Outcome.WAITING, Outcome.PARKED):
                parked = outcome is Outcome.PARKED
                await self.queue.postpone(entry, parked=parked, reason=reason)
                return
            await self.queue.leave(entry)
            due_only = False

    async def _try_entry(self, entry: Mapping[str, Any]) -> tuple[Outcome, str]:
        if entry["flag"] == "discard":
            return Outcome.IGNORED, "DISCARDED"
        try:
            envelope = open_envelope(entry["value"])
        except BadEnvelope as error:
            return Outcome.PARKED, error.code
        if envelope.sequence > await self.queue.position(envelope) + 1:
            return Outcome.WAITING, "GAP"
        return await self._try(envelope)

    async def retry_due(self, partitions: set[tuple[str, int]]) -> None:
        """The timer's turn: try the heads that are due, of the partitions this worker owns."""
        for queue, client_id in await self.queue.due(partitions):
            async with self._lock(client_id):
                await self.drain(queue, due_only=True)


def _envelope_of(record: Record) -> Envelope:
    """The envelope, if it stands where its source and key say it must."""
    envelope = open_envelope(record.value)
    if record.topic != f"{envelope.service}.events" or record.key != envelope.key.encode():
        raise BadEnvelope("WRONG_PLACE")
    return envelope

"""The queue of events that cannot be applied yet: per source topic and client, by sequence."""

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import bson
from pymongo.errors import DuplicateKeyError

from shared.events import Envelope
from shared.journal import Database, Document
from shared.runtime import Runtime
from shared.unit import Unit

if TYPE_CHECKING:
    from shared.consume import Record

FIRST_RETRY = timedelta(seconds=1)
LONGEST_RETRY = timedelta(minutes=5)
SHOWN_AFTER = timedelta(minutes=15)


def queue_name(envelope: Envelope) -> str:
    return f"{envelope.service}/{envelope.key}"


async def client_is_held(database: Database, client_id: str) -> bool:
    """Whether something about this client is still on its way: hold disclosures and messages."""
    return await database.waiting.find_one({"client_id": client_id}) is not None


class Queue:
    """Documents of ``waiting`` and ``positions``. Only the partition's owner touches them;
    staff set ``flag`` (retry, discard)."""

    def __init__(self, runtime: Runtime) -> None:
        self._database = runtime.database
        self._clock = runtime.clock

    async def position(self, envelope: Envelope) -> int:
        """The last sequence of this key that was applied here; 0 before the first."""
        found = await self._database.positions.find_one({"_id": queue_name(envelope)})
        return int(found["sequence"]) if found else 0

    async def advance(self, envelope: Envelope) -> None:
        await self._database.positions.update_one(
            {"_id": queue_name(envelope)},
            {"$max": {"sequence": envelope.sequence}},
            upsert=True,
        )

    def advance_in(self, unit: Unit, envelope: Envelope) -> None:
        """Move the position together with the effect it stands for."""
        unit.update(
            "positions",
            {"_id": queue_name(envelope)},
            {"$max": {"sequence": envelope.sequence}},
            upsert=True,
        )

    async def of_client(self, client_id: str) -> list[str]:
        """The queues in which something about this client stands."""
        found = self._database.waiting.find({"client_id": client_id}, {"queue": 1})
        return sorted({entry["queue"] async for entry in found})

    async def join(
        self, record: "Record", envelope: Envelope, *, parked: bool = False, reason: str = "BEHIND"
    ) -> None:
        """Stand in line; a redelivered record finds itself there already."""
        entry = {
            "_id": f"{queue_name(envelope)}/{envelope.sequence}",
            "queue": queue_name(envelope),
            "client_id": envelope.key,
            "sequence": envelope.sequence,
            "event_id": envelope.id,
            "type": envelope.type,
            **self._where(record),
            **self._state(parked=parked, reason=reason, tries=1),
        }
        await self._insert(entry)

    async def park_unreadable(self, record: "Record", code: str) -> None:
        """Keep the bytes of something that is not an event; it has no place in any order."""
        place = f"{record.topic}/{record.partition}/{record.offset}"
        entry = {
            "_id": place,
            "queue": f"unreadable/{place}",
            "client_id": None,
            "sequence": 0,
            "event_id": None,
            "type": None,
            **self._where(record),
            **self._state(parked=True, reason=code, tries=1),
        }
        await self._insert(entry)

    def _where(self, record: "Record") -> Document:
        return {
            "topic": record.topic,
            "partition": record.partition,
            "offset": record.offset,
            "key": bson.Binary(record.key) if record.key is not None else None,
            "value": bson.Binary(record.value) if record.value is not None else None,
        }

    def _state(self, *, parked: bool, reason: str, tries: int) -> Document:
        now = self._clock.now()
        wait = min(FIRST_RETRY * 2 ** min(tries - 1, 10), LONGEST_RETRY)
        return {
            "parked": parked,
            "reason": reason,
            "tries": tries,
            "since": now,
            "not_before": None if parked else now + wait,
            "flag": None,
        }

    async def _insert(self, entry: Document) -> None:
        try:
            await self._database.waiting.insert_one(entry)
        except DuplicateKeyError:
            return

    async def head(self, queue: str, *, due_only: bool) -> Document | None:
        """The entry to try next: the lowest sequence, unless it is parked or not yet due."""
        entry: Document | None = await self._database.waiting.find_one(
            {"queue": queue}, sort=[("sequence", 1)]
        )
        if entry is None or entry["flag"] is not None:
            return entry
        if entry["parked"]:
            return None
        if due_only and entry["reason"] not in ("BEHIND", "GAP"):
            return entry if entry["not_before"] <= self._clock.now() else None
        return entry

    async def postpone(self, entry: Mapping[str, Any], *, parked: bool, reason: str) -> None:
        state = self._state(parked=parked, reason=reason, tries=entry["tries"] + 1)
        del state["since"]  # counted from the first time
        await self._database.waiting.update_one({"_id": entry["_id"]}, {"$set": state})

    async def leave(self, entry: Mapping[str, Any]) -> None:
        """Take the entry out after its effect; redone harmlessly if we die in between."""
        if entry["sequence"]:
            await self._database.positions.update_one(
                {"_id": entry["queue"]}, {"$max": {"sequence": entry["sequence"]}}, upsert=True
            )
        await self._database.waiting.delete_one({"_id": entry["_id"]})

    async def due(self, partitions: set[tuple[str, int]]) -> list[tuple[str, str]]:
        """Queues with a due or flagged entry, with the client whose lock they need."""
        now = self._clock.now()
        found = self._database.waiting.find(
            {"$or": [{"not_before": {"$lte": now}}, {"flag": {"$gt": ""}}]},
            {"queue": 1, "client_id": 1, "topic": 1, "partition": 1},
        )
        return sorted(
            {
                (entry["queue"], entry["client_id"] or entry["queue"])
                async for entry in found
                if (entry["topic"], entry["partition"]) in partitions
            }
        )

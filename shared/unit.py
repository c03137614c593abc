"""One transaction: documents with a version check, and one journal row."""

import copy
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pymongo
from pymongo import DeleteOne, InsertOne, ReadPreference, ReplaceOne, ReturnDocument, UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import BulkWriteError, DuplicateKeyError, PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from shared import confidential
from shared.clock import new_id
from shared.contracts.refusal import Refused
from shared.events import MAX_BYTES, Envelope, Event, seal
from shared.journal import Cause, Database, Document, record_refusal, row

TIME_LIMIT_SECONDS = 4
DURABLE = WriteConcern("majority", j=True)


class Conflict(Refused):
    """Somebody else changed this in the meantime."""

    code = "CONFLICT"
    final = False


class AlreadyExists(Refused):
    """There is one of these already."""

    code = "ALREADY_EXISTS"
    final = False


class KeyReused(Refused):
    """This Idempotency-Key was used for a different request."""

    code = "IDEMPOTENCY_KEY_REUSED"
    final = False


class RefusedBefore(Refused):
    """This was asked before under the same key and refused; the answer is the same."""

    final = False

    def __init__(self, code: str) -> None:
        super().__init__()
        self.code = code  # type: ignore[misc]  # the recorded code, not the class's


class Unavailable(Refused):
    """The database did not answer in time; nothing is known to be saved."""

    code = "UNAVAILABLE"
    final = False


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a unit says: ids and versions only. ``replayed`` when it had happened before."""

    body: Mapping[str, Any]
    replayed: bool = False


@dataclass
class Unit:
    """What a use case reads and writes. Writes are kept until it returns, then committed at once.

    The function given to :func:`run` may run more than once, so nothing in it may leave the
    database. ``find`` does not see this unit's own writes; ``get`` does.
    """

    database: Database
    session: AsyncClientSession
    cause: Cause
    _seen: dict[tuple[str, Any], Document | None] = field(default_factory=dict)
    _writes: dict[str, list[Any]] = field(default_factory=dict)
    _expected: dict[str, int] = field(default_factory=dict)
    _documents: list[Document] = field(default_factory=list)
    _events: list[tuple[Event, confidential.Part | None]] = field(default_factory=list)
    _subjects: list[str] = field(default_factory=list)
    _reply: dict[str, Any] = field(default_factory=dict)
    _extra: dict[str, Any] = field(default_factory=dict)

    @property
    def at(self) -> datetime:
        return self.cause.at

    async def get(self, collection: str, id: Any) -> Document | None:
        """The document with this unit's own changes, or None."""
        place = (collection, id)
        if place not in self._seen:
            self._seen[place] = await self.database[collection].find_one(
                {"_id": id}, session=self.session
            )
        return copy.deepcopy(self._seen[place])

    async def find(
        self,
        collection: str,
        query: Mapping[str, Any],
        *,
        sort: Sequence[tuple[str, int]] | None = None,
        limit: int = 0,
    ) -> list[Document]:
        cursor = self.database[collection].find(query, session=self.session, limit=limit)
        if sort:
            cursor = cursor.sort(sort)
        return await cursor.to_list()

    def insert(self, collection: str, document: Document) -> None:
        """Add a document; it starts at version 1. Raises AlreadyExists at commit."""
        stored = {**document, "version": 1}
        self._write(collection, InsertOne(stored), stored)

    def replace(self, collection: str, document: Document) -> None:
        """Change a document that was read at ``document["version"]``; Conflict if it moved on."""
        read_at = document["version"]
        stored = {**document, "version": read_at + 1}
        expected = {"_id": document["_id"], "version": read_at}
        self._write(collection, ReplaceOne(expected, stored), stored)
        self._expected[collection] = self._expected.get(collection, 0) + 1

    def delete(self, collection: str, id: Any) -> None:
        self._writes.setdefault(collection, []).append(DeleteOne({"_id": id}))
        self._seen[(collection, id)] = None

    def update(
        self,
        collection: str,
        query: Mapping[str, Any],
        change: Mapping[str, Any],
        *,
        upsert: bool = False,
    ) -> None:
        """A raw update for guards, counters and leases; Conflict when it matches nothing."""
        self._writes.setdefault(collection, []).append(UpdateOne(query, change, upsert=upsert))
        self._expected[collection] = self._expected.get(collection, 0) + 1

    def emit(self, event: Event, *, part: confidential.Part | None = None) -> None:
        """Publish a fact with this unit; it leaves only if the unit commits."""
        self._events.append((event, part))
        self.about(event.key_value)

    def about(self, *subjects: str) -> None:
        """Whom or what the journal row speaks of."""
        self._subjects.extend(subjects)

    def reply(self, **ids: Any) -> None:
        """Ids, versions and links for the caller; stored with the row, so never personal data."""
        self._reply.update(ids)

    def note(self, **extra: Any) -> None:
        """Further fields of the journal row (a permit's id, a decision's code)."""
        self._extra.update(extra)

    def _write(self, collection: str, operation: Any, stored: Document) -> None:
        self._writes.setdefault(collection, []).append(operation)
        self._seen[(collection, stored["_id"])] = stored
        self._documents.append(
            {"collection": collection, "id": stored["_id"], "version": stored["version"]}
        )

    async def commit(self) -> Document:
        """Write everything inside the open transaction; returns the journal row."""
        for collection, operations in self._writes.items():
            await self._write_all(collection, operations)
        sequences = await self._sequences()
        sealed = self._seal_events(dict(sequences))
        answer = {**self._reply, "service": self.database.name, "streams": _last(sequences, sealed)}
        written = row(
            self.cause,
            outcome="done",
            subjects=self._subjects,
            documents=self._documents,
            events=sealed,
            answer=answer,
            **self._extra,
        )
        await self.database.journal.insert_one(written, session=self.session)
        return written

    async def _write_all(self, collection: str, operations: list[Any]) -> None:
        try:
            result = await self.database[collection].bulk_write(operations, session=self.session)
        except BulkWriteError as error:
            if any(problem["code"] == 11000 for problem in error.details["writeErrors"]):
                raise AlreadyExists from error
            raise
        if result.matched_count + result.upserted_count < self._expected.get(collection, 0):
            raise Conflict

    async def _sequences(self) -> dict[str, int]:
        """The first number for each key: dense, because n+1 cannot commit before n."""
        first: dict[str, int] = {}
        counts: dict[str, int] = {}
        for event, _ in self._events:
            counts[event.key_value] = counts.get(event.key_value, 0) + 1
        for key in sorted(counts):
            stream = await self.database.streams.find_one_and_update(
                {"_id": key},
                {"$inc": {"sequence": counts[key]}},
                upsert=True,
                return_document=ReturnDocument.AFTER,
                session=self.session,
            )
            assert stream is not None  # upserted
            first[key] = stream["sequence"] - counts[key] + 1
        return first

    def _seal_events(self, following: dict[str, int]) -> list[Document]:
        return [self._seal_event(event, part, following) for event, part in self._events]

    def _seal_event(
        self, event: Event, part: confidential.Part | None, following: dict[str, int]
    ) -> Document:
        key = event.key_value
        envelope = Envelope(
            id=new_id("ev"),
            service=self.database.name,
            type=event.type,
            subject=str(getattr(event, event.subject)),
            key=key,
            sequence=following[key],
            time=self.at,
            data=event.model_dump(mode="json"),
            causation_id=self.cause.causation_id,
            traceparent=self.cause.traceparent,
        )
        following[key] += 1
        value = seal(confidential.attach(envelope, part))
        if len(value) > MAX_BYTES:
            raise ValueError(f"{event.type} is larger than {MAX_BYTES} bytes")
        return {
            "id": envelope.id,
            "type": event.type,
            "key": key,
            "sequence": envelope.sequence,
            "value": value,
        }


def _last(first: Mapping[str, int], sealed: Sequence[Document]) -> dict[str, int]:
    return {key: max(e["sequence"] for e in sealed if e["key"] == key) for key in first}


UseCase = Callable[[Unit], Awaitable[Any]]


async def run(
    database: Database, use_case: UseCase, cause: Cause, *, record_refusals: bool = True
) -> Answer:
    """Run one use case once. The same cause again gets the answer of the first time.

    Raises the use case's own refusals (recorded, see ``Refused.final``; a listener parks instead
    and records nothing), Conflict, KeyReused and Unavailable.
    """
    try:
        with pymongo.timeout(TIME_LIMIT_SECONDS):
            return await _in_transaction(database, use_case, cause)
    except DuplicateKeyError:  # two at once: the other one committed first
        with _unavailable_when_silent(), pymongo.timeout(TIME_LIMIT_SECONDS):
            return _answer_of(await database.journal.find_one({"_id": cause.id}), cause)
    except PyMongoError as error:
        raise Unavailable from error
    except (KeyReused, RefusedBefore):
        raise
    except Refused as refusal:
        if not record_refusals:
            raise
        with _unavailable_when_silent(), pymongo.timeout(TIME_LIMIT_SECONDS):
            await _record(database, cause, refusal)
        raise


async def _in_transaction(database: Database, use_case: UseCase, cause: Cause) -> Answer:
    async def attempt(session: AsyncClientSession) -> Answer:
        before = await database.journal.find_one({"_id": cause.id}, session=session)
        if before:
            return _answer_of(before, cause)
        unit = Unit(database, session, cause)
        await use_case(unit)
        return Answer(body=(await unit.commit())["answer"])

    async with database.client.start_session() as session:
        return await session.with_transaction(
            attempt,
            read_concern=ReadConcern("snapshot"),
            write_concern=DURABLE,
            read_preference=ReadPreference.PRIMARY,
        )


def _answer_of(before: Document | None, cause: Cause) -> Answer:
    if before is None:
        raise Conflict
    if before["fingerprint"] != cause.fingerprint:
        raise KeyReused
    if before["outcome"] == "refused":
        raise RefusedBefore(before["code"])
    return Answer(body=before["answer"], replayed=True)


async def _record(database: Database, cause: Cause, refusal: Refused) -> None:
    try:
        await record_refusal(database, cause, refusal.code, final=refusal.final)
    except DuplicateKeyError:
        return  # the same refusal was recorded by the one who asked at the same moment


@contextmanager
def _unavailable_when_silent() -> Iterator[None]:
    try:
        yield
    except PyMongoError as error:
        raise Unavailable from error

"""Journal → Kafka, in order for each key, then seals what was sent: ``python -m shared.relay``.

One relay per service works at a time: a lease with a token, and everything it marks is written in
one transaction that fails if the lease has moved on. A crash between Kafka's confirmation and the
mark repeats a run of events in order; listeners drop them. A change stream only rings the bell;
the poll every second is what makes it right.
"""

import signal
import threading
import time
from collections import defaultdict
from datetime import timedelta
from typing import Any

import structlog
from kafka import KafkaProducer
from kafka.errors import KafkaError
from pymongo import MongoClient, UpdateOne
from pymongo.client_session import ClientSession
from pymongo.errors import PyMongoError
from pymongo.synchronous.database import Database

from shared import journal
from shared.clock import SystemClock, new_id
from shared.config import Process
from shared.contracts.journal import JournalSealed
from shared.events import CONTENT_TYPE, Envelope, seal
from shared.heartbeat import Heartbeat
from shared.journal import AWARE, Document
from shared.kafka_client import security
from shared.logs import set_up

log = structlog.get_logger()

BATCH_ROWS = 200
POLL_SECONDS = 1.0
LEASE = timedelta(seconds=6)
PRODUCE_TIMEOUT_SECONDS = 20
HEAD_EVERY = timedelta(seconds=60)


class LeaseLost(Exception):
    """Another relay took over; nothing this one knows may be written any more."""


class Relay:
    """One pass = one snapshot of unsent rows, sent key by key, then marked and sealed."""

    def __init__(self, settings: Process, database: Database[Document]) -> None:
        self._settings = settings
        self._database = database
        self._clock = SystemClock()
        self._token = new_id("lease")
        self._producer: KafkaProducer | None = None
        self._head_due = self._clock.now()
        self.lag_seconds = 0.0

    # --- lease

    def hold_lease(self) -> bool:
        """Take or extend the lease; False while another relay has it."""
        now = self._clock.now()
        self._database.leases.update_one(
            {"_id": "relay"},
            {"$setOnInsert": {"token": self._token, "until": now + LEASE}},
            upsert=True,
        )
        result = self._database.leases.update_one(
            {"_id": "relay", "$or": [{"token": self._token}, {"until": {"$lt": now}}]},
            {"$set": {"token": self._token, "until": now + LEASE}},
        )
        return result.matched_count == 1

    def release(self) -> None:
        self._database.leases.update_one(
            {"_id": "relay", "token": self._token}, {"$set": {"until": self._clock.now()}}
        )

    def _confirm_lease(self, session: ClientSession) -> None:
        """Write the lease inside the transaction, so that a successor's take-over conflicts.

        The token alone decides: a lease that ran out while Kafka was slow and that nobody took is
        still ours, or a slow broker would make us send the same batch for ever.
        """
        result = self._database.leases.update_one(
            {"_id": "relay", "token": self._token},
            {"$set": {"until": self._clock.now() + LEASE}},
            session=session,
        )
        if result.matched_count == 0:
            raise LeaseLost

    # --- one pass

    def work(self) -> int:
        """Send and seal one batch; returns how many rows were sealed."""
        rows = self._unsent()
        self.lag_seconds = self._age(rows)
        if not rows:
            return 0
        positions = self._send(rows)
        return self._mark_and_seal(
            [row for row in rows if self._is_complete(row, positions)], positions
        )

    def _age(self, rows: list[Document]) -> float:
        oldest = min((row["at"] for row in rows), default=None)
        return (self._clock.now() - oldest).total_seconds() if oldest else 0.0

    def _unsent(self) -> list[Document]:
        """The oldest unsent rows, and every other unsent row of the keys they speak of, from one
        snapshot: so no key can show n+1 without n."""
        with self._database.client.start_session(snapshot=True) as session:
            found = self._database.journal.find({"pending": True}, session=session)
            oldest = list(found.sort("at", 1).limit(BATCH_ROWS))
            keys = {event["key"] for row in oldest for event in row["events"]}
            together = {row["_id"]: row for row in oldest}
            if keys:
                same = {"pending": True, "events.key": {"$in": sorted(keys)}}
                together |= {
                    row["_id"]: row for row in self._database.journal.find(same, session=session)
                }
        return sorted(together.values(), key=lambda row: row["at"])

    def _send(self, rows: list[Document]) -> dict[str, Document]:
        """Produce each key's events by sequence; positions of what Kafka confirmed, by event id.

        After one failed send kafka-python fails every later one, so the producer is thrown away
        and each key starts again at its first unsent event in the next pass.
        """
        streams: dict[str, list[Document]] = defaultdict(list)
        for row in rows:
            for event in row["events"]:
                if event["id"] not in row.get("positions", {}):
                    streams[event["key"]].append(event)
        if not streams:
            return {}
        sent: list[tuple[Document, Any]] = []
        try:
            producer = self._open_producer()
            for key in sorted(streams):
                for event in sorted(streams[key], key=lambda event: event["sequence"]):
                    sent.append((event, self._produce(producer, event)))
            producer.flush(timeout=PRODUCE_TIMEOUT_SECONDS)
        except (KafkaError, TimeoutError) as error:
            log.warning("broker_away", error=type(error).__name__)
            self._drop_producer()
        return self._confirmed(sent)

    def _produce(self, producer: KafkaProducer, event: Document) -> Any:
        return producer.send(
            f"{self._settings.service}.events",
            key=event["key"].encode(),
            value=bytes(event["value"]),
            headers=[
                ("content-type", CONTENT_TYPE.encode()),
                ("ce_id", event["id"].encode()),
                ("ce_type", event["type"].encode()),
            ],
        )

    def _confirmed(self, sent: list[tuple[Document, Any]]) -> dict[str, Document]:
        """Positions, up to the first gap of each key: what follows a failure is not marked."""
        positions: dict[str, Document] = {}
        broken: set[str] = set()
        for event, future in sent:
            if event["key"] in broken:
                continue
            if not future.is_done or future.exception is not None:
                broken.add(event["key"])
                log.error("send_failed", reason=type(future.exception).__name__)
                continue
            place = future.value
            positions[event["id"]] = {
                "partition": place.partition,
                "offset": place.offset,
                "at": self._clock.now(),
            }
        if broken:
            self._drop_producer()
        return positions

    @staticmethod
    def _is_complete(row: Document, positions: dict[str, Document]) -> bool:
        known = {**row.get("positions", {}), **positions}
        return all(event["id"] in known for event in row["events"])

    # --- marks and seals

    def _mark_and_seal(self, rows: list[Document], positions: dict[str, Document]) -> int:
        """One link of the chain over all complete rows, in one transaction with their marks."""
        if not rows:
            return 0

        def transaction(session: ClientSession) -> None:
            self._confirm_lease(session)
            number, previous = self._head(session)
            digests = [{"id": row["_id"], "digest": journal.digest(row)} for row in rows]
            self._database.seals.insert_one(
                {
                    "_id": number + 1,
                    "previous": previous,
                    "rows": digests,
                    "hash": journal.link(previous, number + 1, digests),
                    "at": self._clock.now(),
                },
                session=session,
            )
            marks = [self._mark(row, number + 1, positions) for row in rows]
            self._database.journal.bulk_write(marks, ordered=False, session=session)

        with self._database.client.start_session() as session:
            session.with_transaction(transaction)
        return len(rows)

    def _head(self, session: ClientSession | None = None) -> tuple[int, str]:
        last = self._database.seals.find_one(sort=[("_id", -1)], session=session)
        return (last["_id"], last["hash"]) if last else (0, "")

    @staticmethod
    def _mark(row: Document, number: int, positions: dict[str, Document]) -> UpdateOne:
        ids = [event["id"] for event in row["events"]]
        known = {**row.get("positions", {}), **{id: positions[id] for id in ids if id in positions}}
        change = {"$set": {"seal": number, "positions": known}, "$unset": {"pending": ""}}
        return UpdateOne({"_id": row["_id"], "pending": True}, change)

    def publish_head(self) -> None:
        """Tell the others the newest seal, at most once a minute and until Kafka confirms it."""
        now = self._clock.now()
        number, head = self._head()
        told = self._database.leases.find_one({"_id": "published_head"})
        if now < self._head_due or number == 0 or (told and told["seal"] == number):
            return
        event = JournalSealed(
            publisher=self._settings.service, seal=number, hash=head, sealed_at=now
        )
        envelope = Envelope(
            # with the hash: another one for the same number must not pass for a repetition
            id=f"seal-{self._settings.service}-{number}-{head[:16]}",
            service=self._settings.service,
            type=event.type,
            subject=event.publisher,
            key=event.publisher,
            sequence=number,
            time=now,
            data=event.model_dump(mode="json"),
        )
        row = {"id": envelope.id, "type": event.type, "key": event.key_value, "sequence": number}
        if self._send([{"_id": "head", "events": [{**row, "value": seal(envelope)}]}]):
            self._database.leases.update_one(
                {"_id": "published_head"}, {"$set": {"seal": number}}, upsert=True
            )
            self._head_due = now + HEAD_EVERY

    # --- producer

    def _open_producer(self) -> KafkaProducer:
        if self._producer is None:
            self._producer = KafkaProducer(
                **security(self._settings),
                acks="all",
                enable_idempotence=True,
                linger_ms=5,
                request_timeout_ms=10_000,
                delivery_timeout_ms=PRODUCE_TIMEOUT_SECONDS * 1000,
                max_block_ms=5_000,
                client_id=self._settings.process,
            )
        return self._producer

    def _drop_producer(self) -> None:
        if self._producer is not None:
            producer, self._producer = self._producer, None
            threading.Thread(target=producer.close, kwargs={"timeout": 1}, daemon=True).start()

    def close(self) -> None:
        if self._producer is not None:
            self._producer.close(timeout=2)


class Doorbell(threading.Thread):
    """Wakes the relay when a row is committed. It may fail silently: the poll does the work."""

    def __init__(self, database: Database[Document], ring: threading.Event) -> None:
        super().__init__(daemon=True)
        self._database = database
        self._ring = ring

    def run(self) -> None:
        inserts: list[dict[str, Any]] = [
            {"$match": {"operationType": "insert"}},
            {"$project": {"_id": 1}},
        ]
        while True:
            try:
                with self._database.journal.watch(inserts, max_await_time_ms=5000) as changes:
                    for _ in changes:
                        self._ring.set()
            except PyMongoError:
                time.sleep(POLL_SECONDS)


def main() -> None:
    """Work until told to stop; keep going when the database or the broker is away."""
    settings = Process.read()
    set_up(settings.service, settings.process)
    client: MongoClient[Document] = MongoClient(
        settings.mongo_url, w="majority", journal=True, tz_aware=True, serverSelectionTimeoutMS=3000
    )
    database = client.get_database(settings.mongo_database, codec_options=AWARE)
    relay = Relay(settings, database)
    heartbeat = Heartbeat(settings, "relay", SystemClock())
    stop, ring = threading.Event(), threading.Event()

    def end(*_: Any) -> None:
        stop.set()
        ring.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    Doorbell(database, ring).start()
    while not stop.is_set():
        ring.clear()
        try:
            sealed = relay.work() if relay.hold_lease() else 0
            if heartbeat.due():
                relay.publish_head()
                where, row = heartbeat.row(relay.lag_seconds)
                database.processes.update_one(where, row, upsert=True)
        except LeaseLost:
            log.warning("lease_lost")
            sealed = 0
        except PyMongoError as error:
            log.warning("database_away", error=type(error).__name__)
            sealed = 0
        if not sealed:
            ring.wait(POLL_SECONDS)
    _leave(relay)


def _leave(relay: Relay) -> None:
    try:
        relay.release()
    except PyMongoError as error:
        log.warning("database_away", error=type(error).__name__)
    relay.close()


if __name__ == "__main__":
    main()

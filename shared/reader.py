"""The same delivery contract as the Faust worker, on aiokafka: for hot paths and many topics.

Offsets are committed only after every record of a batch was durably handled or set aside; within a
batch different clients go together, one client's records in order.
"""

import asyncio
import signal
from collections import defaultdict
from collections.abc import Iterable

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import KafkaError
from pymongo.errors import PyMongoError

from shared.config import Settings
from shared.consume import Consumer, Handlers, Record, topics_of
from shared.heartbeat import EVERY_SECONDS, Heartbeat
from shared.kafka_client import security
from shared.logs import set_up
from shared.runtime import Runtime, opened

log = structlog.get_logger()

BATCH = 500
AT_ONCE = 16
WAIT_MS = 250
PAUSE_SECONDS = 1.0


class Reader:
    """Reads batches and hands them to the consumer; ``lag_seconds`` is the age of the oldest."""

    def __init__(self, runtime: Runtime, handlers: Handlers) -> None:
        self._runtime = runtime
        self._consumer = Consumer(runtime, handlers)
        self._topics = topics_of(handlers)
        self.lag_seconds = 0.0

    async def read(self, stop: asyncio.Event) -> None:
        """Until told to stop; starts anew when the broker was away."""
        while not stop.is_set():
            kafka = self._kafka()
            try:
                await kafka.start()
                await self._read_batches(kafka, stop)
            except KafkaError as error:
                log.warning("broker_away", error=type(error).__name__)
                await asyncio.sleep(PAUSE_SECONDS)
            finally:
                await kafka.stop()

    def _kafka(self) -> AIOKafkaConsumer:
        settings = self._runtime.settings
        return AIOKafkaConsumer(
            *self._topics,
            **security(settings),
            group_id=settings.service,
            group_instance_id=f"{settings.process}-{len(self._topics)}",
            client_id=settings.process,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=10_000,
            heartbeat_interval_ms=2_000,
            partition_assignment_strategy=[RangePartitionAssignor],
            isolation_level="read_committed",
        )

    async def _read_batches(self, kafka: AIOKafkaConsumer, stop: asyncio.Event) -> None:
        retried = asyncio.get_running_loop().time()
        while not stop.is_set():
            batches = await kafka.getmany(timeout_ms=WAIT_MS, max_records=BATCH)
            records = [record for several in batches.values() for record in several]
            self.lag_seconds = self._age(records)
            if records:
                await self._apply(records)
                await kafka.commit(_next_offsets(records))
            now = asyncio.get_running_loop().time()
            if now - retried >= PAUSE_SECONDS:
                owned = {(tp.topic, tp.partition) for tp in kafka.assignment()}
                await self._retry(owned)
                retried = now

    async def _retry(self, owned: set[tuple[str, int]]) -> None:
        try:
            await self._consumer.retry_due(owned)
        except PyMongoError as error:
            log.warning("database_away", error=type(error).__name__)

    def _age(self, records: Iterable[ConsumerRecord]) -> float:
        now = self._runtime.clock.now().timestamp()
        return max((now - record.timestamp / 1000 for record in records), default=0.0)

    async def _apply(self, records: list[ConsumerRecord]) -> None:
        by_key: dict[bytes | None, list[ConsumerRecord]] = defaultdict(list)
        for record in records:
            by_key[record.key].append(record)
        room = asyncio.Semaphore(AT_ONCE)

        async def one_key(several: list[ConsumerRecord]) -> None:
            async with room:
                for record in several:
                    await self._consumer.consume(_raw(record))

        await asyncio.gather(*(one_key(several) for several in by_key.values()))


def _raw(record: ConsumerRecord) -> Record:
    return Record(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=record.key,
        value=record.value,
    )


def _next_offsets(records: Iterable[ConsumerRecord]) -> dict[TopicPartition, int]:
    offsets: dict[TopicPartition, int] = {}
    for record in records:
        place = TopicPartition(record.topic, record.partition)
        offsets[place] = max(offsets.get(place, 0), record.offset + 1)
    return offsets


def run_reader(settings_class: type[Settings], handlers: Handlers) -> None:
    """The body of a process that reads topics: settings from the environment, until SIGTERM."""

    async def body() -> None:
        settings = settings_class.read()
        set_up(settings.service, settings.process)
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        async with opened(settings) as runtime:
            reader = Reader(runtime, handlers)
            beating = asyncio.create_task(_beat(runtime, reader))
            await reader.read(stop)
            beating.cancel()

    asyncio.run(body())


async def _beat(runtime: Runtime, reader: Reader) -> None:
    heartbeat = Heartbeat(runtime.settings, "listener", runtime.clock)
    while True:
        where, row = heartbeat.row(reader.lag_seconds)
        try:
            await runtime.database.processes.update_one(where, row, upsert=True)
        except PyMongoError as error:
            log.warning("database_away", error=type(error).__name__)
        await asyncio.sleep(EVERY_SECONDS)

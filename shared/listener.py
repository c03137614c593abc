"""The Faust worker around ``consume``: raw bytes in, one call, nothing else. The only file here
that knows Faust.

Faust acknowledges an event whose handler raised, so the body never raises; ``concurrency=1``; no
tables, no web server, topics made by deployment. Liveness is "my lag does not grow".
"""

import asyncio
import fcntl
import hashlib
import os
import signal
import ssl
import threading
from pathlib import Path
from typing import Any, TextIO

import faust
import structlog
from pymongo.errors import PyMongoError

from shared.config import Settings
from shared.consume import Consumer, Handlers, Record, topics_of
from shared.heartbeat import EVERY_SECONDS, Heartbeat
from shared.kafka_client import MECHANISM
from shared.logs import QUIET, set_up
from shared.runtime import opened

log = structlog.get_logger()

SESSION_SECONDS = 10
STUCK_SECONDS = 10
RETRY_EVERY_SECONDS = 1.0


def listener(settings_class: type[Settings], handlers: Handlers) -> faust.App:
    """The Faust app of one service's listener; settings come from the environment."""
    settings = settings_class.read()
    set_up(settings.service, settings.process)
    topics = topics_of(handlers)
    slot = _Slot(settings)
    data = Path(settings.run_dir) / "faust" / settings.process
    data.mkdir(parents=True, exist_ok=True)
    app = faust.App(
        settings.service,
        broker=f"kafka://{settings.kafka_bootstrap.replace(',', ';kafka://')}",
        broker_credentials=faust.SASLCredentials(
            username=settings.kafka_user,
            password=settings.kafka_password,
            mechanism=MECHANISM,
            **({"ssl_context": _tls()} if settings.kafka_tls else {}),
        ),
        store="memory://",
        web_enabled=False,
        topic_disable_leader=True,
        topic_allow_declare=False,
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=f"{slot.name}-{_short_hash(topics)}",
        broker_session_timeout=SESSION_SECONDS,
        broker_heartbeat_interval=2,
        broker_request_timeout=SESSION_SECONDS + 20,
        broker_commit_interval=1.0,
        key_serializer="raw",
        value_serializer="raw",
        datadir=str(data),
        logging_config=QUIET,
    )
    _Listening(app, settings, handlers, topics)
    app.throughline_slot = slot  # the lock lasts as long as the app
    return app


class _Listening:
    """One agent for all topics, a timer for what waits, a heartbeat with the lag."""

    def __init__(
        self, app: faust.App, settings: Settings, handlers: Handlers, topics: list[str]
    ) -> None:
        self._app = app
        self._settings = settings
        self._handlers = handlers
        self._opened: asyncio.Future[Consumer] | None = None
        self._behind_since: dict[tuple[str, int], float] = {}
        channel = app.topic(*topics, key_serializer="raw", value_serializer="raw")
        app.agent(channel, concurrency=1, name=f"{settings.service}.listen")(self._listen)
        app.timer(RETRY_EVERY_SECONDS, name=f"{settings.service}.retry")(self._retry)
        app.timer(EVERY_SECONDS, name=f"{settings.service}.heartbeat")(self._beat)
        app.on_before_shutdown.connect(self._watch_the_end)
        self._heartbeat: Heartbeat | None = None

    async def _consumer(self) -> Consumer:
        """Opened on the worker's own event loop, at first use."""
        if self._opened is None:
            self._opened = asyncio.get_running_loop().create_future()
            # kept, or it would be closed as soon as nobody holds it; ends with the process
            self._opening = opened(self._settings)
            runtime = await self._opening.__aenter__()
            self._heartbeat = Heartbeat(self._settings, "listener", runtime.clock)
            self._opened.set_result(Consumer(runtime, self._handlers))
        return await asyncio.shield(self._opened)

    async def _listen(self, stream: Any) -> None:
        consumer = await self._consumer()
        async for event in stream.events():
            message = event.message
            record = Record(
                topic=message.topic,
                partition=message.partition,
                offset=message.offset,
                key=message.key,
                value=message.value,
            )
            await consumer.consume(record)

    async def _retry(self) -> None:
        consumer = await self._consumer()
        owned = {(tp.topic, tp.partition) for tp in self._app.consumer.assignment()}
        try:
            await consumer.retry_due(owned)
        except PyMongoError as error:
            log.warning("database_away", error=type(error).__name__)

    async def _beat(self) -> None:
        consumer = await self._consumer()
        assert self._heartbeat is not None
        where, row = self._heartbeat.row(self._lag_seconds(), partitions=self._assigned())
        try:
            await consumer.runtime.database.processes.update_one(where, row, upsert=True)
        except PyMongoError as error:
            log.warning("database_away", error=type(error).__name__)

    def _assigned(self) -> int:
        return len(self._app.consumer.assignment())

    def _lag_seconds(self) -> float:
        """How long a partition has had records beyond what this worker has read."""
        now = asyncio.get_running_loop().time()
        consumer = self._app.consumer
        for tp in consumer.assignment():
            end = consumer.highwater(tp)
            read = consumer._read_offset.get(tp)  # Faust offers no public way
            place = (tp.topic, tp.partition)
            if end and (read is None or read + 1 < end):
                self._behind_since.setdefault(place, now)
            else:
                self._behind_since.pop(place, None)
        return max((now - since for since in self._behind_since.values()), default=0.0)

    def _watch_the_end(self, *_: Any, **__: Any) -> None:
        _end_if_stuck()


class _Slot:
    """The worker's fixed name, held by a lock file: two live ones with one name would fight."""

    def __init__(self, settings: Settings) -> None:
        folder = Path(settings.run_dir) / "slots"
        folder.mkdir(parents=True, exist_ok=True)
        self.name = settings.process
        self._file: TextIO = (folder / f"{self.name}.lock").open("w")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise SystemExit(f"the worker slot {self.name} is taken") from None


def _short_hash(topics: list[str]) -> str:
    """A worker restarted under the same name with one topic more would never read it."""
    return hashlib.sha256(",".join(topics).encode()).hexdigest()[:8]


def _end_if_stuck() -> None:
    """A stuck handler keeps Faust's shutdown waiting for ever; nothing unhandled is committed."""

    def end() -> None:
        log.error("stuck_at_end", signal=signal.SIGTERM.name)
        os._exit(1)

    watchdog = threading.Timer(STUCK_SECONDS, end)
    watchdog.daemon = True
    watchdog.start()


def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()

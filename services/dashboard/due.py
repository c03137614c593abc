"""The dashboard's own clock: it has no deadlines, but looks after the other services' machinery.

What waits or was set aside for long becomes a row of My day, and what is unsent makes the banner.
"""

import asyncio
import signal
from datetime import datetime, timedelta
from typing import Any

import httpx
import structlog
from pymongo.errors import PyMongoError

from services.dashboard.readmodels import rows, store
from services.dashboard.settings import Settings
from shared.due import serve
from shared.journal import SYSTEM, Document, once
from shared.logs import set_up
from shared.runtime import Runtime, opened
from shared.unit import Unavailable, Unit, run
from shared.waiting import SHOWN_AFTER

log = structlog.get_logger()

EVERY_SECONDS = 10.0
SERVICES = ("intake", "aftercare", "referrals", "notifications", "dashboard")


async def watch(runtime: Runtime, stop: asyncio.Event) -> None:
    while not stop.is_set():
        for service in SERVICES:
            try:
                await look_at(runtime, service)
            except (PyMongoError, Unavailable, httpx.HTTPError) as error:
                log.warning("not_watched", watched=service, reason=type(error).__name__)
        try:
            await asyncio.wait_for(stop.wait(), EVERY_SECONDS)
        except TimeoutError:
            continue


async def look_at(runtime: Runtime, service: str) -> None:
    """Ask one service about its machinery and keep what matters to the pages."""
    answer = await runtime.http.get(
        runtime.settings.url_of(service) + "/internal/operations",
        headers={"Authorization": f"Bearer {runtime.tokens.for_service(service)}"},
    )
    answer.raise_for_status()
    told = answer.json()
    now = runtime.clock.now()
    oldest = told["unsent"]["oldest_seconds"]
    unsent_since = now - timedelta(seconds=oldest) if oldest else None
    await runtime.database.watched.update_one(
        {"_id": service}, {"$set": {"at": now, "unsent_since": unsent_since}}, upsert=True
    )
    held = {
        f"held/{service}/{entry['id']}": entry for entry in told["waiting"] if _is_old(entry, now)
    }
    open_rows = {"kind": "held", "params.service": service, "state": "open"}
    known = {row["_id"] async for row in runtime.database.rows.find(open_rows, {"_id": 1})}
    if held.keys() == known:
        return

    async def work(unit: Unit) -> None:
        await _keep_held(unit, service, held, known)

    await run(runtime.database, work, once(SYSTEM, "watch", now, service))


def _is_old(entry: dict[str, Any], now: datetime) -> bool:
    return bool(entry["parked"]) or datetime.fromisoformat(entry["since"]) <= now - SHOWN_AFTER


async def _keep_held(
    unit: Unit, service: str, held: dict[str, dict[str, Any]], known: set[str]
) -> None:
    for id in sorted(held.keys() - known):
        entry = held[id]
        document = await _held_row(unit, service, id, entry)
        await store.put(unit, "rows", document)
    for id in sorted(known - held.keys()):
        row = await unit.get("rows", id)
        if row is not None:
            unit.replace("rows", {**row, "state": "done"})


async def _held_row(unit: Unit, service: str, id: str, entry: dict[str, Any]) -> Document:
    """Entries are named "<service>/<key>/<sequence>": the key is the client, where it is one."""
    key = entry["id"].split("/")[1] if entry["id"].count("/") > 1 else ""
    client = await unit.get("clients", key)
    row = rows.Row(
        id=id,
        kind="held",
        client_id=client["_id"] if client else None,
        about_id=entry["id"],
        params={
            "service": service,
            "parked": entry["parked"],
            "reason": entry["reason"],
            "client": client is not None,
        },
        appears_at=unit.at,
        opened_at=datetime.fromisoformat(entry["since"]),
        level=client["level"] if client else None,
        rank=rows.rank_of("held", client["level"] if client else None),
    )
    audience = {name: client[name] if client else None for name in ("site_id", "counselor_id")}
    return {**store.of(row), **audience}


async def body() -> None:
    settings = Settings.read()
    set_up(settings.service, settings.process)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with opened(settings) as runtime:
        await asyncio.gather(serve(runtime, {}, None, stop), watch(runtime, stop))


def main() -> None:
    asyncio.run(body())


if __name__ == "__main__":
    main()

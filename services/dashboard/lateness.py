"""How old what the pages show may be, measured and not guessed."""

from dataclasses import dataclass
from datetime import timedelta

from services.dashboard import times
from shared.heartbeat import STALE_AFTER_SECONDS
from shared.runtime import Runtime

LISTENER = "dashboard-listener"
SHOWN_AFTER = 30.0
ALARMING_AFTER = 300.0


@dataclass(frozen=True)
class Lateness:
    seconds: float | None
    """None before the listener has ever said anything."""

    @property
    def updated(self) -> str:
        if self.seconds is None:
            return "Not updated yet"
        return f"Updated {times.span(timedelta(seconds=max(self.seconds, 1)))} ago"

    @property
    def banner(self) -> dict[str, str] | None:
        if self.seconds is None or self.seconds <= SHOWN_AFTER:
            return None
        late = f"Updates run {times.span(timedelta(seconds=self.seconds))} late."
        if self.seconds > ALARMING_AFTER:
            return {"kind": "stop", "text": f"{late} Check by phone before urgent decisions."}
        return {"kind": "wait", "text": f"{late} What you type is saved."}


async def look(runtime: Runtime) -> Lateness:
    """The worst of: our listener behind or silent, and rows that a service has not yet sent."""
    now = runtime.clock.now()
    row = await runtime.database.processes.find_one({"_id": LISTENER})
    if row is None:
        return Lateness(None)
    silent = (now - row["at"]).total_seconds()
    seconds = max(row["lag_seconds"], silent if silent > STALE_AFTER_SECONDS else 0.0)
    async for watched in runtime.database.watched.find({}, {"unsent_since": 1}):
        if watched.get("unsent_since"):
            seconds = max(seconds, (now - watched["unsent_since"]).total_seconds())
    return Lateness(seconds)

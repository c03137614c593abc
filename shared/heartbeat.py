"""Each process without HTTP says every two seconds that it lives and how far behind it is."""

import os
import time
from collections.abc import Mapping
from typing import Any

from shared.clock import Clock
from shared.config import Process
from shared.journal import Document

EVERY_SECONDS = 2.0
STALE_AFTER_SECONDS = 10.0


class Heartbeat:
    """The row of this process in ``processes``; ``due()`` says when to write it again."""

    def __init__(self, settings: Process, kind: str, clock: Clock) -> None:
        self._settings = settings
        self._kind = kind
        self._clock = clock
        self._last = 0.0

    def due(self) -> bool:
        return time.monotonic() - self._last >= EVERY_SECONDS

    def row(self, lag_seconds: float, **counts: Any) -> tuple[Mapping[str, Any], Document]:
        """Filter and update for an upsert of this process's row."""
        self._last = time.monotonic()
        fields = {
            "kind": self._kind,
            "pid": os.getpid(),
            "at": self._clock.now(),
            "lag_seconds": round(max(lag_seconds, 0.0), 3),
            **counts,
        }
        return {"_id": self._settings.process}, {"$set": fields}

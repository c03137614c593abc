"""What was sent, in memory and in a file that outlives a restart."""

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FINAL = frozenset({"delivered", "undelivered", "failed"})


@dataclass(frozen=True)
class Text:
    sid: str
    direction: str  # outbound, reply, inbound
    to: str
    sender: str
    body: str
    at: str
    status: str
    seq: int = 0
    status_callback: str = ""
    callbacks: str = "ok"


@dataclass(frozen=True)
class Mail:
    sid: str
    to: list[str]
    sender: str
    subject: str
    text: str
    headers: dict[str, str]
    at: str
    seq: int = 0


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class Kept:
    """One line a fact; what is read back at start is exactly what was written."""

    def __init__(self, file: Path) -> None:
        self.texts: dict[str, Text] = {}
        self.mails: list[Mail] = []
        self.calls: Counter[tuple[str, str, str]] = Counter()
        self._seq = 0
        for line in _lines(file):
            self._apply(**line)
        file.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(file, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)

    def close(self) -> None:
        os.close(self._file)

    def add_text(self, text: Text) -> None:
        self._write(kind="text", fact=asdict(replace(text, seq=self._seq + 1)))

    def add_mail(self, mail: Mail) -> None:
        self._write(kind="mail", fact=asdict(replace(mail, seq=self._seq + 1)))

    def set_status(self, sid: str, status: str) -> None:
        """A final status stays, as at the real provider."""
        if self.texts[sid].status not in FINAL:
            self._write(kind="status", fact={"sid": sid, "status": status})

    def count_call(self, kind: str, to: str, body: str) -> None:
        """Every call counts, refused ones too: this is how a test proves "called once"."""
        digest = hashlib.sha256(body.encode()).hexdigest()
        self._write(kind="call", fact={"kind": kind, "to": to, "digest": digest})

    def clear(self) -> None:
        os.ftruncate(self._file, 0)
        self._write(kind="cleared", fact={"seq": self._seq})

    def undelivered(self) -> list[Text]:
        waiting = [text for text in self.texts.values() if text.status not in FINAL]
        return [text for text in waiting if text.direction == "outbound"]

    def _write(self, kind: str, fact: dict[str, Any]) -> None:
        self._apply(kind, fact)
        # The line break goes first, so that a line torn by a kill does not swallow the next.
        os.write(self._file, ("\n" + json.dumps({"kind": kind, "fact": fact})).encode())

    def _apply(self, kind: str, fact: dict[str, Any]) -> None:
        match kind:
            case "text":
                self.texts[fact["sid"]] = Text(**fact)
            case "mail":
                self.mails.append(Mail(**fact))
            case "status":
                text = self.texts[fact["sid"]]
                self.texts[fact["sid"]] = replace(text, status=fact["status"])
            case "call":
                self.calls[fact["kind"], fact["to"], fact["digest"]] += 1
            case "cleared":
                self.texts, self.mails, self.calls = {}, [], Counter()
        self._seq = max(self._seq, fact.get("seq", 0))


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    if not file.exists():
        return
    for line in file.read_bytes().splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            continue  # torn by a kill

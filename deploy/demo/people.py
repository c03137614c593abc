"""Who plays in the story: staff with their logins, the client with a phone, the partner."""

import os
import random
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import httpx

from deploy.demo.visitor import NotThere, Visitor
from deploy.embedded import free_ports

ZONES = (
    "America/New_York",
    "America/Los_Angeles",
    "Pacific/Honolulu",
    "Pacific/Guam",
    "Asia/Kolkata",
    "Europe/Madrid",
)
DAY_BEGINS, DAY_ENDS = 9, 19  # the story fits well before quiet hours (R5.2)
PATIENCE_SECONDS = 40.0
T = TypeVar("T")


class DidNotHappen(Exception):
    """What the story waited for did not become visible in time."""


def until(what: str, look: Callable[[], T | bool | None], within: float = PATIENCE_SECONDS) -> T:
    """The first true answer of ``look``; DidNotHappen, naming ``what``, when there is none."""
    ends = time.monotonic() + within
    while True:
        try:
            found = look()
        except (NotThere, httpx.HTTPError):
            found = None
        if found:
            return found  # type: ignore[return-value]  # truthy, so it is a T
        if time.monotonic() > ends:
            raise DidNotHappen(what)
        time.sleep(0.1)


def daylight_zone(now: datetime | None = None) -> str:
    """Somewhere it is day now, so that texts may be sent at any hour of the demo."""
    now = now or datetime.now(UTC)
    return next(
        zone for zone in ZONES if DAY_BEGINS <= now.astimezone(ZoneInfo(zone)).hour < DAY_ENDS
    )


def sign_in(dashboard: str, logins: Path, role: str) -> Visitor:
    """A staff member of this role at the dashboard; the password is in the file of ``make up``."""
    for line in logins.read_text().splitlines():
        kept_role, email, password = line.split()
        if kept_role == role:
            visitor = Visitor()
            visitor.open(f"{dashboard}/sign-in")
            page = visitor.send("/sign-in", email=email, password=password)
            if "sign-in" in page.url:
                raise DidNotHappen(f"{role} could not sign in")
            return visitor
    raise DidNotHappen(f"no login for {role}")


@dataclass(frozen=True)
class Phone:
    """A client's phone: reads what the provider delivered and writes back."""

    number: str
    provider: str
    began: str

    @classmethod
    def new(cls, provider: str) -> "Phone":
        area = random.choice((410, 443, 301, 202, 215, 312, 415, 505, 602, 713))  # noqa: S311
        number = f"+1{area}555{100 + secrets.randbelow(100):04d}"
        return cls(number, provider, datetime.now(UTC).isoformat())

    def texts(self) -> list[str]:
        answer = httpx.get(
            f"{self.provider}/messages",
            params={"to": self.number, "since": self.began},
            trust_env=False,
        )
        return [str(each["body"]) for each in answer.json()]

    def text_with(self, pattern: str, *, after: int = 0) -> re.Match[str]:
        """The newest text, of those after the first ``after``, in which ``pattern`` is found."""

        def look() -> re.Match[str] | None:
            found = [re.search(pattern, body) for body in self.texts()[after:]]
            return next((match for match in reversed(found) if match), None)

        return until(f"a text like {pattern}", look)

    def write(self, body: str) -> None:
        sent = {"from": self.number, "to": "+14105550100", "body": body}
        httpx.post(f"{self.provider}/inbound", json=sent, trust_env=False).raise_for_status()


class PartnerSystem:
    """The example partner of ``examples/partner``, run as its owner would run it."""

    def __init__(self, home: Path, center_url: str) -> None:
        self._home = home
        self._center_url = center_url
        self.port = free_ports(1)[0]
        self.client_id = ""
        self._server: subprocess.Popen[str] | None = None
        self.log = home / "received.log"

    @property
    def webhook_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/webhooks"

    def public_keys(self) -> str:
        return self._run("keys")

    def serve(self, secret: str) -> None:
        self._home.mkdir(parents=True, exist_ok=True)
        self._server = subprocess.Popen(
            [*self._command("serve"), "--port", str(self.port)],
            env={**self._environment(), "WEBHOOK_SECRET": secret, "PYTHONUNBUFFERED": "1"},
            stdout=self.log.open("w"),
            text=True,
        )

    def was_told(self, kind: str, referral_id: str) -> bool:
        return f"{kind} {referral_id}" in self.log.read_text()

    def run(self, *arguments: str) -> str:
        """A one-shot command; raises DidNotHappen with its words when it was refused."""
        return self._run(*arguments)

    def refused(self, *arguments: str) -> str:
        """The code with which the center refused this command."""
        done = self._call(*arguments)
        return "" if done.returncode == 0 else done.stderr

    def close(self) -> None:
        if self._server is not None:
            self._server.terminate()
            self._server.wait(timeout=10)

    def _run(self, *arguments: str) -> str:
        done = self._call(*arguments)
        if done.returncode:
            raise DidNotHappen(f"partner {arguments[0]}: {done.stderr.strip()[-300:]}")
        return done.stdout

    def _call(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self._command(*arguments),
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    @staticmethod
    def _command(*arguments: str) -> list[str]:
        return [sys.executable, "-m", "examples.partner", *arguments]

    def _environment(self) -> dict[str, str]:
        told: dict[str, Any] = {
            "PARTNER_HOME": str(self._home),
            "CENTER_URL": self._center_url,
            "PARTNER_ID": self.client_id or "unknown",
        }
        return {**os.environ, **told}

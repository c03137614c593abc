"""The whole house in one process: the dashboard's pages in front of the real owners, each on its
own database; facts are carried from journals to listeners by hand, so that tests say when."""

import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from services.dashboard import staff_cli
from services.notifications.signature import sign
from shared.clock import SteppedClock
from shared.consume import Consumer, Handlers, Outcome, Record
from shared.events import BadEnvelope, Envelope, Event, open_envelope, seal
from shared.runtime import Runtime

PASSWORD = "a long enough password"
SITE = "site_main"
HTML = {"Accept": "text/html"}


@dataclass
class Browser:
    """One person's browser: keeps its cookie, follows nothing by itself."""

    web: httpx.AsyncClient

    async def get(self, path: str) -> httpx.Response:
        return await self.web.get(path, headers=HTML)

    async def post(self, path: str, **values: Any) -> httpx.Response:
        return await self.web.post(path, data=values, headers=HTML)

    async def submit(self, page: str, action: str, **values: Any) -> httpx.Response:
        """Fill in the form with this action on this page, hidden fields kept, and send it."""
        answer = await self.get(page)
        assert answer.status_code == 200, (page, answer.status_code)
        return await self.send(answer.text, action, **values)

    async def send(self, text: str, action: str, **values: Any) -> httpx.Response:
        return await self.post(action, **{**hidden(text, action), **values})

    async def sign_in(self, email: str, password: str = PASSWORD) -> httpx.Response:
        return await self.post("/sign-in", email=email, password=password)


def hidden(text: str, action: str) -> dict[str, str]:
    """The hidden fields of the form that posts there."""
    forms = re.findall(r"<form[^>]*action=\"([^\"]*)\"[^>]*>(.*?)</form>", text, re.DOTALL)
    inside = next((content for there, content in forms if there == action), None)
    assert inside is not None, f"no form posts to {action}: {[there for there, _ in forms]}"
    fields = re.findall(r"<input type=\"hidden\" name=\"([^\"]+)\" value=\"([^\"]*)\"", inside)
    return {name: html.unescape(value) for name, value in fields}


def words_of(text: str) -> str:
    """What a person reads: no tags, one space."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", text)))


@dataclass
class House:
    runtimes: Mapping[str, Runtime]
    handlers: Mapping[str, Handlers]
    listens: Mapping[str, Iterable[str]]
    clock: SteppedClock
    app: Any
    _offset: int = 0
    _carried: set[str] = field(default_factory=set)
    _sequences: dict[tuple[str, str], int] = field(default_factory=dict)

    @property
    def runtime(self) -> Runtime:
        return self.runtimes["dashboard"]

    def browser(self) -> Browser:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        return Browser(httpx.AsyncClient(transport=transport, base_url="http://dashboard.test"))

    async def hire(self, name: str, *roles: str, sites: Iterable[str] = (SITE,)) -> str:
        """An account whose e-mail is the name; returns the staff id."""
        staff_id, _ = await staff_cli.add_to(
            self.runtime,
            email=f"{name.lower()}@example.org",
            name=name,
            roles=roles,
            sites=list(sites),
            password=PASSWORD,
        )
        return staff_id

    async def signed_in(self, name: str) -> Browser:
        browser = self.browser()
        answer = await browser.sign_in(f"{name.lower()}@example.org")
        assert answer.status_code == 303, words_of(answer.text)[:300]
        return browser

    async def arrive(self, event: Event) -> Outcome:
        """A fact comes from its topic to the dashboard alone."""
        place = (event.service, event.key_value)
        sequence = self._sequences[place] = self._sequences.get(place, 0) + 1
        return await self.deliver(self.sealed(event, sequence), event.key_value)

    async def deliver(self, value: bytes, key: str) -> Outcome:
        """These bytes come to the dashboard, as they are."""
        return await self._deliver("dashboard", value, key)

    def sealed(self, event: Event, sequence: int) -> bytes:
        """A seal head comes from the service that it is about; its hash is part of its id."""
        head = getattr(event, "hash", "")
        return seal(
            Envelope(
                id=f"ev_{event.service}_{event.key_value}_{sequence}_{head}",
                service=getattr(event, "publisher", event.service),
                type=event.type,
                subject=str(getattr(event, event.subject)),
                key=event.key_value,
                sequence=sequence,
                time=self.clock.now(),
                data=event.model_dump(mode="json"),
            )
        )

    async def _deliver(self, service: str, value: bytes, key: str) -> Outcome:
        self._offset += 1
        try:
            topic = f"{open_envelope(value).service}.events"
        except BadEnvelope:
            topic = "intake.events"
        record = Record(
            topic=topic,
            partition=0,
            offset=self._offset,
            key=key.encode(),
            value=value,
        )
        return await Consumer(self.runtimes[service], self.handlers[service]).consume(record)

    async def text(self, number: str, body: str) -> None:
        """Somebody writes to the center's number, as the provider tells it."""
        settings: Any = self.runtimes["notifications"].settings
        url = f"{settings.public_urls['notifications']}/webhooks/sms/inbound"
        sid = f"SM{len(body):032d}"
        told = {"MessageSid": sid, "From": number, "To": settings.sms_from, "Body": body}
        signed = sign(settings.sms_auth_tokens[0], url, list(told.items()))
        headers = {"X-Twilio-Signature": signed}
        answer = await self.runtime.http.post(url, data=told, headers=headers)
        assert answer.status_code == 200, answer.text

    async def sign(self, url: str, name: str) -> None:
        """The client reads the consent on the tablet and agrees."""
        tablet = self.runtimes["intake"].http
        page = await tablet.get(url, headers=HTML)
        for answers in ({}, {"name": name, "answer": "agree"}):
            action = html.unescape(re.findall(r"<form[^>]*action=\"([^\"]+)\"", page.text)[-1])
            sent = {**hidden(page.text, action), **answers}
            page = await tablet.post(page.url.join(action), data=sent, headers=HTML)
            while page.is_redirect:
                there = page.url.join(page.headers["location"])
                page = await tablet.get(there, headers=HTML)
        assert page.is_success, words_of(page.text)

    async def carry(self) -> int:
        """Every fact in every journal to everyone who listens, until nothing new is said."""
        carried = 0
        while fresh := await self._fresh():
            for service, event in fresh:
                for listener, topics in self.listens.items():
                    if service in topics and listener in self.runtimes:
                        await self._deliver(listener, event["value"], event["key"])
                self._carried.add(event["id"])
                carried += 1
        return carried

    async def _fresh(self) -> list[tuple[str, dict[str, Any]]]:
        found = [
            (service, event)
            for service, runtime in self.runtimes.items()
            async for row in runtime.database.journal.find({"events.0": {"$exists": True}})
            for event in row["events"]
            if event["id"] not in self._carried
        ]
        return sorted(found, key=lambda item: (item[1]["key"], item[1]["sequence"]))

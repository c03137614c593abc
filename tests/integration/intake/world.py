"""Intake as its callers meet it: staff and services by token, people by page; facts to look at."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import FastAPI

from services.intake.due import DUE
from services.intake.handlers import HANDLERS
from services.intake.keydesk.desk import desk_of
from shared import links
from shared.auth import COUNSELOR, INTAKE_WORKER, SUPERVISOR, Staff, Tokens
from shared.clock import SteppedClock
from shared.confidential import read_part
from shared.consume import Consumer, Outcome, Record
from shared.due import Deadlines
from shared.events import Envelope, Event, open_envelope, seal
from shared.runtime import Runtime

SITE = "site_main"
WORKER = Staff(id="st_worker", roles=(INTAKE_WORKER,), sites=(SITE,))
SUPER = Staff(id="st_super", roles=(SUPERVISOR,), sites=(SITE,))
STRANGER = Staff(id="st_far", roles=(INTAKE_WORKER, SUPERVISOR), sites=("site_far",))
PHONE, MAIL = "+12025550142", "dana@example.org"

CARD: dict[str, Any] = {
    "given_name": "Dana",
    "family_name": "Ruiz",
    "birth_date": "1990-03-04",
    "language": "en",
    "time_zone": "America/Chicago",
    "contact_points": [
        {"channel": "sms", "value": "(202) 555-0142"},
        {"channel": "email", "value": MAIL},
    ],
    "safe_voicemail": False,
    "unencrypted_ok": True,
}
CONSENT: dict[str, Any] = {
    "recipient_id": "pt_hope",
    "recipient_name": "Hope House",
    "recipient_kind": "organization",
    "purpose": "housing",
    "categories": ["identity", "contact", "housing_need"],
    "description": "Name, phone and that a room is needed",
    "expires_on": "2026-12-02",
}
PERMIT: dict[str, Any] = {
    "recipient_id": "pt_hope",
    "purpose": "housing",
    "categories": ["identity", "contact", "housing_need"],
    "about_id": "ref_1",
    "channel": "api",
    "notice": True,
    "scope_copy": True,
}


def counselor(client_id: str, relation: str = "own") -> Staff:
    return Staff(
        id="st_counselor",
        roles=(COUNSELOR,),
        sites=(SITE,),
        client_id=client_id,
        relation=relation,
    )


@dataclass
class World:
    runtime: Runtime
    clock: SteppedClock
    app: FastAPI
    web: httpx.AsyncClient
    signing_keys: Mapping[str, str]
    sequence: int = 0

    # --- who asks

    def _tokens(self, service: str) -> Tokens:
        key = base64.b64decode(self.signing_keys[service])
        told = {"service": service, "signing_key": key}
        return Tokens(self.runtime.settings.model_copy(update=told), self.clock)

    def staff(self, staff: Staff, key: str | None = None) -> dict[str, str]:
        token = self._tokens("dashboard").for_staff("intake", staff)
        headers = {"Authorization": f"Bearer {token}"}
        return headers | ({"Idempotency-Key": key} if key else {})

    def service(self, name: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._tokens(name).for_service('intake')}"}

    async def post(
        self, path: str, body: Any, staff: Staff = WORKER, key: str | None = None
    ) -> httpx.Response:
        return await self.web.post(path, json=body, headers=self.staff(staff, key))

    async def get(self, path: str, staff: Staff = WORKER) -> httpx.Response:
        return await self.web.get(path, headers=self.staff(staff))

    # --- the story, step by step

    async def register(self, **changes: Any) -> dict[str, Any]:
        answer = await self.post("/clients", {**CARD, "site_id": SITE, **changes})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def draft(self, client_id: str, **changes: Any) -> str:
        answer = await self.post(f"/clients/{client_id}/consents", {**CONSENT, **changes})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["consent_id"])

    async def open_link(self, address: str) -> httpx.Response:
        """Follow a one-time link through its neutral screen to the page behind it."""
        first = await self.web.get(address, headers={"Accept": "text/html"})
        assert first.status_code == 200, first.text
        letter, token = address.strip("/").split("/")[-2:]
        inside = await self.web.post(f"/{letter}", data={"token": token})
        assert inside.status_code == 303, inside.text
        return await self.web.get(inside.headers["location"])

    async def sign(self, consent_id: str) -> httpx.Response:
        session = await self.post(f"/consents/{consent_id}/signing-session", {})
        page = await self.open_link(path_of(session.json()["url"]))
        assert page.status_code == 200, page.text
        typed = {"name": "Dana Ruiz", "answer": "agree", "language": "en"}
        return await self.web.post("/s/form", data=typed)

    async def consented(self, **changes: Any) -> tuple[str, str]:
        """A client with one signed consent."""
        client_id = (await self.register())["client_id"]
        consent_id = await self.draft(client_id, **changes)
        signed = await self.sign(consent_id)
        assert signed.status_code == 303, signed.text
        return client_id, consent_id

    async def permit(self, client_id: str, **changes: Any) -> dict[str, Any]:
        question = {**PERMIT, "client_id": client_id, **changes}
        answer = await self.web.post(
            "/internal/permits", json=question, headers=self.service("referrals")
        )
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def token(self, link_id: str) -> str:
        """What notifications would put into the message."""
        return links.token(self.runtime.settings.link_keys["intake"], link_id)

    # --- time and topics

    async def work(self) -> None:
        deadlines = Deadlines(self.runtime, DUE)
        while await deadlines.work():
            pass

    async def arrive(self, event: Event) -> Outcome:
        self.sequence += 1
        envelope = Envelope(
            id=f"ev_{self.sequence}",
            service=event.service,
            type=event.type,
            subject=str(getattr(event, event.subject)),
            key=event.key_value,
            sequence=self.sequence,
            time=self.clock.now(),
            data=event.model_dump(mode="json"),
        )
        record = Record(
            topic=f"{event.service}.events",
            partition=0,
            offset=self.sequence,
            key=event.key_value.encode(),
            value=seal(envelope),
        )
        return await Consumer(self.runtime, HANDLERS).consume(record)

    # --- what became of it

    async def envelopes(self) -> list[Envelope]:
        rows = self.runtime.database.journal.find({"events.0": {"$exists": True}})
        sealed = [event async for row in rows for event in row["events"]]
        return [open_envelope(event["value"]) for event in sealed]

    async def facts(self, kind: type[Event]) -> list[Any]:
        events = [envelope.event() for envelope in await self.envelopes()]
        return [event for event in events if isinstance(event, kind)]

    async def part_of(self, kind: type[Event], client_id: str) -> Any:
        """The confidential part of the newest fact of this kind."""
        found = [one for one in await self.envelopes() if one.type == kind.type]
        newest = max(found, key=lambda envelope: envelope.sequence)
        return read_part(newest, await desk_of(self.runtime).key(client_id))

    async def rows(self, **query: Any) -> list[dict[str, Any]]:
        return await self.runtime.database.journal.find(query).to_list()


def path_of(url: str) -> str:
    return re.sub(r"^https?://[^/]+", "", url)

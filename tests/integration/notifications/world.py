"""What the tests of notifications do again and again."""

import base64
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast

import httpx
from fastapi import FastAPI

from services.notifications import codes
from services.notifications.due import DUE, sending
from services.notifications.handlers import HANDLERS
from services.notifications.settings import Settings
from services.notifications.signature import sign
from shared import links
from shared.auth import COUNSELOR, Staff, Tokens
from shared.clock import SteppedClock
from shared.confidential import Part, attach, encrypt
from shared.consume import Consumer, Outcome, Record
from shared.contracts.intake import ClientRegistered, ContactCardChanged, ContactPointRef
from shared.due import Deadlines
from shared.events import Envelope, Event, open_envelope, seal
from shared.journal import Document
from shared.runtime import Runtime

CLIENT = "cl_1"
SITE = "site_1"
PHONE = "+14105550123"
MAIL = "dana.canary@example.org"


@dataclass
class World:
    runtime: Runtime
    clock: SteppedClock
    app: FastAPI
    web: httpx.AsyncClient
    _signing_keys: Mapping[str, str]
    _sequences: dict[tuple[str, str], int] = field(default_factory=dict)
    _data_keys: dict[str, bytes] = field(default_factory=dict)
    _cards: dict[str, int] = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        return cast(Settings, self.runtime.settings)

    # facts of other services

    async def data_key(self, client_id: str) -> bytes:
        """The client's key, as the key desk hands it out once."""
        if client_id not in self._data_keys:
            self._data_keys[client_id] = os.urandom(32)
            wrapped = encrypt(
                self.settings.wrap_key, self._data_keys[client_id], f"keys/{client_id}"
            )
            await self.runtime.database["keys"].insert_one({"_id": client_id, "wrapped": wrapped})
        return self._data_keys[client_id]

    def enveloped(self, event: Event, part: Part | None = None) -> Envelope:
        place = (event.service, event.key_value)
        sequence = self._sequences[place] = self._sequences.get(place, 0) + 1
        envelope = Envelope(
            id=f"ev_{event.service}_{event.key_value}_{sequence}",
            service=event.service,
            type=event.type,
            subject=str(getattr(event, event.subject)),
            key=event.key_value,
            sequence=sequence,
            time=self.clock.now(),
            data=event.model_dump(mode="json"),
        )
        return attach(envelope, part)

    async def deliver(self, envelope: Envelope) -> Outcome:
        record = Record(
            topic=f"{envelope.service}.events",
            partition=0,
            offset=envelope.sequence,
            key=envelope.key.encode(),
            value=seal(envelope),
        )
        return await Consumer(self.runtime, HANDLERS).consume(record)

    async def arrive(self, event: Event, part: Part | None = None) -> Outcome:
        return await self.deliver(self.enveloped(event, part))

    async def card(
        self,
        client_id: str = CLIENT,
        *,
        language: str = "en",
        zone: str | None = None,
        **points: str,
    ) -> Outcome:
        """A contact card with these points: ``card(cp_1="+1410…", cp_2="a@b.org")``."""
        version = self._cards[client_id] = self._cards.get(client_id, 0) + 1
        refs = [
            ContactPointRef(contact_point_id=id, channel="email" if "@" in value else "sms")
            for id, value in points.items()
        ]
        event = ContactCardChanged(client_id=client_id, version=version, contact_points=refs)
        content = {
            "given_name": "Dana",
            "family_name": "Canary",
            "language": language,
            "time_zone": zone or "America/New_York",
            "contact_values": points,
        }
        return await self.arrive(event, Part(await self.data_key(client_id), content))

    async def register(
        self, client_id: str = CLIENT, *, language: str = "en", **points: str
    ) -> None:
        registered = ClientRegistered(
            client_id=client_id, code="K7M-4Q", site_id=SITE, registered_at=self.clock.now()
        )
        assert await self.arrive(registered) is Outcome.HANDLED
        given = points or {"cp_1": PHONE}
        assert await self.card(client_id, language=language, **given) is Outcome.HANDLED

    async def confirmed(self, client_id: str = CLIENT, **points: str) -> None:
        """A registered client who confirmed every point by its link."""
        await self.register(client_id, **points)
        for link in await self.find("links", {"client_id": client_id, "kind": "confirm"}):
            answer = await self.web.post("/confirm", data={"token": self.token(link["link_id"])})
            assert answer.status_code == 200, answer.text
        await self.runtime.database.deliveries.delete_many({"purpose": "verification"})

    # texts that come in, calls of the provider

    def signed(
        self, path: str, form: Mapping[str, str], token: str | None = None
    ) -> dict[str, str]:
        url = self.settings.own_url + path
        signature = sign(token or self.settings.sms_auth_tokens[0], url, list(form.items()))
        return {"X-Twilio-Signature": signature}

    async def text(self, body: str, *, sender: str = PHONE, sid: str = "") -> httpx.Response:
        sid = sid or f"SM{os.urandom(16).hex()}"
        form = {"MessageSid": sid, "AccountSid": "AC1", "From": sender, "To": "+1", "Body": body}
        path = "/webhooks/sms/inbound"
        answer = await self.web.post(path, data=form, headers=self.signed(path, form))
        assert answer.status_code == 200, answer.text
        return answer

    async def callback(self, delivery_id: str, status: str, **more: str) -> httpx.Response:
        form = {"MessageSid": "SM1", "MessageStatus": status, **more}
        path = f"/webhooks/sms/status/{delivery_id}"
        return await self.web.post(path, data=form, headers=self.signed(path, form))

    # time and what leaves

    async def work(self) -> None:
        """Complete what is due, then send what may go."""
        deadlines = Deadlines(self.runtime, DUE)
        while await deadlines.work():
            pass
        await sending().work(self.runtime)

    async def wait(self, **span: float) -> None:
        self.clock.advance(timedelta(**span))
        await self.work()

    # what is there

    async def find(self, collection: str, query: Document | None = None) -> list[Document]:
        found = self.runtime.database[collection].find(query or {})
        return await found.sort("_id", 1).to_list()

    async def delivery(self, **query: Any) -> Document:
        found = await self.find("deliveries", query)
        assert len(found) == 1, [(row["_id"], row["state"]) for row in found]
        return found[0]

    async def facts(self, *types: type[Event]) -> list[Any]:
        """What notifications told the others, in the order of each key."""
        rows = self.runtime.database.journal.find({"events.0": {"$exists": True}})
        sealed = [event async for row in rows for event in row["events"]]
        sealed.sort(key=lambda event: event["sequence"])
        events = [open_envelope(one["value"]).event() for one in sealed]
        return [one for one in events if not types or isinstance(one, types)]

    async def code_of(self, point_id: str) -> str:
        (point,) = await self.find("contact_points", {"_id": point_id})
        return codes.code(self.settings.digest_key, point["code"]["id"])

    def token(self, link_id: str, owner: str = "notifications") -> str:
        return links.token(self.settings.link_keys[owner], link_id)

    # staff

    def staff(
        self,
        *roles: str,
        relation: str = "own",
        client_id: str = CLIENT,
        sites: tuple[str, ...] = (),
    ) -> dict[str, str]:
        """The header with which the dashboard calls for a person: a counselor of this client."""
        person = Staff(
            id="st_1",
            roles=roles or (COUNSELOR,),
            sites=sites,
            client_id=client_id,
            relation=relation,
        )
        signing_key = base64.b64decode(self._signing_keys["dashboard"])
        as_dashboard = self.settings.model_copy(
            update={"service": "dashboard", "signing_key": signing_key}
        )
        token = Tokens(as_dashboard, self.clock).for_staff("notifications", person)
        return {"Authorization": f"Bearer {token}"}


def link_in(text: str) -> str:
    """The address in a message."""
    found = re.search(r"https?://\S+", text)
    assert found, text
    return found[0]

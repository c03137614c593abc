"""Referrals against the real database; intake, mailbox and the partner's system are played."""

import json
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI

from services.referrals import notice_sending
from services.referrals.due import DUE
from services.referrals.handlers import HANDLERS
from services.referrals.lifecycle import notice
from services.referrals.settings import settings_of
from shared import confidential
from shared.auth import Staff, Tokens
from shared.clock import SteppedClock
from shared.confidential import encrypt
from shared.consume import Consumer, Outcome, Record
from shared.contracts import intake
from shared.deliveries import Sending
from shared.due import Deadlines
from shared.events import Envelope, Event, open_envelope, seal
from shared.runtime import Runtime
from tests.integration.referrals.servers import Mailbox, Receiver

CLIENT, SITE, STAFF = "cl_1", "site_1", "st_1"
# 10:00 in New York, and ahead of the database's own clock, which forgets what has ended
TUESDAY = datetime(2030, 6, 4, 14, 0, tzinfo=UTC)
PHONE = "+14105550142"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
PARTNER_KEY = ec.generate_private_key(ec.SECP384R1())
OTHER_KEY = ec.generate_private_key(ec.SECP384R1())
SCOPE = "system/referrals.read system/referrals.write"


@dataclass
class Intake:
    """Plays intake's permit desk: says what the test wants, or nothing at all."""

    clock: SteppedClock
    decision: str = "ALLOW"
    away: bool = False
    asked: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, request: httpx.Request) -> httpx.Response:
        if self.away:
            raise httpx.ConnectError("away", request=request)
        self.asked.append(json.loads(request.content))
        if self.decision != "ALLOW":
            return httpx.Response(200, json={"decision": self.decision})
        return httpx.Response(
            200,
            json={
                "decision": "ALLOW",
                "permit_id": f"pmt_{len(self.asked)}",
                "consent_id": "con_1",
                "consent_version": 1,
                "expires_at": (self.clock.now() + timedelta(seconds=2)).isoformat(),
                "notice_version": "x",
                "scope": {"recipient_name": "Hope House", "purpose": "housing"},
            },
        )


@dataclass
class World:
    runtime: Runtime
    clock: SteppedClock
    web: httpx.AsyncClient
    app: FastAPI
    intake: Intake
    dashboard: Tokens
    mails: Mailbox
    receiver: Receiver
    _sequences: dict[str, int] = field(default_factory=dict)
    _jti: int = 0

    # --- staff

    def staff(self, *, own: bool = True, **changes: Any) -> dict[str, str]:
        relation = {"client_id": CLIENT, "relation": "own"} if own else {}
        person = Staff(
            **{"id": STAFF, "roles": ("counselor",), "sites": (SITE,), **relation, **changes}
        )
        return {"Authorization": f"Bearer {self.dashboard.for_staff('referrals', person)}"}

    def administrator(self) -> dict[str, str]:
        return self.staff(own=False, roles=("administrator",))

    async def give_webhook(self, url: str | None = None) -> str:
        """The partner gets an endpoint; returns its secret."""
        answer = await self.web.post(
            "/partners/prt_1/webhook",
            json={"url": url or self.receiver.url},
            headers=self.administrator(),
        )
        assert answer.status_code == 200, answer.text
        return str(answer.json()["webhook_secret"])

    async def draft(self, **changes: Any) -> str:
        body = {
            "client_id": CLIENT,
            "service_id": "svc_1",
            "need": "housing-instability",
            "urgency": "urgent",
            **changes,
        }
        answer = await self.web.post("/referrals", json=body, headers=self.staff())
        assert answer.status_code == 201, answer.text
        return str(answer.json()["referral_id"])

    async def send(self, referral_id: str, **headers: str) -> httpx.Response:
        return await self.web.post(
            f"/referrals/{referral_id}/send", headers={**self.staff(), **headers}
        )

    async def sent(self) -> str:
        referral_id = await self.draft()
        answer = await self.send(referral_id)
        assert answer.status_code == 200, answer.text
        return referral_id

    # --- the partner

    def assertion(self, *, key: Any = None, headers: Any = None, **changes: Any) -> str:
        self._jti += 1
        now = self.clock.now()
        claims = {
            "iss": "prt_1",
            "sub": "prt_1",
            "aud": settings_of(self.runtime).token_url,
            "exp": now + timedelta(minutes=4),
            "jti": f"jti-{self._jti}",
            **changes,
        }
        kept = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(
            kept, key or PARTNER_KEY, algorithm="ES384", headers=headers or {"kid": "k1"}
        )

    async def ask_token(self, assertion: str, **changes: str) -> httpx.Response:
        asked = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion,
            "scope": SCOPE,
            **changes,
        }
        return await self.web.post("/oauth/token", data=asked)

    async def partner(self, **changes: str) -> dict[str, str]:
        answer = await self.ask_token(self.assertion(), **changes)
        assert answer.status_code == 200, answer.text
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    async def acknowledged(self, referral_id: str, headers: dict[str, str]) -> None:
        answer = await self.web.post(
            f"/partner/v1/referrals/{referral_id}/notice-acknowledgement",
            json={"notice_version": notice.VERSION},
            headers={**headers, "Idempotency-Key": f"ack-{referral_id}"},
        )
        assert answer.status_code == 200, answer.text

    # --- what comes and what goes

    async def arrive(self, event: Event, confidential_part: Any = None) -> Outcome:
        sequence = self._sequences[event.key_value] = self._sequences.get(event.key_value, 0) + 1
        return await self.deliver(event, sequence, confidential_part)

    async def deliver(self, event: Event, sequence: int, confidential_part: Any = None) -> Outcome:
        envelope = Envelope(
            id=f"ev_{event.key_value}_{sequence}",
            service=event.service,
            type=event.type,
            subject=str(getattr(event, event.subject)),
            key=event.key_value,
            sequence=sequence,
            time=self.clock.now(),
            data=event.model_dump(mode="json"),
        )
        if confidential_part is not None:
            key = await self.runtime.keyring.key(event.key_value)
            envelope = confidential.attach(
                envelope, confidential.Part(data_key=key, payload=confidential_part)
            )
        record = Record(
            topic="intake.events",
            partition=0,
            offset=sequence,
            key=event.key_value.encode(),
            value=seal(envelope),
        )
        return await Consumer(self.runtime, HANDLERS).consume(record)

    async def know_client(self, client_id: str = CLIENT) -> None:
        wrapped = encrypt(self.runtime.settings.wrap_key, os.urandom(32), f"keys/{client_id}")
        await self.runtime.database["keys"].insert_one({"_id": client_id, "wrapped": wrapped})
        await self.arrive(
            intake.ClientRegistered(
                client_id=client_id, code="K7M-4Q", site_id=SITE, registered_at=self.clock.now()
            )
        )
        await self.change_card(client_id)

    async def change_card(self, client_id: str = CLIENT, version: int = 1) -> Outcome:
        event = intake.ContactCardChanged(
            client_id=client_id,
            version=version,
            contact_points=[intake.ContactPointRef(contact_point_id="cp_1", channel="sms")],
        )
        card = intake.ContactCard(
            given_name="Dana", family_name="Ruizcanary", contact_values={"cp_1": PHONE}
        )
        return await self.arrive(event, card.model_dump(mode="json"))

    async def revoke(self, consent_id: str = "con_1") -> Outcome:
        return await self.arrive(
            intake.ConsentRevoked(
                client_id=CLIENT,
                consent_id=consent_id,
                recipient_id="prt_1",
                revoked_at=self.clock.now(),
                door="link",
            )
        )

    async def work(self) -> None:
        """Complete the deadlines that are due and send what is queued."""
        deadlines = Deadlines(self.runtime, DUE)
        sending = Sending(
            check=notice_sending.check,
            send=notice_sending.send,
            on_state=notice_sending.keep_outcome,
        )
        while await deadlines.work() + await sending.work(self.runtime):
            pass

    async def facts(self, *types: type[Event]) -> list[Any]:
        rows = self.runtime.database.journal.find({"events.0": {"$exists": True}}).sort("_id")
        sealed = [event async for row in rows for event in row["events"]]
        sealed.sort(key=lambda event: event["sequence"])
        events = [open_envelope(one["value"]).event() for one in sealed]
        return [one for one in events if not types or isinstance(one, types)]

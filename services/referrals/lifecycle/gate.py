"""The two ways out of the house, each behind intake's yes at that instant (R1.10)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.referrals.lifecycle import domain, notice, store, template, usecases
from services.referrals.lifecycle.card import open_card
from services.referrals.lifecycle.domain import Referral
from services.referrals.lifecycle.hours import OfficeHours
from services.referrals.lifecycle.transitions import NotOpen, Status
from shared.confidential import Erased, KeyDeskAway
from shared.contracts import Refused
from shared.journal import Actor, Cause, Document, once, record_refusal
from shared.permit import Denied, Held, Permit, ask
from shared.runtime import Runtime
from shared.unit import Answer, Unit, UseCase, run

BLOCK = "block-referral"


class NotDisclosed(Refused):
    """Nothing is shown; the code says why."""

    final = False

    def __init__(self, code: str) -> None:
        super().__init__()
        self.code = code  # type: ignore[misc]  # the reason's code, not the class's


async def permit_for(runtime: Runtime, referral: Referral, channel: str) -> Permit:
    """Intake's yes for this partner's template; raises Denied or Held."""
    return await ask(
        runtime,
        client_id=referral.client_id,
        recipient_id=referral.partner_id,
        purpose=template.purpose_of(referral.need),
        categories=referral.categories,
        about_id=referral.id,
        channel=channel,
    )


async def send(
    runtime: Runtime, referral: Referral, cause: Cause, *, office: OfficeHours, link_key: bytes
) -> Answer:
    """Send a draft; a no of the gate is kept as a fact and raised."""
    if referral.status is not Status.DRAFT:  # asked again under its key, or too late
        return await run(runtime.database, _refuse(referral.id), cause)
    try:
        permit = await permit_for(runtime, referral, "referral")
    except (Denied, Held) as refusal:
        await _block(runtime, referral, cause.actor, refusal.code)
        raise

    async def work(unit: Unit) -> None:
        await usecases.send(unit, referral.id, permit, office=office, link_key=link_key)

    return await run(runtime.database, work, cause)


def _refuse(referral_id: str) -> UseCase:
    async def work(unit: Unit) -> None:
        domain.check_draft(await store.get(unit, referral_id))

    return work


async def _block(runtime: Runtime, referral: Referral, actor: Actor, code: str) -> None:
    cause = once(actor, BLOCK, runtime.clock.now(), referral.id, referral.client_id)

    async def work(unit: Unit) -> None:
        await usecases.block(unit, referral.id, code)

    await run(runtime.database, work, cause)


@dataclass(frozen=True, kw_only=True)
class Details:
    """What a partner reads: consented fields only, with the statement and the consent's scope."""

    fields: Document
    scope: Document
    read_at: datetime
    notice_version: str = notice.VERSION
    notice: str = notice.STATEMENT


async def read_details(
    runtime: Runtime, referral: Referral, actor: Actor, *, channel: str
) -> Details:
    """Ask, commit the disclosure, answer; every refusal is a row too."""
    cause = once(actor, "read-details", runtime.clock.now(), referral.id, referral.client_id)
    try:
        card, permit = await _cleared(runtime, referral, channel)
    except Refused as refusal:
        await record_refusal(runtime.database, cause, refusal.code, final=False)
        raise

    async def work(unit: Unit) -> None:
        await usecases.disclose(
            unit, referral, permit, current=notice.VERSION, now=runtime.clock.now
        )

    await run(runtime.database, work, cause)
    shown = template.fields_of(card, referral.need, referral.urgency, referral.categories)
    return Details(fields=shown, scope=dict(permit.scope), read_at=cause.at)


async def _cleared(
    runtime: Runtime, referral: Referral, channel: str
) -> tuple[Mapping[str, Any], Permit]:
    """The card and a fresh permit; raises NotDisclosed, or Held and KeyDeskAway, which pass."""
    try:
        domain.check_readable(referral)
        domain.check_acknowledged(referral, notice.VERSION)
        card = await open_card(runtime, referral.client_id)
        return card, await permit_for(runtime, referral, channel)
    except (Held, KeyDeskAway):
        raise
    except Erased as refusal:
        raise NotDisclosed(NotOpen.code) from refusal
    except Refused as refusal:
        raise NotDisclosed(refusal.code) from refusal

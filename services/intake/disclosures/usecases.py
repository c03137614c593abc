"""Asking for a permit, and what becomes of it once something was disclosed."""

from dataclasses import replace
from zoneinfo import ZoneInfo

from services.intake.consents import store as consents
from services.intake.consents.domain import Consent
from services.intake.disclosures import domain, store
from services.intake.disclosures.domain import Permit, Request
from shared.confidential import Erased, check_not_erased
from shared.contracts.referrals import DisclosureMade
from shared.unit import Unit


async def decide(
    unit: Unit, request: Request, permit: Permit, *, key: bytes | None, zone: ZoneInfo
) -> None:
    """One short transaction: the decision, its row, and the client's guard (R1.10)."""
    known = await _consents(unit, request.client_id, key)
    request = replace(request, identified=known is not None)
    decision = domain.decide(request, known or [], now=unit.at, zone=zone)
    permit = domain.grant(permit, decision, at=unit.at)
    store.add(unit, permit)
    if permit.expires_at:
        await store.hold_guard(unit, request.client_id, permit.expires_at)
    unit.about(request.client_id, request.recipient_id)
    unit.note(decision=permit.decision.value, permit_id=permit.id)
    unit.reply(
        permit_id=permit.id,
        decision=permit.decision.value,
        consent_id=permit.consent_id,
        consent_version=permit.consent_version,
        expires_at=permit.expires_at.isoformat() if permit.expires_at else None,
    )


async def _consents(unit: Unit, client_id: str, key: bytes | None) -> list[Consent] | None:
    """None where there is no such client, or not any more."""
    try:
        await check_not_erased(unit, client_id)
    except Erased:
        return None
    return await consents.of_client(unit, client_id, key) if key else None


async def record_disclosure(unit: Unit, event: DisclosureMade) -> None:
    """The permit becomes a row of the accounting; without one the event is parked for a person."""
    permit = await store.get(unit, event.permit_id)
    if permit is None or permit.client_id != event.client_id:
        raise LookupError("a disclosure names a permit that was never given")
    store.save(unit, domain.disclosed(permit, at=event.disclosed_at))
    unit.about(event.client_id, event.recipient_id)

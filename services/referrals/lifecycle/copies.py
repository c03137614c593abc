"""What to do about intake's facts: copies for deciding, and the end of what was revoked."""

from services.referrals.lifecycle import store, usecases
from services.referrals.settings import settings_of
from shared.contracts.intake import (
    ClientErased,
    ClientRegistered,
    ConsentGranted,
    ConsentRevoked,
)
from shared.events import Envelope
from shared.runtime import Runtime
from shared.unit import Unit


async def link_key(runtime: Runtime, envelope: Envelope) -> bytes:
    """Withdrawing a notice may queue another one, which may carry a link."""
    return settings_of(runtime).link_key


async def know_client(unit: Unit, event: ClientRegistered) -> None:
    await store.change_client(unit, event.client_id, site_id=event.site_id)


async def know_consent(unit: Unit, event: ConsentGranted) -> None:
    await store.change_consent(
        unit,
        event.consent_id,
        client_id=event.client_id,
        recipient_id=event.recipient_id,
        purpose=event.purpose,
        categories=event.categories,
        granted_at=event.granted_at,
        expires_on=event.expires_on.isoformat() if event.expires_on else None,
    )


async def end_what_it_covered(unit: Unit, event: ConsentRevoked, key: bytes) -> None:
    """R1.7: partner access cut, queued notices dropped, the partner told without content."""
    await usecases.cancel_under(unit, event.client_id, event.consent_id, link_key=key)


async def forget_client(unit: Unit, event: ClientErased, key: bytes) -> None:
    await usecases.erase(unit, event.client_id, link_key=key)

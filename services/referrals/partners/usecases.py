"""What staff do with partners: confirm one, register its keys, give it a webhook."""

import base64
import secrets
from collections.abc import Mapping
from typing import Any

from services.referrals.partners import domain, store
from services.referrals.partners.domain import AlreadyPartner, Partner
from shared import confidential
from shared.unit import Unit

SECRET_BYTES = 32
SECRET_PREFIX = "whsec_"  # noqa: S105  how Standard Webhooks marks a secret


async def register(unit: Unit, partner: Partner) -> None:
    if await store.of_organization(unit, partner.organization_id):
        raise AlreadyPartner(fields={"organization_id": "This organization is a partner already."})
    store.save(unit, *domain.register(partner))
    unit.reply(partner_id=partner.id)


async def set_keys(unit: Unit, partner_id: str, keys: tuple[Mapping[str, Any], ...]) -> None:
    partner = await store.get(unit, partner_id)
    store.save(unit, *domain.set_keys(partner, keys))
    unit.reply(partner_id=partner_id)


async def set_webhook(unit: Unit, partner_id: str, url: str, sealed_secret: bytes) -> None:
    partner = await store.get(unit, partner_id)
    store.save(unit, *domain.set_webhook(partner, url, sealed_secret))
    unit.reply(partner_id=partner_id)


async def stop_webhook(unit: Unit, partner_id: str, reason: str) -> None:
    partner = await store.get(unit, partner_id)
    store.save(unit, *domain.stop_webhook(partner, reason))


def new_secret() -> str:
    """A Standard Webhooks secret; shown once, kept sealed."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def seal_secret(wrap_key: bytes, partner_id: str, secret: str) -> bytes:
    return confidential.encrypt(wrap_key, secret.encode(), f"partners/{partner_id}/webhook")


def open_secret(wrap_key: bytes, partner_id: str, sealed: bytes) -> str:
    return confidential.decrypt(wrap_key, sealed, f"partners/{partner_id}/webhook").decode()

"""A partner organization as this house knows it: confirmed by staff, reached by its own doors."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from shared.contracts import Refused
from shared.contracts.referrals import PartnerRegistered
from shared.events import Event

SECRETS_KEPT = 2  # the new one and the one before it, so that a rotation loses no notice


class NoPartner(Refused):
    """Nobody at this service is confirmed as a partner yet."""

    code = "NO_PARTNER"


class AlreadyPartner(Refused):
    """This organization is a partner already."""

    code = "ALREADY_PARTNER"


@dataclass(frozen=True, kw_only=True)
class Webhook:
    """Where notices go. ``secrets`` are sealed, newest first; ``stopped`` says why it is off."""

    url: str
    secrets: tuple[bytes, ...]
    stopped: str | None = None


@dataclass(frozen=True, kw_only=True)
class Partner:
    id: str
    organization_id: str
    name: str
    email: str
    active: bool = True
    keys: tuple[Mapping[str, Any], ...] = ()
    webhook: Webhook | None = None
    version: int = 0

    @property
    def has_system(self) -> bool:
        return bool(self.keys)

    @property
    def takes_webhooks(self) -> bool:
        return self.webhook is not None and self.webhook.stopped is None


Outcome = tuple[Partner, list[Event]]


def register(partner: Partner) -> Outcome:
    return partner, [
        PartnerRegistered(partner_id=partner.id, name=partner.name, active=partner.active)
    ]


def set_keys(partner: Partner, keys: tuple[Mapping[str, Any], ...]) -> Outcome:
    """The public keys that the partner signs its assertions with from now on."""
    return replace(partner, keys=keys), []


def set_webhook(partner: Partner, url: str, secret: bytes) -> Outcome:
    """A new address or a new secret; the old secret signs along for one more rotation."""
    before = partner.webhook.secrets if partner.webhook and partner.webhook.url == url else ()
    secrets = (secret, *before)[:SECRETS_KEPT]
    return replace(partner, webhook=Webhook(url=url, secrets=secrets)), []


def stop_webhook(partner: Partner, reason: str) -> Outcome:
    """The endpoint said that it is gone; notices go by e-mail until there is a new one."""
    if partner.webhook is None:
        return partner, []
    return replace(partner, webhook=replace(partner.webhook, stopped=reason)), []

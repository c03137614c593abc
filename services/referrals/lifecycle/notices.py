"""What a partner is told, as rows to be sent: by webhook, or by e-mail with a one-time link."""

from datetime import timedelta

from services.referrals.lifecycle.domain import Referral
from services.referrals.partners.domain import Partner
from shared import deliveries, links
from shared.clock import new_id
from shared.journal import Document
from shared.unit import Unit

SENT, REMINDER, CANCELLED, LINK, CODE = "sent", "reminder", "cancelled", "link", "code"
WITH_LINK = frozenset({SENT, REMINDER, LINK})
WEBHOOK, MAIL = "webhook", "mail"
LINK_LIFETIME = timedelta(hours=72)  # R5.6 speaks of clients' texts; a partner's desk has weekends
NOTICE_LIFETIME = timedelta(days=3)
PARTNER_LINK = "partner"


def queue(
    unit: Unit,
    referral: Referral,
    partner: Partner,
    what: str,
    *,
    link_key: bytes,
    occurrence: str = "",
    by_mail: bool = False,
) -> None:
    """Tell the partner. The row's id names referral and occasion, so a second cannot exist."""
    channel = WEBHOOK if partner.takes_webhooks and not by_mail else MAIL
    data = {"partner_id": partner.id}
    if channel == MAIL and what in WITH_LINK:
        data["link_id"] = add_link(unit, referral, link_key)
    suffix = f"-{occurrence}" if occurrence else ""
    deliveries.queue(
        unit,
        id=f"{referral.id}-{what}{suffix}",
        channel=channel,
        purpose=what,
        client_id=referral.client_id,
        not_before=unit.at,
        stale_at=unit.at + NOTICE_LIFETIME,
        about_id=referral.id,
        repeatable=True,
        data=data,
    )


def add_link(unit: Unit, referral: Referral, link_key: bytes) -> str:
    """A new one-time link to this referral's page; returns its id, never the token."""
    link_id = new_id("lnk")
    unit.insert(
        "links",
        {
            "_id": links.digest(links.token(link_key, link_id)),
            "link_id": link_id,
            "kind": PARTNER_LINK,
            "subject": referral.id,
            "client_id": referral.client_id,
            "partner_id": referral.partner_id,
            "expires_at": unit.at + LINK_LIFETIME,
            "used_at": None,
        },
    )
    return link_id


async def withdraw(unit: Unit, referral: Referral, partner: Partner, *, link_key: bytes) -> None:
    """The referral is over: links end, a notice still in the queue is dropped, and a partner who
    may know of it is told without clinical content (R1.7)."""
    for link in await unit.find("links", {"subject": referral.id, "used_at": None}):
        unit.replace("links", {**link, "used_at": unit.at})
    for delivery in await unit.find("deliveries", {"about_id": referral.id}):
        await deliveries.move(unit, delivery["_id"], "dropped", _silent, reason="CLOSED")
    first = await unit.get("deliveries", f"{referral.id}-{SENT}")
    if first is not None and first["state"] != "dropped":
        queue(unit, referral, partner, CANCELLED, link_key=link_key)


async def _silent(unit: Unit, delivery: Document, state: str) -> None:
    """A dropped notice is no fact that others rely on; the cancellation itself is."""

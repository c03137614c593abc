"""Sends what is queued for partners: checked again at the last moment, then by its own door."""

import json
from datetime import timedelta

from services.referrals import mails
from services.referrals.door import codes
from services.referrals.lifecycle import gate, notices, store, usecases
from services.referrals.lifecycle.transitions import Status
from services.referrals.partner_mail import PartnerMail
from services.referrals.partner_webhook import GONE, Notice, PartnerWebhook
from services.referrals.partners import store as partners
from services.referrals.partners import usecases as partner_usecases
from services.referrals.settings import settings_of
from shared import due, links
from shared.deliveries import Drop, Failed, Go, Later, Result, Verdict
from shared.journal import Document
from shared.permit import Denied, Held
from shared.runtime import Runtime
from shared.unit import Unit

HELD_FOR = timedelta(seconds=10)
ASKS_THE_GATE = frozenset({notices.SENT, notices.REMINDER, notices.LINK})


async def check(runtime: Runtime, delivery: Document) -> Verdict:
    """A notice to look at something goes out only while there is something to look at (R1.7)."""
    now = runtime.clock.now()
    if delivery["stale_at"] <= now:
        return Drop("STALE")
    if delivery["purpose"] not in ASKS_THE_GATE:
        return Go()
    referral = await store.read(runtime.database, delivery["about_id"])
    first = delivery["purpose"] != notices.LINK
    if not referral.open or (first and referral.status is not Status.REQUESTED):
        return Drop("CLOSED")
    try:
        await gate.permit_for(runtime, referral, "notice")
    except Denied as refusal:
        return Drop(refusal.code)
    except Held:
        return Later(now + HELD_FOR)
    return Go()


async def send(runtime: Runtime, delivery: Document) -> Result:
    if delivery["channel"] == notices.WEBHOOK:
        return await _send_webhook(runtime, delivery)
    return await _send_mail(runtime, delivery)


async def _send_webhook(runtime: Runtime, delivery: Document) -> Result:
    """Referral id, kind and time: nothing about a person (R1.11)."""
    settings = settings_of(runtime)
    partner = await partners.read(runtime.database, delivery["data"]["partner_id"])
    if partner.webhook is None or partner.webhook.stopped:
        return Failed(GONE)
    told = {
        "type": f"referral.{delivery['purpose']}",
        "timestamp": delivery["at"].isoformat().replace("+00:00", "Z"),
        "data": {"referral_id": delivery["about_id"]},
    }
    body = json.dumps(told, separators=(",", ":")).encode()
    secrets = [
        partner_usecases.open_secret(settings.wrap_key, partner.id, sealed)
        for sealed in partner.webhook.secrets
    ]
    sender = PartnerWebhook(allow_loopback=settings.webhook_allow_loopback)
    notice = Notice(id=delivery["_id"], at=runtime.clock.now(), body=body)
    return await sender.send(partner.webhook.url, secrets, notice, tries=delivery["refusals"])


async def _send_mail(runtime: Runtime, delivery: Document) -> Result:
    settings, data = settings_of(runtime), delivery["data"]
    partner = await partners.read(runtime.database, data["partner_id"])
    if delivery["purpose"] == notices.CODE:
        text = mails.with_code(codes.code(settings.link_key, data["code_id"]))
    elif "link_id" in data:
        token = links.token(settings.link_key, data["link_id"])
        text = mails.with_link(delivery["purpose"], f"{settings.own_url}/p/{token}")
    else:
        text = mails.ended()
    mail = mails.signed(text, center=settings.center_name, phone=settings.center_phone)
    sender = PartnerMail(
        host=settings.smtp_host, port=settings.smtp_port, sender=settings.mail_from
    )
    return await sender.send(
        to=partner.email, subject=mail.subject, text=mail.text, message_id=delivery["_id"]
    )


async def keep_outcome(unit: Unit, delivery: Document, state: str) -> None:
    """What a webhook could not tell goes by e-mail; an endpoint that is gone is written off."""
    if state != "failed" or delivery["channel"] != notices.WEBHOOK:
        return
    if delivery["reason"] == GONE:
        await partner_usecases.stop_webhook(unit, delivery["data"]["partner_id"], GONE)
    due.schedule(
        unit,
        kind=usecases.MAIL_INSTEAD,
        subject=delivery["about_id"],
        due=unit.at,
        client_id=delivery["client_id"],
        data={"purpose": delivery["purpose"]},
        id=f"{delivery['_id']}-{notices.MAIL}",
    )

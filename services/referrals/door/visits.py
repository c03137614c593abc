"""A partner without a system comes by a one-time link: a code to the registered address, a visit,
one answer. Opening the link uses nothing up, for mail scanners open links too."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.referrals.door import codes, store
from services.referrals.lifecycle import notices
from services.referrals.lifecycle import store as referrals
from services.referrals.lifecycle.domain import Referral
from services.referrals.lifecycle.transitions import FINAL
from services.referrals.partners import store as partners
from shared import deliveries
from shared.auth import NotVisible
from shared.contracts import Refused
from shared.journal import Database, Document
from shared.unit import Unit

CODE_LIFETIME = timedelta(minutes=10)
CODE_TRIES = 5
NEXT_CODE_AFTER = timedelta(seconds=30)
CODES_AN_HOUR = 5
HOUR = timedelta(hours=1)
VISIT_LIFETIME = timedelta(minutes=30)
RENEWAL_EVERY = timedelta(minutes=10)


class LinkDead(Refused):
    """Used, ended, withdrawn or unknown: nobody can tell which."""

    code = "LINK_NOT_IN_USE"
    final = False


@dataclass(frozen=True, kw_only=True)
class Visit:
    """An open visit; ``receipt`` is there once the answer was given."""

    id: str
    link: str
    referral_id: str
    partner_id: str
    receipt: Document | None


async def check_link(database: Database, link_digest: str, now: datetime) -> Document:
    """The link, if it still opens something; raises LinkDead."""
    link = await store.link(database, link_digest)
    if link is None or not _alive(link, now):
        raise LinkDead
    referral = await referrals.read(database, link["subject"])
    if referral.status in FINAL:
        raise LinkDead
    return link


def _alive(link: Document, now: datetime) -> bool:
    return (
        link["kind"] == notices.PARTNER_LINK
        and link["used_at"] is None
        and bool(link["expires_at"] > now)
    )


async def send_code(unit: Unit, link_digest: str, *, code_id: str) -> None:
    """Mail a code to the registered address; asking too often is silently one code."""
    link = await _open_link(unit, link_digest)
    kept = await unit.get(store.CODES, link_digest)
    recent = [at for at in (kept["sent"] if kept else []) if at > unit.at - HOUR]
    if recent and (recent[-1] > unit.at - NEXT_CODE_AFTER or len(recent) >= CODES_AN_HOUR):
        return
    document = {
        "_id": link_digest,
        "code_id": code_id,
        "expires_at": unit.at + CODE_LIFETIME,
        "tries": 0,
        "sent": [*recent, unit.at],
        "forget_at": unit.at + HOUR,
    }
    if kept:
        unit.replace(store.CODES, {**kept, **document})
    else:
        unit.insert(store.CODES, document)
    deliveries.queue(
        unit,
        id=f"code-{code_id}",
        channel=notices.MAIL,
        purpose=notices.CODE,
        client_id=None,
        not_before=unit.at,
        stale_at=unit.at + CODE_LIFETIME,
        about_id=link["subject"],
        repeatable=True,
        data={"partner_id": link["partner_id"], "code_id": code_id},
    )
    unit.about(link["subject"], link["partner_id"])


async def open_visit(
    unit: Unit, link_digest: str, typed: str, *, visit_digest: str, link_key: bytes
) -> None:
    """The right code opens a visit; a wrong one counts, and is an outcome rather than an error,
    for its count must be saved."""
    link = await _open_link(unit, link_digest)
    kept = await unit.get(store.CODES, link_digest)
    usable = kept and kept["expires_at"] > unit.at and kept["tries"] < CODE_TRIES
    if not kept or not usable:
        unit.reply(opened=False)
        return
    right = codes.is_right(link_key, kept["code_id"], typed)
    spent = CODE_TRIES if right else kept["tries"] + 1
    unit.replace(store.CODES, {**kept, "tries": spent})
    unit.about(link["subject"], link["partner_id"])
    unit.reply(opened=right)
    if right:
        unit.insert(
            store.VISITS,
            {
                "_id": visit_digest,
                "link": link_digest,
                "referral_id": link["subject"],
                "partner_id": link["partner_id"],
                "receipt": None,
                "expires_at": unit.at + VISIT_LIFETIME,
                "forget_at": unit.at + VISIT_LIFETIME,
            },
        )


async def _open_link(unit: Unit, link_digest: str) -> Document:
    link = await unit.get("links", link_digest)
    if link is None or not _alive(link, unit.at):
        raise LinkDead
    return link


async def end_visit(unit: Unit, visit: Visit, status: str) -> None:
    """The answer ends the link, and the visit keeps its receipt."""
    link = await unit.get("links", visit.link)
    kept = await unit.get(store.VISITS, visit.id)
    if link is None or kept is None or link["used_at"]:
        raise LinkDead
    unit.replace("links", {**link, "used_at": unit.at})
    unit.replace(store.VISITS, {**kept, "receipt": {"status": status, "at": unit.at}})


async def renew(unit: Unit, link_digest: str, *, link_key: bytes) -> None:
    """A new link to the registered address, if this one ever led to something still open."""
    link = await unit.get("links", link_digest)
    if link is None or link["kind"] != notices.PARTNER_LINK:
        return
    referral = await referrals.get(unit, link["subject"])
    if referral.status in FINAL:
        return
    slot = int(unit.at.timestamp() // RENEWAL_EVERY.total_seconds())
    if await unit.get("deliveries", f"{referral.id}-{notices.LINK}-{slot}"):
        return
    partner = await partners.get(unit, referral.partner_id)
    notices.queue(
        unit,
        referral,
        partner,
        notices.LINK,
        link_key=link_key,
        occurrence=str(slot),
        by_mail=True,
    )
    unit.about(referral.id)


async def current(database: Database, secret: str | None, now: datetime) -> Visit:
    """The visit of this browser; raises LinkDead when there is none."""
    kept = await store.visit(database, secret, now) if secret else None
    if kept is None:
        raise LinkDead
    return Visit(
        id=kept["_id"],
        link=kept["link"],
        referral_id=kept["referral_id"],
        partner_id=kept["partner_id"],
        receipt=kept["receipt"],
    )


async def referral_of(database: Database, visit: Visit) -> Referral:
    try:
        return await referrals.read_for_partner(database, visit.referral_id, visit.partner_id)
    except NotVisible as error:
        raise LinkDead from error

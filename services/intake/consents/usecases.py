"""Drafting, signing, declining and ending consents, and the links by which clients do so."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from services.intake.consents import domain, store
from services.intake.consents.domain import Consent, Signature
from services.intake.consents.store import Link
from services.intake.disclosures import store as disclosures
from shared import links
from shared.auth import NotVisible
from shared.clock import new_id
from shared.confidential import Erased, check_not_erased
from shared.contracts import Refused
from shared.events import Event
from shared.unit import Unit

RENEWED_FOR = timedelta(days=30)
LINKS_A_DAY = 3


class LinkNotInUse(Refused):
    """This link is not in use."""

    code = "NOT_FOUND"
    final = False


@dataclass(frozen=True, kw_only=True)
class NewLink:
    """A link about to be made: its id, and the digest of its token."""

    link_id: str
    digest: str

    @classmethod
    def made(cls, link_key: bytes) -> "NewLink":
        link_id = new_id("ln")
        return cls(link_id=link_id, digest=links.digest(links.token(link_key, link_id)))


async def draft(unit: Unit, consent: Consent, *, today: date, key: bytes) -> None:
    await check_not_erased(unit, consent.client_id)
    consent, events = domain.draft(replace(consent, drafted_at=unit.at), today=today)
    store.add(unit, consent, key)
    _emit(unit, events)
    unit.reply(consent_id=consent.id, missing=[])


async def offer_signing(
    unit: Unit, client_id: str, consent_id: str, new: NewLink, *, key: bytes
) -> None:
    """The client gets a link to read and sign; an earlier one stops working."""
    consent = await _consent(unit, client_id, consent_id, key)
    if consent.state != "draft":
        raise domain.NotOpen
    await store.end_links_of(unit, consent.client_id, subject=consent.id)
    _add_link(unit, new, kind=store.SIGN, subject=consent.id, client_id=consent.client_id)
    unit.reply(link_id=new.link_id)


async def open_signing_session(
    unit: Unit, client_id: str, consent_id: str, new: NewLink, *, key: bytes
) -> None:
    """The same page on a tablet that staff hand over: no message is sent."""
    consent = await _consent(unit, client_id, consent_id, key)
    if consent.state != "draft":
        raise domain.NotOpen
    link = _link(unit, new, store.SIGN, consent.id, consent.client_id)
    store.add_link(unit, replace(link, expires_at=unit.at + timedelta(minutes=30)))
    unit.about(consent.client_id)
    unit.reply(link_id=new.link_id)


async def offer_revocation(unit: Unit, client_id: str, new: NewLink) -> None:
    await check_not_erased(unit, client_id)
    _add_link(unit, new, kind=store.REVOKE, subject=client_id, client_id=client_id)
    unit.reply(link_id=new.link_id)


async def sign(unit: Unit, digest: str, signature: Signature, *, today: date, key: bytes) -> None:
    """The client agrees; the link has done its work."""
    link = await _working_link(unit, digest, store.SIGN)
    consent = await _consent(unit, link.client_id, link.subject, key)
    signed, events = domain.sign(consent, signature, today=today)
    store.save(unit, signed, key)
    store.end_link(unit, link)
    _emit(unit, events)
    unit.reply(consent_id=signed.id)


async def decline(unit: Unit, digest: str, *, key: bytes) -> None:
    link = await _working_link(unit, digest, store.SIGN)
    declined, _ = domain.decline(await _consent(unit, link.client_id, link.subject, key))
    store.save(unit, declined, key)
    store.end_link(unit, link)
    unit.about(link.client_id)
    unit.reply(consent_id=declined.id)


async def revoke(unit: Unit, client_id: str, consent_id: str, *, door: str, key: bytes) -> None:
    """Writes the client's guard as a permit does, so that the two cannot cross (R1.7)."""
    consent = await _consent(unit, client_id, consent_id, key)
    await _revoke(unit, [consent], door=door, key=key)
    unit.reply(consent_id=consent_id)


async def revoke_by_link(
    unit: Unit, digest: str, consent_ids: Sequence[str], *, key: bytes
) -> None:
    """The client ends the consents they chose; others of theirs stay as they are."""
    link = await _working_link(unit, digest, store.REVOKE)
    chosen = [await _consent(unit, link.client_id, id, key) for id in consent_ids]
    still_open = [consent for consent in chosen if consent.state == "active"]
    await _revoke(unit, still_open, door="link", key=key)
    store.end_link(unit, link)
    unit.reply(consent_ids=list(consent_ids))


async def renew_link(unit: Unit, digest: str, new: NewLink) -> None:
    """A new link in place of one that ended, if what it opened is still open; else nothing.

    The person is told the same either way.
    """
    link = await store.link(unit, digest)
    if link is None or unit.at - link.made_at > RENEWED_FOR:
        return
    if await _is_erased(unit, link.client_id):
        return
    made = await store.links_since(unit, link.subject, unit.at - timedelta(days=1))
    if made >= LINKS_A_DAY or not await _still_open(unit, link):
        return
    if link.works(unit.at):
        store.end_link(unit, link)
    _add_link(unit, new, kind=link.kind, subject=link.subject, client_id=link.client_id)


async def _is_erased(unit: Unit, client_id: str) -> bool:
    try:
        await check_not_erased(unit, client_id)
    except Erased:
        return True
    return False


async def _still_open(unit: Unit, link: Link) -> bool:
    wanted = {"_id": link.subject, "state": "draft"}
    if link.kind == store.REVOKE:
        wanted = {"client_id": link.client_id, "state": "active"}
    return bool(await unit.find(store.CONSENTS, wanted, limit=1))


async def _revoke(unit: Unit, chosen: Sequence[Consent], *, door: str, key: bytes) -> None:
    for consent in chosen:
        revoked, events = domain.revoke(consent, door=door, at=unit.at)
        store.save(unit, revoked, key)
        await store.end_links_of(unit, consent.client_id, subject=consent.id)
        _emit(unit, events)
    if chosen:
        until = await disclosures.close_guard(unit, chosen[0].client_id)
        unit.reply(permits_until=until.isoformat() if until else None)


async def _consent(unit: Unit, client_id: str, consent_id: str, key: bytes) -> Consent:
    """One consent of this client; another client's looks like none."""
    await check_not_erased(unit, client_id)
    consent = await store.get(unit, client_id, consent_id, key)
    if consent is None:
        raise NotVisible
    return consent


async def _working_link(unit: Unit, digest: str, kind: str) -> Link:
    link = await store.link(unit, digest)
    if link is None or link.kind != kind or not link.works(unit.at):
        raise LinkNotInUse
    return link


def _link(unit: Unit, new: NewLink, kind: str, subject: str, client_id: str) -> Link:
    return Link(
        digest=new.digest,
        link_id=new.link_id,
        kind=kind,
        subject=subject,
        client_id=client_id,
        made_at=unit.at,
        expires_at=unit.at + domain.LINK_LIFETIME,
    )


def _add_link(unit: Unit, new: NewLink, *, kind: str, subject: str, client_id: str) -> None:
    """Store the link and tell notifications to send it."""
    store.add_link(unit, _link(unit, new, kind, subject, client_id))
    _, events = domain.offer_link(client_id, new.link_id, kind, at=unit.at)
    _emit(unit, events)


def _emit(unit: Unit, events: Sequence[Event]) -> None:
    for event in events:
        unit.emit(event)

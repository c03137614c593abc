"""Contact points: what intake says, what the person confirms, what they ask us to stop."""

from dataclasses import dataclass, replace
from datetime import datetime

from services.notifications import codes, domain, facts, messages, store
from services.notifications.domain import ContactPoint, Entry, Person
from services.notifications.outgoing import known_person, post_code
from shared import confidential, links
from shared.clock import new_id
from shared.contracts.intake import (
    ClientErased,
    ClientRegistered,
    ContactCard,
    ContactCardChanged,
    ContactRemoved,
)
from shared.due import schedule
from shared.events import Envelope
from shared.journal import Document
from shared.runtime import Runtime
from shared.unit import Unit


class LinkNotInUse(domain.NoSuchContact):
    """This link is not in use."""

    code = "LINK_NOT_IN_USE"


@dataclass(frozen=True, kw_only=True)
class ReadCard:
    """A contact card as this service may keep it: digests to find by, values sealed."""

    language: str
    time_zone: str | None
    unencrypted_ok: bool
    entries: list[Entry]
    link_key: bytes


async def read_card(runtime: Runtime, envelope: Envelope) -> ReadCard:
    """Decrypt the confidential part before the unit opens; raises Erased or KeyDeskAway."""
    key = await runtime.keyring.key(envelope.key)
    card = ContactCard.model_validate(confidential.read_part(envelope, key))
    digest_key = runtime.settings.digest_key
    entries = []
    for ref in envelope.data["contact_points"]:
        point_id, channel = ref["contact_point_id"], ref["channel"]
        value = card.contact_values[point_id]
        entries.append(
            Entry(
                id=point_id,
                channel=channel,
                address=address_of(digest_key, channel, value),
                sealed=confidential.encrypt(key, value.encode(), place_of(point_id)),
            )
        )
    return ReadCard(
        language=card.language,
        time_zone=card.time_zone,
        unencrypted_ok=card.unencrypted_ok,
        entries=entries,
        link_key=runtime.settings.link_keys["notifications"],
    )


def address_of(digest_key: bytes, channel: str, value: str) -> str:
    return confidential.search_digest(digest_key, channel, value)


def place_of(point_id: str) -> str:
    """Where a sealed value stands, so that it cannot be read anywhere else."""
    return f"contact_points/{point_id}/value"


async def note_client(unit: Unit, event: ClientRegistered) -> None:
    await confidential.check_not_erased(unit, event.client_id)
    person = await store.person(unit, event.client_id) or Person(client_id=event.client_id)
    store.save_person(unit, replace(person, site_id=event.site_id))


async def keep_card(unit: Unit, event: ContactCardChanged, card: ReadCard) -> None:
    """Follow the card and ask each new or changed number or address to prove itself."""
    await confidential.check_not_erased(unit, event.client_id)
    before = await store.person(unit, event.client_id) or Person(client_id=event.client_id)
    if event.version <= before.card_version:
        return
    person = replace(
        before,
        card_version=event.version,
        language=card.language,
        time_zone=card.time_zone,
        unencrypted_ok=card.unencrypted_ok,
    )
    store.save_person(unit, person)
    known = {point.id: point for point in await store.points_of(unit, event.client_id)}
    change = domain.follow_card(known, card.entries, client_id=event.client_id)
    for fact in change.events:
        unit.emit(fact)
    for point in change.points:
        if point.id in change.to_confirm:
            await _send_code(unit, person, point, card.link_key)
        else:
            store.save_point(unit, point)
            await _forget_messages_to(unit, point.id)


async def remove_contact(unit: Unit, event: ContactRemoved) -> None:
    """Nothing goes there from this instant; remembered even when its card comes later."""
    await confidential.check_not_erased(unit, event.client_id)
    point = await store.point(unit, event.contact_point_id)
    gone = point or ContactPoint(
        id=event.contact_point_id, client_id=event.client_id, channel="", state=domain.REMOVED
    )
    store.save_point(unit, domain.remove(gone))
    await _forget_messages_to(unit, gone.id)


async def _forget_messages_to(unit: Unit, point_id: str) -> None:
    await facts.take_back(unit, {"data.contact_point_id": point_id}, "contact-removed")
    for link in await unit.find("links", {"subject": point_id}):
        unit.delete("links", link["_id"])


async def _send_code(unit: Unit, person: Person, point: ContactPoint, link_key: bytes) -> str:
    """A code by text or e-mail, with a link that does the same, and a deadline if neither comes."""
    issued, code = domain.issue_code(point, new_id("code"), at=unit.at)
    store.save_point(unit, issued)
    link_id = new_id("lnk")
    await _keep_link(unit, link_key, link_id, "confirm", issued, expires_at=code.ends_at)
    if point.channel == domain.EMAIL:
        way_out = unsubscribe_link(point)
        await _keep_link(unit, link_key, way_out, "unsubscribe", point, expires_at=None)
    schedule(
        unit,
        kind="code-ended",
        subject=point.id,
        due=code.ends_at,
        client_id=point.client_id,
        data={"code_id": code.id},
    )
    return post_code(unit, person, issued, code, link_id)


async def _keep_link(
    unit: Unit,
    link_key: bytes,
    link_id: str,
    kind: str,
    point: ContactPoint,
    *,
    expires_at: datetime | None,
) -> None:
    digest = links.digest(links.token(link_key, link_id))
    if await unit.get("links", digest):
        return
    unit.insert(
        "links",
        {
            "_id": digest,
            "link_id": link_id,
            "kind": kind,
            "subject": point.id,
            "client_id": point.client_id,
            "expires_at": expires_at,
            "used_at": None,
        },
    )


def unsubscribe_link(point: ContactPoint) -> str:
    """One way out per address, the same in every e-mail; another address has another."""
    return f"stop_{point.id}_{point.address[:12]}"


async def send_code(unit: Unit, point_id: str, *, link_key: bytes) -> None:
    """Staff ask for a new code; raises AlreadyVerified or CodeJustSent."""
    point = await _existing(unit, point_id)
    person = await known_person(unit, point.client_id)
    unit.reply(delivery_id=await _send_code(unit, person, point, link_key))


async def enter_code(unit: Unit, point_id: str, *, typed: str, digest_key: bytes) -> None:
    """A wrong code costs a try, so it is an answer (``verified``: false) and not a refusal."""
    point = await _existing(unit, point_id)
    right = point.code is not None and codes.is_right(digest_key, point.code.id, typed)
    entered, events = domain.enter_code(point, right=right, warning=messages.WARNING, at=unit.at)
    if entered != point:
        store.save_point(unit, entered, events)
    unit.reply(contact_point_id=point.id, verified=entered.state == domain.VERIFIED)


async def confirm_by_link(unit: Unit, digest: str) -> None:
    """The link came to this number or address and the wording stood on its page."""
    link = await _open_link(unit, digest, "confirm")
    point = await _existing(unit, link["subject"])
    confirmed, events = domain.confirm(point, warning=messages.WARNING, at=unit.at)
    if confirmed != point:
        store.save_point(unit, confirmed, events)
    unit.replace("links", {**link, "used_at": unit.at})


async def renew_link(unit: Unit, digest: str, *, link_key: bytes) -> None:
    """A link that ended sends another to the same place, if that still waits to be confirmed.

    Everything else does nothing: who asks must not learn what the token was.
    """
    link = await unit.get("links", digest)
    point = await store.point(unit, link["subject"]) if link else None
    if link is None or link["kind"] != "confirm" or point is None:
        return
    if point.state != domain.UNVERIFIED:
        return
    if point.code and unit.at < point.code.sent_at + domain.CODE_PAUSE:
        return
    person = await known_person(unit, point.client_id)
    await _send_code(unit, person, point, link_key)


async def unsubscribe(unit: Unit, digest: str) -> None:
    """E-mail to this address ends, for everybody who has it; asking twice is fine (R5.7)."""
    link = await _open_link(unit, digest, "unsubscribe")
    point = await _existing(unit, link["subject"])
    await stop_address(unit, point.address, clear=True)


async def stop_address(unit: Unit, address: str, *, clear: bool) -> bool:
    """Opt out a number or address; False when it was out before."""
    before = await store.wish(unit, address)
    if before.is_out:
        return False
    sharing = await store.points_at(unit, address)
    wish, events = domain.opt_out(before, sharing, clear=clear, at=unit.at)
    store.save_wish(unit, wish, events)
    for point in sharing:
        await facts.take_back(unit, {"data.contact_point_id": point.id}, "opted-out")
    return True


async def resume_address(unit: Unit, address: str) -> None:
    """START, from the number itself (R5.3)."""
    before = await store.wish(unit, address)
    if before.is_out:
        sharing = await store.points_at(unit, address)
        wish, events = domain.opt_in(before, sharing, at=unit.at)
        store.save_wish(unit, wish, events)


async def end_code(unit: Unit, deadline: Document) -> None:
    """A day has gone by: the number or address is still not confirmed, and staff should know."""
    point = await store.point(unit, deadline["subject"])
    for fact in domain.end_code(point, deadline["data"]["code_id"]) if point else []:
        unit.emit(fact)


async def erase(unit: Unit, event: ClientErased) -> None:
    """Key, addresses, texts and notes go; a tombstone keeps older facts from coming back."""
    await facts.take_back(unit, {"client_id": event.client_id}, "client-erased")
    await store.erase(unit, event.client_id)
    await confidential.forget_key(unit, event.client_id)


async def _existing(unit: Unit, point_id: str) -> ContactPoint:
    point = await store.point(unit, point_id)
    if point is None or point.state == domain.REMOVED:
        raise domain.NoSuchContact
    return point


async def _open_link(unit: Unit, digest: str, kind: str) -> Document:
    link = await unit.get("links", digest)
    if link is None or link["kind"] != kind or link["used_at"]:
        raise LinkNotInUse
    if link["expires_at"] and link["expires_at"] <= unit.at:
        raise LinkNotInUse
    return link

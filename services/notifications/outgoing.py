"""Facts of other services become messages: chosen, worded and timed here, sent by the due process.

Each message has an id made of its purpose and occasion, so that one occasion has one message.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.notifications import domain, facts, hours, store
from services.notifications.domain import EMAIL, SMS, Code, ContactPoint, Person
from services.notifications.purposes import RULES, Purpose
from shared import confidential
from shared.consume import TooEarly
from shared.contracts.aftercare import (
    CheckinAnswered,
    CheckinDue,
    CheckinLinkRenewed,
    ContactAttemptDue,
)
from shared.contracts.intake import ConsentGranted, ConsentRevoked, LinkOffered
from shared.contracts.notifications import MessageQueued
from shared.contracts.referrals import ReferralAccepted, ReferralCancelled
from shared.deliveries import move, queue
from shared.unit import Unit

CHANNELS = (SMS, EMAIL)
LINK_PURPOSES = {"sign-consent": Purpose.SIGN_LINK, "revoke-consent": Purpose.REVOKE_LINK}


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A message before it has a place to go: ``occasion`` makes it the only one of its kind."""

    purpose: Purpose
    occasion: str
    about_id: str
    stale_at: datetime | None = None
    channels: Sequence[str] = CHANNELS
    data: Mapping[str, Any] = field(default_factory=dict)


async def known_person(unit: Unit, client_id: str) -> Person:
    """Raises Erased, or TooEarly while intake's fact about this client is still on its way."""
    await confidential.check_not_erased(unit, client_id)
    person = await store.person(unit, client_id)
    if person is None:
        raise TooEarly
    return person


async def ask_to_check_in(unit: Unit, event: CheckinDue) -> None:
    letter = Letter(
        purpose=Purpose.CHECKIN,
        occasion=event.link_id,
        about_id=event.checkin_id,
        stale_at=event.link_expires_at,
        data=_link("aftercare", "c", event.link_id),
    )
    await _write_to(unit, event.client_id, letter)


async def send_new_link(unit: Unit, event: CheckinLinkRenewed) -> None:
    """The person asked for it, so it goes where the first one went and counts against no cap."""
    used = await store.channel_used(unit, event.checkin_id, Purpose.CHECKIN)
    letter = Letter(
        purpose=Purpose.NEW_LINK,
        occasion=event.link_id,
        about_id=event.checkin_id,
        stale_at=event.link_expires_at,
        channels=[used] if used else CHANNELS,
        data=_link("aftercare", "c", event.link_id),
    )
    await _write_to(unit, event.client_id, letter)


async def remind(unit: Unit, event: ContactAttemptDue) -> None:
    """Rung 1 goes where the form went, rung 2 the other way (R3.3)."""
    first = await store.channel_used(unit, event.checkin_id, Purpose.CHECKIN) or SMS
    second = EMAIL if first == SMS else SMS
    letter = Letter(
        purpose=Purpose.REMINDER,
        occasion=f"{event.checkin_id}_{event.rung}",
        about_id=event.checkin_id,
        stale_at=event.link_expires_at,
        channels=[first] if event.rung == 1 else [second],
        data=_link("aftercare", "c", event.link_id),
    )
    await _write_to(unit, event.client_id, letter)


async def stop_reminding(unit: Unit, event: CheckinAnswered) -> None:
    await facts.take_back(unit, {"about_id": event.checkin_id}, "answered")


async def offer_link(unit: Unit, event: LinkOffered) -> None:
    purpose = LINK_PURPOSES[event.purpose]
    path = "s" if purpose is Purpose.SIGN_LINK else "r"
    letter = Letter(
        purpose=purpose,
        occasion=event.link_id,
        about_id=event.link_id,
        stale_at=event.expires_at,
        data=_link("intake", path, event.link_id),
    )
    await _write_to(unit, event.client_id, letter)


async def tell_news(unit: Unit, event: ReferralAccepted) -> None:
    """Says only that there is news: what it is would reveal whom it came from (R5.6)."""
    letter = Letter(
        purpose=Purpose.NEWS,
        occasion=event.referral_id,
        about_id=event.referral_id,
        data={"recipient_id": event.partner_id},
    )
    await _write_to(unit, event.client_id, letter)


async def withdraw_news(unit: Unit, event: ReferralCancelled) -> None:
    await confidential.check_not_erased(unit, event.client_id)
    store.mark_withdrawn(unit, event.referral_id)
    await facts.take_back(unit, {"about_id": event.referral_id}, "withdrawn")


async def confirm_revocation(unit: Unit, event: ConsentRevoked) -> None:
    """What rests on the consent is taken back, and the person is told that it is done (R1.7)."""
    person = await known_person(unit, event.client_id)
    store.save_person(unit, domain.withdraw(person, event.recipient_id, at=event.revoked_at))
    await facts.take_back(
        unit,
        {"client_id": event.client_id, "data.recipient_id": event.recipient_id},
        "consent-revoked",
    )
    letter = Letter(
        purpose=Purpose.REVOKED,
        occasion=event.consent_id,
        about_id=event.consent_id,
    )
    await _write_to(unit, event.client_id, letter)


async def allow_news_again(unit: Unit, event: ConsentGranted) -> None:
    person = await known_person(unit, event.client_id)
    allowed = domain.allow_again(person, event.recipient_id, at=event.granted_at)
    if allowed != person:
        store.save_person(unit, allowed)


async def _write_to(unit: Unit, client_id: str, letter: Letter) -> None:
    """Queue a message to the client's best confirmed point, or say why there is none."""
    person = await known_person(unit, client_id)
    points = await store.points_of(unit, client_id)
    wishes = await store.wishes(unit, points)
    chosen = domain.choose(points, wishes, channels=letter.channels)
    if isinstance(chosen, ContactPoint):
        post(unit, person, chosen, letter)
        return
    delivery_id = post(unit, person, None, letter)
    await move(unit, delivery_id, "dropped", facts.on_state, reason=chosen)


def post(unit: Unit, person: Person, point: ContactPoint | None, letter: Letter) -> str:
    """Write the delivery and the fact that it waits; its hours are the person's own (R5.2)."""
    delivery_id = f"{letter.purpose}_{letter.occasion}"
    channel = point.channel if point else letter.channels[0]
    place = {"contact_point_id": point.id} if point else {}
    not_before = hours.next_allowed(unit.at, person.time_zone)
    queue(
        unit,
        id=delivery_id,
        channel=channel,
        purpose=letter.purpose,
        client_id=person.client_id,
        not_before=not_before,
        stale_at=letter.stale_at or unit.at + RULES[letter.purpose].lasts,
        about_id=letter.about_id,
        data={**letter.data, **place, "language": person.language},
    )
    unit.emit(
        MessageQueued(
            client_id=person.client_id,
            delivery_id=delivery_id,
            purpose=letter.purpose,
            channel=channel,
            not_before=not_before,
            about_id=letter.about_id,
        )
    )
    return delivery_id


def post_code(unit: Unit, person: Person, point: ContactPoint, code: Code, link_id: str) -> str:
    """The code and its link are derived from their ids when the message is written."""
    letter = Letter(
        purpose=Purpose.VERIFICATION,
        occasion=code.id,
        about_id=point.id,
        stale_at=code.ends_at,
        data={**_link("notifications", "v", link_id), "code_id": code.id},
    )
    return post(unit, person, point, letter)


def _link(owner: str, path: str, link_id: str) -> dict[str, str]:
    return {"link_owner": owner, "link_path": path, "link_id": link_id}

"""What can be done with a referral, one function each: load, decide, save."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from services.referrals.lifecycle import domain, notices, store, template
from services.referrals.lifecycle.domain import ConsentWithdrawn, Referral
from services.referrals.lifecycle.hours import OfficeHours
from services.referrals.lifecycle.steps import CLIENT_ERASED, CONSENT_REVOKED, Step
from services.referrals.lifecycle.transitions import Party, Status
from services.referrals.partners import store as partners
from shared import confidential, due
from shared.permit import Held, Permit
from shared.unit import Unit

VIEW_DUE, DECIDE_DUE, MAIL_INSTEAD = "view-due", "decide-due", "mail-instead"


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a counselor asks for; ``note`` is sealed and stays in the house."""

    client_id: str
    service_id: str
    need: str
    urgency: str
    categories: tuple[str, ...]
    note: bytes | None = None


async def draft(unit: Unit, wish: Wish, *, referral_id: str, by: str) -> None:
    await confidential.check_not_erased(unit, wish.client_id)
    partner, service = await partners.for_service(unit, wish.service_id)
    referral = Referral(
        id=referral_id,
        client_id=wish.client_id,
        partner_id=partner.id,
        service_id=wish.service_id,
        service_name=service["name"],
        need=wish.need,
        urgency=wish.urgency,
        categories=template.chosen(wish.need, wish.categories),
        note=wish.note,
        drafted_by=by,
    )
    store.save(unit, *domain.draft(referral, at=unit.at))


async def block(unit: Unit, referral_id: str, code: str) -> None:
    """Keep the gate's no; nothing left the house."""
    referral = await store.get(unit, referral_id)
    store.save(unit, *domain.block(referral, code))
    unit.note(code=code)


async def send(
    unit: Unit, referral_id: str, permit: Permit, *, office: OfficeHours, link_key: bytes
) -> None:
    """The gate said yes: the partner is told that something waits, and the clock starts."""
    referral = await store.get(unit, referral_id)
    await confidential.check_not_erased(unit, referral.client_id)
    await _use_consent(unit, permit.consent_id, referral.client_id)
    partner = await partners.get(unit, referral.partner_id)
    sent, events = domain.send(referral, consent_id=permit.consent_id, at=unit.at, office=office)
    store.save(unit, sent, events)
    notices.queue(unit, sent, partner, notices.SENT, link_key=link_key)
    _schedule(unit, sent, VIEW_DUE, sent.view_by)
    _schedule(unit, sent, DECIDE_DUE, sent.decide_by)
    unit.note(permit_id=permit.id)


async def _use_consent(unit: Unit, consent_id: str, client_id: str) -> None:
    """Write the consent's copy, as its revocation does, so that the two cannot cross."""
    kept = await unit.get(store.CONSENTS, consent_id)
    if kept and kept["revoked_at"]:
        raise ConsentWithdrawn
    uses = kept["uses"] + 1 if kept else 1
    await store.change_consent(unit, consent_id, client_id=client_id, uses=uses)


def _schedule(unit: Unit, referral: Referral, kind: str, at: datetime | None) -> None:
    if at is not None:
        due.schedule(unit, kind=kind, subject=referral.id, due=at, client_id=referral.client_id)


async def acknowledge(
    unit: Unit, referral_id: str, *, partner_id: str, notice_version: str, current: str
) -> None:
    referral = await store.get_for_partner(unit, referral_id, partner_id)
    store.save(unit, *domain.acknowledge(referral, notice_version=notice_version, current=current))


async def disclose(
    unit: Unit,
    referral: Referral,
    permit: Permit,
    *,
    current: str,
    now: Callable[[], datetime],
) -> None:
    """Commit who reads what before the answer leaves. A permit that ran out meanwhile holds it."""
    kept = await store.get_for_partner(unit, referral.id, referral.partner_id)
    await confidential.check_not_erased(unit, kept.client_id)
    seen, events = domain.disclose(kept, permit_id=permit.id, current=current, at=unit.at)
    store.save(unit, seen, events)
    if kept.viewed_at is None:
        await due.call_off_all(unit, subject=kept.id, kind=VIEW_DUE)
    unit.note(permit_id=permit.id)
    if now() >= permit.expires_at:
        raise Held


async def answer(
    unit: Unit, referral_id: str, step: Step, *, partner_id: str, expected: int | None = None
) -> None:
    """The partner's step, or staff's on the partner's behalf; ``expected`` is the version seen."""
    referral = await store.get_for_partner(unit, referral_id, partner_id)
    domain.check_version(referral, expected)
    moved, events = domain.move(referral, step)
    store.save(unit, moved, events)
    await due.call_off_all(unit, subject=referral.id)


async def waitlist(unit: Unit, referral_id: str, *, partner_id: str, office: OfficeHours) -> None:
    referral = await store.get_for_partner(unit, referral_id, partner_id)
    waiting, events = domain.waitlist(referral, at=unit.at, office=office)
    store.save(unit, waiting, events)
    await due.call_off_all(unit, subject=referral.id)
    _schedule(unit, waiting, DECIDE_DUE, waiting.decide_by)


async def cancel(
    unit: Unit, referral_id: str, *, reason: str, words: bytes | None, link_key: bytes
) -> None:
    """The house takes the referral back."""
    referral = await store.get(unit, referral_id)
    step = Step(
        at=unit.at, status=Status.CANCELLED, party=Party.REQUESTER, reason=reason, words=words
    )
    moved, events = domain.move(referral, step)
    store.save(unit, moved, events)
    await _end(unit, moved, link_key)


async def cancel_under(unit: Unit, client_id: str, consent_id: str, *, link_key: bytes) -> None:
    """A consent was revoked: whatever is open under it ends now (R1.7)."""
    await store.change_consent(unit, consent_id, client_id=client_id, revoked_at=unit.at)
    for referral in await store.open_of_client(unit, client_id):
        if referral.consent_id == consent_id:
            ended, events = domain.cancel_for(referral, CONSENT_REVOKED, at=unit.at)
            store.save(unit, ended, events)
            await _end(unit, ended, link_key)


async def erase(unit: Unit, client_id: str, *, link_key: bytes) -> None:
    """The client's key is gone: the copy goes, what is open ends, sealed words are dropped."""
    await confidential.forget_key(unit, client_id)
    await store.change_client(unit, client_id, card=None)
    for referral in await store.all_of_client(unit, client_id):
        ended, events = domain.cancel_for(referral, CLIENT_ERASED, at=unit.at)
        store.save(unit, domain.without_words(ended), events)
        if events and ended.sent_at:
            await _end(unit, ended, link_key)


async def _end(unit: Unit, referral: Referral, link_key: bytes) -> None:
    partner = await partners.get(unit, referral.partner_id)
    await notices.withdraw(unit, referral, partner, link_key=link_key)
    await due.call_off_all(unit, subject=referral.id)


async def remind(unit: Unit, referral_id: str, stage: str, *, link_key: bytes) -> None:
    """The partner's time has run out: staff learn of it, the partner is reminded (R6.5)."""
    referral = await store.get(unit, referral_id)
    events = domain.overdue(referral, stage)
    if not events:
        return
    partner = await partners.get(unit, referral.partner_id)
    for event in events:
        unit.emit(event)
    occurrence = f"{stage}-{len(referral.history)}"
    notices.queue(
        unit, referral, partner, notices.REMINDER, link_key=link_key, occurrence=occurrence
    )


async def mail_instead(unit: Unit, referral_id: str, what: str, *, link_key: bytes) -> None:
    """A notice that the partner's system did not take goes to the registered address."""
    referral = await store.get(unit, referral_id)
    partner = await partners.get(unit, referral.partner_id)
    occurrence = f"{notices.MAIL}-{int(unit.at.timestamp())}"
    notices.queue(
        unit,
        referral,
        partner,
        what,
        link_key=link_key,
        occurrence=occurrence,
        by_mail=True,
    )

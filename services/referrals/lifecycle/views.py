"""A referral as staff see it: with the partner's name and the words that people wrote."""

from collections.abc import Sequence

from services.referrals.lifecycle import words
from services.referrals.lifecycle.domain import Referral
from services.referrals.lifecycle.steps import Step
from services.referrals.lifecycle.transitions import Party, next_steps
from services.referrals.partners import store as partners
from shared.confidential import Erased
from shared.journal import Document
from shared.runtime import Runtime


async def staff_view(
    runtime: Runtime, client_id: str, referrals: Sequence[Referral]
) -> list[Document]:
    """All of one client's; what was erased is left empty."""
    key = await _key(runtime, client_id) if any(_has_words(r) for r in referrals) else None
    names = await partners.names(runtime.database, {r.partner_id for r in referrals})
    return [_view(referral, names.get(referral.partner_id, ""), key) for referral in referrals]


async def _key(runtime: Runtime, client_id: str) -> bytes | None:
    try:
        return await runtime.keyring.key(client_id)
    except Erased:
        return None


def _has_words(referral: Referral) -> bool:
    return referral.note is not None or any(step.words for step in referral.history)


def _view(referral: Referral, partner_name: str, key: bytes | None) -> Document:
    return {
        "referral_id": referral.id,
        "client_id": referral.client_id,
        "partner_id": referral.partner_id,
        "partner_name": partner_name,
        "service_id": referral.service_id,
        "service_name": referral.service_name,
        "need": referral.need,
        "urgency": referral.urgency,
        "categories": list(referral.categories),
        "status": referral.status,
        "business_status": referral.business_status,
        "reason": referral.reason,
        "consent_id": referral.consent_id,
        "sent_at": referral.sent_at,
        "view_by": referral.view_by,
        "decide_by": referral.decide_by,
        "viewed_at": referral.viewed_at,
        "note": words.read(key, referral.id, referral.note),
        "history": [_step(referral.id, step, key) for step in referral.history],
        "partner_may": list(next_steps(referral.status, Party.TARGET)),
        "version": referral.version,
    }


def _step(referral_id: str, step: Step, key: bytes | None) -> Document:
    return {
        "at": step.at,
        "status": step.status,
        "by": step.party,
        "business_status": step.business_status,
        "reason": step.reason,
        "text": words.read(key, referral_id, step.words),
    }

"""What people and staff do with a contact form."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.intake.keydesk.desk import KeyDesk
from services.intake.submissions import domain, store
from services.intake.submissions.domain import Content, Draft
from services.intake.submissions.form import content_of
from shared.auth import NotVisible
from shared.due import call_off, schedule
from shared.unit import Unit


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A draft somebody may write to: its id, the digest of its address, its key."""

    draft_id: str
    submission_id: str
    token_digest: str
    key: bytes


async def start_draft(unit: Unit, draft: Draft, *, token_digest: str, desk: KeyDesk) -> None:
    """Begin a form; unless it is sent, it is gone after seven days."""
    schedule(
        unit,
        kind="draft-ended",
        subject=draft.id,
        due=draft.started_at + domain.DRAFT_KEPT,
        data={"submission_id": draft.submission_id},
        id=draft.deadline_id,
    )
    key = desk.make(unit, draft.submission_id)
    store.add_draft(unit, draft, token_digest=token_digest, key=key)
    unit.about(draft.submission_id)


async def save_step(unit: Unit, opened: Opened, step: str, answers: Mapping[str, Any]) -> None:
    draft = await _draft(unit, opened)
    draft = domain.save_step(draft, step, dict(answers), at=unit.at)
    store.save_draft(unit, draft, token_digest=opened.token_digest, key=opened.key)


async def reopen(unit: Unit, opened: Opened) -> None:
    """The return code was right: the answers can be read again for a while."""
    draft = domain.reopen(await _draft(unit, opened), at=unit.at)
    store.save_draft(unit, draft, token_digest=opened.token_digest, key=opened.key)


async def send(unit: Unit, opened: Opened) -> None:
    """The draft becomes a submission under the same key."""
    draft = await _draft(unit, opened)
    submission, events = domain.receive(
        content_of(draft.answers),
        submission_id=draft.submission_id,
        site_id=draft.site_id,
        channel="web",
        at=unit.at,
    )
    store.add(unit, submission, opened.key)
    store.drop_draft(unit, draft.id)
    await call_off(unit, draft.deadline_id)
    for event in events:
        unit.emit(event)
    unit.reply(submission_id=submission.id)


async def _draft(unit: Unit, opened: Opened) -> Draft:
    draft = await store.draft(unit, opened.draft_id, opened.key)
    if draft is None:
        raise NotVisible
    return draft


async def receive_by_phone(
    unit: Unit, content: Content, *, submission_id: str, site_id: str, desk: KeyDesk
) -> None:
    """A staff member fills the same form for somebody who called."""
    submission, events = domain.receive(
        content, submission_id=submission_id, site_id=site_id, channel="phone", at=unit.at
    )
    store.add(unit, submission, desk.make(unit, submission_id))
    for event in events:
        unit.emit(event)
    unit.reply(submission_id=submission_id)


async def close(unit: Unit, submission_id: str, *, reason: str, key: bytes) -> None:
    """Answered without becoming a client; what the form said is kept for thirty days more."""
    submission = await store.get(unit, submission_id, key)
    if submission is None:
        raise NotVisible
    submission, events = domain.close(submission, reason=reason)
    await store.change(unit, submission, key)
    schedule(
        unit,
        kind="closed-form-ended",
        subject=submission_id,
        due=unit.at + domain.CONTENT_KEPT_AFTER_CLOSING,
    )
    for event in events:
        unit.emit(event)
    unit.reply(submission_id=submission_id)


async def end_draft(unit: Unit, deadline: Mapping[str, Any], desk: KeyDesk) -> None:
    """Seven days are over: the draft and its key go."""
    store.drop_draft(unit, deadline["subject"])
    await desk.forget(unit, deadline["data"]["submission_id"])


async def end_closed_form(unit: Unit, deadline: Mapping[str, Any], desk: KeyDesk) -> None:
    await store.forget_content(unit, deadline["subject"])
    await desk.forget(unit, deadline["subject"])

"""Drafts and submissions: what a person told us, until staff answered it."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

from shared.contracts import Refused
from shared.contracts.intake import SubmissionClosed, SubmissionReceived
from shared.events import Event

DRAFT_KEPT = timedelta(days=7)
OPEN_TO_READ = timedelta(minutes=15)
CONTENT_KEPT_AFTER_CLOSING = timedelta(days=30)
SATURDAY = 5
CLOSING_REASONS = ("not-for-us", "duplicate", "withdrawn")
REGISTERED = "registered"


class AlreadyClosed(Refused):
    """Somebody has answered this form already."""

    code: ClassVar[str] = "ALREADY_CLOSED"


class UnknownReason(Refused):
    """Choose one of the reasons."""

    code: ClassVar[str] = "INVALID"
    final: ClassVar[bool] = False


class Incomplete(Refused):
    """Something is missing or wrong before this can be taken in; ``fields`` says what."""

    code: ClassVar[str] = "INVALID"
    final: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True)
class Content:
    """What somebody told us; kept encrypted, shown to staff only."""

    asking: str = "self"  # self, someone-else, professional
    given_name: str = ""
    family_name: str = ""
    preferred_name: str = ""
    birth_date: date | None = None
    phone: str = ""
    email: str = ""
    language: str = "en"
    time_zone: str = ""
    ways: tuple[str, ...] = ()  # text, call, email
    times: tuple[str, ...] = ()  # morning, afternoon, evening
    voicemail: bool = False
    help_wanted: tuple[str, ...] = ()
    message: str = ""

    @property
    def reachable(self) -> bool:
        return bool(self.phone or self.email)


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A form somebody has begun. Its answers can be read again for a while, then by code only."""

    id: str
    submission_id: str
    return_code: str
    return_digest: str
    language: str
    site_id: str
    started_at: datetime
    touched_at: datetime
    deadline_id: str
    answers: dict[str, Any] = field(default_factory=dict)
    steps: tuple[str, ...] = ()
    version: int = 0

    def shows_answers(self, at: datetime) -> bool:
        """Every phone is shared: after a quarter of an hour only the code opens it again."""
        return not self.steps or at - self.touched_at <= OPEN_TO_READ


@dataclass(frozen=True, kw_only=True)
class Submission:
    id: str
    site_id: str
    language: str
    channel: str  # web, phone
    received_at: datetime
    content: Content | None  # None once it was deleted
    state: str = "open"  # open, closed
    reason: str | None = None
    client_id: str | None = None
    version: int = 0


def save_step(draft: Draft, step: str, answers: dict[str, Any], *, at: datetime) -> Draft:
    """The draft with one step answered; saving late keeps the answer but shows no others."""
    steps = tuple(dict.fromkeys((*draft.steps, step)))
    touched_at = at if draft.shows_answers(at) else draft.touched_at
    return replace(draft, answers={**draft.answers, **answers}, steps=steps, touched_at=touched_at)


def reopen(draft: Draft, *, at: datetime) -> Draft:
    return replace(draft, touched_at=at)


def receive(
    content: Content, *, submission_id: str, site_id: str, channel: str, at: datetime
) -> tuple[Submission, list[Event]]:
    """A form was sent. Without a name and a way to answer it cannot be taken in."""
    if not (content.given_name or content.preferred_name) or not content.reachable:
        raise Incomplete(fields={"given_name": "Enter a name and a way to answer"})
    submission = Submission(
        id=submission_id,
        site_id=site_id,
        language=content.language,
        channel=channel,
        received_at=at,
        content=content,
    )
    received = SubmissionReceived(
        submission_id=submission_id,
        site_id=site_id,
        language=content.language,
        channel=channel,
        received_at=at,
    )
    return submission, [received]


def register(submission: Submission, *, client_id: str) -> tuple[Submission, list[Event]]:
    """The form became a client."""
    return _close(submission, REGISTERED, client_id)


def close(submission: Submission, *, reason: str) -> tuple[Submission, list[Event]]:
    if reason not in CLOSING_REASONS:
        raise UnknownReason(fields={"reason": "Choose one of the reasons"})
    return _close(submission, reason, None)


def _close(
    submission: Submission, reason: str, client_id: str | None
) -> tuple[Submission, list[Event]]:
    if submission.state != "open":
        raise AlreadyClosed
    closed = replace(submission, state="closed", reason=reason, client_id=client_id)
    fact = SubmissionClosed(submission_id=submission.id, reason=reason, client_id=client_id)
    return closed, [fact]


def forget_content(submission: Submission) -> Submission:
    return replace(submission, content=None)


def call_by(received_at: datetime, *, hour: int = 12) -> datetime:
    """Until when somebody gets in touch: noon of the next working day, in local time given."""
    day = received_at + timedelta(days=1)
    while day.weekday() >= SATURDAY:
        day += timedelta(days=1)
    return day.replace(hour=hour, minute=0, second=0, microsecond=0)

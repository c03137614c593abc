"""One check-in from asking to answer, and how contact with the client stands (R3.1, R3.3)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from services.aftercare.checkins.instruments import Instrument
from shared.contracts.aftercare import (
    CheckinAnswered,
    CheckinDue,
    CheckinLinkRenewed,
    CheckinMissed,
    ContactAttemptDue,
)
from shared.contracts.refusal import Refused

DUE, ANSWERED, MISSED, CANCELLED = "due", "answered", "missed", "cancelled"
LINK_LIFETIME = timedelta(hours=24)  # R5.6
MOST_RENEWALS = 3  # new links one check-in hands out; a person is called after that
QUIET_AFTER_CRISIS = timedelta(hours=24)
STAFF_CALLS = 3  # the rung on which a person calls

# R3.3: days after the window ended, rung by rung; the second row while the level is high.
LADDER: Mapping[int, int] = {1: 0, 2: 1, STAFF_CALLS: 3}
STEEP_LADDER: Mapping[int, int] = {1: 0, 2: 1, STAFF_CALLS: 2}


class AlreadyAsked(Refused):
    """There is a check-in that still waits for its answer."""

    code = "CHECKIN_OPEN"


class UnknownInstrument(Refused):
    """This is not one of the instruments."""

    code = "UNKNOWN_INSTRUMENT"


class NotOpen(Refused):
    """This check-in takes no answers any more."""

    code = "CHECKIN_CLOSED"


class NotAnAnswer(Refused):
    """This is not one of the answers to choose from."""

    code = "NOT_AN_ANSWER"
    final = False


class LinkNotInUse(Refused):
    """The link was used, ended, withdrawn or never existed: all look alike."""

    code = "LINK_NOT_IN_USE"
    final = False


@dataclass(frozen=True, kw_only=True)
class Checkin:
    """``answers`` holds what was answered; None is a question that was skipped."""

    id: str
    client_id: str
    plan_id: str
    instrument: str
    instrument_version: str
    scorer: str
    state: str
    due_at: datetime
    window_ends_at: datetime
    answers: Mapping[str, int | None] = field(default_factory=dict)
    language: str | None = None
    answered_at: datetime | None = None
    next_on: date | None = None
    renewals: int = 0
    version: int = 0

    @property
    def renewable(self) -> bool:
        """Whoever asks too often gets the same words, and nothing is sent."""
        return self.open and self.renewals < MOST_RENEWALS

    @property
    def open(self) -> bool:
        """A missed one still takes its answer, until the next one is asked: any reply counts."""
        return self.state in (DUE, MISSED)


@dataclass(frozen=True, kw_only=True)
class Link:
    """What the page knows of a link: the digest of its token, never the token."""

    digest: str
    link_id: str
    checkin_id: str
    client_id: str
    expires_at: datetime
    used_at: datetime | None = None

    def opens(self, checkin: Checkin, at: datetime) -> bool:
        return self.used_at is None and self.expires_at > at and checkin.open


def ask(checkin: Checkin, link: Link) -> list[CheckinDue]:
    return [
        CheckinDue(
            client_id=checkin.client_id,
            checkin_id=checkin.id,
            link_id=link.link_id,
            instrument=checkin.instrument,
            due_at=checkin.due_at,
            window_ends_at=checkin.window_ends_at,
            link_expires_at=link.expires_at,
        )
    ]


def answer(
    checkin: Checkin, instrument: Instrument, code: str, value: int | None, *, language: str
) -> Checkin:
    """Keep one answer, or None for a question skipped; a second one to it replaces the first."""
    if not checkin.open:
        raise NotOpen
    item = instrument.item(code)
    if item is None or (value is not None and value not in item.options):
        raise NotAnAnswer
    return replace(checkin, answers={**checkin.answers, code: value}, language=language)


def first_open(checkin: Checkin, instrument: Instrument) -> int | None:
    """The place of the first question without an answer, counted from 0; None: all done."""
    for place, item in enumerate(instrument.items):
        if item.code not in checkin.answers:
            return place
    return None


def finish(
    checkin: Checkin, *, next_on: date | None, at: datetime
) -> tuple[Checkin, list[CheckinAnswered]]:
    done = replace(checkin, state=ANSWERED, answered_at=at, next_on=next_on)
    return done, [
        CheckinAnswered(
            client_id=checkin.client_id,
            checkin_id=checkin.id,
            instrument=checkin.instrument,
            answered_at=at,
            next_on=next_on,
        )
    ]


def cancel(checkin: Checkin) -> Checkin:
    """The plan ended: nobody waits for this answer any more."""
    return replace(checkin, state=CANCELLED)


def renew(checkin: Checkin, link: Link) -> tuple[Checkin, list[CheckinLinkRenewed]]:
    """A new link to the same contact."""
    renewed = CheckinLinkRenewed(
        client_id=checkin.client_id,
        checkin_id=checkin.id,
        link_id=link.link_id,
        link_expires_at=link.expires_at,
    )
    return replace(checkin, renewals=checkin.renewals + 1), [renewed]


@dataclass(frozen=True, kw_only=True)
class Contact:
    """How contact with one client stands: since when, how often missed, how far up the ladder.

    The ladder belongs to the silence, not to one check-in: each rung once, a reply resets it.
    """

    client_id: str
    plan_id: str
    last_at: datetime
    missed: int = 0
    rung: int = 0
    next_at: datetime | None = None
    quiet_until: datetime | None = None  # R3.9: after a crisis nothing is asked for a day
    version: int = 0


def miss(
    checkin: Checkin, contact: Contact, *, at: datetime
) -> tuple[Checkin, Contact, list[CheckinMissed]]:
    """The window ended without an answer."""
    missed = replace(contact, missed=contact.missed + 1)
    fact = CheckinMissed(
        client_id=checkin.client_id,
        checkin_id=checkin.id,
        missed_at=at,
        consecutive=missed.missed,
    )
    return replace(checkin, state=MISSED), missed, [fact]


def climb(
    contact: Contact, checkin: Checkin, link: Link, rung: int
) -> tuple[Contact, list[ContactAttemptDue]]:
    """Try to reach the person: a neutral reminder, then the second channel."""
    attempt = ContactAttemptDue(
        client_id=contact.client_id,
        checkin_id=checkin.id,
        rung=rung,
        link_id=link.link_id,
        link_expires_at=link.expires_at,
    )
    return replace(contact, rung=rung), [attempt]


def keep_quiet(contact: Contact, since: datetime) -> Contact:
    """After a crisis the person hears from people, not from forms (R3.9)."""
    until = since + QUIET_AFTER_CRISIS
    return replace(contact, quiet_until=max(until, contact.quiet_until or until))


def pause_before(rung: int, *, steep: bool) -> int:
    """Days between the rung below and this one."""
    ladder = STEEP_LADDER if steep else LADDER
    return ladder[rung] - ladder[rung - 1]


def reached(contact: Contact, *, at: datetime) -> Contact:
    """The person was heard from: the silence is over (R3.3)."""
    return replace(contact, last_at=at, missed=0, rung=0)

"""Contact points and wishes: whom we may write to, where, and who said so.

A contact point is one client's number or address; its wish is kept per number, because everybody
who shares the number lives with what is sent to it (R1.18, R5.3).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from shared.contracts import Refused
from shared.contracts.notifications import (
    ContactPointUnverified,
    ContactPointVerified,
    OptedIn,
    OptedOut,
)
from shared.events import Event

SMS, EMAIL = "sms", "email"
UNVERIFIED, VERIFIED, REMOVED = "unverified", "verified", "removed"

CODE_LIFETIME = timedelta(hours=24)
CODE_TRIES = 5
CODE_PAUSE = timedelta(minutes=1)
# Provider errors after which a number must prove itself again (R1.18): unknown, landline, not real.
DEAD_NUMBER = frozenset({"30005", "30006", "21211", "21214", "21614"})


class CodeEnded(Refused):
    """This code has ended; a new one can be sent."""

    code = "CODE_ENDED"
    final = False


class CodeJustSent(Refused):
    """A code was sent less than a minute ago."""

    code = "CODE_JUST_SENT"
    final = False


class AlreadyVerified(Refused):
    """This number or address is confirmed already."""

    code = "ALREADY_VERIFIED"
    final = False


class NoSuchContact(Refused):
    """There is no such number or address."""

    code = "NOT_FOUND"
    final = False


@dataclass(frozen=True, kw_only=True)
class Person:
    """What this service must know of a client to write to them rightly."""

    client_id: str
    site_id: str | None = None
    card_version: int = 0
    language: str = "en"
    time_zone: str | None = None
    unencrypted_ok: bool = False
    no_surveys_until: datetime | None = None
    withdrawn: Mapping[str, datetime] = field(default_factory=dict)  # recipient -> revoked at
    version: int = 0


@dataclass(frozen=True, kw_only=True)
class Code:
    id: str
    sent_at: datetime
    tries_left: int = CODE_TRIES

    def is_open(self, at: datetime) -> bool:
        return self.tries_left > 0 and at < self.ends_at

    @property
    def ends_at(self) -> datetime:
        return self.sent_at + CODE_LIFETIME


@dataclass(frozen=True, kw_only=True)
class ContactPoint:
    """``address`` is a keyed digest for finding, ``sealed`` the value under the client's key."""

    id: str
    client_id: str
    channel: str
    address: str = ""
    sealed: bytes = b""
    state: str = UNVERIFIED
    code: Code | None = None
    verified_at: datetime | None = None
    warning: str | None = None  # version of the wording that was agreed to (R1.18)
    last_error: str | None = None
    version: int = 0


@dataclass(frozen=True, kw_only=True)
class Wish:
    """STOP holds for the number until START comes from it."""

    address: str
    opted_out_at: datetime | None = None
    clear: bool = True
    version: int = 0

    @property
    def is_out(self) -> bool:
        return self.opted_out_at is not None


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of a contact card, already digested and sealed."""

    id: str
    channel: str
    address: str
    sealed: bytes


@dataclass(frozen=True, kw_only=True)
class CardChange:
    """What a new card does: points as they are now, and which of them must be confirmed."""

    points: list[ContactPoint]
    to_confirm: list[str]
    events: list[Event] = field(default_factory=list)


def withdraw(person: Person, recipient_id: str, *, at: datetime) -> Person:
    """Messages that rest on this recipient's consent end here."""
    return replace(person, withdrawn={**person.withdrawn, recipient_id: at})


def allow_again(person: Person, recipient_id: str, *, at: datetime) -> Person:
    """A consent given after the revocation; an older one that arrives late changes nothing."""
    revoked_at = person.withdrawn.get(recipient_id)
    if revoked_at is None or revoked_at >= at:
        return person
    kept = {other: when for other, when in person.withdrawn.items() if other != recipient_id}
    return replace(person, withdrawn=kept)


def follow_card(
    known: Mapping[str, ContactPoint], entries: Iterable[Entry], *, client_id: str
) -> CardChange:
    """A new or changed value is unverified; a value that is gone stays gone."""
    points, to_confirm, events = [], [], list[Event]()
    listed = {entry.id: entry for entry in entries}
    for point in known.values():
        if point.id not in listed and point.state != REMOVED:
            points.append(remove(point))
    for entry in listed.values():
        before = known.get(entry.id)
        if before and (before.state == REMOVED or before.address == entry.address):
            continue
        points.append(_unconfirmed(entry, before, client_id))
        to_confirm.append(entry.id)
        reason = "changed" if before else "new"
        events.append(_unverified(points[-1], reason))
    return CardChange(points=points, to_confirm=to_confirm, events=events)


def _unconfirmed(entry: Entry, before: ContactPoint | None, client_id: str) -> ContactPoint:
    return ContactPoint(
        id=entry.id,
        client_id=client_id,
        channel=entry.channel,
        address=entry.address,
        sealed=entry.sealed,
        version=before.version if before else 0,
    )


def remove(point: ContactPoint) -> ContactPoint:
    """Nothing may be sent there again; the value itself is forgotten."""
    return ContactPoint(
        id=point.id,
        client_id=point.client_id,
        channel=point.channel,
        state=REMOVED,
        version=point.version,
    )


def issue_code(point: ContactPoint, code_id: str, *, at: datetime) -> tuple[ContactPoint, Code]:
    if point.state == REMOVED:
        raise NoSuchContact
    if point.state == VERIFIED:
        raise AlreadyVerified
    if point.code and at < point.code.sent_at + CODE_PAUSE:
        raise CodeJustSent
    code = Code(id=code_id, sent_at=at)
    return replace(point, code=code), code


def enter_code(
    point: ContactPoint, *, right: bool, warning: str, at: datetime
) -> tuple[ContactPoint, list[Event]]:
    """A wrong code costs a try; raises CodeEnded when there is nothing left to try."""
    if point.state == VERIFIED:
        return point, []
    if point.code is None or not point.code.is_open(at):
        raise CodeEnded
    if right:
        return confirm(point, warning=warning, at=at)
    code = replace(point.code, tries_left=point.code.tries_left - 1)
    return replace(point, code=code), []


def confirm(point: ContactPoint, *, warning: str, at: datetime) -> tuple[ContactPoint, list[Event]]:
    """The person read the wording, with its warning, at this place and said yes (R1.18)."""
    if point.state == REMOVED:
        raise NoSuchContact
    if point.state == VERIFIED:
        return point, []
    verified = replace(
        point, state=VERIFIED, code=None, verified_at=at, warning=warning, last_error=None
    )
    return verified, [
        ContactPointVerified(
            client_id=point.client_id,
            contact_point_id=point.id,
            channel=point.channel,
            verified_at=at,
        )
    ]


def end_code(point: ContactPoint, code_id: str) -> list[Event]:
    """A day went by without the code: somebody should know, unless a newer one is out."""
    waited_for = point.code is not None and point.code.id == code_id
    return [_unverified(point, "code-expired")] if waited_for else []


def note_failure(point: ContactPoint, error: str) -> tuple[ContactPoint, list[Event]]:
    """Keep the carrier's code; a dead number must be confirmed again (R1.18)."""
    if point.state == REMOVED:
        return point, []
    noted = replace(point, last_error=error)
    if error not in DEAD_NUMBER or point.state != VERIFIED:
        return noted, []
    return replace(noted, state=UNVERIFIED), [_unverified(point, "carrier-error")]


def opt_out(
    wish: Wish, points: Sequence[ContactPoint], *, clear: bool, at: datetime
) -> tuple[Wish, list[Event]]:
    """Holds at once for the number, and for every client who has it (R5.3)."""
    if wish.is_out:
        return wish, []
    return replace(wish, opted_out_at=at, clear=clear), [
        OptedOut(client_id=point.client_id, contact_point_id=point.id, at=at, clear=clear)
        for point in points
    ]


def opt_in(wish: Wish, points: Sequence[ContactPoint], *, at: datetime) -> tuple[Wish, list[Event]]:
    if not wish.is_out:
        return wish, []
    return replace(wish, opted_out_at=None, clear=True), [
        OptedIn(client_id=point.client_id, contact_point_id=point.id, at=at) for point in points
    ]


def choose(
    points: Sequence[ContactPoint], wishes: Mapping[str, Wish], *, channels: Sequence[str]
) -> ContactPoint | str:
    """Where a message goes: the first channel that is confirmed and wanted, or why there is none.

    The longest-confirmed point of a channel comes first, so that the choice does not wander.
    """
    confirmed = [p for p in points if p.state == VERIFIED and p.channel in channels]
    wanted = [p for p in confirmed if not is_out(wishes, p)]
    if wanted:
        return min(wanted, key=lambda p: (channels.index(p.channel), p.verified_at, p.id))
    return "opted-out" if confirmed else "no-verified-contact"


def is_out(wishes: Mapping[str, Wish], point: ContactPoint) -> bool:
    wish = wishes.get(point.address)
    return wish is not None and wish.is_out


def _unverified(point: ContactPoint, reason: str) -> ContactPointUnverified:
    return ContactPointUnverified(
        client_id=point.client_id,
        contact_point_id=point.id,
        channel=point.channel,
        reason=reason,
    )

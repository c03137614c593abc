"""May this message go out now? Asked after the claim and again right before the call."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.notifications import hours
from services.notifications.domain import REMOVED, VERIFIED, ContactPoint, Person
from services.notifications.purposes import MOST_A_DAY, MOST_A_WEEK, RULES, Purpose
from shared.deliveries import Drop, Go, Later, Verdict

HELD_FOR = timedelta(seconds=5)
WEEK = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class Situation:
    """Everything a verdict depends on, as it is at this moment.

    ``counted`` are the capped messages that went out in the last seven days.
    """

    purpose: Purpose
    at: datetime
    stale_at: datetime | None
    point: ContactPoint | None
    person: Person | None
    opted_out: bool = False
    erased: bool = False
    held: bool = False
    about_withdrawn: bool = False
    recipient_id: str | None = None
    counted: Sequence[tuple[Purpose, datetime]] = ()


def decide(now: Situation) -> Verdict:
    """The first rule that stands in the way wins; what can never go out is dropped."""
    rules = RULES[now.purpose]
    if now.stale_at and now.at >= now.stale_at:
        return Drop("stale")
    if rules.answers_a_text or rules.to_staff:
        return Drop("withdrawn") if now.about_withdrawn else Go()
    refusal = _refusal(now)
    if refusal:
        return Drop(refusal)
    wait = _wait_until(now)
    return Later(wait) if wait and wait > now.at else Go()


def _refusal(now: Situation) -> str | None:
    rules = RULES[now.purpose]
    if now.erased or now.person is None:
        return "client-erased"
    if now.point is None or now.point.state == REMOVED:
        return "contact-removed"
    if now.point.state != VERIFIED and not rules.to_unverified:
        return "no-verified-contact"
    if now.point.state == VERIFIED and now.purpose is Purpose.VERIFICATION:
        return "verified-already"
    if now.opted_out:
        return "opted-out"
    if now.about_withdrawn:
        return "withdrawn"
    if now.recipient_id and now.recipient_id in now.person.withdrawn:
        return "consent-revoked"
    return None


def _wait_until(now: Situation) -> datetime | None:
    """The latest of all the reasons to wait; they are asked again then."""
    zone = now.person.time_zone if now.person else None
    waits = [hours.next_allowed(now.at, zone), _within_caps(now)]
    if now.held:
        waits.append(now.at + HELD_FOR)
    if RULES[now.purpose].is_survey and now.person:
        waits.append(now.person.no_surveys_until)
    return max(wait for wait in waits if wait)


def _within_caps(now: Situation) -> datetime | None:
    """One of a kind a day by the person's own calendar, three in any seven days (R5.1)."""
    kind = RULES[now.purpose].capped
    if kind is None:
        return None
    zone = _zone(now.person)
    today = now.at.astimezone(zone).date()
    of_kind = [at for purpose, at in now.counted if RULES[purpose].capped == kind]
    if sum(at.astimezone(zone).date() == today for at in of_kind) >= MOST_A_DAY:
        midnight = hours.wall_time(today + timedelta(days=1), time(0), zone.key)
        return hours.next_allowed(midnight, now.person.time_zone if now.person else None)
    latest = sorted(at for _, at in now.counted)[-MOST_A_WEEK:]
    if len(latest) == MOST_A_WEEK and latest[0] + WEEK > now.at:
        return hours.next_allowed(latest[0] + WEEK, now.person.time_zone if now.person else None)
    return None


def _zone(person: Person | None) -> ZoneInfo:
    known = hours.known_zone(person.time_zone if person else None)
    return known or ZoneInfo(hours.UNKNOWN_ZONE)

"""A client: their code, contact card, discharge and erasure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import ClassVar

from shared.contracts import Refused
from shared.contracts.intake import (
    ClientDischarged,
    ClientErased,
    ClientRegistered,
    ContactCard,
    ContactCardChanged,
    ContactPointRef,
    ContactRemoved,
)
from shared.events import Event

CODE_LETTERS = "CDFGHJKMNPQRTVWXY"  # no vowels: no words; nothing that looks like a digit
CODE_DIGITS = "34679"
CODE_SHAPE = "LDL-DL"

# R6.7, as the clinician chose it; never computed.
LEVELS_OF_CARE = ("1.0", "1.5", "1.7", "2.1", "2.5", "2.7", "3.1", "3.5", "3.7", "4", "RR")
# R8.3
RECOVERY_DATE_BASES = (
    "abstinence",
    "one-substance",
    "medication-supported",
    "days-engaged",
    "none",
)


class Erased(Refused):
    """This client was erased; nothing about them can be changed."""

    code: ClassVar[str] = "ERASED"


class CardChanged(Refused):
    """Somebody else changed this card; ``fields`` names what is different now."""

    code: ClassVar[str] = "CONFLICT"
    final: ClassVar[bool] = False


class AlreadyDischarged(Refused):
    """This discharge, or a later one, is recorded already."""

    code: ClassVar[str] = "ALREADY_DISCHARGED"


class BadDischarge(Refused):
    """The discharge cannot be recorded like this; ``fields`` says what to change."""

    code: ClassVar[str] = "INVALID"
    final: ClassVar[bool] = False


class WrongCode(Refused):
    """The code typed to confirm is not this client's code."""

    code: ClassVar[str] = "WRONG_CODE"
    final: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True)
class ContactPoint:
    id: str
    channel: str  # sms, email
    value: str


@dataclass(frozen=True, kw_only=True)
class Card:
    """How to call and reach somebody; kept encrypted."""

    given_name: str
    family_name: str = ""
    preferred_name: str = ""
    birth_date: date | None = None
    language: str = "en"
    time_zone: str | None = None
    contact_points: tuple[ContactPoint, ...] = ()
    safe_voicemail: bool = False
    unencrypted_ok: bool = False


@dataclass(frozen=True, kw_only=True)
class Discharge:
    id: str
    program_id: str
    discharged_on: date
    level_of_care: str
    recovery_date_basis: str
    plan_template: str
    recovery_date: date | None = None
    time_zone: str | None = None


@dataclass(frozen=True, kw_only=True)
class Change:
    """Which fields of the card became different with which version; no values."""

    card_version: int
    fields: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Client:
    id: str
    code: str
    site_id: str
    registered_at: datetime
    card: Card | None  # None once erased
    card_version: int = 1
    state: str = "registered"  # registered, in-aftercare, erased
    submission_id: str | None = None
    discharge: Discharge | None = None
    changes: tuple[Change, ...] = ()
    version: int = 0


def new_code(pick: Callable[[Sequence[str]], str]) -> str:
    """A handle that staff can say aloud, such as K7M-4Q."""
    parts = {"L": CODE_LETTERS, "D": CODE_DIGITS}
    return "".join(pick(parts[place]) if place in parts else place for place in CODE_SHAPE)


def register(
    card: Card, *, id: str, code: str, site_id: str, submission_id: str | None, at: datetime
) -> tuple[Client, list[Event]]:
    client = Client(
        id=id,
        code=code,
        site_id=site_id,
        registered_at=at,
        card=card,
        submission_id=submission_id,
    )
    registered = ClientRegistered(
        client_id=id, code=code, site_id=site_id, registered_at=at, submission_id=submission_id
    )
    return client, [registered, _card_fact(client)]


def keep_ids(
    wanted: Sequence[ContactPoint], before: Card | None, fresh: Callable[[], str]
) -> tuple[ContactPoint, ...]:
    """The wanted points under the ids they had; a new or changed value gets an id of its own,
    so that nothing meant for the old value can reach the new one."""
    known = {(point.channel, point.value): point.id for point in (before or _NOBODY).contact_points}
    kept: dict[tuple[str, str], ContactPoint] = {}
    for point in wanted:
        place = (point.channel, point.value)
        kept.setdefault(place, replace(point, id=known.get(place) or fresh()))
    return tuple(kept.values())


def change_card(client: Client, card: Card, *, seen_version: int) -> tuple[Client, list[Event]]:
    """The card as staff left it, after they had seen version ``seen_version`` of it."""
    before = _living(client)
    if seen_version != client.card_version:
        raise CardChanged(fields=_changed_since(client, seen_version))
    different = _differences(before, card)
    if not different:
        return client, []
    version = client.card_version + 1
    changes = (*client.changes, Change(card_version=version, fields=different))
    changed = replace(client, card=card, card_version=version, changes=changes)
    left = {point.id for point in before.contact_points} - {p.id for p in card.contact_points}
    removed = [ContactRemoved(client_id=client.id, contact_point_id=id) for id in sorted(left)]
    return changed, [*removed, _card_fact(changed)]


def discharge(client: Client, discharge: Discharge, *, today: date) -> tuple[Client, list[Event]]:
    """Treatment ends and aftercare begins; a later discharge starts it anew."""
    card = _living(client)
    if wrong := _wrong_in(discharge, today):
        raise BadDischarge(fields=wrong)
    before = client.discharge
    if before is not None and discharge.discharged_on <= before.discharged_on:
        raise AlreadyDischarged
    discharge = replace(discharge, time_zone=discharge.time_zone or card.time_zone)
    fact = ClientDischarged(
        client_id=client.id,
        discharge_id=discharge.id,
        program_id=discharge.program_id,
        site_id=client.site_id,
        discharged_on=discharge.discharged_on,
        level_of_care=discharge.level_of_care,
        recovery_date_basis=discharge.recovery_date_basis,
        plan_template=discharge.plan_template,
        time_zone=discharge.time_zone,
        recovery_date=discharge.recovery_date,
    )
    return replace(client, discharge=discharge, state="in-aftercare"), [fact]


def erase(client: Client, *, code: str, at: datetime) -> tuple[Client, list[Event]]:
    """Only the code and the dates of what happened stay; names and values go with the key."""
    _living(client)
    if code.strip().upper() != client.code:
        raise WrongCode(fields={"code": "Type the code of this client"})
    erased = replace(client, state="erased", card=None, discharge=None, changes=())
    return erased, [ClientErased(client_id=client.id, erased_at=at)]


def contact_card(card: Card) -> ContactCard:
    """The confidential part of ContactCardChanged."""
    return ContactCard(
        given_name=card.given_name,
        family_name=card.family_name,
        preferred_name=card.preferred_name or None,
        birth_date=card.birth_date,
        language=card.language,
        time_zone=card.time_zone,
        contact_values={point.id: point.value for point in card.contact_points},
        safe_voicemail=card.safe_voicemail,
        unencrypted_ok=card.unencrypted_ok,
    )


def _living(client: Client) -> Card:
    if client.card is None:
        raise Erased
    return client.card


def _card_fact(client: Client) -> ContactCardChanged:
    points = _living(client).contact_points
    return ContactCardChanged(
        client_id=client.id,
        version=client.card_version,
        contact_points=[ContactPointRef(contact_point_id=p.id, channel=p.channel) for p in points],
    )


def _differences(before: Card, after: Card) -> tuple[str, ...]:
    names = Card.__dataclass_fields__
    return tuple(name for name in names if getattr(before, name) != getattr(after, name))


def _changed_since(client: Client, seen_version: int) -> dict[str, str]:
    later = [change for change in client.changes if change.card_version > seen_version]
    names = dict.fromkeys(name for change in later for name in change.fields)
    return dict.fromkeys(names, "This was changed in the meantime")


def _wrong_in(discharge: Discharge, today: date) -> dict[str, str]:
    wrong = {}
    if discharge.discharged_on > today:
        wrong["discharged_on"] = "Enter a day that is not in the future"
    if discharge.level_of_care not in LEVELS_OF_CARE:
        wrong["level_of_care"] = "Choose the level of care"
    if discharge.recovery_date_basis not in RECOVERY_DATE_BASES:
        wrong["recovery_date_basis"] = "Choose what counts for this person"
    if discharge.recovery_date and discharge.recovery_date > today:
        wrong["recovery_date"] = "Enter a day that is not in the future"
    return wrong


_NOBODY = Card(given_name="")

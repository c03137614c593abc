"""A contact card as it comes from a form, checked field by field."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, ClassVar

from pydantic import Field

from services.intake import person
from services.intake.clients.domain import Card, ContactPoint
from services.intake.fields import Id, Line
from services.intake.person import Unusable
from shared.contracts import Refused
from shared.web import Body

MOST_CONTACT_POINTS = 8


class BadCard(Refused):
    """The card cannot be kept like this; ``fields`` says what to change."""

    code: ClassVar[str] = "INVALID"
    final: ClassVar[bool] = False


class PointBody(Body):
    """``contact_point_id`` may be sent back as it was read; the value decides which point it is."""

    contact_point_id: Id | None = None
    channel: Line
    value: Line


class CardBody(Body):
    given_name: Line = ""
    family_name: Line = ""
    preferred_name: Line | None = None
    birth_date: Line | None = None
    language: Line = "en"
    time_zone: Line | None = None
    contact_points: Annotated[tuple[PointBody, ...], Field(max_length=MOST_CONTACT_POINTS)] = ()
    safe_voicemail: bool = False
    unencrypted_ok: bool = False


def checked(body: CardBody, *, today: date) -> Card:
    """The card, or BadCard naming every field that is wrong."""
    wrong: dict[str, str] = {}

    def check(name: str, typed: str | None, how: Callable[[str], Any], empty: Any = "") -> Any:
        if not (typed or "").strip():
            return empty
        try:
            return how(typed or "")
        except Unusable as problem:
            wrong[name] = problem.sentence
            return empty

    card = Card(
        given_name=check("given_name", body.given_name, person.name),
        family_name=check("family_name", body.family_name, person.name),
        preferred_name=check("preferred_name", body.preferred_name, person.name),
        birth_date=check(
            "birth_date", body.birth_date, lambda text: person.birth_date(text, today=today), None
        ),
        language=check("language", body.language, person.language, "en"),
        time_zone=check("time_zone", body.time_zone, person.time_zone, None),
        contact_points=tuple(_points(body, check, wrong)),
        safe_voicemail=body.safe_voicemail,
        unencrypted_ok=body.unencrypted_ok,
    )
    if not card.given_name:
        wrong.setdefault("given_name", "Enter a name")
    if wrong:
        raise BadCard(fields=wrong)
    return card


def _points(body: CardBody, check: Callable[..., Any], wrong: dict[str, str]) -> list[ContactPoint]:
    points = []
    for number, point in enumerate(body.contact_points):
        field, channel = f"contact_points.{number}.value", point.channel
        if not point.value.strip():
            wrong[field] = "Enter a number or an address, or remove this line"
        value = check(field, point.value, lambda text, c=channel: person.contact_value(c, text))
        points.append(ContactPoint(id="", channel=channel, value=value))
    return points

"""What a partner may learn: the template of categories for each need (R1.10, R1.11).

Diagnosis, substances, scores and notes are in no template.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from shared.contracts import Refused
from shared.contracts.intake import PURPOSE_OF_NEED, category_of_need

IDENTITY = "identity"
CONTACT = "contact"

WITHHELD = ("diagnosis", "substances", "scores", "notes")


class UnknownNeed(Refused):
    """Choose a need from the list."""

    code = "UNKNOWN_NEED"


class CategoryNotCovered(Refused):
    """The partner's template has no such category; nothing was sent."""

    code = "CATEGORY_NOT_COVERED"


def purpose_of(need: str) -> str:
    """The purpose that a consent must name for this need."""
    if need not in PURPOSE_OF_NEED:
        raise UnknownNeed(fields={"need": "Choose a need from the list."})
    return PURPOSE_OF_NEED[need]


def template_for(need: str) -> tuple[str, ...]:
    """The most that a partner may ever be shown for this need."""
    purpose_of(need)
    return (IDENTITY, CONTACT, category_of_need(need))


def chosen(need: str, categories: Iterable[str]) -> tuple[str, ...]:
    """The wished-for categories in the template's order; all of them when none were named."""
    wished, allowed = set(categories), template_for(need)
    if wished - set(allowed):
        raise CategoryNotCovered(fields={"categories": "Leave out what the partner may not see."})
    return tuple(category for category in allowed if not wished or category in wished)


def fields_of(
    card: Mapping[str, Any], need: str, urgency: str, categories: Iterable[str]
) -> dict[str, Any]:
    """The details as the partner reads them: only what the given categories cover."""
    shared: dict[str, Any] = {}
    for category in categories:
        if category == IDENTITY:
            shared["name"] = {
                "given": card.get("preferred_name") or card["given_name"],
                "family": card["family_name"],
            }
        elif category == CONTACT:
            shared["contact"] = [dict(point) for point in card["contact"]]
            shared["language"] = card.get("language", "en")
        else:
            shared["need"] = {"code": need, "urgency": urgency}
    return shared

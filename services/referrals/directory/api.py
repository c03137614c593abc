"""JSON routes for staff: find a service by need, place and words; read one."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query

from services.referrals.directory import store
from services.referrals.directory.store import Wish
from shared.auth import Action, NotVisible, require
from shared.callers import StaffCaller
from shared.contracts.intake import PURPOSE_OF_NEED
from shared.journal import Document
from shared.web import BadInput, Here

router = APIRouter()

Words = Annotated[str, Query(max_length=100)]
NEEDS = frozenset(PURPOSE_OF_NEED) | frozenset(PURPOSE_OF_NEED.values())
LONGEST_CURSOR = 800


@router.get("/directory/services")
async def find(
    here: Here,
    staff: StaffCaller,
    need: Words = "",
    place: Words = "",
    text: Words = "",
    cursor: Annotated[str, Query(max_length=LONGEST_CURSOR)] = "",
) -> Document:
    """``need`` is a code of R6.4 or its purpose ("housing"); words match by their beginnings."""
    require(staff, Action.DIRECTORY)
    if need and need not in NEEDS:
        raise BadInput(fields={"need": "unknown"})
    wish = Wish(need=need, place=place, text=text)
    found = await store.search(here.database, wish, _opened(cursor))
    shown = found[: store.PAGE]
    phones = await store.phones_of(here.database, shown)
    partners = await store.partners_of(here.database, shown)
    more = len(found) > store.PAGE
    return {
        "items": [_item(each, phones[each["_id"]], partners) for each in shown],
        "next": _cursor(shown[-1]["order"]) if more else None,
    }


@router.get("/directory/services/{service_id}")
async def show(service_id: str, here: Here, staff: StaffCaller) -> Document:
    require(staff, Action.DIRECTORY)
    found = await store.one(here.database, service_id)
    if found is None:
        raise NotVisible
    location = await store.location_of(here.database, found)
    phones = await store.phones_of(here.database, [found])
    partners = await store.partners_of(here.database, [found])
    return {
        **_item(found, phones[service_id], partners),
        **found["told"],
        **found["lists"],
        "alternate_name": found["alternate_name"],
        "description": found["description"],
        "hours": found["hours"] or (location or {}).get("hours", []),
        "holidays": found["holidays"] or (location or {}).get("holidays", []),
        "accessibility": (location or {}).get("accessibility", []),
        "transportation": (location or {}).get("transportation", ""),
        "location_languages": (location or {}).get("languages", []),
    }


def _item(
    found: Mapping[str, Any], phones: Sequence[Mapping[str, Any]], partners: Mapping[str, str]
) -> Document:
    return {
        "service_id": found["_id"],
        "name": found["name"],
        "organization_id": found["organization_id"],
        "organization_name": found["organization_name"],
        "partner_id": partners.get(found["organization_id"]),
        "location": _location(found["place"]),
        "phones": [_phone(each) for each in phones],
        "needs": found["needs"],
        "substance_use": found["substance_use"],
        "status": "withdrawn" if found.get("withdrawn") else found["status"],
    }


def _location(place: Mapping[str, Any] | None) -> Document | None:
    if place is None:
        return None
    address = place["address"] or {"lines": [], "city": "", "state": "", "postal_code": ""}
    return {
        "name": place["name"],
        "address": ", ".join(address["lines"]),
        "city": address["city"],
        "state": address["state"],
        "postal_code": address["postal_code"],
    }


def _phone(found: Mapping[str, Any]) -> Document:
    number = found["number"]
    return {
        "number": number["text"],
        "e164": number["e164"],
        "extension": number["extension"],
        "label": number["label"],
        "also": number["also"],
        "kind": found["kind"],
    }


def _cursor(order: str) -> str:
    return base64.urlsafe_b64encode(order.encode()).decode()


def _opened(cursor: str) -> str:
    try:
        return base64.b64decode(cursor.encode(), b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError) as error:
        raise BadInput(fields={"cursor": "unknown"}) from error

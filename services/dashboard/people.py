"""Clients as this person may see them: found by the same query for one and for many."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from services.dashboard import rights
from services.dashboard.pages.frame import Viewer
from services.dashboard.readmodels import lists
from services.dashboard.readmodels.client import Client
from shared.auth import Action, NotVisible, Staff
from shared.confidential import Unreadable, decrypt_json

PAGE = 50


@dataclass(frozen=True)
class Person:
    """How somebody is named on a list: "Dana R." and a code, or the code alone."""

    id: str
    code: str
    short: str = ""
    full: str = ""


async def client(viewer: Viewer, client_id: str, *actions: Action) -> Client:
    """One client; NotVisible where there is none, or none that these actions reach."""
    reach = rights.scope(viewer.staff, *actions) if actions else {}
    query = {"$and": [{"_id": client_id}, rights.clients(viewer.staff), reach]}
    there = await lists.client(viewer.runtime.database, query)
    if there is None:
        raise NotVisible
    return there


async def toward(viewer: Viewer, client_id: str, *actions: Action) -> tuple[Client, Staff]:
    """A client, and the person as the owner of their record will meet them."""
    there = await client(viewer, client_id, *actions)
    return there, rights.toward(viewer.staff, there)


async def found(viewer: Viewer, query: dict[str, Any], *, limit: int = PAGE) -> list[Client]:
    whole = {"$and": [rights.clients(viewer.staff), query]}
    return await lists.clients(viewer.runtime.database, whole, limit)


async def named(viewer: Viewer, clients: Iterable[Client]) -> dict[str, Person]:
    """Names by client id; a name whose key is gone or hidden leaves the code."""
    several = {client.id: client for client in clients}
    keys = {}
    if not viewer.session.names_hidden:
        keys = await viewer.runtime.keyring.keys(list(several))
    return {id: _person(client, keys.get(id)) for id, client in several.items()}


async def named_by_id(viewer: Viewer, ids: Iterable[str | None]) -> dict[str, Person]:
    """Names for ids that stand on a list this person may see already."""
    known = await lists.clients_of(viewer.runtime.database, {id for id in ids if id})
    return await named(viewer, known)


async def person(viewer: Viewer, client: Client) -> Person:
    return (await named(viewer, [client]))[client.id]


def _person(client: Client, key: bytes | None) -> Person:
    plain = Person(client.id, client.code)
    if key is None or client.sealed_card is None:
        return plain
    try:
        card = decrypt_json(key, client.sealed_card, f"clients/{client.id}/card")
    except Unreadable:
        return plain
    called = card["preferred_name"] or card["given_name"]
    family = card["family_name"] or ""
    short = f"{called} {family[:1]}." if family else called
    return Person(client.id, client.code, short, f"{called} {family}".strip())

"""Makes each service's database: collections, indexes, and two users who may do only their part.

May run again at any time. On its own (`python -m deploy.databases`) it reads the
administrator's MONGO_URL and the passwords of all users as JSON in MONGO_PASSWORDS.
"""

import importlib
import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from pymongo import IndexModel, MongoClient
from pymongo.database import Database

from deploy import topology
from deploy.paths import ROOT
from shared.collections import PLUMBING

Indexes = Mapping[str, Sequence[IndexModel]]
Privilege = dict[str, Any]


def prepare(admin: MongoClient[dict[str, Any]], passwords: Mapping[str, str]) -> None:
    for service in topology.SERVICES:
        declared = collections(service)
        database = admin[service]
        _make_collections(database, declared)
        everything = {name: topology.SERVICE_RIGHTS.get(name, topology.ALL) for name in declared}
        _make_user(database, service, passwords[service], everything)
        relay = topology.relay_user(service)
        _make_user(database, relay, passwords[relay], topology.RELAY_RIGHTS)


def collections(service: str) -> dict[str, Sequence[IndexModel]]:
    """What the service's stores declare, and the plumbing that every service has."""
    declared: dict[str, Sequence[IndexModel]] = dict(PLUMBING)
    for path in sorted((ROOT / "services" / service).rglob("store.py")):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        declared.update(importlib.import_module(module).COLLECTIONS)
    return declared


def _make_collections(database: Database[dict[str, Any]], declared: Indexes) -> None:
    there = set(database.list_collection_names())
    for name, indexes in declared.items():
        if name not in there:
            database.create_collection(name)
        if indexes:
            database[name].create_indexes(list(indexes))


def _make_user(
    database: Database[dict[str, Any]],
    user: str,
    password: str,
    rights: Mapping[str, topology.Rights],
) -> None:
    """The role names each collection: one for the whole database would add every right back."""
    privileges: list[Privilege] = [
        {"resource": {"db": database.name, "collection": name}, "actions": list(actions)}
        for name, actions in rights.items()
    ]
    role = {"role": user, "db": database.name}
    known = database.command("rolesInfo", role)["roles"]
    database.command("updateRole" if known else "createRole", user, privileges=privileges, roles=[])
    known = database.command("usersInfo", user)["users"]
    database.command("updateUser" if known else "createUser", user, pwd=password, roles=[role])


def main() -> None:
    with MongoClient[dict[str, Any]](os.environ["MONGO_URL"]) as admin:
        prepare(admin, json.loads(os.environ["MONGO_PASSWORDS"]))


if __name__ == "__main__":
    main()

"""Data keys, wrapped with the current master key; older master keys still unwrap until rotation."""

import os
from collections.abc import Mapping, Sequence
from typing import cast

from pymongo import ASCENDING, IndexModel

from services.intake.settings import Settings
from shared.confidential import Erased, decrypt, encrypt, forget_key
from shared.journal import Database, Document
from shared.runtime import Runtime
from shared.unit import Unit

KEY_BYTES = 32
DATA_KEYS = "data_keys"
COLLECTIONS = {DATA_KEYS: [IndexModel([("master", ASCENDING)], name="master")]}


class KeyDesk:
    """Stands where other services have a ``Keyring``: intake is the owner of the keys.

    An owner is a client, or a submission until (and unless) it becomes one.
    """

    def __init__(self, database: Database, master_keys: Mapping[str, bytes]) -> None:
        self._database = database
        self._masters = master_keys
        self.current = max(master_keys, key=int)

    async def key(self, owner_id: str) -> bytes:
        """Raises Erased where there is no key, whether it was deleted or never made."""
        kept = await self._database[DATA_KEYS].find_one({"_id": owner_id})
        if kept is None:
            raise Erased
        return self._unwrap(kept)

    async def keys(self, owner_ids: Sequence[str]) -> dict[str, bytes]:
        """Those that exist; erased and unknown owners are left out alike."""
        found = self._database[DATA_KEYS].find({"_id": {"$in": list(owner_ids)}})
        return {kept["_id"]: self._unwrap(kept) async for kept in found}

    def make(self, unit: Unit, owner_id: str) -> bytes:
        """A new key, stored with this unit."""
        data_key = os.urandom(KEY_BYTES)
        unit.insert(DATA_KEYS, {"_id": owner_id, **self._wrap(owner_id, data_key)})
        return data_key

    async def forget(self, unit: Unit, owner_id: str) -> None:
        """What was encrypted with it can never be read again; a tombstone stays."""
        unit.delete(DATA_KEYS, owner_id)
        await forget_key(unit, owner_id)

    async def rotate(self) -> int:
        """Wrap every key with the current master key; returns how many were changed."""
        changed = 0
        async for kept in self._database[DATA_KEYS].find({"master": {"$ne": self.current}}):
            wrapped = self._wrap(kept["_id"], self._unwrap(kept))
            result = await self._database[DATA_KEYS].update_one(
                {"_id": kept["_id"], "wrapped": kept["wrapped"]}, {"$set": wrapped}
            )
            changed += result.modified_count
        return changed

    def _wrap(self, owner_id: str, data_key: bytes) -> Document:
        wrapped = encrypt(self._masters[self.current], data_key, f"{DATA_KEYS}/{owner_id}")
        return {"master": self.current, "wrapped": wrapped}

    def _unwrap(self, kept: Document) -> bytes:
        return decrypt(self._masters[kept["master"]], kept["wrapped"], f"{DATA_KEYS}/{kept['_id']}")


async def install(runtime: Runtime) -> None:
    """Put the desk where other services have their keyring."""
    settings = cast(Settings, runtime.settings)
    desk = KeyDesk(runtime.database, settings.master_keys)
    runtime.keyring = desk  # type: ignore[assignment]  # same methods, its own keys


def desk_of(runtime: Runtime) -> KeyDesk:
    return cast(KeyDesk, runtime.keyring)

"""A data key of the service's own, for what cannot be laid to one client: texts of strangers."""

import os

from shared import confidential
from shared.confidential import Erased, KeyDeskAway
from shared.runtime import Runtime

HOUSE = "house"


async def house_key(runtime: Runtime) -> bytes:
    """Made at first need and kept wrapped beside the clients' keys."""
    fresh = confidential.encrypt(runtime.settings.wrap_key, os.urandom(32), f"keys/{HOUSE}")
    await runtime.database["keys"].update_one(
        {"_id": HOUSE}, {"$setOnInsert": {"wrapped": fresh}}, upsert=True
    )
    return await runtime.keyring.key(HOUSE)


async def key_named(runtime: Runtime, name: str) -> bytes:
    return await (house_key(runtime) if name == HOUSE else runtime.keyring.key(name))


async def key_for(runtime: Runtime, client_id: str | None) -> tuple[str, bytes]:
    """The client's key, or the house's where there is none at hand: a text is never lost for it."""
    if client_id:
        try:
            return client_id, await runtime.keyring.key(client_id)
        except (Erased, KeyDeskAway):
            pass
    return HOUSE, await house_key(runtime)

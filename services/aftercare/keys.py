"""The keys a use case needs, fetched before its unit opens."""

from dataclasses import dataclass

from shared.events import Envelope
from shared.journal import Document
from shared.permit import Held
from shared.runtime import Runtime
from shared.waiting import client_is_held


@dataclass(frozen=True)
class Keys:
    """``data`` encrypts what one client told us; ``link`` makes this service's one-time links."""

    data: bytes
    link: bytes


async def keys_of(runtime: Runtime, client_id: str) -> Keys:
    """Raises Erased or KeyDeskAway."""
    return Keys(await runtime.keyring.key(client_id), runtime.settings.link_keys["aftercare"])


async def for_event(runtime: Runtime, envelope: Envelope) -> Keys:
    return await keys_of(runtime, envelope.key)


async def unless_held(runtime: Runtime, deadline: Document) -> Keys:
    """Keys for a message to the client; Held while something about them is still on its way."""
    if await client_is_held(runtime.database, deadline["client_id"]):
        raise Held
    return await for_deadline(runtime, deadline)


async def for_deadline(runtime: Runtime, deadline: Document) -> Keys:
    return await keys_of(runtime, deadline["client_id"])

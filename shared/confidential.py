"""Confidential parts: encrypted with the client's data key, readable until that key is deleted.

Each client has a data key (AES-256-GCM), made and kept by intake. A listener asks intake's key
desk once, keeps the key wrapped with its own service key, and a tombstone outlives the key.
"""

import base64
import hashlib
import hmac
import json
import os
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import httpx
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.contracts.refusal import Refused
from shared.events import Envelope
from shared.journal import Database

if TYPE_CHECKING:
    from shared.unit import Unit

NONCE_BYTES = 12


class Erased(Refused):
    """This client was erased; nothing about them can be read."""

    code = "ERASED"


class KeyDeskAway(Refused):
    """Intake's key desk did not answer; wait, nothing is lost."""

    code = "KEY_DESK_AWAY"
    final = False


class Unreadable(Refused):
    """The encrypted part does not belong to this key and place."""

    code = "UNREADABLE"


@dataclass(frozen=True)
class Part:
    """What should travel encrypted inside an event, and the data key for it."""

    data_key: bytes
    payload: Mapping[str, Any]


def encrypt(key: bytes, plain: bytes, bound_to: str) -> bytes:
    """Nonce and ciphertext; ``bound_to`` (where it stands) must be the same to read it."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound_to.encode())


def decrypt(key: bytes, sealed: bytes, bound_to: str) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to.encode())
    except InvalidTag as error:
        raise Unreadable from error


def encrypt_json(key: bytes, content: Any, bound_to: str) -> bytes:
    return encrypt(key, json.dumps(content, ensure_ascii=False).encode(), bound_to)


def decrypt_json(key: bytes, sealed: bytes, bound_to: str) -> Any:
    return json.loads(decrypt(key, sealed, bound_to))


def attach(envelope: Envelope, part: Part | None) -> Envelope:
    """The envelope with its confidential part, bound to its id, type, client and sequence."""
    if part is None:
        return envelope
    sealed = encrypt_json(part.data_key, part.payload, envelope.associated_data().decode())
    return replace(envelope, confidential=base64.b64encode(sealed).decode())


def read_part(envelope: Envelope, data_key: bytes) -> Any:
    """The confidential part of an event; Unreadable if it was moved or changed."""
    if envelope.confidential is None:
        raise Unreadable
    sealed = base64.b64decode(envelope.confidential)
    return decrypt_json(data_key, sealed, envelope.associated_data().decode())


def search_digest(digest_key: bytes, kind: str, text: str) -> str:
    """A keyed hash of a normalized search part: equal words meet, nothing can be read back."""
    folded = unicodedata.normalize("NFKD", text.strip().casefold())
    plain = "".join(char for char in folded if not unicodedata.combining(char))
    return hmac.new(digest_key, f"{kind}|{plain}".encode(), hashlib.sha256).hexdigest()[:32]


async def check_not_erased(unit: "Unit", client_id: str) -> None:
    """Meet the tombstone inside the unit: a key fetched a moment earlier cannot come back."""
    kept = await unit.get("keys", client_id)
    if kept and kept.get("erased_at"):
        raise Erased


async def forget_key(unit: "Unit", client_id: str) -> None:
    """Drop the kept key and leave a tombstone; use in the handler of ClientErased."""
    unit.update(
        "keys",
        {"_id": client_id},
        {"$set": {"erased_at": unit.at}, "$unset": {"wrapped": ""}},
        upsert=True,
    )


class Keyring:
    """Data keys of clients for one service: from its own ``keys`` collection, else the key desk.

    ``service_token`` is called for each request to the desk. Keys are fetched before a unit
    opens; inside the unit ``check_not_erased`` meets the tombstone.
    """

    def __init__(
        self, database: Database, wrap_key: bytes, desk: httpx.AsyncClient, service_token: Any
    ) -> None:
        self._database = database
        self._wrap_key = wrap_key
        self._desk = desk
        self._service_token = service_token

    async def key(self, client_id: str) -> bytes:
        """The client's data key; raises Erased or KeyDeskAway."""
        kept = await self._database["keys"].find_one({"_id": client_id})
        if kept is None:
            kept = await self._fetch(client_id)
        if kept.get("erased_at"):
            raise Erased
        return decrypt(self._wrap_key, kept["wrapped"], f"keys/{client_id}")

    async def keys(self, client_ids: list[str]) -> dict[str, bytes]:
        """Many keys in one read; clients without a kept key or erased ones are left out."""
        found = self._database["keys"].find({"_id": {"$in": client_ids}, "erased_at": None})
        return {
            kept["_id"]: decrypt(self._wrap_key, kept["wrapped"], f"keys/{kept['_id']}")
            async for kept in found
        }

    async def _fetch(self, client_id: str) -> dict[str, Any]:
        try:
            answer = await self._desk.post(
                "/internal/keys",
                json={"client_ids": [client_id]},
                headers={"Authorization": f"Bearer {self._service_token()}"},
            )
        except httpx.HTTPError as error:
            raise KeyDeskAway from error
        if answer.status_code != 200:
            raise KeyDeskAway
        found = answer.json()["keys"].get(client_id)
        if found is None:
            raise Erased
        wrapped = encrypt(self._wrap_key, base64.b64decode(found), f"keys/{client_id}")
        await self._database["keys"].update_one(
            {"_id": client_id}, {"$setOnInsert": {"wrapped": wrapped}}, upsert=True
        )
        return await self._database["keys"].find_one({"_id": client_id}) or {"erased_at": True}

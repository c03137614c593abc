"""Argon2id, away from the event loop; an unknown e-mail costs as long as a wrong password."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

_HASHER = PasswordHasher()  # the library's defaults are RFC 9106's second choice
_NOBODY = _HASHER.hash("nobody has this password")


async def hashed(password: str) -> str:
    return await asyncio.to_thread(_HASHER.hash, password)


async def matches(password_hash: str | None, password: str) -> bool:
    return await asyncio.to_thread(_verify, password_hash, password)


def _verify(password_hash: str | None, password: str) -> bool:
    try:
        _HASHER.verify(password_hash or _NOBODY, password)
    except VerificationError:
        return False
    return password_hash is not None

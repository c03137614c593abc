"""The public keys a partner may register: what SMART Backend Services asks for, and no more."""

from collections.abc import Mapping
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from shared.contracts import Refused

MOST_KEYS = 8
SMALLEST_RSA = 2048
LARGEST_RSA = 4096
LONGEST_KID = 100
ALGORITHMS = {"RSA": "RS384", "EC": "ES384"}
KEPT = ("kty", "kid", "alg", "crv", "x", "y", "n", "e")


class BadKeys(Refused):
    """These are not public keys that can be used here."""

    code = "BAD_KEYS"


def public_keys(jwks: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
    """The keys of a JWK set, reduced to what verifying needs; raises BadKeys."""
    keys = jwks.get("keys")
    if not isinstance(keys, list) or not 1 <= len(keys) <= MOST_KEYS:
        raise _bad(f"Give 1 to {MOST_KEYS} keys.")
    checked = tuple(_checked(key) for key in keys)
    if len({key["kid"] for key in checked}) < len(checked):
        raise _bad("Each key needs its own kid.")
    return checked


def _checked(key: Any) -> dict[str, Any]:
    if not isinstance(key, dict):
        raise _bad("Each key is a JSON object.")
    if {"d", "p", "q", "dp", "dq", "qi", "k"} & set(key):
        raise _bad("Send the public part alone; make a new key, for this one was shown.")
    kid, kind = key.get("kid"), key.get("kty")
    if not isinstance(kid, str) or not 0 < len(kid) <= LONGEST_KID:
        raise _bad("Each key needs a kid.")
    if not isinstance(kind, str) or kind not in ALGORITHMS:
        raise _bad("Use an RSA or an EC P-384 key.")
    reduced = {name: key[name] for name in KEPT if name in key} | {"alg": ALGORITHMS[kind]}
    _check_strength(reduced)
    return reduced


def _check_strength(key: Mapping[str, Any]) -> None:
    try:
        public = jwt.PyJWK.from_dict(dict(key)).key
    except (jwt.PyJWTError, ValueError, TypeError, KeyError) as error:
        raise _bad("One key cannot be read.") from error
    strong_rsa = isinstance(public, RSAPublicKey) and (
        SMALLEST_RSA <= public.key_size <= LARGEST_RSA
    )
    p384 = isinstance(public, EllipticCurvePublicKey) and isinstance(public.curve, SECP384R1)
    if not (strong_rsa or p384):
        raise _bad("Use RSA with 2048 to 4096 bits, or EC P-384.")


def _bad(why: str) -> BadKeys:
    return BadKeys(fields={"jwks": why})

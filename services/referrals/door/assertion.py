"""A partner proves who it is: ``private_key_jwt`` by the rules of SMART Backend Services."""

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

ALGORITHMS = ("RS384", "ES384")
LONGEST_LIFE = timedelta(minutes=5)
CLOCK_SKEW = timedelta(seconds=5)
LONGEST = 8000
LONGEST_JTI = 200


class BadAssertion(Exception):
    """The assertion does not prove anything; ``why`` is for the partner's developer."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, kw_only=True)
class Proof:
    """``jti`` must be kept until ``expires_at``, so that it proves something only once."""

    client_id: str
    jti: str
    expires_at: datetime


def claimed_client(assertion: str) -> str:
    """Who it says it is, unproven: only good for finding the keys to check it with."""
    if len(assertion) > LONGEST or assertion.count(".") != 2:
        raise BadAssertion("The assertion is not a JWT.")
    try:
        part = assertion.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        client_id = claims["iss"]
    except (binascii.Error, ValueError, KeyError, TypeError) as error:
        raise BadAssertion("The assertion names no issuer.") from error
    if not isinstance(client_id, str) or not 0 < len(client_id) <= LONGEST_JTI:
        raise BadAssertion("The assertion names no issuer.")
    return client_id


def prove(
    assertion: str, keys: Iterable[Mapping[str, Any]], *, audience: str, now: datetime
) -> Proof:
    """Check signature and claims; raises BadAssertion."""
    claims = _verified(assertion, keys, audience)
    expires_at = _time(claims, "exp")
    if claims["iss"] != claims["sub"]:
        raise BadAssertion("iss and sub must both be the client id.")
    if expires_at <= now - CLOCK_SKEW:
        raise BadAssertion("The assertion has expired.")
    if expires_at > now + LONGEST_LIFE + CLOCK_SKEW:
        raise BadAssertion("exp may be at most five minutes ahead.")
    for name in ("iat", "nbf"):
        if name in claims and _time(claims, name) > now + CLOCK_SKEW:
            raise BadAssertion(f"{name} lies ahead.")
    jti = claims["jti"]
    if not isinstance(jti, str) or not 0 < len(jti) <= LONGEST_JTI:
        raise BadAssertion("jti must be a text of at most 200 characters.")
    return Proof(client_id=claims["iss"], jti=jti, expires_at=expires_at)


def _verified(assertion: str, keys: Iterable[Mapping[str, Any]], audience: str) -> dict[str, Any]:
    try:
        header = jwt.get_unverified_header(assertion)
        known = {key["kid"]: key for key in keys}
        key = known.get(str(header.get("kid")))
        if key is None or header.get("alg") not in ALGORITHMS or header["alg"] != key["alg"]:
            raise BadAssertion("No registered key has this kid and alg.")
        claims: dict[str, Any] = jwt.decode(
            assertion,
            jwt.PyJWK.from_dict(dict(key)).key,
            algorithms=[key["alg"]],
            audience=audience,
            options={
                "require": ["iss", "sub", "aud", "exp", "jti"],
                "verify_exp": False,  # by our own clock, in prove()
                "verify_iat": False,
                "verify_nbf": False,
                "verify_sub": False,
                "verify_jti": False,
            },
        )
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise BadAssertion("The signature or the audience is not right.") from error
    return claims


def _time(claims: Mapping[str, Any], name: str) -> datetime:
    seconds = claims[name]
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise BadAssertion(f"{name} must be seconds since 1970.")
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise BadAssertion(f"{name} is out of range.") from error

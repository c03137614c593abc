"""Which public keys a partner may register."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from services.referrals.partners.jwks import BadKeys, public_keys

KEY = ec.generate_private_key(ec.SECP384R1())


def public(key: ec.EllipticCurvePrivateKey = KEY, kid: str = "k1") -> dict[str, Any]:
    return {**ECAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid}


def rsa_key(bits: int) -> dict[str, Any]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    return {**RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": "r1"}


def test_keys_are_reduced_to_what_verifying_needs() -> None:
    kept = public_keys({"keys": [{**public(), "x5c": ["…"], "use": "sig"}, rsa_key(2048)]})
    assert [(key["kid"], key["alg"]) for key in kept] == [("k1", "ES384"), ("r1", "RS384")]
    assert "x5c" not in kept[0]


@pytest.mark.parametrize(
    "keys",
    [
        [],
        "text",
        ["text"],
        [{}],
        [{"kty": "oct", "k": "c2VjcmV0", "kid": "k"}],
        [{**ECAlgorithm.to_jwk(KEY, as_dict=True), "kid": "private"}],
        [public(), public()],
        [public(ec.generate_private_key(ec.SECP256R1()))],
        [rsa_key(1024)],
        [{"kty": "EC", "crv": "P-384", "x": "AA", "y": "AA", "kid": "k"}],
        [{**public(), "kid": ""}],
        [{**public(), "kid": {"$ne": 1}}],
        [public(kid=f"k{number}") for number in range(9)],
    ],
)
def test_keys_that_are_weak_private_or_broken_are_refused(keys: Any) -> None:
    with pytest.raises(BadKeys):
        public_keys({"keys": keys})

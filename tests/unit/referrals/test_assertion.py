"""What proves a partner to be itself, and everything that does not."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm

from services.referrals.door.assertion import BadAssertion, claimed_client, prove

NOW = datetime(2026, 6, 2, 14, 0, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
KEY = ec.generate_private_key(ec.SECP384R1())
KEYS = [{**ECAlgorithm.to_jwk(KEY.public_key(), as_dict=True), "kid": "k1", "alg": "ES384"}]
TOKEN_URL = "https://center.example/oauth/token"
GOOD = {"iss": "prt_1", "sub": "prt_1", "aud": TOKEN_URL, "exp": SECONDS + 240, "jti": "j1"}


def signed(claims: dict[str, Any], *, key: Any = KEY, alg: str = "ES384", kid: str = "k1") -> str:
    """Signs whatever it is given; a library that checks claims would not."""
    body = json.dumps(claims).encode()
    return jwt.api_jws.encode(body, key, algorithm=alg, headers={"kid": kid})


def test_a_good_assertion_names_the_client_and_how_long_to_remember_it() -> None:
    proof = prove(signed(GOOD), KEYS, audience=TOKEN_URL, now=NOW)
    assert (proof.client_id, proof.jti) == ("prt_1", "j1")
    assert proof.expires_at.timestamp() == SECONDS + 240


def test_the_audience_may_be_one_of_several() -> None:
    several = signed({**GOOD, "aud": [TOKEN_URL, "https://other.example"]})
    assert prove(several, KEYS, audience=TOKEN_URL, now=NOW).jti == "j1"


@pytest.mark.parametrize(
    "wrong",
    [
        {"exp": None},
        {"exp": SECONDS - 6},
        {"exp": SECONDS + 306},
        {"exp": 10**17},
        {"exp": "soon"},
        {"exp": True},
        {"jti": None},
        {"jti": 7},
        {"jti": ""},
        {"jti": "j" * 201},
        {"jti": {"$ne": 1}},
        {"aud": None},
        {"aud": "https://elsewhere.example/oauth/token"},
        {"sub": "prt_2"},
        {"sub": None},
        {"iss": None},
        {"iat": SECONDS + 60},
        {"nbf": SECONDS + 60},
        {"iat": "now"},
    ],
)
def test_a_wrong_claim_proves_nothing(wrong: dict[str, Any]) -> None:
    claims = {name: value for name, value in {**GOOD, **wrong}.items() if value is not None}
    with pytest.raises(BadAssertion):
        prove(signed(claims), KEYS, audience=TOKEN_URL, now=NOW)


def test_a_foreign_key_kid_or_algorithm_proves_nothing() -> None:
    other = ec.generate_private_key(ec.SECP384R1())
    rsa_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    for assertion in (
        signed(GOOD, key=other),
        signed(GOOD, kid="k2"),
        signed(GOOD, key=rsa_key, alg="RS384"),
        signed(GOOD, key="k" * 48, alg="HS384"),
        signed(GOOD, key=None, alg="none"),
        signed(GOOD)[:-4] + "AAAA",
    ):
        with pytest.raises(BadAssertion):
            prove(assertion, KEYS, audience=TOKEN_URL, now=NOW)


def test_the_claimed_client_is_read_without_believing_it() -> None:
    assert claimed_client(signed(GOOD)) == "prt_1"


@pytest.mark.parametrize(
    "assertion",
    [
        "",
        "not a jwt",
        "a.b.c",
        "a" * 9000,
        f"a.{base64.urlsafe_b64encode(b'[]').decode()}.c",
        f"a.{base64.urlsafe_b64encode(b'{}').decode()}.c",
        f"a.{base64.urlsafe_b64encode(json.dumps({'iss': {'$ne': 1}}).encode()).decode()}.c",
        "ä.ö.ü",
    ],
)
def test_what_names_no_client_is_refused(assertion: str) -> None:
    with pytest.raises(BadAssertion):
        claimed_client(assertion)

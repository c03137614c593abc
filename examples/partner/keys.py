"""This system's own key pair, made at the first start; only the public part ever leaves."""

import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

KID = "example-1"


def private_key(home: Path) -> ec.EllipticCurvePrivateKey:
    """The key of this home, made on first use and readable by its owner alone."""
    file = home / "private-key.pem"
    if not file.exists():
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        made = ec.generate_private_key(ec.SECP384R1())
        file.touch(mode=0o600)
        file.write_bytes(
            made.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
    key = serialization.load_pem_private_key(file.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("private-key.pem holds another kind of key")
    return key


def jwks(home: Path) -> dict[str, Any]:
    """What the center registers for this system."""
    public: dict[str, Any] = ECAlgorithm.to_jwk(private_key(home).public_key(), as_dict=True)
    return {"keys": [{**public, "kid": KID, "alg": "ES384", "use": "sig"}]}


def jwks_text(home: Path) -> str:
    return json.dumps(jwks(home), indent=2)

"""Secrets made on this machine: generated once, kept in one file that only its owner may read."""

import base64
import json
import os
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deploy import topology


@dataclass(frozen=True)
class Keys:
    """Every secret of one deployment; which process gets which is decided in `environment`."""

    mongo: Mapping[str, str]
    mongo_keyfile: str
    kafka: Mapping[str, str]
    kafka_cluster: str
    signing: Mapping[str, str]
    public: Mapping[str, str]
    wrap: Mapping[str, str]
    digest: Mapping[str, str]
    link: Mapping[str, str]
    master: Mapping[str, str]
    sms_account: str
    sms_tokens: tuple[str, ...]


def _encode(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _random() -> str:
    return _encode(secrets.token_bytes(32))


def _cluster_id() -> str:
    # The zero keeps it from starting with a dash, which Kafka's tool would take for an option.
    return base64.urlsafe_b64encode(b"\0" + secrets.token_bytes(15)).decode().rstrip("=")


def generate() -> Keys:
    pairs = {service: Ed25519PrivateKey.generate() for service in topology.SERVICES}
    per_service = {
        name: {service: _random() for service in topology.SERVICES}
        for name in ("wrap", "digest", "link")
    }
    return Keys(
        mongo={user: secrets.token_urlsafe(24) for user in ("admin", *topology.USERS)},
        mongo_keyfile=_encode(secrets.token_bytes(300)),
        kafka={
            user: secrets.token_urlsafe(24) for user in ("admin", "controller", *topology.USERS)
        },
        kafka_cluster=_cluster_id(),
        signing={name: _encode(pair.private_bytes_raw()) for name, pair in pairs.items()},
        public={
            name: _encode(pair.public_key().public_bytes_raw()) for name, pair in pairs.items()
        },
        wrap=per_service["wrap"],
        digest=per_service["digest"],
        link=per_service["link"],
        master={"1": _random()},
        sms_account=f"AC{secrets.token_hex(16)}",
        sms_tokens=(secrets.token_hex(16),),
    )


def load(run_dir: Path) -> Keys:
    """Read this deployment's secrets, making them at the first call."""
    path = run_dir / "secrets.json"
    if not path.exists():
        write_private(path, json.dumps(asdict(generate()), indent=1))
    kept = json.loads(path.read_text())
    return Keys(**{**kept, "sms_tokens": tuple(kept["sms_tokens"])})


def write_private(path: Path, text: str) -> None:
    """Put a whole file in place at once, mode 600."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "w") as file:
        file.write(text)
    Path(name).replace(path)

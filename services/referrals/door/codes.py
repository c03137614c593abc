"""Six digits for a partner's registered address: derived from an id, so never stored or logged."""

import hashlib
import hmac
import re

DIGITS = 6


def code(key: bytes, code_id: str) -> str:
    mac = hmac.new(key, f"partner-code|{code_id}".encode(), hashlib.sha256).digest()
    return f"{int.from_bytes(mac[:8]) % 10**DIGITS:0{DIGITS}d}"


def is_right(key: bytes, code_id: str, typed: str) -> bool:
    digits = re.sub(r"[\s-]", "", typed)
    return hmac.compare_digest(code(key, code_id).encode(), digits.encode())

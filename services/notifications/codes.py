"""Six digits that prove a number or address is reached: derived from an id, never stored."""

import hashlib
import hmac
import re

from shared.contracts import Refused

DIGITS = 6
_IN_TEXT = re.compile(r"(?<!\d)(\d{3})[ -]?(\d{3})(?!\d)")
_LONGEST_REPLY = 40  # a reply with a code is short; a long text with digits in it is not one


class CodeWrong(Refused):
    """That is not the code we sent."""

    code = "CODE_WRONG"
    final = False


def code(key: bytes, code_id: str) -> str:
    """Only who holds the key can tell the code that belongs to an id."""
    mac = hmac.new(key, f"code|{code_id}".encode(), hashlib.sha256).digest()
    return f"{int.from_bytes(mac[:8]) % 10**DIGITS:0{DIGITS}d}"


def is_right(key: bytes, code_id: str, typed: str) -> bool:
    digits = re.sub(r"[\s-]", "", typed)
    return hmac.compare_digest(code(key, code_id).encode(), digits.encode())


def find(body: str) -> str | None:
    """The one code in a short reply, such as "123456", "123 456" or "code: 123456"."""
    found = _IN_TEXT.findall(body) if len(body) <= _LONGEST_REPLY else []
    return "".join(found[0]) if len(found) == 1 else None

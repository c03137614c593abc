"""One-time links: the token is derived from an id, so it never travels in an event or a log.

The owner of a page stores ``digest(token)``; notifications, which knows the owner's link key,
derives the same token at the moment it writes the message.
"""

import base64
import hashlib
import hmac

TOKEN_BYTES = 16


def token(link_key: bytes, link_id: str) -> str:
    """22 characters that are safe in an address and cannot be guessed from the id."""
    mac = hmac.new(link_key, link_id.encode(), hashlib.sha256).digest()[:TOKEN_BYTES]
    return base64.urlsafe_b64encode(mac).decode().rstrip("=")


def digest(link_token: str) -> str:
    """What is stored in place of the token."""
    return hashlib.sha256(link_token.encode()).hexdigest()

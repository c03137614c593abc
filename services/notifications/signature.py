"""Signs and checks the provider's webhook calls (R5.5)."""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Sequence
from urllib.parse import parse_qs, urlsplit, urlunsplit

Form = Sequence[tuple[str, str]]

DEFAULT_PORTS = {"http": 80, "https": 443}


def sign(token: str, url: str, form: Form = ()) -> str:
    """The signature over the address as called and every parameter, unknown ones included.

    A name posted twice with the same value counts once, as the provider does it.
    """
    text = url + "".join(name + value for name, value in sorted(set(form)))
    digest = hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def is_genuine(signature: str, *, url: str, form: Form, tokens: Iterable[str]) -> bool:
    """Whether one of the tokens made this signature; two are valid while a token is rotated."""
    candidates = [sign(token, address, form) for token in tokens for address in _spellings(url)]
    given = signature.encode()
    return any(hmac.compare_digest(candidate.encode(), given) for candidate in candidates)


def is_genuine_json(signature: str, *, url: str, body: bytes, tokens: Iterable[str]) -> bool:
    """As `is_genuine` for a JSON body, whose hash travels in the signed address."""
    claimed = parse_qs(urlsplit(url).query).get("bodySHA256", [""])[0]
    whole = hmac.compare_digest(hashlib.sha256(body).hexdigest().encode(), claimed.lower().encode())
    return whole and is_genuine(signature, url=url, form=(), tokens=tokens)


def _spellings(url: str) -> list[str]:
    """The address with and without its port: the provider and a proxy may disagree on it."""
    parts = urlsplit(url)
    port = parts.port or DEFAULT_PORTS.get(parts.scheme)
    bare = parts.netloc.removesuffix(f":{parts.port}")
    return [urlunsplit(parts._replace(netloc=netloc)) for netloc in (bare, f"{bare}:{port}")]

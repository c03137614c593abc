"""The partner API in five calls: token, list, acknowledge, details, answer."""

import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import jwt

from examples.partner.keys import KID, private_key

SCOPE = "system/referrals.read system/referrals.write"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_SECONDS = 240
EARLY_SECONDS = 30
REFERRALS = "/partner/v1/referrals"


class Said(Exception):
    """The center said no; the text is its code and its explanation."""


@dataclass
class Center:
    """The center's referral API, as this partner sees it. A token is fetched when needed."""

    url: str
    client_id: str
    home: Path
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=10))
    _token: str = ""
    _good_until: float = 0.0

    def referrals(self, status: str | None = None) -> Iterator[dict[str, Any]]:
        """Everything sent to us, newest first, page by page."""
        cursor: str | None = ""
        while cursor is not None:
            query = {"status": status, "cursor": cursor or None}
            page = self._call("GET", REFERRALS, params={k: v for k, v in query.items() if v})
            yield from page["items"]
            cursor = page["next"]

    def referral(self, referral_id: str) -> dict[str, Any]:
        return self._call("GET", f"{REFERRALS}/{referral_id}")

    def details(self, referral_id: str) -> dict[str, Any]:
        """The person's details; acknowledges the notice of 42 CFR part 2 where that is missing."""
        referral = self.referral(referral_id)
        if not referral["notice_acknowledged"]:
            told = {"notice_version": referral["notice"]["version"]}
            self._post(referral_id, "notice-acknowledgement", told)
        return self._call("GET", f"{REFERRALS}/{referral_id}/details")

    def answer(self, referral_id: str, action: str, **said: str | None) -> dict[str, Any]:
        """accept, reject, waitlist, start, hold, complete, fail or cancel, with a reason."""
        return self._post(referral_id, action, {k: v for k, v in said.items() if v})

    def _post(self, referral_id: str, action: str, body: dict[str, Any]) -> dict[str, Any]:
        """One Idempotency-Key for the call and its repetition: whatever happens, it counts once."""
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        path = f"{REFERRALS}/{referral_id}/{action}"
        try:
            return self._call("POST", path, json=body, headers=headers)
        except httpx.TransportError:
            return self._call("POST", path, json=body, headers=headers)

    def _call(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, **content: Any
    ) -> dict[str, Any]:
        sent = {"Authorization": f"Bearer {self._access_token()}", **(headers or {})}
        answer = self.http.request(method, self.url + path, headers=sent, **content)
        return _checked(answer)

    def _access_token(self) -> str:
        if time.time() > self._good_until - EARLY_SECONDS:
            asked = {
                "grant_type": "client_credentials",
                "scope": SCOPE,
                "client_assertion_type": ASSERTION_TYPE,
                "client_assertion": self._assertion(),
            }
            told = _checked(self.http.post(f"{self.url}/oauth/token", data=asked))
            self._token = told["access_token"]
            self._good_until = time.time() + told["expires_in"]
        return self._token

    def _assertion(self) -> str:
        """Proof that it is us, good once and for four minutes."""
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": f"{self.url}/oauth/token",
            "exp": int(time.time()) + ASSERTION_SECONDS,
            "jti": str(uuid.uuid4()),
        }
        return jwt.encode(claims, private_key(self.home), algorithm="ES384", headers={"kid": KID})


def _checked(answer: httpx.Response) -> dict[str, Any]:
    if answer.is_success:
        body: dict[str, Any] = answer.json()
        return body
    try:
        told = answer.json()
    except ValueError:
        told = {}
    code = told.get("code") or told.get("error") or answer.status_code
    raise Said(f"{code}: {told.get('detail') or told.get('error_description') or ''}".strip(": "))

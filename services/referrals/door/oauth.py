"""The token endpoint: client credentials with ``private_key_jwt``, tokens of five minutes."""

import secrets
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from services.referrals.door import assertion, store
from services.referrals.door.assertion import BadAssertion, Proof
from services.referrals.door.limits import TOKEN_LIMIT, check_rate
from services.referrals.partners import store as partners
from services.referrals.partners.domain import Partner
from services.referrals.settings import settings_of
from shared.auth import NotVisible
from shared.contracts import Refused
from shared.journal import Actor, once
from shared.runtime import Runtime
from shared.unit import AlreadyExists, Unit, run
from shared.web import Here, form

router = APIRouter()

READ, WRITE = "system/referrals.read", "system/referrals.write"
SCOPES = (READ, WRITE)
LIFETIME = timedelta(minutes=5)
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
STATUS = {"invalid_client": 401}


class TokenRefused(Refused):
    """No token: ``error`` is a word of RFC 6749, section 5.2."""

    code = "TOKEN_REFUSED"
    final = False

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error


async def token_refused(request: Request, error: Exception) -> Response:
    refused: Any = error
    body = {"error": refused.error, "error_description": str(refused)}
    return JSONResponse(body, STATUS.get(refused.error, 400))


@router.post("/oauth/token")
async def issue(request: Request, here: Here) -> dict[str, Any]:
    host = request.client.host if request.client else "unknown"
    await check_rate(here, f"token/{store.digest(host)[:16]}", TOKEN_LIMIT)
    asked = await form(request)
    scopes = _granted(asked)
    partner, proof = await _authenticate(here, asked.get("client_assertion", ""))
    token = secrets.token_urlsafe(32)

    async def work(unit: Unit) -> None:
        store.keep_assertion(unit, partner.id, proof.jti, proof.expires_at + assertion.CLOCK_SKEW)
        expires_at = unit.at + LIFETIME
        store.keep_token(unit, token, partner_id=partner.id, scopes=scopes, expires_at=expires_at)
        unit.about(partner.id)

    actor = Actor(kind="partner", id=partner.id)
    try:
        await run(here.database, work, once(actor, "issue-token", here.clock.now(), partner.id))
    except AlreadyExists as error:
        raise TokenRefused("invalid_client", "This assertion was used before.") from error
    return {
        "access_token": token,
        "token_type": "bearer",
        "expires_in": int(LIFETIME.total_seconds()),
        "scope": " ".join(scopes),
    }


@router.get("/.well-known/smart-configuration")
async def configuration(here: Here) -> dict[str, Any]:
    """Where a partner's SMART client finds this endpoint and what it may do there."""
    return {
        "token_endpoint": settings_of(here).token_url,
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": list(assertion.ALGORITHMS),
        "scopes_supported": list(SCOPES),
        "capabilities": ["client-confidential-asymmetric"],
    }


def _granted(asked: dict[str, str]) -> list[str]:
    if asked.get("grant_type") != "client_credentials":
        raise TokenRefused("unsupported_grant_type", "Use client_credentials.")
    if asked.get("client_assertion_type") != ASSERTION_TYPE:
        raise TokenRefused("invalid_request", f"client_assertion_type must be {ASSERTION_TYPE}.")
    wanted = set(asked.get("scope", "").split())
    granted = [scope for scope in SCOPES if scope in wanted]
    if not granted:
        raise TokenRefused("invalid_scope", f"Ask for {' or '.join(SCOPES)}.")
    return granted


async def _authenticate(here: Runtime, signed: str) -> tuple[Partner, Proof]:
    """An unknown client and a wrong signature look the same."""
    try:
        partner = await partners.read(here.database, assertion.claimed_client(signed))
        audience = settings_of(here).token_url
        proof = assertion.prove(signed, partner.keys, audience=audience, now=here.clock.now())
    except NotVisible as error:
        raise TokenRefused("invalid_client", "No registered key has this kid and alg.") from error
    except BadAssertion as error:
        raise TokenRefused("invalid_client", error.why) from error
    if not partner.active or proof.client_id != partner.id:
        raise TokenRefused("invalid_client", "No registered key has this kid and alg.")
    return partner, proof

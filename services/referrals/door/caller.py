"""Which partner is calling: the bearer token, its scope, and how often it may ask."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from starlette.responses import Response

from services.referrals.door import store
from services.referrals.door.limits import API_LIMIT, check_rate
from services.referrals.door.oauth import READ, WRITE
from services.referrals.partners import store as partners
from services.referrals.partners.domain import Partner
from shared.auth import NotVisible
from shared.contracts import Refused
from shared.journal import Actor
from shared.runtime import Runtime
from shared.web import problem


class TokenNotValid(Refused):
    """Get a new token and try again."""

    code = "NOT_SIGNED_IN"
    final = False


async def token_not_valid(request: Request, error: Exception) -> Response:
    answer = problem(request, 401, TokenNotValid.code, TokenNotValid.__doc__ or "")
    answer.headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'
    return answer


class ScopeMissing(Refused):
    """This token was not asked for with the scope that this needs."""

    code = "INSUFFICIENT_SCOPE"
    final = False


@dataclass(frozen=True)
class Caller:
    partner: Partner
    scopes: frozenset[str]

    @property
    def actor(self) -> Actor:
        return Actor(kind="partner", id=self.partner.id)


async def _caller(request: Request) -> Caller:
    runtime: Runtime = request.app.state.runtime
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    found = await store.token(runtime.database, token, runtime.clock.now())
    if scheme.lower() != "bearer" or found is None:
        raise TokenNotValid
    try:
        partner = await partners.read(runtime.database, found["partner_id"])
    except NotVisible as error:
        raise TokenNotValid from error
    if not partner.active:
        raise TokenNotValid
    await check_rate(runtime, f"api/{partner.id}", API_LIMIT)
    return Caller(partner, frozenset(found["scopes"]))


async def _reader(caller: Annotated[Caller, Depends(_caller)]) -> Caller:
    if READ not in caller.scopes:
        raise ScopeMissing
    return caller


async def _writer(caller: Annotated[Caller, Depends(_caller)]) -> Caller:
    if WRITE not in caller.scopes:
        raise ScopeMissing
    return caller


Reader = Annotated[Caller, Depends(_reader)]
Writer = Annotated[Caller, Depends(_writer)]

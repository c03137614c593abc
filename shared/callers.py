"""Who is calling, as a route's parameter: a staff member or another service."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from shared.auth import NotSignedIn, Staff
from shared.journal import Actor


def bearer(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise NotSignedIn
    return token


async def _staff(request: Request) -> Staff:
    claims = request.app.state.runtime.tokens.read(bearer(request), "staff")
    return Staff(
        id=claims["sub"],
        roles=tuple(claims["roles"]),
        sites=tuple(claims["sites"]),
        client_id=claims.get("client_id"),
        relation=claims.get("relation", "none"),
    )


@dataclass(frozen=True)
class CallingService:
    name: str

    @property
    def actor(self) -> Actor:
        return Actor(kind="service", id=self.name)


async def _service(request: Request) -> CallingService:
    claims = request.app.state.runtime.tokens.read(bearer(request), "service")
    if claims["sub"] != claims["iss"]:
        raise NotSignedIn
    return CallingService(claims["sub"])


StaffCaller = Annotated[Staff, Depends(_staff)]
ServiceCaller = Annotated[CallingService, Depends(_service)]

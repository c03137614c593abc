"""Who is asking, and the one table of who may do what.

Tokens are EdDSA JWTs of 60 seconds for one audience. The dashboard signs for staff, each service
signs for itself; everyone holds the public keys only.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shared.clock import Clock
from shared.config import Settings
from shared.contracts.dashboard import (
    ADMINISTRATOR,
    COUNSELOR,
    INTAKE_WORKER,
    OPERATIONS_STAFF,
    PRIVACY_OFFICER,
    ROLES,
    SUPERVISOR,
)
from shared.contracts.refusal import Refused
from shared.journal import Actor

__all__ = [
    "ADMINISTRATOR",
    "COUNSELOR",
    "INTAKE_WORKER",
    "OPERATIONS_STAFF",
    "PRIVACY_OFFICER",
    "ROLES",
    "SUPERVISOR",
    "Action",
    "NotSignedIn",
    "NotVisible",
    "Staff",
    "Tokens",
    "may",
    "reaches",
    "require",
]

TOKEN_LIFETIME = timedelta(seconds=60)
STAFF_ISSUER = "dashboard"


class NotSignedIn(Refused):
    """This call needs a valid token."""

    code = "NOT_SIGNED_IN"
    final = False


class NotVisible(Refused):
    """There is no such thing here, or none this person may see."""

    code = "NOT_FOUND"
    final = False


class Action(StrEnum):
    SUBMISSIONS = "submissions"
    DISCHARGE = "discharge"
    CARE = "care"
    CONSENTS = "consents"
    REFER = "refer"
    DIRECTORY = "directory"
    CONFIRM_PARTNER = "confirm-partner"
    PARTNER_KEYS = "partner-keys"
    APPROVE = "approve"
    BREAK_GLASS = "break-glass"
    ACCOUNTING = "accounting"
    OPERATIONS = "operations"
    ADMINISTER = "administer"


# How far a role reaches: "own" = the client is in the person's caseload, "sites" = the client
# belongs to one of the person's sites, "all" = not bound to a client. Absent = refused.
RIGHTS: dict[Action, dict[str, str]] = {
    Action.SUBMISSIONS: {INTAKE_WORKER: "sites", SUPERVISOR: "sites"},
    Action.DISCHARGE: {INTAKE_WORKER: "sites", SUPERVISOR: "sites"},
    Action.CARE: {COUNSELOR: "own", SUPERVISOR: "sites"},
    Action.CONSENTS: {INTAKE_WORKER: "sites", COUNSELOR: "own", SUPERVISOR: "sites"},
    Action.REFER: {COUNSELOR: "own", SUPERVISOR: "sites"},
    Action.DIRECTORY: {COUNSELOR: "all", SUPERVISOR: "all", ADMINISTRATOR: "all"},
    Action.CONFIRM_PARTNER: {SUPERVISOR: "all", ADMINISTRATOR: "all"},
    Action.PARTNER_KEYS: {ADMINISTRATOR: "all"},
    Action.APPROVE: {SUPERVISOR: "sites"},
    Action.BREAK_GLASS: {INTAKE_WORKER: "all", COUNSELOR: "all", SUPERVISOR: "all"},
    Action.ACCOUNTING: {COUNSELOR: "own", SUPERVISOR: "sites", PRIVACY_OFFICER: "all"},
    Action.OPERATIONS: {OPERATIONS_STAFF: "all"},
    Action.ADMINISTER: {ADMINISTRATOR: "all"},
}


@dataclass(frozen=True, kw_only=True)
class Staff:
    """A staff member as the dashboard vouches for them, for one call.

    ``client_id`` and ``relation`` ("own", "none") speak of the one client the call is about.
    """

    id: str
    roles: tuple[str, ...]
    sites: tuple[str, ...]
    client_id: str | None = None
    relation: str = "none"

    @property
    def actor(self) -> Actor:
        return Actor(kind="staff", id=self.id)


def reaches(staff: Staff, action: Action) -> set[str]:
    """How far this person's roles reach for an action: a subset of own, sites, all."""
    return {RIGHTS[action][role] for role in staff.roles if role in RIGHTS[action]}


def may(
    staff: Staff, action: Action, *, site: str | None = None, client_id: str | None = None
) -> bool:
    reach = reaches(staff, action)
    owns = (
        client_id is not None
        and staff.relation == "own"
        and staff.client_id is not None
        and staff.client_id == client_id
    )
    return (
        "all" in reach
        or ("sites" in reach and site is not None and site in staff.sites)
        or ("own" in reach and owns)
    )


def require(
    staff: Staff, action: Action, *, site: str | None = None, client_id: str | None = None
) -> None:
    """Raise NotVisible unless the table allows it; a refusal looks like "not there"."""
    if not may(staff, action, site=site, client_id=client_id):
        raise NotVisible


class Tokens:
    """Signs for this service and checks what others signed."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._service = settings.service
        self._clock = clock
        self._private = Ed25519PrivateKey.from_private_bytes(settings.signing_key)
        self._public = {
            name: Ed25519PublicKey.from_public_bytes(raw)
            for name, raw in settings.public_keys.items()
        }

    def for_service(self, audience: str) -> str:
        return self._sign(audience, {"kind": "service", "sub": self._service})

    def for_staff(self, audience: str, staff: Staff) -> str:
        """A staff token; only what the dashboard signs is believed."""
        claims = {
            "kind": "staff",
            "sub": staff.id,
            "roles": list(staff.roles),
            "sites": list(staff.sites),
            "client_id": staff.client_id,
            "relation": staff.relation,
        }
        return self._sign(audience, claims)

    def _sign(self, audience: str, claims: dict[str, Any]) -> str:
        now = self._clock.now()
        times = {"iat": now, "exp": now + TOKEN_LIFETIME}
        body = {"iss": self._service, "aud": audience, **times, **claims}
        return jwt.encode(body, self._private, algorithm="EdDSA", headers={"kid": self._service})

    def read(self, token: str, kind: str) -> dict[str, Any]:
        """The claims of a valid token of this kind for this service; raises NotSignedIn."""
        try:
            issuer = jwt.get_unverified_header(token)["kid"]
            claims: dict[str, Any] = jwt.decode(
                token,
                self._public[issuer],
                algorithms=["EdDSA"],
                audience=self._service,
                issuer=issuer,
                options={
                    "require": ["exp", "iat", "iss", "aud", "sub"],
                    "verify_exp": False,
                    "verify_iat": False,
                },
            )
            self._check_times(claims)
        except (jwt.PyJWTError, KeyError, TypeError) as error:
            raise NotSignedIn from error
        if claims.get("kind") != kind or (kind == "staff" and issuer != STAFF_ISSUER):
            raise NotSignedIn
        return claims

    def _check_times(self, claims: dict[str, Any]) -> None:
        now = self._clock.now().timestamp()
        early, late = TOKEN_LIFETIME.total_seconds(), 5
        if not now - early - late <= claims["iat"] <= now + late or claims["exp"] < now:
            raise NotSignedIn

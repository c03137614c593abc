"""A staff account, its sign-ins and its caseload: rules without a database."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.contracts import Refused
from shared.contracts.dashboard import ROLES, CaseloadAssigned, StaffChanged

IDLE = timedelta(minutes=15)  # R1.19
LONGEST = timedelta(hours=12)
SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 200


class WrongCredentials(Refused):
    """E-mail or password does not match."""

    code = "WRONG_CREDENTIALS"
    final = False


class TooManyTries(Refused):
    """Too many tries to sign in; wait a quarter of an hour."""

    code = "TOO_MANY_TRIES"
    final = False


class EmailTaken(Refused):
    """There is an account with this e-mail already."""

    code = "EMAIL_TAKEN"
    final = False


class UnusableAccount(Refused):
    """The account cannot be made like this."""

    code = "UNUSABLE_ACCOUNT"
    final = False


class NotCounselor(Refused):
    """This person cannot have a caseload."""

    code = "NOT_COUNSELOR"
    final = False


@dataclass(frozen=True, kw_only=True)
class Account:
    id: str
    email: str
    name: str
    password_hash: str
    roles: tuple[str, ...]
    sites: tuple[str, ...]
    active: bool = True
    version: int = 0


@dataclass(frozen=True, kw_only=True)
class Session:
    """A signed-in browser; only a digest of its cookie is kept."""

    id: str
    staff_id: str
    csrf: str
    started_at: datetime
    seen_at: datetime
    names_hidden: bool = False
    flash: str | None = None

    def ends_at(self) -> datetime:
        return min(self.seen_at + IDLE, self.started_at + LONGEST)

    def over(self, now: datetime) -> bool:
        return now >= self.ends_at()


def same_email(email: str) -> str:
    """The form in which two spellings of one address are equal."""
    return email.strip().casefold()


def check(account: Account, sites: Sequence[str]) -> None:
    """Raise UnusableAccount, naming each field that is wrong."""
    fields = {}
    if "@" not in account.email or len(account.email) > 254:
        fields["email"] = "Enter an e-mail address."
    if not 1 <= len(account.name) <= 100:
        fields["name"] = "Enter a name."
    if not account.roles or not set(account.roles) <= set(ROLES):
        fields["roles"] = "Choose at least one role."
    if not set(account.sites) <= set(sites):
        fields["sites"] = "Choose sites from the list."
    if fields:
        raise UnusableAccount(fields=fields)


def check_password(password: str) -> None:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        sentence = f"Enter at least {SHORTEST_PASSWORD} characters."
        raise UnusableAccount(fields={"password": sentence})


def told(account: Account) -> StaffChanged:
    """The account as the other services need it: no name, no address."""
    return StaffChanged(
        staff_id=account.id,
        roles=list(account.roles),
        sites=list(account.sites),
        active=account.active,
    )


def change(
    account: Account, *, roles: Sequence[str], sites: Sequence[str], active: bool
) -> tuple[Account, list[StaffChanged]]:
    after = replace(account, roles=tuple(roles), sites=tuple(sites), active=active)
    return after, [told(after)]


def assign(client_id: str, counselor: Account, *, by: str, at: datetime) -> list[CaseloadAssigned]:
    """The client's named human from now on."""
    if not counselor.active or not {"counselor", "supervisor"} & set(counselor.roles):
        raise NotCounselor
    assigned = CaseloadAssigned(client_id=client_id, staff_id=counselor.id, assigned_by=by, at=at)
    return [assigned]

"""Accounts, sign-in and caseload assignments: load, decide, save."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from services.dashboard.accounts import domain, passwords, store
from services.dashboard.accounts.domain import Account, Session
from shared.auth import NotVisible
from shared.clock import new_id
from shared.confidential import search_digest
from shared.journal import Actor, once
from shared.runtime import Runtime
from shared.unit import Unit, run

WINDOW = timedelta(minutes=15)
TRIES_PER_EMAIL = 10
TRIES_PER_ADDRESS = 50


@dataclass(frozen=True)
class SignedIn:
    cookie: str
    session: Session


async def add_account(unit: Unit, account: Account) -> None:
    """A new account; EmailTaken is decided by the index, whoever comes first."""
    if await unit.find("staff", {"email_key": domain.same_email(account.email)}, limit=1):
        raise domain.EmailTaken(fields={"email": "There is an account with this e-mail."})
    store.save_account(unit, account)
    unit.emit(domain.told(account))
    unit.reply(staff_id=account.id)


async def change_account(
    unit: Unit, staff_id: str, *, roles: Sequence[str], sites: Sequence[str], active: bool
) -> None:
    """Rights change at once: open sessions read them anew, a closed account's sessions end."""
    account = await store.account(unit, staff_id)
    if account is None:
        raise NotVisible
    after, events = domain.change(account, roles=roles, sites=sites, active=active)
    store.save_account(unit, after)
    for event in events:
        unit.emit(event)
    if not active:
        await store.end_sessions_of(unit, staff_id)


async def set_password(unit: Unit, staff_id: str, password_hash: str) -> None:
    """A new password signs every browser of this person out."""
    account = await store.account(unit, staff_id)
    if account is None:
        raise NotVisible
    store.save_account(unit, replace(account, password_hash=password_hash))
    await store.end_sessions_of(unit, staff_id)
    unit.about(staff_id)


async def assign(unit: Unit, client_id: str, staff_id: str, *, by: str) -> None:
    counselor = await store.account(unit, staff_id)
    if counselor is None:
        raise domain.NotCounselor
    events = domain.assign(client_id, counselor, by=by, at=unit.at)
    store.save_caseload(unit, await store.caseload_of(unit, client_id), client_id, staff_id)
    for event in events:
        unit.emit(event)


async def sign_in(runtime: Runtime, *, email: str, password: str, address: str) -> SignedIn:
    """Open a session; raises WrongCredentials or TooManyTries. Each try takes the same time."""
    await _limit(runtime, email, address)
    found = await store.account_of_email(runtime.database, email)
    known = found if found and found.active else None
    usable = len(password) <= domain.LONGEST_PASSWORD
    matched = await passwords.matches(
        known.password_hash if known and usable else None, password if usable else ""
    )
    if known is None or not matched:
        raise domain.WrongCredentials
    await store.forget_tries(runtime.database, _tries_of(runtime, "email", email))
    return await _open_session(runtime, known)


async def _open_session(runtime: Runtime, account: Account) -> SignedIn:
    cookie = secrets.token_urlsafe(32)
    now = runtime.clock.now()
    session = Session(
        id=digest(cookie),
        staff_id=account.id,
        csrf=secrets.token_urlsafe(32),
        started_at=now,
        seen_at=now,
    )

    async def work(unit: Unit) -> None:
        store.save_session(unit, session)
        unit.about(account.id)

    await run(runtime.database, work, once(Actor(kind="staff", id=account.id), "sign-in", now))
    return SignedIn(cookie, session)


async def _limit(runtime: Runtime, email: str, address: str) -> None:
    now = runtime.clock.now()
    for kind, text, most in (
        ("email", email, TRIES_PER_EMAIL),
        ("address", address, TRIES_PER_ADDRESS),
    ):
        id = _tries_of(runtime, kind, text)
        if await store.count_try(runtime.database, id, now, WINDOW) > most:
            raise domain.TooManyTries


def _tries_of(runtime: Runtime, kind: str, text: str) -> str:
    return search_digest(runtime.settings.digest_key, f"sign-in-{kind}", text)


def digest(cookie: str) -> str:
    return hashlib.sha256(cookie.encode()).hexdigest()


def new_account(
    *, email: str, name: str, password_hash: str, roles: Sequence[str], sites: Sequence[str]
) -> Account:
    return Account(
        id=new_id("st"),
        email=email.strip(),
        name=" ".join(name.split()),
        password_hash=password_hash,
        roles=tuple(roles),
        sites=tuple(sites),
    )

"""Staff accounts from the command line and for the demo: the same use case as the page's."""

import asyncio
import secrets
from collections.abc import Sequence

from services.dashboard.accounts import domain, passwords, usecases
from services.dashboard.settings import Settings
from shared.journal import Actor, once
from shared.runtime import Runtime, opened
from shared.unit import run

COMMAND_LINE = Actor(kind="system", id="command-line")


async def add_to(
    runtime: Runtime,
    *,
    email: str,
    name: str,
    roles: Sequence[str],
    sites: Sequence[str],
    password: str | None = None,
) -> tuple[str, str]:
    """Make an account; returns its id and the password, made here unless it was given."""
    password = password or secrets.token_urlsafe(12)
    domain.check_password(password)
    account = usecases.new_account(
        email=email,
        name=name,
        password_hash=await passwords.hashed(password),
        roles=roles,
        sites=sites,
    )
    known = runtime.settings.sites if isinstance(runtime.settings, Settings) else sites
    domain.check(account, list(known))
    answer = await run(
        runtime.database,
        lambda unit: usecases.add_account(unit, account),
        once(COMMAND_LINE, "add-staff", runtime.clock.now()),
    )
    return str(answer.body["staff_id"]), password


def add(
    email: str,
    name: str,
    roles: Sequence[str],
    sites: Sequence[str],
    password: str | None = None,
) -> tuple[str, str]:
    """`add_to` with the dashboard's settings from the environment."""

    async def body() -> tuple[str, str]:
        async with opened(Settings.read()) as runtime:
            return await add_to(
                runtime, email=email, name=name, roles=roles, sites=sites, password=password
            )

    return asyncio.run(body())

"""Who may touch which client or form here; a refusal looks the same as a missing record."""

import asyncio
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, cast

from services.intake.clients import store as clients
from services.intake.settings import Settings
from services.intake.submissions import store as submissions
from shared.auth import Action, NotVisible, Staff, reaches, require
from shared.journal import Document, once, record_read
from shared.runtime import Runtime


def settings_of(runtime: Runtime) -> Settings:
    return cast(Settings, runtime.settings)


def today(runtime: Runtime) -> date:
    """The date where the program is."""
    return runtime.clock.now().astimezone(settings_of(runtime).zone).date()


async def client_head(runtime: Runtime, staff: Staff, client_id: str, *actions: Action) -> Document:
    """The client's site, code and state, if one of these actions is this person's right."""
    head = await clients.head(runtime.database, client_id)
    if head is None:
        raise NotVisible
    for action in actions[:-1]:
        if _allows(staff, action, head):
            return head
    require(staff, actions[-1], site=head["site_id"], client_id=client_id)
    return head


def _allows(staff: Staff, action: Action, head: Mapping[str, Any]) -> bool:
    try:
        require(staff, action, site=head["site_id"], client_id=head["_id"])
    except NotVisible:
        return False
    return True


async def form_head(runtime: Runtime, staff: Staff, submission_id: str) -> Document:
    head = await submissions.head(runtime.database, submission_id)
    if head is None:
        raise NotVisible
    require(staff, Action.SUBMISSIONS, site=head["site_id"])
    return head


def sites_of(staff: Staff) -> list[str]:
    """The sites whose forms this person works with."""
    if "sites" not in reaches(staff, Action.SUBMISSIONS):
        raise NotVisible
    return sorted(staff.sites)


async def record(runtime: Runtime, staff: Staff, action: str, *subjects: str) -> None:
    """Commit who looks at what, before the answer leaves."""
    cause = once(staff.actor, action, runtime.clock.now())
    await record_read(runtime.database, cause, *subjects)


async def until_permits_ran_out(runtime: Runtime, answer: Mapping[str, Any]) -> None:
    """A restriction is answered once no earlier permit can be used: two seconds at most."""
    until = answer.get("permits_until")
    if until:
        left = (datetime.fromisoformat(until) - runtime.clock.now()).total_seconds()
        await asyncio.sleep(min(max(left, 0.0), 2.0))

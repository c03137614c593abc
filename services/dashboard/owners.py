"""Asking the service that owns something: staff commands, and content to show.

The owner decides and records; a 60-second token says who asks. What it refuses comes back in its
own words, what it does not answer was not saved as far as anybody knows.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import httpx

from shared.auth import NotVisible, Staff
from shared.clock import new_id
from shared.contracts import Refused
from shared.runtime import Runtime

SEEN_WITHIN_SECONDS = 2.0
LOOK_EVERY_SECONDS = 0.05
NOT_SIGNED_IN, NOT_FOUND, BROKEN = 401, 404, 500


class OwnerAway(Refused):
    """This was not saved. Try again."""

    code: ClassVar[str] = "OWNER_AWAY"
    final: ClassVar[bool] = False


class OwnerRefused(Refused):
    """The owning service said no; ``code`` and ``fields`` are its own."""

    final: ClassVar[bool] = False

    def __init__(self, status: int, code: str, fields: Mapping[str, str]) -> None:
        super().__init__(fields=dict(fields))
        self.status = status
        self.code = code  # type: ignore[misc]  # the owner's code, not the class's


@dataclass(frozen=True)
class Saved:
    """A command's answer, and whether our read models have reached it already."""

    body: Mapping[str, Any]
    seen: bool


async def read(
    runtime: Runtime, staff: Staff, service: str, path: str, **params: str | None
) -> dict[str, Any]:
    """Content of a record as its owner shows it to this person; NotVisible if it does not."""
    query = {name: value for name, value in params.items() if value}
    return await _ask(runtime, staff, service, "GET", path, params=query)


async def ask(runtime: Runtime, staff: Staff, service: str, path: str) -> dict[str, Any]:
    """A question that is posted because its answer is worked out, not looked up."""
    return await _ask(runtime, staff, service, "POST", path, json={})


async def command(
    runtime: Runtime,
    staff: Staff,
    service: str,
    path: str,
    body: Mapping[str, Any] | None = None,
    *,
    key: str | None = None,
    method: str = "POST",
) -> Saved:
    """Ask the owner to do something once; ``key`` makes a repeated form the same command."""
    headers = {"Idempotency-Key": key or new_id("form")}
    answer = await _ask(
        runtime, staff, service, method, path, json=dict(body or {}), headers=headers
    )
    return Saved(answer, await reached(runtime, answer))


async def _ask(
    runtime: Runtime,
    staff: Staff,
    service: str,
    method: str,
    path: str,
    *,
    headers: Mapping[str, str] | None = None,
    **content: Any,
) -> dict[str, Any]:
    token = runtime.tokens.for_staff(service, staff)
    sent = {"Authorization": f"Bearer {token}", "Accept": "application/json", **(headers or {})}
    url = runtime.settings.url_of(service) + path
    try:
        answer = await runtime.http.request(method, url, headers=sent, **content)
    except httpx.HTTPError as error:
        raise OwnerAway from error
    if answer.is_success:
        return dict(answer.json())
    raise _refusal(answer)


def _refusal(answer: httpx.Response) -> Refused:
    try:
        said = dict(answer.json())
    except ValueError:
        said = {}
    code = str(said.get("code", "REFUSED"))
    if answer.status_code == NOT_FOUND:
        return NotVisible()
    if answer.status_code == NOT_SIGNED_IN or (answer.status_code >= BROKEN and code != "HELD"):
        return OwnerAway()  # a refused token says that we do not understand each other
    return OwnerRefused(answer.status_code, code, dict(said.get("fields") or {}))


async def reached(runtime: Runtime, answer: Mapping[str, Any]) -> bool:
    """Wait, two seconds at most, until the topics have told us what the owner just did."""
    streams = answer.get("streams") or {}
    wanted = {f"{answer.get('service')}/{key}": number for key, number in streams.items()}
    loop = asyncio.get_running_loop()
    ends = loop.time() + SEEN_WITHIN_SECONDS
    while not await _has(runtime, wanted):
        if loop.time() >= ends:
            return False
        await asyncio.sleep(LOOK_EVERY_SECONDS)
    return True


async def _has(runtime: Runtime, wanted: Mapping[str, int]) -> bool:
    if not wanted:
        return True
    found = runtime.database.positions.find({"_id": {"$in": list(wanted)}})
    there = {row["_id"]: row["sequence"] async for row in found}
    return all(there.get(name, 0) >= number for name, number in wanted.items())

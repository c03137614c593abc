"""Ask intake, at the instant of disclosure, whether something about a client may go out (R1.10).

No answer in 300 ms means held back: disclosures are never guessed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from shared.contracts.refusal import Refused
from shared.runtime import Runtime
from shared.waiting import client_is_held

ANSWER_WITHIN_SECONDS = 0.3


class Held(Refused):
    """Intake cannot be asked, or something about this client is still on its way."""

    code = "HELD"
    final = False


class Denied(Refused):
    """The disclosure gate said no; ``code`` is its reason code of R1.10."""

    final = False

    def __init__(self, code: str) -> None:
        super().__init__("The disclosure gate said no.")
        self.code = code  # type: ignore[misc]  # the gate's code, not the class's


@dataclass(frozen=True, kw_only=True)
class Permit:
    """Good for two seconds and one disclosure; its id belongs in the journal row that makes it."""

    id: str
    consent_id: str
    consent_version: int
    expires_at: datetime
    notice_version: str
    scope: Mapping[str, Any]


async def ask(  # noqa: PLR0913  the question of R1.10
    runtime: Runtime,
    *,
    client_id: str,
    recipient_id: str,
    purpose: str,
    categories: Sequence[str],
    about_id: str,
    channel: str,
    notice: bool = True,
    scope_copy: bool = True,
) -> Permit:
    """A permit, or Held or Denied. Call it before the unit opens."""
    if await client_is_held(runtime.database, client_id):
        raise Held
    question = {
        "client_id": client_id,
        "recipient_id": recipient_id,
        "purpose": purpose,
        "categories": list(categories),
        "about_id": about_id,
        "channel": channel,
        "notice": notice,
        "scope_copy": scope_copy,
    }
    decision = await _ask_intake(runtime, question)
    if decision["decision"] != "ALLOW":
        raise Denied(decision["decision"])
    return Permit(
        id=decision["permit_id"],
        consent_id=decision["consent_id"],
        consent_version=decision["consent_version"],
        expires_at=datetime.fromisoformat(decision["expires_at"]),
        notice_version=decision["notice_version"],
        scope=decision["scope"],
    )


async def _ask_intake(runtime: Runtime, question: Mapping[str, Any]) -> dict[str, Any]:
    try:
        answer = await runtime.http.post(
            f"{runtime.settings.intake_url}/internal/permits",
            json=question,
            headers={"Authorization": f"Bearer {runtime.tokens.for_service('intake')}"},
            timeout=ANSWER_WITHIN_SECONDS,
        )
    except httpx.HTTPError as error:
        raise Held from error
    if answer.status_code != 200:
        raise Held
    decision: dict[str, Any] = answer.json()
    return decision

"""What stands on top of every part of a client's page."""

from typing import Any

from services.dashboard import people, times, words
from services.dashboard.accounts import store as accounts
from services.dashboard.pages.frame import Viewer
from services.dashboard.readmodels.client import Client
from shared.auth import Action
from shared.journal import once, record_read

PARTS = [
    ("timeline", "Timeline", (Action.CARE, Action.CONSENTS, Action.REFER)),
    ("plan", "Plan", (Action.CARE,)),
    ("checkins", "Check-ins", (Action.CARE,)),
    ("referrals", "Referrals", (Action.REFER,)),
    ("messages", "Messages", (Action.CARE,)),
    ("sharing", "Sharing", (Action.CONSENTS,)),
    ("card", "Contact card", (Action.CONSENTS,)),
]


async def of(viewer: Viewer, client: Client, part: str) -> dict[str, Any]:
    """The header of one part; that this person looked is committed before the answer leaves."""
    await record_read(
        viewer.runtime.database,
        once(viewer.staff.actor, f"see-{part}", viewer.now),
        client.id,
    )
    person = await people.person(viewer, client)
    staff = await accounts.names(viewer.runtime.database)
    text = next((text for key, text, _ in PARTS if key == part), words.spelled(part).capitalize())
    return {
        "title": f"Client {client.code}: {text}",
        "heading": person.full or f"Client {client.code}",
        "here": "clients",
        "part": part,
        "parts": [
            (key, text, f"/clients/{client.id}/{key}")
            for key, text, actions in PARTS
            if viewer.can(*actions)
        ],
        "client": _client(viewer, client, staff.get(client.counselor_id or "", "")),
        "may": {
            "discharge": viewer.can(Action.DISCHARGE),
            "refer": viewer.can(Action.REFER),
            "consent": viewer.can(Action.CONSENTS),
            "care": viewer.can(Action.CARE),
        },
    }


def _client(viewer: Viewer, client: Client, counselor: str) -> dict[str, Any]:
    today = viewer.now.astimezone(viewer.zone).date()
    since = times.said(client.level_since, viewer.now, viewer.zone)
    due, late = times.due(client.act_by, viewer.now, viewer.zone)
    day = (today - client.discharged_on).days if client.discharged_on else None
    return {
        "id": client.id,
        "code": client.code,
        "level": client.level,
        "since": since,
        "due": due if client.level in ("elevated", "high", "very-high") else "",
        "late": late,
        "day": day,
        "counselor": counselor,
        "site": viewer.settings.sites.get(client.site_id or "", ""),
        "next": times.day(client.next_on, today),
        "reachable": client.reachable,
        "opted_out": client.opted_out,
        "misses": client.misses,
        "discharged": client.discharged_on is not None,
    }

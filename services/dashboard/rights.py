"""Who sees which lines: the table of ``shared.auth``, turned into one query for single reads
and for lists alike. What it does not allow is not there."""

from typing import Any

from services.dashboard.readmodels.client import Client
from shared.auth import Action, Staff, reaches

Query = dict[str, Any]
NOTHING: Query = {"_id": {"$in": []}}  # matches no document

SEES_CLIENT = (Action.CARE, Action.CONSENTS, Action.DISCHARGE, Action.REFER, Action.ACCOUNTING)

# Which right a row of My day asks for: whoever may act on it sees it.
ROWS: dict[Action, tuple[str, ...]] = {
    Action.CARE: ("risk", "text", "help", "missed", "message-failed", "message-unclear", "task"),
    Action.REFER: ("referral-blocked", "referral-overdue", "referral-rejected"),
    Action.CONSENTS: ("consent-expiring", "unreachable"),
    Action.SUBMISSIONS: ("submission",),
    Action.OPERATIONS: ("seal", "held"),
}
# A crisis, and a text that may be anybody's, belong to everybody on the care team.
EVERYBODYS = ("crisis", "unattributed")


def scope(staff: Staff, *actions: Action) -> Query:
    """The documents with ``site_id`` and ``counselor_id`` that any of these actions reaches."""
    reach = {far for action in actions for far in reaches(staff, action)}
    if "all" in reach:
        return {}
    ways: list[Query] = []
    if "sites" in reach:
        ways.append({"site_id": {"$in": list(staff.sites)}})
    if "own" in reach:
        ways.append({"counselor_id": staff.id})
    return {"$or": ways} if ways else NOTHING


def clients(staff: Staff) -> Query:
    return {"$and": [scope(staff, *SEES_CLIENT), {"erased": False, "registered_at": {"$ne": None}}]}


def rows(staff: Staff) -> Query:
    ways: list[Query] = [
        {"$and": [{"kind": {"$in": list(kinds)}}, scope(staff, action)]}
        for action, kinds in ROWS.items()
        if reaches(staff, action)
    ]
    if reaches(staff, Action.CARE):
        ways.append({"kind": {"$in": list(EVERYBODYS)}})
        ways.append(
            {"$and": [{"kind": "held"}, {"client_id": {"$ne": None}}, scope(staff, Action.CARE)]}
        )
    return {"$or": ways} if ways else NOTHING


def can(staff: Staff, action: Action) -> bool:
    """Whether this person's roles reach anybody at all with this action: what the menu shows."""
    return bool(reaches(staff, action))


def toward(staff: Staff, client: Client) -> Staff:
    """The same person with their relation to one client, as the token to the owner says it."""
    own = "own" if client.counselor_id == staff.id else "none"
    return Staff(
        id=staff.id, roles=staff.roles, sites=staff.sites, client_id=client.id, relation=own
    )

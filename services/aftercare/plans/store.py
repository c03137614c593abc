"""Plans as documents. Words and dates of the template are kept with the plan they unfolded into."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime, time
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel

from services.aftercare.plans.domain import Activity, Goal, Plan, Task
from services.aftercare.plans.templates import Phase
from shared.events import Event
from shared.journal import Database, Document
from shared.unit import Unit

COLLECTIONS: dict[str, list[IndexModel]] = {
    "plans": [
        IndexModel(
            [("client_id", ASCENDING)],
            name="one_active",
            unique=True,
            partialFilterExpression={"active": True},
        ),
        IndexModel([("client_id", ASCENDING), ("started_at", DESCENDING)], name="client"),
        IndexModel([("goals.tasks.id", ASCENDING)], name="task"),
    ]
}

ERASED = "client-erased"


async def active(unit: Unit, client_id: str) -> Plan | None:
    found = await unit.find("plans", {"client_id": client_id, "active": True}, limit=1)
    return await get(unit, found[0]["_id"]) if found else None


async def get(unit: Unit, plan_id: str) -> Plan | None:
    document = await unit.get("plans", plan_id)
    return _plan(document) if document else None


async def with_task(database: Database, task_id: str) -> Plan | None:
    document = await database.plans.find_one({"goals.tasks.id": task_id})
    return _plan(document) if document else None


async def latest(database: Database, client_id: str) -> Plan | None:
    """The client's newest plan, for reading; None once the client is erased."""
    document = await database.plans.find_one({"client_id": client_id}, sort=[("started_at", -1)])
    return _plan(document) if document and document["closed_reason"] != ERASED else None


def save(unit: Unit, plan: Plan, events: Sequence[Event] = ()) -> None:
    if plan.version:
        unit.replace("plans", _document(plan))
    else:
        unit.insert("plans", _document(plan))
    for event in events:
        unit.emit(event)


def note_place(plan_id: str, task_id: str) -> str:
    """Where a task's note stands; what its encryption is bound to."""
    return f"plans/{plan_id}/tasks/{task_id}/note"


async def erase(unit: Unit, client_id: str) -> None:
    """Close what is left and drop the notes; what staff wrote was encrypted and is gone too."""
    for document in await unit.find("plans", {"client_id": client_id}):
        for goal in document["goals"]:
            for task in goal["tasks"]:
                task["note"] = None
        unit.replace("plans", {**document, "active": False, "closed_reason": ERASED})


def _document(plan: Plan) -> Document:
    document = _plain(asdict(plan))
    document["_id"] = document.pop("id")
    return {**document, "active": plan.active}


def _plain(value: Any) -> Any:
    """Dates and wall times as text; the database only knows instants."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, (date, time)) and not isinstance(value, datetime):
        return value.isoformat()
    return value


def _plan(document: Document) -> Plan:
    kept = {name: value for name, value in document.items() if name not in ("_id", "active")}
    return Plan(
        **{
            **kept,
            "id": document["_id"],
            "discharged_on": date.fromisoformat(document["discharged_on"]),
            "review_due_on": date.fromisoformat(document["review_due_on"]),
            "checkin_time": time.fromisoformat(document["checkin_time"]),
            "phases": tuple(Phase(**phase) for phase in document["phases"]),
            "goals": tuple(_goal(goal) for goal in document["goals"]),
        }
    )


def _goal(document: Document) -> Goal:
    return Goal(
        id=document["id"],
        code=document["code"],
        title=document["title"],
        activities=tuple(
            Activity(code=one["code"], title=one["title"], on=date.fromisoformat(one["on"]))
            for one in document["activities"]
        ),
        tasks=tuple(Task(**{**task, "needs": tuple(task["needs"])}) for task in document["tasks"]),
    )

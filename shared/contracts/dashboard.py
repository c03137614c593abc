"""What the dashboard tells the others: who works here, in which role, with which clients."""

from datetime import datetime

from shared.events import Event

INTAKE_WORKER = "intake-worker"
COUNSELOR = "counselor"
SUPERVISOR = "supervisor"
OPERATIONS_STAFF = "operations"
ADMINISTRATOR = "administrator"
PRIVACY_OFFICER = "privacy-officer"
ROLES = (
    INTAKE_WORKER,
    COUNSELOR,
    SUPERVISOR,
    OPERATIONS_STAFF,
    ADMINISTRATOR,
    PRIVACY_OFFICER,
)


class StaffChanged(Event, type="dashboard.staff_changed.v1", subject="staff_id", key="staff_id"):
    """A staff account as it is now: roles, sites and whether it may sign in."""

    staff_id: str
    roles: list[str]
    sites: list[str]
    active: bool


class CaseloadAssigned(Event, type="dashboard.caseload_assigned.v1", subject="client_id"):
    """This counselor is the client's named human from now on."""

    client_id: str
    staff_id: str
    assigned_by: str
    at: datetime

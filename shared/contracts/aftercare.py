"""What aftercare tells the others: what is due, missed, risky, reached."""

from datetime import date, datetime

from shared.events import Event


class PlanStarted(Event, type="aftercare.plan_started.v1", subject="plan_id"):
    client_id: str
    plan_id: str
    discharge_id: str
    template: str
    template_version: str
    phase: str  # P0 to P4, R3.1
    first_checkin_on: date
    review_due_on: date


class TaskOpened(Event, type="aftercare.task_opened.v1", subject="task_id"):
    """A staff or client task in the plan; ``code`` is from the template, never free text."""

    client_id: str
    plan_id: str
    task_id: str
    code: str
    owner: str  # staff, client
    due_at: datetime | None = None


class TaskClosed(Event, type="aftercare.task_closed.v1", subject="task_id"):
    client_id: str
    plan_id: str
    task_id: str
    status: str  # completed, cancelled (R6.2 client task words)
    reason: str  # a code, such as referral-accepted


class CheckinDue(Event, type="aftercare.checkin_due.v1", subject="checkin_id"):
    """It is time to ask. The one-time link is derived from ``link_id``, never carried here."""

    client_id: str
    checkin_id: str
    link_id: str
    instrument: str
    due_at: datetime
    window_ends_at: datetime
    link_expires_at: datetime


class CheckinLinkRenewed(Event, type="aftercare.checkin_link_renewed.v1", subject="checkin_id"):
    """The link was opened too late and a new one was asked for: send it to the same contact."""

    client_id: str
    checkin_id: str
    link_id: str
    link_expires_at: datetime


class CheckinMissed(Event, type="aftercare.checkin_missed.v1", subject="checkin_id"):
    """The window ended without an answer: the silence ladder begins (R3.3)."""

    client_id: str
    checkin_id: str
    missed_at: datetime
    consecutive: int


class ContactAttemptDue(Event, type="aftercare.contact_attempt_due.v1", subject="checkin_id"):
    """One rung of the silence ladder (R3.3): 1 a neutral reminder, 2 the second channel."""

    client_id: str
    checkin_id: str
    rung: int
    link_id: str
    link_expires_at: datetime


class CheckinAnswered(Event, type="aftercare.checkin_answered.v1", subject="checkin_id"):
    client_id: str
    checkin_id: str
    instrument: str
    answered_at: datetime
    next_on: date | None = None


class RiskChanged(Event, type="aftercare.risk_changed.v1", subject="evaluation_id", urgent=True):
    """The level (R3.6) after an evaluation; score and reasons stay with aftercare."""

    client_id: str
    evaluation_id: str
    level: str  # routine, elevated, high, very-high, unknown
    previous_level: str
    rule_version: str
    evaluated_at: datetime
    act_by: datetime | None = None

"""Where a referral may go and who may take it there: R6.2 as one table."""

from enum import StrEnum

from shared.contracts import Refused


class Status(StrEnum):
    """FHIR Task status for a referral (R6.2); ``ready`` and ``received`` are excluded."""

    DRAFT = "draft"
    REQUESTED = "requested"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    IN_PROGRESS = "in-progress"
    ON_HOLD = "on-hold"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    ENTERED_IN_ERROR = "entered-in-error"


class Party(StrEnum):
    REQUESTER = "requester"
    TARGET = "target"


class NotAllowed(Refused):
    """The referral cannot go there from where it stands, or not by this side (R6.2)."""

    code = "TRANSITION_NOT_ALLOWED"


class NotOpen(Refused):
    """This referral is closed; to try again, start a new one."""

    code = "REFERRAL_CLOSED"


_REQUESTER = frozenset({Party.REQUESTER})
_TARGET = frozenset({Party.TARGET})
_EITHER = _REQUESTER | _TARGET
_ENDS = {Status.COMPLETED: _TARGET, Status.FAILED: _TARGET, Status.CANCELLED: _EITHER}

# From -> to -> who may. Entered-in-error is the requester's, from anywhere.
MOVES: dict[Status, dict[Status, frozenset[Party]]] = {
    Status.DRAFT: {Status.REQUESTED: _REQUESTER},
    Status.REQUESTED: {
        Status.ACCEPTED: _TARGET,
        Status.REJECTED: _TARGET,
        Status.CANCELLED: _EITHER,
    },
    Status.ACCEPTED: {Status.IN_PROGRESS: _TARGET, Status.ON_HOLD: _TARGET, **_ENDS},
    Status.IN_PROGRESS: {Status.ON_HOLD: _TARGET, **_ENDS},
    Status.ON_HOLD: {Status.IN_PROGRESS: _TARGET, **_ENDS},
}
FINAL = frozenset(
    {
        Status.REJECTED,
        Status.COMPLETED,
        Status.FAILED,
        Status.CANCELLED,
        Status.ENTERED_IN_ERROR,
    }
)
READABLE = frozenset({Status.REQUESTED, Status.ACCEPTED, Status.IN_PROGRESS, Status.ON_HOLD})
NEED_REASON = frozenset({Status.REJECTED, Status.CANCELLED, Status.ON_HOLD, Status.FAILED})


def check_move(current: Status, to: Status, party: Party) -> None:
    """Raises NotOpen from a final state, NotAllowed where the table has no such way."""
    if to is Status.ENTERED_IN_ERROR:
        if party is not Party.REQUESTER or current is Status.ENTERED_IN_ERROR:
            raise NotAllowed
        return
    if current in FINAL:
        raise NotOpen
    if party not in MOVES[current].get(to, ()):
        raise NotAllowed


def next_steps(current: Status, party: Party) -> tuple[Status, ...]:
    """Where this side may take it from here."""
    return tuple(to for to, who in MOVES.get(current, {}).items() if party in who)

"""Every fact the dashboard is told is either folded or known to matter to nobody here."""

from services.dashboard.projector import HANDLERS
from services.dashboard.readmodels.project import client_of
from services.dashboard.readmodels.timeline import LINES, entry_of
from shared.contracts import aftercare, dashboard, intake, notifications
from shared.events import EVENT_TYPES
from tests.unit.dashboard.facts import envelope, made

SAYS_NOTHING_HERE = {dashboard.StaffChanged.type}


def test_every_event_type_has_a_handler() -> None:
    assert set(EVENT_TYPES) - set(HANDLERS) <= SAYS_NOTHING_HERE
    assert set(HANDLERS) <= set(EVENT_TYPES)


def test_every_fact_about_a_client_writes_a_line() -> None:
    about_clients = {kind for kind in EVENT_TYPES.values() if kind.key == "client_id"}
    assert about_clients - set(LINES) == {intake.ClientErased}


def test_a_line_holds_codes_and_no_more() -> None:
    event = made(aftercare.RiskChanged, level="high", previous_level="routine")
    entry = entry_of(envelope(event), event, "cl_1")
    assert entry is not None
    assert entry.params == {"level": "high", "previous_level": "routine"}


def test_a_text_from_nobody_known_is_about_no_client() -> None:
    unknown = made(notifications.TextClosed, thread_key="msg_1", message_id="msg_1")
    known = made(notifications.TextClosed, thread_key="cl_1", message_id="msg_1")
    assert client_of(unknown) is None
    assert client_of(known) == "cl_1"


def test_a_crisis_of_a_shared_number_is_about_no_client() -> None:
    shared = made(notifications.CrisisOpened, thread_key="cr_1", crisis_id="cr_1")
    assert client_of(shared) is None

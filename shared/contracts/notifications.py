"""What notifications tells the others: what was sent, delivered, answered, refused."""

from datetime import datetime

from shared.events import Event


class ContactPointVerified(
    Event, type="notifications.contact_point_verified.v1", subject="contact_point_id"
):
    client_id: str
    contact_point_id: str
    channel: str
    verified_at: datetime


class ContactPointUnverified(
    Event, type="notifications.contact_point_unverified.v1", subject="contact_point_id"
):
    """The value is new, changed or went silent: it must be confirmed by code (again)."""

    client_id: str
    contact_point_id: str
    channel: str
    reason: str  # new, changed, code-expired, carrier-error


class OptedOut(Event, type="notifications.opted_out.v1", subject="contact_point_id", urgent=True):
    """STOP, or wording that means it (R5.3); holds for the number, whoever shares it."""

    client_id: str
    contact_point_id: str
    at: datetime
    clear: bool = True


class OptedIn(Event, type="notifications.opted_in.v1", subject="contact_point_id"):
    client_id: str
    contact_point_id: str
    at: datetime


class HelpRequested(Event, type="notifications.help_requested.v1", subject="message_id"):
    """HELP by text was answered; a person in distress may type it (R5.3)."""

    client_id: str
    message_id: str
    at: datetime


class MessageQueued(Event, type="notifications.message_queued.v1", subject="delivery_id"):
    client_id: str
    delivery_id: str
    purpose: str
    channel: str
    not_before: datetime
    about_id: str | None = None


class MessageHandedOver(Event, type="notifications.message_handed_over.v1", subject="delivery_id"):
    client_id: str
    delivery_id: str
    purpose: str
    channel: str
    at: datetime
    about_id: str | None = None
    simulated: bool = False


class MessageDelivered(Event, type="notifications.message_delivered.v1", subject="delivery_id"):
    client_id: str
    delivery_id: str
    at: datetime


class MessageFailed(Event, type="notifications.message_failed.v1", subject="delivery_id"):
    """It did not reach the person; ``reason`` is the provider's or our code."""

    client_id: str
    delivery_id: str
    purpose: str
    reason: str
    at: datetime
    about_id: str | None = None


class MessageDropped(Event, type="notifications.message_dropped.v1", subject="delivery_id"):
    """We did not send it, on purpose: too old, opted out, no verified contact, withdrawn."""

    client_id: str
    delivery_id: str
    purpose: str
    reason: str
    at: datetime
    about_id: str | None = None


class MessageUnclear(Event, type="notifications.message_unclear.v1", subject="delivery_id"):
    """The provider may or may not have it; it is never sent again by itself."""

    client_id: str
    delivery_id: str
    purpose: str
    at: datetime
    about_id: str | None = None


class TextReceived(Event, type="notifications.text_received.v1", subject="message_id"):
    """A text from a client that no rule matched: a person should read it."""

    client_id: str
    message_id: str
    received_at: datetime


class TextUnattributed(
    Event,
    type="notifications.text_unattributed.v1",
    subject="message_id",
    key="message_id",
):
    """A text from a number that nobody or several clients have; never guessed."""

    message_id: str
    candidates: int
    received_at: datetime


class TextClosed(
    Event, type="notifications.text_closed.v1", subject="message_id", key="thread_key"
):
    """A person read the text and closed its row. ``thread_key`` = client id, or the message id."""

    thread_key: str
    message_id: str
    closed_at: datetime


class CrisisOpened(
    Event, type="notifications.crisis_opened.v1", subject="crisis_id", key="thread_key", urgent=True
):
    """A crisis phrase (R3.9) or answer: the fixed reply went out, a person must take over.

    ``thread_key`` = client id, or the crisis id where the sender is not known for certain.
    """

    thread_key: str
    crisis_id: str
    client_id: str | None = None
    source: str  # text, checkin
    at: datetime
    page_next_at: datetime | None = None


class CrisisAcknowledged(
    Event,
    type="notifications.crisis_acknowledged.v1",
    subject="crisis_id",
    key="thread_key",
    urgent=True,
):
    thread_key: str
    crisis_id: str
    staff_id: str
    at: datetime


class CrisisClosed(
    Event, type="notifications.crisis_closed.v1", subject="crisis_id", key="thread_key"
):
    """A person closed it with a note; the note stays with notifications."""

    thread_key: str
    crisis_id: str
    staff_id: str
    at: datetime

"""The head of a service's seal chain, published so that somebody else keeps it."""

from datetime import datetime

from shared.events import Event


class JournalSealed(Event, type="platform.journal_sealed.v1", subject="publisher", key="publisher"):
    """Key = the publishing service, sequence = seal number (not dense: at most one a minute)."""

    publisher: str
    seal: int
    hash: str
    sealed_at: datetime

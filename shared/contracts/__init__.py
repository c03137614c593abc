"""The published language: the facts services tell each other, and the word for a refusal.

Importing this package registers every event class (``shared.events.EVENT_TYPES``).
"""

from shared.contracts import aftercare, dashboard, intake, journal, notifications, referrals
from shared.contracts.refusal import Refused

__all__ = ["Refused", "aftercare", "dashboard", "intake", "journal", "notifications", "referrals"]

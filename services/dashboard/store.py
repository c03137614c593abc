"""Every collection of the dashboard: its own, and the read models."""

from pymongo import IndexModel

from services.dashboard.accounts.store import COLLECTIONS as ACCOUNTS
from services.dashboard.readmodels.store import COLLECTIONS as READ_MODELS

COLLECTIONS: dict[str, list[IndexModel]] = {**ACCOUNTS, **READ_MODELS, "watched": []}

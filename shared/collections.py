"""The plumbing every service has in its own database; deployment makes it from this list."""

from pymongo import ASCENDING, IndexModel

JOURNAL = "journal"
SEALS = "seals"

PLUMBING: dict[str, list[IndexModel]] = {
    JOURNAL: [
        # the relay: what is not yet sent and sealed, oldest first, and one client's rows in order
        IndexModel([("at", ASCENDING)], partialFilterExpression={"pending": True}, name="pending"),
        IndexModel(
            [("events.key", ASCENDING), ("events.sequence", ASCENDING)],
            partialFilterExpression={"pending": True},
            name="pending_by_key",
        ),
        IndexModel([("subjects", ASCENDING), ("at", ASCENDING)], name="subjects"),
    ],
    SEALS: [],
    "streams": [],
    "positions": [],
    "waiting": [
        IndexModel([("queue", ASCENDING), ("sequence", ASCENDING)], name="queue"),
        IndexModel([("not_before", ASCENDING)], name="not_before"),
        IndexModel([("client_id", ASCENDING)], name="client"),
        IndexModel([("flag", ASCENDING)], name="flag"),
    ],
    "deadlines": [
        IndexModel([("state", ASCENDING), ("due", ASCENDING)], name="due"),
        IndexModel([("subject", ASCENDING), ("kind", ASCENDING)], name="subject"),
        IndexModel([("client_id", ASCENDING)], name="client"),
    ],
    "deliveries": [
        IndexModel([("state", ASCENDING), ("not_before", ASCENDING)], name="due"),
        IndexModel([("client_id", ASCENDING), ("at", ASCENDING)], name="client"),
        IndexModel([("about_id", ASCENDING)], name="about"),
    ],
    "keys": [],
    "links": [
        IndexModel([("subject", ASCENDING)], name="subject"),
        IndexModel([("client_id", ASCENDING)], name="client"),
    ],
    "leases": [],
    "processes": [],
}

"""Every collection of intake, with its indexes; deployment makes them and the rights from this."""

from pymongo import IndexModel

from services.intake.clients import store as clients
from services.intake.consents import store as consents
from services.intake.disclosures import store as disclosures
from services.intake.keydesk import desk
from services.intake.submissions import store as submissions

COLLECTIONS: dict[str, list[IndexModel]] = {
    **submissions.COLLECTIONS,
    **clients.COLLECTIONS,
    **consents.COLLECTIONS,
    **disclosures.COLLECTIONS,
    **desk.COLLECTIONS,
}

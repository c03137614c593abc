"""Every collection of this service with its indexes; deployment makes them from this."""

from services.referrals.directory import store as directory
from services.referrals.door import store as door
from services.referrals.lifecycle import store as lifecycle
from services.referrals.partners import store as partners

COLLECTIONS = {
    **lifecycle.COLLECTIONS,
    **partners.COLLECTIONS,
    **door.COLLECTIONS,
    **directory.COLLECTIONS,
}

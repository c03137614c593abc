"""How often somebody may knock in a minute, counted where all web processes see it."""

from services.referrals.door import store
from shared.contracts import Refused
from shared.runtime import Runtime

TOKEN_LIMIT = 60
API_LIMIT = 300
PAGE_LIMIT = 30


class TooMany(Refused):
    """That was too often; wait a little."""

    code = "TOO_MANY_REQUESTS"
    final = False


async def check_rate(runtime: Runtime, who: str, limit: int) -> None:
    if await store.count(runtime.database, who, runtime.clock.now()) > limit:
        raise TooMany

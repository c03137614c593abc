"""What people write about a referral: sealed under the client's key, read only inside the house."""

from shared import confidential
from shared.runtime import Runtime

LONGEST = 500


async def seal(
    runtime: Runtime, client_id: str, referral_id: str, text: str | None
) -> bytes | None:
    """Raises KeyDeskAway or Erased; nothing to do for no words."""
    if not text:
        return None
    key = await runtime.keyring.key(client_id)
    return confidential.encrypt_json(key, text, _place(referral_id))


def read(key: bytes | None, referral_id: str, sealed: bytes | None) -> str | None:
    if key is None or sealed is None:
        return None
    return str(confidential.decrypt_json(key, sealed, _place(referral_id)))


def _place(referral_id: str) -> str:
    return f"referrals/{referral_id}/words"

"""The three ways a call to a provider ends; the sender's whole promise lies in keeping them apart.

`Sent` and `Refused` are certain. `Unclear` means it may have gone out: never send it again.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sent:
    """Accepted under the provider's id."""

    sid: str


@dataclass(frozen=True)
class Refused:
    """Certainly not accepted. With `retry_after` seconds a later try may succeed, without never."""

    code: str
    retry_after: float | None = None


@dataclass(frozen=True)
class Unclear:
    """The reason is a code of ours, never the provider's words: those repeat the number."""

    reason: str


Outcome = Sent | Refused | Unclear

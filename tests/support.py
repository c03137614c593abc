"""What tests of every kind need to wait for a thing to become true."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import Any

PAUSE = 0.05


class StillFalse(AssertionError):
    """What a test waited for did not come."""


async def eventually(check: Callable[[], Any | Awaitable[Any]], within: float = 10) -> Any:
    """The first true answer of `check`, which may raise AssertionError while it is not yet so."""
    ends = time.monotonic() + within
    while True:
        answer, failure = None, None
        try:
            answer = check()
            if inspect.isawaitable(answer):
                answer = await answer
            if answer:
                return answer
        except AssertionError as error:
            failure = error
        if time.monotonic() > ends:
            raise StillFalse(f"not within {within} s; last answer {answer!r}") from failure
        await asyncio.sleep(PAUSE)


def soon(check: Callable[[], Any], within: float = 10) -> Any:
    """`eventually` for tests without an event loop."""
    ends = time.monotonic() + within
    while not (answer := check()):
        if time.monotonic() > ends:
            raise StillFalse(f"not within {within} s; last answer {answer!r}")
        time.sleep(PAUSE)
    return answer

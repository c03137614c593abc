"""Sent at most once, whoever dies: the states of a delivery."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from shared.clock import SteppedClock
from shared.deliveries import (
    Drop,
    Failed,
    Go,
    HandedOver,
    Later,
    RefusedNow,
    Result,
    Sending,
    Unclear,
    Verdict,
    move,
    queue,
)
from shared.journal import SYSTEM, Document, once
from shared.runtime import Runtime
from shared.unit import AlreadyExists, Unit, run

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Provider:
    """Answers what the test says and remembers every call."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.states: list[str] = []
        self.result: Result = HandedOver("SM1")
        self.verdict: Verdict = Go()
        self.before_answer: Callable[[], Awaitable[None]] | None = None

    async def check(self, runtime: Runtime, delivery: Document) -> Verdict:
        return self.verdict

    async def send(self, runtime: Runtime, delivery: Document) -> Result:
        self.calls.append(delivery["_id"])
        if self.before_answer is not None:
            await self.before_answer()
        return self.result

    async def on_state(self, unit: Unit, delivery: Document, state: str) -> None:
        self.states.append(state)

    def sending(self) -> Sending:
        return Sending(self.check, self.send, self.on_state)


@pytest.fixture
def provider() -> Provider:
    return Provider()


async def queued(runtime: Runtime, *, repeatable: bool = False) -> None:
    async def work(unit: Unit) -> None:
        queue(
            unit,
            id="dv_1",
            channel="sms",
            purpose="checkin",
            client_id="cl_1",
            not_before=NOON,
            stale_at=NOON + HOUR,
            repeatable=repeatable,
        )

    await run(runtime.database, work, once(SYSTEM, "test", NOON))


async def state_of(runtime: Runtime) -> str:
    delivery = await runtime.database.deliveries.find_one({"_id": "dv_1"})
    assert delivery is not None
    return str(delivery["state"])


async def test_a_delivery_is_handed_over_once(runtime: Runtime, provider: Provider) -> None:
    await queued(runtime)
    sending = provider.sending()
    assert await sending.work(runtime) == 1
    assert await sending.work(runtime) == 0
    assert provider.calls == ["dv_1"] and provider.states == ["handed_over"]
    assert await state_of(runtime) == "handed_over"


async def test_the_same_occurrence_cannot_be_queued_twice(runtime: Runtime) -> None:
    await queued(runtime)
    with pytest.raises(AlreadyExists):
        await queued(runtime)


async def test_what_the_provider_left_unclear_is_never_sent_again(
    runtime: Runtime, provider: Provider, clock: SteppedClock
) -> None:
    await queued(runtime)
    provider.result = Unclear("TIMEOUT")
    sending = provider.sending()
    await sending.work(runtime)
    clock.advance(HOUR * 5)
    await sending.work(runtime)
    assert provider.calls == ["dv_1"] and await state_of(runtime) == "unknown"


async def test_a_sender_killed_in_the_call_leaves_unknown(
    runtime: Runtime, provider: Provider, clock: SteppedClock
) -> None:
    await queued(runtime)

    async def killed() -> None:
        raise KeyboardInterrupt

    provider.before_answer = killed
    with pytest.raises(KeyboardInterrupt):
        await provider.sending()._take(runtime, "dv_1")
    assert await state_of(runtime) == "sending"
    clock.advance(timedelta(minutes=2))
    provider.before_answer = None
    await provider.sending().work(runtime)
    assert provider.calls == ["dv_1"] and await state_of(runtime) == "unknown"


async def test_a_repeatable_delivery_is_sent_again_after_a_crash(
    runtime: Runtime, provider: Provider, clock: SteppedClock
) -> None:
    await queued(runtime, repeatable=True)

    async def killed() -> None:
        raise KeyboardInterrupt

    provider.before_answer = killed
    with pytest.raises(KeyboardInterrupt):
        await provider.sending()._take(runtime, "dv_1")
    clock.advance(timedelta(minutes=2))
    provider.before_answer = None
    await provider.sending().work(runtime)
    assert provider.calls == ["dv_1", "dv_1"] and await state_of(runtime) == "handed_over"


async def test_a_sender_killed_after_the_claim_is_followed_by_another(
    runtime: Runtime, provider: Provider, clock: SteppedClock
) -> None:
    await queued(runtime)
    assert await provider.sending()._claim(runtime, "dv_1", "lease_dead") is not None
    await provider.sending().work(runtime)
    assert provider.calls == []  # the lease still holds
    clock.advance(timedelta(minutes=1))
    await provider.sending().work(runtime)
    assert provider.calls == ["dv_1"]


async def test_a_first_claimant_that_wakes_up_does_not_send(
    runtime: Runtime, provider: Provider, clock: SteppedClock
) -> None:
    await queued(runtime)
    sleeper = provider.sending()
    assert await sleeper._claim(runtime, "dv_1", "lease_sleeper") is not None
    clock.advance(timedelta(minutes=1))
    await provider.sending().work(runtime)
    assert not await sleeper._begin_sending(runtime, "dv_1", "lease_sleeper")
    assert provider.calls == ["dv_1"]


async def test_checks_older_than_two_seconds_put_it_back(
    runtime: Runtime, provider: Provider, clock: SteppedClock
) -> None:
    await queued(runtime)

    async def slow(runtime: Runtime, delivery: Document) -> Verdict:
        clock.advance(timedelta(seconds=3))
        return Go()

    await Sending(slow, provider.send, provider.on_state).work(runtime)
    assert provider.calls == [] and await state_of(runtime) == "pending"


async def test_a_refusal_before_acceptance_is_tried_again_later(
    runtime: Runtime, provider: Provider, clock: SteppedClock
) -> None:
    await queued(runtime)
    provider.result = RefusedNow("429", timedelta(seconds=30))
    await provider.sending().work(runtime)
    assert await state_of(runtime) == "pending"
    provider.result = HandedOver("SM1")
    await provider.sending().work(runtime)
    assert provider.calls == ["dv_1"]  # not before 30 s
    clock.advance(timedelta(seconds=31))
    await provider.sending().work(runtime)
    assert provider.calls == ["dv_1", "dv_1"] and await state_of(runtime) == "handed_over"


@pytest.mark.parametrize(
    ("verdict", "state"),
    [(Drop("OPTED_OUT"), "dropped"), (Later(NOON + HOUR), "pending")],
)
async def test_checks_may_drop_or_postpone(
    runtime: Runtime, provider: Provider, verdict: Verdict, state: str
) -> None:
    await queued(runtime)
    provider.verdict = verdict
    await provider.sending().work(runtime)
    assert provider.calls == [] and await state_of(runtime) == state


async def test_a_callback_that_was_faster_is_not_overwritten(
    runtime: Runtime, provider: Provider
) -> None:
    await queued(runtime)

    async def callback_first() -> None:
        async def settle(unit: Unit) -> None:
            assert await move(unit, "dv_1", "delivered", provider.on_state)

        await run(runtime.database, settle, once(SYSTEM, "callback", NOON))

    provider.before_answer = callback_first
    await provider.sending().work(runtime)
    assert await state_of(runtime) == "delivered" and provider.states == ["delivered"]


async def test_a_final_state_is_never_left(runtime: Runtime, provider: Provider) -> None:
    await queued(runtime)
    provider.result = Failed("21610")
    await provider.sending().work(runtime)

    async def late(unit: Unit) -> None:
        assert not await move(unit, "dv_1", "delivered", provider.on_state)

    await run(runtime.database, late, once(SYSTEM, "callback", NOON))
    assert await state_of(runtime) == "failed"

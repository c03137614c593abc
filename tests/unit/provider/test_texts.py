from typing import Any

import httpx
import pytest

from deploy.provider.settings import Settings
from services.notifications.signature import is_genuine
from tests.support import eventually
from tests.unit.provider.conftest import ACCOUNT, PATH, Platform, running

CALLBACK = "https://platform.example/webhooks/sms/status/dl_1"
FORM = {
    "To": "+14105550123",
    "From": "+12025550100",
    "Body": "Hello there",
    "StatusCallback": CALLBACK,
}


async def statuses(platform: Platform, number: int) -> list[str]:
    await eventually(lambda: len(platform.calls) >= number)
    return [form["MessageStatus"] for form in platform.forms()]


async def test_a_text_is_accepted_and_kept(client: httpx.AsyncClient) -> None:
    answer = await client.post(PATH, data=FORM)
    assert answer.status_code == 201
    assert answer.json()["status"] == "queued"
    (kept,) = (await client.get("/messages")).json()
    assert (kept["sid"], kept["body"]) == (answer.json()["sid"], "Hello there")


async def test_status_callbacks_follow_in_order_and_are_signed(
    client: httpx.AsyncClient, platform: Platform
) -> None:
    sid = (await client.post(PATH, data=FORM)).json()["sid"]
    assert await statuses(platform, 3) == ["queued", "sent", "delivered"]
    for call, form in zip(platform.calls, platform.forms(), strict=True):
        signature = call.headers["X-Twilio-Signature"]
        assert (str(call.url), form["MessageSid"], form["AccountSid"]) == (CALLBACK, sid, ACCOUNT)
        assert is_genuine(signature, url=CALLBACK, form=list(form.items()), tokens=["first"])
    fetched = await client.get(PATH.replace(".json", f"/{sid}.json"))
    assert fetched.json()["status"] == "delivered"


@pytest.mark.parametrize(
    ("callbacks", "expected"),
    [
        ("duplicate", ["queued", "queued", "sent", "sent", "delivered", "delivered"]),
        ("reordered", ["delivered", "sent", "queued"]),
        ("undelivered", ["queued", "sent", "undelivered"]),
    ],
)
async def test_callbacks_misbehave_when_told(
    client: httpx.AsyncClient, platform: Platform, callbacks: str, expected: list[str]
) -> None:
    await client.post("/switches", json={"callbacks": callbacks})
    await client.post(PATH, data=FORM)
    assert await statuses(platform, len(expected)) == expected


async def test_without_callbacks_only_asking_tells_the_status(
    client: httpx.AsyncClient, platform: Platform
) -> None:
    await client.post("/switches", json={"callbacks": "none"})
    await client.post(PATH, data=FORM)

    async def is_delivered() -> bool:
        (kept,) = (await client.get("/messages")).json()
        return bool(kept["status"] == "delivered")

    await eventually(is_delivered)
    assert platform.calls == []


async def test_a_receiver_that_is_away_is_called_again(
    client: httpx.AsyncClient, platform: Platform
) -> None:
    answers = iter([503, 200, 200, 200])
    platform.answer = lambda: httpx.Response(next(answers))
    await client.post(PATH, data=FORM)
    assert await statuses(platform, 4) == ["queued", "queued", "sent", "delivered"]


async def test_what_was_under_way_at_a_restart_is_still_told(
    settings: Settings, platform: Platform
) -> None:
    slow = settings.model_copy(update={"provider_callback_delay": 3600.0})
    async with running(slow, platform) as client:
        await client.post(PATH, data=FORM)
    assert platform.calls == []
    async with running(settings, platform):
        assert await statuses(platform, 3) == ["queued", "sent", "delivered"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"To": ""}, 21604),
        ({"To": "not a number"}, 21211),
        ({"To": "+1"}, 21211),
        ({"From": ""}, 21603),
        ({"Body": ""}, 21602),
        ({"Body": "a" * 1601}, 21617),
        ({"StatusCallback": "ftp://x"}, 21609),
    ],
)
async def test_what_the_real_one_refuses_is_refused(
    client: httpx.AsyncClient, change: dict[str, str], code: int
) -> None:
    answer = await client.post(PATH, data=FORM | change)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert (await client.get("/messages")).json() == []


@pytest.mark.parametrize("auth", [(ACCOUNT, "wrong"), ("AC9", "first"), None])
async def test_a_wrong_login_is_refused(client: httpx.AsyncClient, auth: Any) -> None:
    client.auth = auth
    answer = await client.post(PATH, data=FORM)
    assert (answer.status_code, answer.json()["code"]) == (401, 20003)


async def test_another_account_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post(PATH.replace(ACCOUNT, "AC9"), data=FORM)
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("switches", "status", "code"),
    [
        ({"mode": "refuse"}, 400, 21610),
        ({"mode": "refuse", "code": 21211}, 400, 21211),
        ({"mode": "429"}, 429, 20429),
        ({"mode": "500"}, 500, 20500),
    ],
)
async def test_refusals_when_told(
    client: httpx.AsyncClient, switches: dict[str, Any], status: int, code: int
) -> None:
    await client.post("/switches", json=switches | {"count": 1})
    answer = await client.post(PATH, data=FORM)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await client.get("/messages")).json() == []
    assert (await client.post(PATH, data=FORM)).status_code == 201


async def test_every_call_counts_refused_ones_too(client: httpx.AsyncClient) -> None:
    await client.post("/switches", json={"mode": "500", "count": 1})
    for _ in range(2):
        await client.post(PATH, data=FORM)
    (count,) = (await client.get("/counts?to=+14105550123")).json()
    assert count["calls"] == 2

import httpx
import pytest

from services.notifications.signature import is_genuine
from tests.unit.provider.conftest import Platform

URL = "https://platform.example/webhooks/sms/inbound"
GIVEN = {"from": "+14105550123", "to": "+12025550100", "body": "¿Sí? 🙏"}


def refuse() -> httpx.Response:
    raise httpx.ConnectError("nobody there")


async def test_a_person_writes_and_the_webhook_is_called_signed(
    client: httpx.AsyncClient, platform: Platform
) -> None:
    answer = await client.post("/inbound", json=GIVEN)
    (call,), (form,) = platform.calls, platform.forms()
    signature = call.headers["X-Twilio-Signature"]
    assert is_genuine(signature, url=URL, form=list(form.items()), tokens=["first"])
    assert (form["From"], form["To"], form["Body"]) == tuple(GIVEN.values())
    assert (form["MessageSid"], form["NumSegments"]) == (answer.json()["sid"], "1")
    assert (answer.status_code, answer.json()["status"]) == (200, 200)


@pytest.mark.parametrize(
    "message",
    ["<Message>Thank &amp; you</Message>", "<Message><Body>Thank &amp; you</Body></Message>"],
)
async def test_the_reply_is_kept_as_a_text_to_that_person(
    client: httpx.AsyncClient, platform: Platform, message: str
) -> None:
    twiml = f'<?xml version="1.0" encoding="UTF-8"?><Response>{message}</Response>'
    platform.answer = lambda: httpx.Response(200, text=twiml)
    answer = await client.post("/inbound", json=GIVEN)
    assert answer.json()["replies"] == ["Thank & you"]
    (kept,) = (await client.get("/messages?to=+14105550123")).json()
    assert (kept["direction"], kept["body"]) == ("reply", "Thank & you")


@pytest.mark.parametrize("text", ["", "<Response/>", "not xml at all"])
async def test_no_reply_is_none(client: httpx.AsyncClient, platform: Platform, text: str) -> None:
    platform.answer = lambda: httpx.Response(200, text=text)
    assert (await client.post("/inbound", json=GIVEN)).json()["replies"] == []
    assert (await client.get("/messages")).json() == []


async def test_a_refused_webhook_is_reported(client: httpx.AsyncClient, platform: Platform) -> None:
    platform.answer = lambda: httpx.Response(403, text="<Response><Message>x</Message></Response>")
    answer = (await client.post("/inbound", json=GIVEN)).json()
    assert (answer["status"], answer["replies"]) == (403, [])


async def test_a_platform_that_is_away_is_reported(
    client: httpx.AsyncClient, platform: Platform
) -> None:
    platform.answer = refuse
    assert (await client.post("/inbound", json=GIVEN)).status_code == 502


async def test_the_same_sid_makes_the_same_call_again(
    client: httpx.AsyncClient, platform: Platform
) -> None:
    sid = (await client.post("/inbound", json=GIVEN)).json()["sid"]
    await client.post("/inbound", json=GIVEN | {"sid": sid})
    first, second = platform.calls
    assert first.content == second.content


async def test_unusable_input_names_fields_and_no_values(client: httpx.AsyncClient) -> None:
    answer = await client.post("/inbound", json={"from": "+14105550123", "bogus": "Rosalind"})
    assert answer.status_code == 422
    assert answer.json()["fields"] == ["to", "body", "bogus"]
    assert "Rosalind" not in answer.text

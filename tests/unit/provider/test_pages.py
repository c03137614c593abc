import httpx
import pytest

from deploy.provider.pages import linked
from tests.unit.provider.conftest import PATH, Platform

FORM = {"To": "+14105550123", "From": "+12025550100", "Body": "Open <i> https://go.example/c/x."}


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a < b", "a &lt; b"),
        (
            "see http://a.example/c/x?y=1&z=2.",
            'see <a href="http://a.example/c/x?y=1&amp;z=2" rel="noopener noreferrer">'
            "http://a.example/c/x?y=1&amp;z=2</a>.",
        ),
        ("javascript:alert(1)", "javascript:alert(1)"),
        (
            'http://a.example/"onclick="x',
            '<a href="http://a.example/" rel="noopener noreferrer">http://a.example/</a>'
            "&#34;onclick=&#34;x",
        ),
        ("", ""),
    ],
)
def test_links_are_clickable_and_nothing_else_is_markup(text: str, html: str) -> None:
    assert str(linked(text)) == html


async def test_the_page_lists_newest_first_and_escapes(client: httpx.AsyncClient) -> None:
    await client.post(PATH, data=FORM)
    await client.post(PATH, data=FORM | {"Body": "Second"})
    page = (await client.get("/")).text
    assert page.index("Second") < page.index("Open &lt;i&gt;")
    assert '<a href="https://go.example/c/x"' in page


async def test_a_text_written_on_the_page_reaches_the_webhook(
    client: httpx.AsyncClient, platform: Platform
) -> None:
    form = {"from": "+14105550123", "to": "+12025550100", "body": "STOP"}
    answer = await client.post("/write", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/?answer=200")
    assert platform.forms()[0]["Body"] == "STOP"
    assert "STOP" in (await client.get("/?answer=200")).text


async def test_messages_are_found_by_number_and_time(client: httpx.AsyncClient) -> None:
    for to in ["+14105550123", "+14105550124", "+14105550123"]:
        await client.post(PATH, data=FORM | {"To": to})
    found = (await client.get("/messages?to=+14105550123")).json()
    assert [text["seq"] for text in found] == [1, 3]
    params = {"to": "+14105550123", "since": found[1]["at"]}
    later = (await client.get("/messages", params=params)).json()
    assert later[-1]["seq"] == 3
    params["since"] = "2100-01-01T00:00:00Z"
    assert (await client.get("/messages", params=params)).json() == []


async def test_clearing(client: httpx.AsyncClient) -> None:
    await client.post(PATH, data=FORM)
    assert (await client.delete("/messages")).status_code == 204
    assert (await client.get("/messages")).json() == []
    assert (await client.get("/counts")).json() == []


async def test_switches_are_shown_and_unknown_ones_refused(client: httpx.AsyncClient) -> None:
    await client.post("/switches", json={"mode": "hang", "count": 3})
    assert (await client.get("/switches")).json()["mode"] == "hang"
    assert "Misbehaving on purpose" in (await client.get("/")).text
    assert (await client.post("/switches", json={"mode": "explode"})).status_code == 422
    await client.post("/switches", json={})
    assert (await client.get("/switches")).json()["mode"] == "ok"


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_another_page_in_the_browser_cannot_write(
    client: httpx.AsyncClient, platform: Platform, site: str
) -> None:
    form = {"from": "+14105550123", "to": "+12025550100", "body": "STOP"}
    answer = await client.post("/write", data=form, headers={"Sec-Fetch-Site": site})
    assert answer.status_code == 403
    assert platform.calls == []


async def test_another_host_name_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.get("/messages", headers={"Host": "evil.example"})
    assert answer.status_code == 400


async def test_health(client: httpx.AsyncClient) -> None:
    assert (await client.get("/livez")).status_code == 200
    assert (await client.get("/readyz")).status_code == 200

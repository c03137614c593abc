"""Webhooks reach only what anybody on the internet could reach."""

import pytest

from services.referrals.public_address import BadWebhookAddress, Unresolved, check_form, resolve


@pytest.mark.parametrize(
    "url",
    [
        "http://hope.example/hook",
        "ftp://hope.example/hook",
        "javascript:alert(1)",
        "https:///hook",
        "https://user:secret@hope.example/hook",
        "https://hope.example/hook#part",
        "https://hope.example/ho ok",
        "https://hope.example\n.evil.example/",
        "https://hope.example:99999/",
        "https://[::1/",
        "https://höpe.example/",
        "https://hope.example/" + "x" * 500,
        "",
    ],
)
def test_an_address_of_the_wrong_form_is_refused(url: str) -> None:
    with pytest.raises(BadWebhookAddress):
        check_form(url, allow_loopback=False)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104
        "224.0.0.1",
        "255.255.255.255",
        "[::1]",
        "[fe80::1]",
        "[fd00::1]",
        "[::ffff:10.0.0.1]",
        "[2002:0a00:0001::]",
        "2130706433",
        "0x7f000001",
    ],
)
async def test_a_name_that_leads_inside_is_refused(host: str) -> None:
    with pytest.raises((BadWebhookAddress, Unresolved)):
        await resolve(f"https://{host}/hook", allow_loopback=False)


async def test_loopback_is_open_in_development_only_and_nothing_else_is() -> None:
    target = await resolve("http://127.0.0.1:8120/hooks?a=1", allow_loopback=True)
    assert (target.url, target.host_header) == ("http://127.0.0.1:8120/hooks?a=1", "127.0.0.1:8120")
    for url in ("http://10.0.0.1/", "http://8.8.8.8/"):
        with pytest.raises(BadWebhookAddress):
            await resolve(url, allow_loopback=True)


async def test_the_connection_goes_to_the_address_that_was_looked_at() -> None:
    target = await resolve("https://8.8.8.8/hook", allow_loopback=False)
    assert (target.ip, target.url, target.host_header) == (
        "8.8.8.8",
        "https://8.8.8.8:443/hook",
        "8.8.8.8",
    )


async def test_a_name_without_an_address_may_be_tried_again() -> None:
    with pytest.raises(Unresolved):
        await resolve("https://nowhere.invalid/hook", allow_loopback=False)

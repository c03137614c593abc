"""Signing in: one answer for every wrong pair, sessions that end, forms that cannot be forged."""

from datetime import timedelta

import pytest

from services.dashboard.accounts import usecases
from tests.integration.dashboard.house import PASSWORD, Browser, House, hidden, words_of


async def test_the_right_password_opens_my_day(house: House) -> None:
    await house.hire("Ana", "counselor")
    browser = house.browser()
    answer = await browser.sign_in("ANA@example.org ")
    assert answer.status_code == 303
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    page = await browser.get("/")
    assert page.status_code == 200
    assert "My day" in words_of(page.text)


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("ana@example.org", "not the password at all"),
        ("nobody@example.org", PASSWORD),
        ("ana@example.org", ""),
        ("", ""),
        ("ana@example.org", "x" * 5000),
        ({"$ne": ""}, PASSWORD),
    ],
)
async def test_every_wrong_pair_gets_the_same_answer(
    house: House, email: object, password: str
) -> None:
    await house.hire("Ana", "counselor")
    answer = await house.browser().post("/sign-in", email=email, password=password)
    assert answer.status_code == 422
    assert "E-mail or password does not match." in words_of(answer.text)
    assert "set-cookie" not in answer.headers


async def test_too_many_tries_have_to_wait(house: House) -> None:
    await house.hire("Ana", "counselor")
    browser = house.browser()
    for _ in range(usecases.TRIES_PER_EMAIL):
        assert (await browser.sign_in("ana@example.org", "wrong")).status_code == 422
    assert (await browser.sign_in("ana@example.org")).status_code == 429
    house.clock.advance(usecases.WINDOW)
    assert (await browser.sign_in("ana@example.org")).status_code == 303


async def test_a_session_ends_after_fifteen_idle_minutes(house: House) -> None:
    await house.hire("Ana", "counselor")
    browser = await house.signed_in("Ana")
    house.clock.advance(timedelta(minutes=14))
    assert (await browser.get("/")).status_code == 200
    house.clock.advance(timedelta(minutes=14))
    assert (await browser.get("/")).status_code == 200
    house.clock.advance(timedelta(minutes=16))
    answer = await browser.get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


async def test_a_session_ends_after_twelve_hours_however_busy(house: House) -> None:
    await house.hire("Ana", "counselor")
    browser = await house.signed_in("Ana")
    for _ in range(12 * 60 // 14):
        house.clock.advance(timedelta(minutes=14))
        assert (await browser.get("/account")).status_code == 200
    house.clock.advance(timedelta(minutes=14))
    assert (await browser.get("/account")).status_code == 303


async def test_signing_out_ends_the_session_on_the_server(house: House) -> None:
    await house.hire("Ana", "counselor")
    browser = await house.signed_in("Ana")
    cookie = browser.web.cookies["session"]
    answer = await browser.submit("/", "/sign-out")
    assert answer.status_code == 303
    browser.web.cookies.set("session", cookie, domain="dashboard.test")
    assert (await browser.get("/")).status_code == 303


async def test_a_form_without_the_sessions_token_is_refused(house: House) -> None:
    await house.hire("Ana", "counselor")
    browser, other = await house.signed_in("Ana"), await house.signed_in("Ana")
    for token in ("", "guessed", await _csrf(other)):
        answer = await browser.post("/hide-names", csrf=token)
        assert answer.status_code == 403
    assert (await browser.post("/hide-names", csrf=await _csrf(browser))).status_code == 303


async def test_another_site_cannot_sign_anybody_in(house: House) -> None:
    await house.hire("Ana", "counselor")
    answer = await house.browser().web.post(
        "/sign-in",
        data={"email": "ana@example.org", "password": PASSWORD},
        headers={"Sec-Fetch-Site": "cross-site", "Accept": "text/html"},
    )
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


async def test_a_closed_account_is_signed_out_at_once(house: House) -> None:
    await house.hire("Ada", "administrator")
    ana = await house.hire("Ana", "counselor")
    browser, admin = await house.signed_in("Ana"), await house.signed_in("Ada")
    answer = await admin.submit(f"/staff/{ana}", f"/staff/{ana}", roles="counselor")
    assert answer.status_code == 303
    assert (await browser.get("/")).status_code == 303
    assert (await house.browser().sign_in("ana@example.org")).status_code == 422


async def test_only_a_hash_of_the_password_and_a_digest_of_the_cookie_are_kept(
    house: House,
) -> None:
    await house.hire("Ana", "counselor")
    browser = await house.signed_in("Ana")
    kept = str([row async for row in house.runtime.database.staff.find()])
    kept += str([row async for row in house.runtime.database.sessions.find()])
    assert PASSWORD not in kept
    assert "argon2id" in kept
    assert browser.web.cookies["session"] not in kept


@pytest.mark.parametrize("path", ["/", "/clients", "/intake", "/operations", "/staff", "/account"])
async def test_without_a_session_there_is_only_the_sign_in_page(house: House, path: str) -> None:
    answer = await house.browser().get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


async def test_a_new_account_is_a_fact_without_name_or_address(house: House) -> None:
    ana = await house.hire("Ana", "counselor")
    row = await house.runtime.database.journal.find_one({"events.key": ana})
    assert row is not None
    sealed = row["events"][0]["value"].decode()
    assert "staff_changed" in sealed
    assert "Ana" not in str(row)
    assert "example.org" not in str(row)


async def _csrf(browser: Browser) -> str:
    return hidden((await browser.get("/")).text, "/sign-out")["csrf"]

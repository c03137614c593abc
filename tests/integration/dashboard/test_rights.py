"""The table of rights on lists and on single pages: what it does not allow is not there."""

import pytest

from shared.contracts import aftercare, dashboard, intake, notifications, referrals
from tests.integration.dashboard.house import House, words_of
from tests.unit.dashboard.facts import made

FAR = "site_far"


async def two_clients(house: House, ana: str) -> None:
    """cl_1 at the main site, in Ana's caseload; cl_2 at a site nobody here works for."""
    near = made(intake.ClientRegistered, code="K7M-4Q", site_id="site_main")
    far = made(intake.ClientRegistered, client_id="cl_2", code="P2X-9D", site_id=FAR)
    for event in (near, far, made(dashboard.CaseloadAssigned, staff_id=ana)):
        await house.arrive(event)
    for client in ("cl_1", "cl_2"):
        own = {"client_id": client}
        await house.arrive(made(aftercare.CheckinMissed, **own))
        await house.arrive(made(referrals.ReferralRejected, **own, referral_id=f"ref_{client}"))
        crisis = f"cr_{client}"
        await house.arrive(
            made(notifications.CrisisOpened, **own, thread_key=client, crisis_id=crisis)
        )


LISTS = [
    # role, sees the near client, sees the far one, kinds of rows about the near client
    ("intake-worker", True, False, {"unreachable"}),
    ("counselor", True, False, {"unreachable", "missed", "referral-rejected", "crisis"}),
    ("supervisor", True, False, {"unreachable", "missed", "referral-rejected", "crisis"}),
    ("privacy-officer", True, True, set()),
    ("operations", False, False, set()),
    ("administrator", False, False, set()),
]


@pytest.mark.parametrize(("role", "near", "far", "kinds"), LISTS)
async def test_lists_and_pages_follow_the_same_table(
    house: House, role: str, near: bool, far: bool, kinds: set[str]
) -> None:
    await two_clients(house, await house.hire("Ana", role))
    browser = await house.signed_in("Ana")
    for client, code, seen in (("cl_1", "K7M-4Q", near), ("cl_2", "P2X-9D", far)):
        page = await browser.get(f"/clients/{client}")
        assert page.status_code == (200 if seen else 404)
        listed = await browser.get("/clients")
        assert (code in listed.text) == seen
        answer = await browser.submit("/", "/search", q=code)
        found = await browser.get(answer.headers["location"])
        assert (f"/clients/{client}" in found.text) == seen
    day = words_of((await browser.get("/")).text)
    told = {
        "unreachable": "No confirmed number",
        "missed": "No answer to the last check-in",
        "referral-rejected": "cannot help",
        "crisis": "Crisis words",
    }
    assert {kind for kind, text in told.items() if text in day} == kinds
    assert ("P2X-9D" in day) == ("crisis" in kinds)  # a crisis is everybody's on the care team


async def test_another_counselors_client_is_not_there(house: House) -> None:
    await two_clients(house, await house.hire("Ana", "counselor"))
    await house.hire("Ben", "counselor")
    ben = await house.signed_in("Ben")
    assert (await ben.get("/clients/cl_1")).status_code == 404
    assert "K7M-4Q" not in words_of((await ben.get("/clients")).text)
    assert (await ben.get("/referrals/ref_cl_1")).status_code == 404
    day = words_of((await ben.get("/")).text)
    assert "Crisis words" in day
    assert "No answer to the last" not in day


PAGES = {
    "/intake": {"intake-worker", "supervisor"},
    "/intake/new": {"intake-worker", "supervisor"},
    "/referrals": {"counselor", "supervisor"},
    "/directory": {"counselor", "supervisor", "administrator"},
    "/partners/new": {"supervisor", "administrator"},
    "/operations": {"operations"},
    "/staff": {"administrator"},
}
ROLES = ("intake-worker", "counselor", "supervisor", "operations", "administrator")


@pytest.mark.parametrize("role", ROLES)
async def test_each_role_opens_its_pages_and_no_others(house: House, role: str) -> None:
    await house.hire("Ana", role)
    browser = await house.signed_in("Ana")
    menu = (await browser.get("/")).text
    for path, roles in PAGES.items():
        answer = await browser.get(path)
        assert answer.status_code == (200 if role in roles else 404), path
        if path.count("/") == 1 and path != "/directory":
            assert (f'href="{path}"' in menu) == (role in roles), path


UNKNOWN = [
    "/clients/cl_nobody",
    "/clients/cl_2/plan",
    "/clients/%00",
    "/clients/$ne",
    "/clients/" + "x" * 3000,
    "/referrals/ref_nobody",
    "/rows/risk/nobody",
    "/texts/msg_nobody",
    "/crises/cr_nobody",
    "/clients/found/find_nobody",
    "/nothing/here",
    "/?limit=many",
    "/clients/../staff",
]


@pytest.mark.parametrize("path", UNKNOWN)
async def test_missing_and_forbidden_look_alike(house: House, path: str) -> None:
    await two_clients(house, await house.hire("Ana", "counselor"))
    browser = await house.signed_in("Ana")
    answer = await browser.get(path)
    assert answer.status_code == 404
    assert "We can't show this page" in words_of(answer.text)


async def test_another_persons_search_cannot_be_opened(house: House) -> None:
    await two_clients(house, await house.hire("Ana", "supervisor"))
    await house.hire("Ben", "supervisor")
    ana, ben = await house.signed_in("Ana"), await house.signed_in("Ben")
    answer = await ana.submit("/", "/search", q="K7M-4Q")
    assert "K7M" not in answer.headers["location"]
    assert (await ben.get(answer.headers["location"])).status_code == 404


async def test_rights_that_were_taken_away_are_gone_at_once(house: House) -> None:
    ana = await house.hire("Ana", "supervisor")
    await house.hire("Ada", "administrator")
    browser, admin = await house.signed_in("Ana"), await house.signed_in("Ada")
    assert (await browser.get("/intake")).status_code == 200
    path = f"/staff/{ana}"
    await admin.submit(path, path, roles="operations", sites="site_main", active="yes")
    assert (await browser.get("/intake")).status_code == 404


async def test_nobody_takes_the_right_to_administer_from_themselves(house: House) -> None:
    ada = await house.hire("Ada", "administrator")
    browser = await house.signed_in("Ada")
    answer = await browser.submit(
        f"/staff/{ada}", f"/staff/{ada}", roles="operations", active="yes"
    )
    assert answer.status_code == 422


async def test_looking_at_a_client_is_recorded_before_the_answer(house: House) -> None:
    ana = await house.hire("Ana", "counselor")
    await two_clients(house, ana)
    browser = await house.signed_in("Ana")
    await browser.get("/clients/cl_1")
    read = await house.runtime.database.journal.find_one({"outcome": "read", "subjects": "cl_1"})
    assert read is not None
    assert read["actor"] == {"kind": "staff", "id": ana}

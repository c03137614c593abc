"""The story as staff walk through it, page by page, in front of the real owners."""

import re

from tests.integration.dashboard.house import Browser, House, words_of

FORM = {
    "asking": "self",
    "given_name": "Dana",
    "family_name": "Ruiz",
    "birth_date_month": "3",
    "birth_date_day": "4",
    "birth_date_year": "1990",
    "language": "en",
    "phone": "202-555-0142",
    "ways": "text",
    "times": "morning",
    "voicemail": "no",
    "help_wanted": "housing",
    "message": "A friend told me about you",
}


async def register(house: House, worker: Browser) -> str:
    """From a call to a client; returns the client's id."""
    answer = await worker.submit("/intake/new", "/intake/new", **FORM)
    assert answer.status_code == 303, words_of(answer.text)
    await house.carry()
    form = answer.headers["location"]
    page = await worker.get(form)
    assert "A friend told me about you" in words_of(page.text)
    answer = await worker.send(
        page.text,
        f"{form}/register",
        given_name="Dana",
        family_name="Ruiz",
        birth_date_month="3",
        birth_date_day="4",
        birth_date_year="1990",
        language="en",
        phone_1="202-555-0142",
        site_id="site_main",
        unencrypted_ok="yes",
    )
    assert answer.status_code == 303, words_of(answer.text)
    await house.carry()
    found = await house.runtime.database.clients.find_one({})
    assert found is not None
    return str(found["_id"])


async def test_from_the_first_call_to_a_referral(whole_house: House) -> None:
    house = whole_house
    await house.hire("Iris", "intake-worker")
    ana = await house.hire("Ana", "counselor")
    await house.hire("Sam", "supervisor")
    await house.carry()
    worker, counselor = await house.signed_in("Iris"), await house.signed_in("Ana")

    client_id = await register(house, worker)
    day = words_of((await worker.get("/")).text)
    assert "Dana R." in day
    assert "No confirmed number or address" in day
    assert (await counselor.get(f"/clients/{client_id}")).status_code == 404

    await discharge(house, worker, client_id, ana)
    page = await counselor.get(f"/clients/{client_id}/plan")
    assert "Speak with the person within 72 hours of discharge" in words_of(page.text)
    assert re.search(r"<title>Client [A-Z0-9]{3}-[A-Z0-9]{2}: Plan</title>", page.text)
    timeline = words_of((await counselor.get(f"/clients/{client_id}")).text)
    assert "Left treatment" in timeline
    assert "Ana is the counselor now" in timeline

    await incomplete_consent(house, counselor, client_id)
    partner = await add_partner(house)
    consent_id = await sign_consent(house, counselor, client_id, partner)
    referral = await refer(house, counselor, client_id)
    answer = await counselor.submit(referral, f"{referral}/answer", status="accepted")
    assert answer.status_code == 303
    await house.carry()
    assert "Accepted" in words_of((await counselor.get(referral)).text)
    plan = words_of((await counselor.get(f"/clients/{client_id}/plan")).text)
    assert "Completed a partner accepted" in plan

    path = f"/clients/{client_id}/consents/{consent_id}/revoke"
    assert (await counselor.submit(path, path)).status_code == 303
    await house.carry()
    assert "the client stopped the sharing" in words_of((await counselor.get(referral)).text)
    board = words_of((await counselor.get("/referrals?state=cancelled")).text)
    assert "Dana R." in board


async def test_a_crisis_stays_on_top_until_somebody_closes_it_with_a_note(
    whole_house: House,
) -> None:
    house = whole_house
    await house.hire("Ana", "counselor")
    browser = await house.signed_in("Ana")
    await house.text("+12025550199", "I want to kill myself")
    await house.carry()
    day = await browser.get("/")
    assert "Crisis words in a text" in words_of(day.text)
    assert "Nobody has this" in words_of(day.text)
    assert "kill" not in day.text
    crisis = (await house.runtime.database.rows.find_one({"kind": "crisis"}) or {})["about_id"]
    answer = await browser.send(day.text, f"/crises/{crisis}/acknowledge")
    await house.carry()
    page = await browser.get(answer.headers["location"])
    assert "I want to kill myself" in words_of(page.text)
    assert "Ana has this" in words_of(page.text)
    close = f"/crises/{crisis}/close"
    assert (await browser.send(page.text, close, note=" ")).status_code == 422
    assert "Crisis words" in words_of((await browser.get("/")).text)
    assert (await browser.send(page.text, close, note="They are safe")).status_code == 303
    await house.carry()
    assert "Nothing waits" in words_of((await browser.get("/")).text)


async def add_partner(house: House) -> str:
    database = house.runtimes["referrals"].database
    await database.organizations.insert_one({"_id": "org_1", "name": "Hope House"})
    await database.services.insert_one(
        {
            "_id": "svc_1",
            "name": "Rooms",
            "organization_id": "org_1",
            "organization_name": "Hope House",
            "needs": ["homelessness"],
            "terms": ["n:homelessness", "n:housing", "t:rooms"],
            "order": "rooms",
            "location_id": None,
            "place": None,
            "substance_use": False,
            "status": "active",
        }
    )
    supervisor = await house.signed_in("Sam")
    typed = {"organization_id": "org_1", "name": "Hope House", "email": "front@hope.example"}
    answer = await supervisor.submit("/partners/new", "/partners/new", **typed)
    assert answer.status_code == 303, words_of(answer.text)
    await house.carry()
    assert "Hope House" in words_of((await supervisor.get(answer.headers["location"])).text)
    return str(answer.headers["location"]).rsplit("/", 1)[1]


async def sign_consent(house: House, counselor: Browser, client_id: str, partner: str) -> str:
    """Prepared by staff; signed through intake's own door, as the client would."""
    path = f"/clients/{client_id}/consents/new"
    answer = await counselor.submit(
        path,
        path,
        recipient_id=partner,
        purpose="housing",
        categories=["identity", "contact", "housing_need"],
        description="Your name and phone, and that you need a room",
        expires_on_month="12",
        expires_on_day="2",
        expires_on_year="2036",
    )
    assert answer.status_code == 303, words_of(answer.text)
    await house.carry()
    tablet = await house.signed_in("Ana")
    sharing = (await tablet.get(f"/clients/{client_id}/sharing")).text
    action = next(iter(re.findall(r'action="([^"]+/sign)"', sharing)))
    handed = await tablet.send(sharing, action)
    assert (await tablet.get("/")).status_code == 303  # nobody of the staff is signed in on it
    await house.sign(re.findall(r'href="(http[^"]+/s/[^"]+)"', handed.text)[0], "Dana Ruiz")
    await house.carry()
    sharing = (await counselor.get(f"/clients/{client_id}/sharing")).text
    assert "Active" in words_of(sharing)
    return action.split("/")[-2]


async def refer(house: House, counselor: Browser, client_id: str) -> str:
    start = f"/clients/{client_id}/refer"
    found = await counselor.submit(
        start, f"{start}/services", need="homelessness", urgency="urgent"
    )
    assert "Hope House: Rooms" in words_of(found.text)
    answer = await counselor.send(found.text, start, service_id="svc_1")
    assert answer.status_code == 303, words_of(answer.text)
    await house.carry()
    path = answer.headers["location"]
    checked = await counselor.get(path)
    assert "Yes: a consent covers all of it. It lasts until Dec 2." in words_of(checked.text)
    answer = await counselor.send(checked.text, path)
    assert answer.status_code == 303, words_of(answer.text)
    await house.carry()
    return str(answer.headers["location"])


async def discharge(house: House, worker: Browser, client_id: str, counselor: str) -> None:
    path = f"/clients/{client_id}/discharge"
    answers = {
        "program_id": "prog_residential",
        "discharged_on_month": "6",
        "discharged_on_day": "2",
        "discharged_on_year": "2036",
        "level_of_care": "3.5",
        "recovery_date_basis": "abstinence",
        "recovery_date_month": "4",
        "recovery_date_day": "1",
        "recovery_date_year": "2036",
        "plan_template": "standard",
        "counselor_id": counselor,
    }
    checked = await worker.submit(path, path, **answers)
    assert checked.status_code == 200, words_of(checked.text)
    assert "Check the answers" in words_of(checked.text)
    answer = await worker.send(checked.text, path, step="start")
    assert answer.status_code == 303, words_of(answer.text)
    await house.carry()


async def incomplete_consent(house: House, counselor: Browser, client_id: str) -> None:
    path = f"/clients/{client_id}/consents/new"
    answer = await counselor.submit(path, path, purpose="housing")
    assert answer.status_code == 422
    said = words_of(answer.text)
    for missing in ("Choose who may receive", "one by one", "Choose the day on which it ends"):
        assert missing in said

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

    await consent(house, counselor, client_id)


async def discharge(house: House, worker: Browser, client_id: str, counselor: str) -> None:
    path = f"/clients/{client_id}/discharge"
    answers = {
        "program_id": "prog_residential",
        "discharged_on_month": "6",
        "discharged_on_day": "2",
        "discharged_on_year": "2026",
        "level_of_care": "3.5",
        "recovery_date_basis": "abstinence",
        "recovery_date_month": "4",
        "recovery_date_day": "1",
        "recovery_date_year": "2026",
        "plan_template": "standard",
        "counselor_id": counselor,
    }
    checked = await worker.submit(path, path, **answers)
    assert checked.status_code == 200, words_of(checked.text)
    assert "Check the answers" in words_of(checked.text)
    answer = await worker.send(checked.text, path, step="start")
    assert answer.status_code == 303, words_of(answer.text)
    await house.carry()


async def consent(house: House, counselor: Browser, client_id: str) -> None:
    path = f"/clients/{client_id}/consents/new"
    answer = await counselor.submit(path, path, purpose="housing")
    assert answer.status_code == 422
    said = words_of(answer.text)
    for missing in ("Choose who may receive", "one by one", "Choose the day on which it ends"):
        assert missing in said

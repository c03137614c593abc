"""Drafting, signing, declining and ending consents: by staff, by page, by link."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from services.intake.consents import store
from services.intake.keydesk.desk import desk_of
from shared.contracts.intake import ConsentDrafted, ConsentGranted, ConsentRevoked, LinkOffered
from tests.integration.intake.world import CONSENT, STRANGER, World, counselor, path_of

HTML = {"Accept": "text/html"}
SPANISH = {"Accept-Language": "es"}


async def test_an_incomplete_consent_names_each_missing_element(world: World) -> None:
    client_id = (await world.register())["client_id"]
    answer = await world.post(f"/clients/{client_id}/consents", {})
    assert (answer.status_code, answer.json()["code"]) == (422, "CONSENT_INCOMPLETE")
    assert set(answer.json()["fields"]) == {
        "recipient_name",
        "purpose",
        "categories",
        "description",
        "expires_on",
    }
    assert await world.facts(ConsentDrafted) == []
    again = await world.post(f"/clients/{client_id}/consents", CONSENT, key="k")
    assert again.status_code == 200


async def test_a_client_signs_from_the_link_in_a_message(world: World) -> None:
    client_id = (await world.register())["client_id"]
    consent_id = await world.draft(client_id)
    offered = await world.post(f"/consents/{consent_id}/offer-signing", {})
    [fact] = await world.facts(LinkOffered)
    assert (fact.link_id, fact.purpose) == (offered.json()["link_id"], "sign-consent")
    page = await world.open_link(f"/s/{world.token(fact.link_id)}")
    for said in ("Dana Ruiz", "Hope House", "your name and birth date", "You can stop this"):
        assert said.casefold() in page.text.casefold()
    assert "Hope House" not in page.text.split("<title>")[1].split("</title>")[0]
    answer = await world.web.post("/s/form", data={"name": "Dana R.", "answer": "agree"})
    assert answer.headers["location"] == "/s/done"
    [granted] = await world.facts(ConsentGranted)
    assert (granted.consent_id, granted.recipient_id) == (consent_id, "pt_hope")
    key = await desk_of(world.runtime).key(client_id)
    consent = await store.read(world.runtime.database, consent_id, key)
    assert consent is not None and consent.signature is not None
    assert consent.version == granted.version
    assert (consent.signature.name, consent.signature.wording) == ("Dana R.", "consent-1")
    assert "Hope House" in consent.signature.text


async def test_opening_a_link_five_times_uses_nothing_up(world: World) -> None:
    client_id = (await world.register())["client_id"]
    consent_id = await world.draft(client_id)
    session = await world.post(f"/consents/{consent_id}/signing-session", {})
    path = path_of(session.json()["url"])
    for _ in range(5):
        opened = await world.web.get(path, headers=HTML)
        assert opened.status_code == 200
        assert "Hope House" not in opened.text and "Dana" not in opened.text
    assert (await world.sign(consent_id)).status_code == 303


async def test_an_empty_name_is_explained_and_nothing_is_lost(world: World) -> None:
    consent_id = await world.draft((await world.register())["client_id"])
    session = await world.post(f"/consents/{consent_id}/signing-session", {})
    await world.open_link(path_of(session.json()["url"]))
    refused = await world.web.post(
        "/s/form", data={"name": " ", "answer": "agree"}, headers=SPANISH
    )
    assert refused.status_code == 422 and "Escriba su nombre" in refused.text
    enter_key = await world.web.post("/s/form", data={"name": "Dana", "answer": ""})
    assert enter_key.status_code == 422 and "Choose one of the two answers" in enter_key.text
    assert 'value="Dana"' in enter_key.text
    assert "Hope House" in refused.text
    assert await world.facts(ConsentGranted) == []


async def test_two_clicks_sign_once_and_get_the_same_answer(world: World) -> None:
    consent_id = await world.draft((await world.register())["client_id"])
    session = await world.post(f"/consents/{consent_id}/signing-session", {})
    await world.open_link(path_of(session.json()["url"]))
    typed = {"name": "Dana Ruiz", "answer": "agree"}
    answers = await asyncio.gather(*(world.web.post("/s/form", data=typed) for _ in range(2)))
    answers.append(await world.web.post("/s/form", data=typed))
    assert [answer.headers.get("location") for answer in answers] == ["/s/done"] * 3
    assert len(await world.facts(ConsentGranted)) == 1
    changed_mind = await world.web.post("/s/form", data={"answer": "no"})
    assert changed_mind.status_code == 404


async def test_saying_no_ends_the_draft_and_the_link(world: World) -> None:
    client_id = (await world.register())["client_id"]
    consent_id = await world.draft(client_id)
    session = await world.post(f"/consents/{consent_id}/signing-session", {})
    path = path_of(session.json()["url"])
    await world.open_link(path)
    answer = await world.web.post("/s/form", data={"answer": "no"})
    assert answer.headers["location"] == "/s/no"
    [shown] = (await world.get(f"/clients/{client_id}/consents")).json()["items"]
    assert shown["state"] == "declined"
    assert (await world.web.get(path, headers=HTML)).status_code == 404
    assert (await world.permit(client_id))["decision"] == "CONSENT_INCOMPLETE"


async def dead_links(world: World) -> dict[str, str]:
    client_id = (await world.register())["client_id"]
    links = {"unknown": "A" * 22}
    for kind in ("used", "expired", "withdrawn"):
        consent_id = await world.draft(client_id, recipient_id=f"pt_{kind}")
        session = await world.post(f"/consents/{consent_id}/signing-session", {})
        path = path_of(session.json()["url"])
        links[kind] = path.removeprefix("/s/")
        if kind == "used":
            await world.sign(consent_id)
            await world.open_link(path)
            await world.web.post("/s/form", data={"name": "Dana", "answer": "no"})
        if kind == "withdrawn":
            await world.post(f"/consents/{consent_id}/revoke", {})
    world.clock.advance(timedelta(hours=25))
    return links


async def test_four_dead_links_look_alike_and_promise_the_same(world: World) -> None:
    links = await dead_links(world)
    pages, promises = set(), set()
    for kind, token in links.items():
        page = await world.web.get(f"/s/{token}", headers=HTML)
        assert page.status_code == 404, kind
        pages.add(page.text.replace(token, "TOKEN"))
        inside = await world.web.post("/s", data={"token": token})
        assert inside.status_code == 404
        promise = await world.web.post("/s/new", data={"token": token})
        assert promise.status_code == 200
        promises.add(promise.text)
    assert len(pages) == 1 and len(promises) == 1
    assert "If it was yours, it is on its way." in promises.pop()


async def test_only_an_open_consent_gets_a_new_link(world: World) -> None:
    links = await dead_links(world)
    before = len(await world.facts(LinkOffered))
    for kind in ("unknown", "used", "withdrawn"):
        await world.web.post("/s/new", data={"token": links[kind]})
    assert len(await world.facts(LinkOffered)) == before
    for _ in range(5):
        await world.web.post("/s/new", data={"token": links["expired"]})
    offered = (await world.facts(LinkOffered))[before:]
    assert 1 <= len(offered) <= 3  # no more than a few a day to one phone
    opened = await world.open_link(f"/s/{world.token(offered[-1].link_id)}")
    assert opened.status_code == 200


async def test_a_client_ends_a_consent_by_link_and_reads_who_is_out(world: World) -> None:
    client_id, consent_id = await world.consented()
    other = await world.draft(client_id, recipient_id="pt_jobs", recipient_name="Job Works")
    await world.sign(other)
    link = await world.post(f"/clients/{client_id}/revocation-link", {}, counselor(client_id))
    page = await world.open_link(f"/r/{world.token(link.json()['link_id'])}")
    assert "Hope House" in page.text and "Job Works" in page.text
    none = await world.web.post("/r/form", data={})
    assert none.status_code == 422 and "Choose at least one" in none.text
    ended = await world.web.post("/r/form", data={"consent": consent_id})
    assert ended.status_code == 200
    assert "Hope House can no longer open your details." in ended.text
    assert "Job Works" not in ended.text
    [fact] = await world.facts(ConsentRevoked)
    assert (fact.consent_id, fact.door) == (consent_id, "link")
    assert (await world.permit(client_id))["decision"] == "CONSENT_REVOKED"
    allowed = await world.permit(client_id, recipient_id="pt_jobs")
    assert allowed["decision"] == "ALLOW"


async def test_a_link_ends_only_its_own_clients_consents(world: World) -> None:
    mine, _ = await world.consented()
    _, foreign = await world.consented(recipient_id="pt_jobs")
    link = await world.post(f"/clients/{mine}/revocation-link", {})
    await world.open_link(f"/r/{world.token(link.json()['link_id'])}")
    for consent_id in (foreign, "con_nobody", "$ne"):
        answer = await world.web.post("/r/form", data={"consent": consent_id})
        assert answer.status_code == 404
    assert await world.facts(ConsentRevoked) == []


async def test_a_signing_link_does_not_open_the_other_door(world: World) -> None:
    consent_id = await world.draft((await world.register())["client_id"])
    session = await world.post(f"/consents/{consent_id}/signing-session", {})
    token = session.json()["url"].rsplit("/", 1)[1]
    assert (await world.web.get(f"/r/{token}", headers=HTML)).status_code == 404
    tampered = token[:-1] + ("A" if token[-1] != "A" else "B")
    assert (await world.web.get(f"/s/{tampered}", headers=HTML)).status_code == 404
    assert (await world.web.get("/s/form", headers=HTML)).status_code == 404


async def test_leaving_forgets_the_browser(world: World) -> None:
    consent_id = await world.draft((await world.register())["client_id"])
    session = await world.post(f"/consents/{consent_id}/signing-session", {})
    await world.open_link(path_of(session.json()["url"]))
    left = await world.web.get("/leave")
    assert left.status_code == 303 and left.headers["location"].startswith("https://")
    assert (await world.web.get("/s/form", headers=HTML)).status_code == 404


async def test_staff_end_a_consent_once(world: World) -> None:
    client_id, consent_id = await world.consented()
    path = f"/consents/{consent_id}/revoke"
    assert (await world.post(path, {}, STRANGER)).status_code == 404
    first = await world.post(path, {}, counselor(client_id), key="r")
    assert first.status_code == 200
    assert (await world.post(path, {}, counselor(client_id), key="r")).json() == first.json()
    again = await world.post(path, {})
    assert (again.status_code, again.json()["code"]) == (409, "CONSENT_NOT_OPEN")
    assert len(await world.facts(ConsentRevoked)) == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"expires_on": "someday"}, "expires_on"),
        ({"categories": "identity"}, "categories"),
        ({"categories": ["x"] * 41}, "categories"),
        ({"everything": True}, "everything"),
        ({"recipient_id": {"$gt": ""}}, "recipient_id"),
    ],
)
async def test_bad_consent_input_is_named(world: World, change: dict[str, Any], field: str) -> None:
    client_id = (await world.register())["client_id"]
    answer = await world.post(f"/clients/{client_id}/consents", {**CONSENT, **change})
    assert answer.status_code == 422 and set(answer.json()["fields"]) == {field}

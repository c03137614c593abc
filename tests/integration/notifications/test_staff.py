"""Who may see and do what; what is foreign and what is missing look the same."""

import asyncio
import json
from datetime import timedelta

import pytest

from shared.auth import COUNSELOR, INTAKE_WORKER, OPERATIONS_STAFF, SUPERVISOR
from shared.contracts.notifications import ContactPointVerified, CrisisOpened, TextReceived
from tests.integration.notifications.test_outgoing import checkin
from tests.integration.notifications.world import CLIENT, MAIL, PHONE, SITE, World

_SECOND = timedelta(seconds=1)
OF_CLIENT = [f"/clients/{CLIENT}/contact-points", f"/clients/{CLIENT}/messages"]


@pytest.mark.parametrize("path", OF_CLIENT)
class TestRights:
    async def test_the_counselor_and_the_supervisor_of_the_site_may_look(
        self, world: World, path: str
    ) -> None:
        await world.confirmed()
        supervisor = world.staff(SUPERVISOR, relation="none", sites=(SITE,))
        for headers in (world.staff(), supervisor):
            assert (await world.web.get(path, headers=headers)).status_code == 200

    async def test_for_everybody_else_it_is_not_there(self, world: World, path: str) -> None:
        await world.confirmed()
        missing = await world.web.get(path.replace(CLIENT, "cl_0"), headers=world.staff())
        strangers = [
            world.staff(COUNSELOR, relation="none"),
            world.staff(COUNSELOR, client_id="cl_2"),
            world.staff(SUPERVISOR, relation="none", sites=("site_2",)),
            world.staff(INTAKE_WORKER, relation="none", sites=(SITE,)),
            world.staff(OPERATIONS_STAFF, relation="none"),
        ]
        for headers in strangers:
            answer = await world.web.get(path, headers=headers)
            assert answer.status_code == 404
            assert _same(answer.text) == _same(missing.text)

    async def test_without_a_valid_token_nobody_is_let_in(self, world: World, path: str) -> None:
        await world.confirmed()
        late = world.staff()
        tampered = {"Authorization": late["Authorization"][:-4] + "AAAA"}
        for headers in ({}, {"Authorization": "Bearer x"}, tampered):
            assert (await world.web.get(path, headers=headers)).status_code == 401
        await world.wait(seconds=61)
        assert (await world.web.get(path, headers=late)).status_code == 401

    async def test_looking_is_written_down_before_the_answer(self, world: World, path: str) -> None:
        await world.confirmed()
        await world.web.get(path, headers=world.staff())
        (row,) = await world.find("journal", {"outcome": "read"})
        assert (row["actor"]["id"], row["subjects"]) == ("st_1", [CLIENT])


def _same(text: str) -> dict[str, object]:
    problem = json.loads(text)
    return {name: value for name, value in problem.items() if name != "request_id"}


async def test_a_text_of_somebody_elses_client_is_not_there(world: World) -> None:
    await world.confirmed()
    await world.text("I found a room")
    (fact,) = await world.facts(TextReceived)
    path = f"/texts/{fact.message_id}"
    stranger = world.staff(COUNSELOR, relation="none")
    foreign = await world.web.get(path, headers=stranger)
    missing = await world.web.get("/texts/txt_0", headers=world.staff())
    assert foreign.status_code == missing.status_code == 404
    assert _same(foreign.text) == _same(missing.text)
    assert (await world.web.post(f"{path}/close", json={}, headers=stranger)).status_code == 404


async def test_a_crisis_is_for_everyone_who_gives_care_and_nobody_else(world: World) -> None:
    await world.confirmed()
    await world.text("I want to die")
    (opened,) = await world.facts(CrisisOpened)
    path = f"/crises/{opened.crisis_id}"
    helper = world.staff(COUNSELOR, relation="none")
    assert (await world.web.get(path, headers=helper)).json()["text"] == "I want to die"
    outsider = world.staff(OPERATIONS_STAFF, relation="none")
    assert (await world.web.get(path, headers=outsider)).status_code == 404
    missing = await world.web.post("/crises/cr_0/acknowledge", headers=helper)
    assert missing.status_code == 404


async def test_contact_points_are_shown_masked(world: World) -> None:
    await world.confirmed(cp_1=PHONE, cp_2=MAIL)
    await world.text("STOP")
    answer = await world.web.get(OF_CLIENT[0], headers=world.staff())
    first, second = answer.json()["items"]
    assert (first["masked"], second["masked"]) == ("••• 0123", "d•••@e•••.org")
    assert first["opted_out_at"]
    assert second["verified_at"]
    assert PHONE not in answer.text


async def test_messages_show_both_directions_without_links(world: World) -> None:
    await world.confirmed()
    await world.arrive(checkin(world))
    world.clock.advance(_SECOND)
    await world.text("I found a room")
    answer = await world.web.get(OF_CLIENT[1], headers=world.staff())
    incoming, outgoing = answer.json()["items"]
    assert (incoming["direction"], incoming["text"]) == ("in", "I found a room")
    assert (outgoing["purpose"], outgoing["state"]) == ("checkin", "pending")
    assert "A short form: … 1 minute." in outgoing["text"]
    assert world.token("lnk_1", "aftercare") not in answer.text


class TestBadInput:
    PATH = "/contact-points/cp_1/verify"

    @pytest.mark.parametrize(
        "body",
        [
            b"{",
            b"\xff\xfe",
            b'{"code": "123456", "extra": 1}',
            b'{"code": {"$gt": ""}}',
            b'{"code": 123456}',
            b'{"code": ""}',
            b'{"code": "123456789012345678901"}',
            b"[]",
        ],
    )
    async def test_what_cannot_be_read_is_refused_and_never_repeated(
        self, world: World, body: bytes
    ) -> None:
        await world.register()
        headers = {**world.staff(), "Content-Type": "application/json"}
        answer = await world.web.post(self.PATH, content=body, headers=headers)
        assert answer.status_code in (400, 422)
        assert answer.headers["content-type"] == "application/problem+json"
        assert "$gt" not in answer.text

    async def test_the_same_key_with_another_body_is_refused(self, world: World) -> None:
        await world.register()
        headers = {**world.staff(), "Idempotency-Key": "key-1"}
        first = await world.web.post(self.PATH, json={"code": "000000"}, headers=headers)
        again = await world.web.post(self.PATH, json={"code": "000000"}, headers=headers)
        assert (first.status_code, again.status_code) == (422, 422)
        (point,) = await world.find("contact_points")
        assert point["code"]["tries_left"] == 4
        other = await world.web.post(self.PATH, json={"code": "000001"}, headers=headers)
        assert (other.status_code, other.json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")

    async def test_a_cursor_that_is_no_time_is_refused(self, world: World) -> None:
        await world.register()
        answer = await world.web.get(f"{OF_CLIENT[1]}?cursor=$ne", headers=world.staff())
        assert answer.status_code == 422

    async def test_two_at_once_get_the_same_answer_or_a_conflict(self, world: World) -> None:
        await world.register()
        right = await world.code_of("cp_1")
        headers = {**world.staff(), "Idempotency-Key": "key-2"}
        answers = await asyncio.gather(
            *(world.web.post(self.PATH, json={"code": right}, headers=headers) for _ in range(4))
        )
        assert {answer.status_code for answer in answers} <= {200, 409}
        done = [answer.json() for answer in answers if answer.status_code == 200]
        assert done
        assert all(answer == done[0] for answer in done)
        assert len(await world.facts(ContactPointVerified)) == 1

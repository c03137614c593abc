"""The staff routes: what they show, to whom, and what they do with bad input."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from services.aftercare.app import create
from shared.contracts.aftercare import CheckinAnswered, CheckinDue, TaskClosed
from tests.integration.aftercare.conftest import CLIENT, SITE, World
from tests.integration.aftercare.test_story import CALM, HARD, answer

TUESDAY_10 = datetime(2026, 6, 2, 14, 0, tzinfo=UTC)
READS = ("plan", "checkins", "risk")


@pytest.fixture
async def api(world: World) -> AsyncIterator[httpx.AsyncClient]:
    await world.discharge()
    app = create()
    app.state.runtime = world.runtime
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://aftercare") as client:
        yield client


def of_client(what: str, client_id: str = CLIENT) -> str:
    return f"/clients/{client_id}/{what}"


async def ask(world: World, api: httpx.AsyncClient, key: str = "k1", **body: Any) -> httpx.Response:
    headers = {**world.bearer(), "Idempotency-Key": key}
    return await api.post(of_client("checkins"), json=body, headers=headers)


async def test_the_plan_shows_goals_tasks_and_cadence(world: World, api: httpx.AsyncClient) -> None:
    plan = (await api.get(of_client("plan"), headers=world.bearer())).json()
    assert (plan["template"], plan["phase"], plan["state"]) == ("standard", "P0", "active")
    assert plan["cadence"] == {"phase": "P0", "every_days": 7, "next_on": "2026-06-02"}
    codes = [task["code"] for goal in plan["goals"] for task in goal["tasks"]]
    assert "first-contact" in codes and "housing-referral" in codes
    assert plan["goals"][0]["title"] == "Stay in touch with people who can help"


async def test_the_risk_says_why_and_what_is_missing(world: World, api: httpx.AsyncClient) -> None:
    await world.pass_time(TUESDAY_10)
    await answer(world, HARD)
    risk = (await api.get(of_client("risk"), headers=world.bearer())).json()
    assert (risk["level"], risk["score"], risk["rule_version"]) == ("high", 54, "v1")
    assert {"rule": "W3", "points": 15, "text": "Craving 4 of 4"} in risk["reasons"]
    assert "BAM protective score" in risk["missing"] and "craving" not in risk["missing"]
    assert [one["level"] for one in risk["history"]] == ["high", "routine"]
    assert datetime.fromisoformat(risk["act_by"]) == datetime(2026, 6, 3, 21, 0, tzinfo=UTC)


async def test_checkins_show_answers_in_words(world: World, api: httpx.AsyncClient) -> None:
    await world.pass_time(TUESDAY_10)
    await answer(world, {**HARD, "confidence": None})
    (shown,) = (await api.get(of_client("checkins"), headers=world.bearer())).json()["items"]
    assert shown["state"] == "answered" and "score" not in shown  # one answer is missing
    assert shown["answers"][1] == {
        "code": "craving",
        "label": "How strong was the wish to use this week?",
        "value": 4,
        "label_of_value": "Very strong",
    }
    assert shown["answers"][2]["value"] is None


async def test_the_list_of_checkins_has_pages(world: World, api: httpx.AsyncClient) -> None:
    for _ in range(52):
        await ask(world, api, key=f"k{_}")
        await answer(world, CALM, session=f"s{_}")
        world.clock.advance(timedelta(hours=1))
    first = (await api.get(of_client("checkins"), headers=world.bearer())).json()
    second = (
        await api.get(
            of_client("checkins"), params={"cursor": first["next"]}, headers=world.bearer()
        )
    ).json()
    assert (len(first["items"]), second["next"]) == (50, None)
    everything = {one["checkin_id"] for one in first["items"] + second["items"]}
    assert len(everything) == len(await world.facts(CheckinAnswered))


async def test_every_look_leaves_a_row(world: World, api: httpx.AsyncClient) -> None:
    for what in READS:
        await api.get(of_client(what), headers=world.bearer())
    await api.get(of_client("plan"), headers=world.bearer(own=False))
    rows = world.runtime.database.journal.find({"actor.kind": "staff"}).sort("at", 1)
    kept = [(row["action"], row["outcome"], row["subjects"]) async for row in rows]
    assert sorted(kept) == [
        ("checkins.read", "read", [CLIENT]),
        ("plan.read", "read", [CLIENT]),
        ("plan.read", "refused", [CLIENT]),
        ("risk.read", "read", [CLIENT]),
    ]


@pytest.mark.parametrize("what", READS)
@pytest.mark.parametrize(
    ("staff", "status"),
    [
        ({"role": "counselor", "own": True}, 200),
        ({"role": "counselor", "own": False}, 404),
        ({"role": "counselor", "own": False, "sites": (SITE,)}, 404),
        ({"role": "supervisor", "own": False, "sites": (SITE,)}, 200),
        ({"role": "supervisor", "own": False, "sites": ("site_2",)}, 404),
        ({"role": "intake-worker", "own": True, "sites": (SITE,)}, 404),
        ({"role": "operations", "own": True, "sites": (SITE,)}, 404),
        ({"role": "administrator", "own": True, "sites": (SITE,)}, 404),
    ],
)
async def test_who_may_see_care(
    world: World, api: httpx.AsyncClient, what: str, staff: dict[str, Any], status: int
) -> None:
    answered = await api.get(of_client(what), headers=world.bearer(**staff))
    assert answered.status_code == status


async def test_a_foreign_client_looks_like_a_missing_one(
    world: World, api: httpx.AsyncClient
) -> None:
    foreign = await api.get(of_client("plan"), headers=world.bearer(own=False))
    missing = await api.get(of_client("plan", "cl_none"), headers=world.bearer())
    strange = await api.get(of_client("plan", "$ne"), headers=world.bearer())

    def told(reply: httpx.Response) -> dict[str, Any]:
        return {name: value for name, value in reply.json().items() if name != "request_id"}

    assert foreign.status_code == missing.status_code == strange.status_code == 404
    assert told(foreign) == told(missing) == told(strange)


async def test_tokens_that_are_missing_late_or_not_ours(
    world: World, api: httpx.AsyncClient
) -> None:
    good = world.bearer()
    tampered = {"Authorization": good["Authorization"][:-4] + "AAAA"}
    own_signature = {"Authorization": f"Bearer {world.runtime.tokens.for_service('aftercare')}"}
    for headers in ({}, tampered, own_signature, {"Authorization": "Bearer x"}):
        assert (await api.get(of_client("plan"), headers=headers)).status_code == 401
    world.clock.advance(timedelta(seconds=90))
    assert (await api.get(of_client("plan"), headers=good)).status_code == 401


async def test_staff_ask_now_once_under_one_key(world: World, api: httpx.AsyncClient) -> None:
    first = await ask(world, api, instrument="pulse")
    again = await ask(world, api, instrument="pulse")
    assert (first.status_code, again.json()) == (201, first.json())
    assert first.json()["service"] == "aftercare" and first.json()["streams"][CLIENT] > 0
    other = await ask(world, api, instrument="pulse ")
    assert (other.status_code, other.json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert len(await world.facts(CheckinDue)) == 1
    second = await ask(world, api, key="k2")
    assert (second.status_code, second.json()["code"]) == (409, "CHECKIN_OPEN")


async def test_two_at_once_ask_once(world: World, api: httpx.AsyncClient) -> None:
    same = await asyncio.gather(*(ask(world, api) for _ in range(5)))
    assert {reply.status_code for reply in same} <= {201, 409}
    assert len({reply.text for reply in same if reply.status_code == 201}) == 1
    world.clock.advance(timedelta(days=3))
    await world.work()
    different = await asyncio.gather(*(ask(world, api, key=f"x{n}") for n in range(5)))
    assert {reply.status_code for reply in different} <= {201, 409}
    due = await world.runtime.database.checkins.count_documents({"state": "due"})
    assert due == 1


async def test_the_regular_checkin_does_not_come_on_top_of_one_just_asked(
    world: World, api: httpx.AsyncClient
) -> None:
    await ask(world, api)
    await world.pass_time(TUESDAY_10 + timedelta(hours=1))
    assert len(await world.facts(CheckinDue)) == 1
    await answer(world, CALM)
    plan = (await api.get(of_client("plan"), headers=world.bearer())).json()
    assert plan["cadence"]["next_on"] == "2026-06-08"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b'{"instrument": "pulse", "more": 1}', 422),
        (b'{"instrument": {"$gt": ""}}', 422),
        (b'{"instrument": 7}', 422),
        (b'{"instrument": "' + b"x" * 500 + b'"}', 422),
        (b'{"instrument": "unknown"}', 422),
        (b'"pulse"', 422),
        (b'{"instrument": "\xff"}', 400),
        (b'{"instrument": "' + b"x" * 2_000_000 + b'"}', 413),
    ],
)
async def test_bad_bodies_are_refused_and_change_nothing(
    world: World, api: httpx.AsyncClient, body: bytes, status: int
) -> None:
    headers = {**world.bearer(), "Content-Type": "application/json"}
    answered = await api.post(of_client("checkins"), content=body, headers=headers)
    assert answered.status_code == status
    assert "unknown" not in answered.text.lower() or status == 422
    assert await world.facts(CheckinDue) == []


@pytest.mark.parametrize("cursor", ["yesterday", "$gt", "2026-06-01"])
async def test_a_cursor_that_is_none(world: World, api: httpx.AsyncClient, cursor: str) -> None:
    reply = await api.get(of_client("checkins"), params={"cursor": cursor}, headers=world.bearer())
    assert reply.status_code == 422


async def first_task(world: World, api: httpx.AsyncClient) -> str:
    plan = (await api.get(of_client("plan"), headers=world.bearer())).json()
    return str(plan["goals"][0]["tasks"][0]["task_id"])


async def test_a_task_closes_with_a_note_that_only_its_readers_see(
    world: World, api: httpx.AsyncClient
) -> None:
    task = await first_task(world, api)
    note = "Spoke for ten minutes; {$where: 1} sounded <b>well</b>"
    body = {"status": "completed", "note": note}
    closed = await api.post(f"/tasks/{task}/close", json=body, headers=world.bearer())
    assert closed.json()["task_id"] == task
    (fact,) = await world.facts(TaskClosed)
    assert (fact.task_id, fact.status, fact.reason) == (task, "completed", "staff")
    plan = (await api.get(of_client("plan"), headers=world.bearer())).json()
    assert plan["goals"][0]["tasks"][0]["note"] == note
    for collection in ("plans", "journal"):
        rows = [str(row) async for row in world.runtime.database[collection].find({})]
        assert not any("ten minutes" in row for row in rows)
    again = await api.post(f"/tasks/{task}/close", json=body, headers=world.bearer())
    assert (again.status_code, again.json()["code"]) == (409, "TASK_NOT_OPEN")


async def test_a_talk_with_the_person_ends_the_silence(
    world: World, api: httpx.AsyncClient
) -> None:
    await world.pass_time(TUESDAY_10 + timedelta(days=2, hours=1))
    task = await first_task(world, api)
    await api.post(f"/tasks/{task}/close", json={"status": "completed"}, headers=world.bearer())
    contact = await world.runtime.database.contacts.find_one({"_id": CLIENT})
    assert contact is not None and (contact["missed"], contact["rung"]) == (0, 0)


async def test_a_task_of_somebody_else_is_not_there(world: World, api: httpx.AsyncClient) -> None:
    task = await first_task(world, api)
    body = {"status": "completed"}
    for address, headers in (
        (f"/tasks/{task}/close", world.bearer(own=False)),
        ("/tasks/ta_none/close", world.bearer()),
    ):
        assert (await api.post(address, json=body, headers=headers)).status_code == 404
    wrong = await api.post(
        f"/tasks/{task}/close", json={"status": "failed"}, headers=world.bearer()
    )
    assert wrong.status_code == 422
    assert await world.facts(TaskClosed) == []


async def test_the_templates_to_choose_from(world: World, api: httpx.AsyncClient) -> None:
    items = (await api.get("/plan-templates", headers=world.bearer())).json()["items"]
    assert [one["template"] for one in items] == ["residence", "standard"]
    refused = await api.get("/plan-templates", headers=world.bearer(role="operations"))
    assert refused.status_code == 404

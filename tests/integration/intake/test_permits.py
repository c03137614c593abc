"""The disclosure gate over HTTP: decided, recorded, never crossing a revocation."""

import asyncio
import time
from datetime import timedelta

import pytest

from shared.consume import Outcome
from shared.contracts.intake import ConsentRevoked
from shared.contracts.referrals import DisclosureMade
from tests.integration.intake.world import PERMIT, STRANGER, SUPER, World, counselor


async def test_an_allowed_permit_says_what_the_partner_must_be_told(world: World) -> None:
    client_id, consent_id = await world.consented()
    permit = await world.permit(client_id)
    assert permit["decision"] == "ALLOW" and permit["consent_id"] == consent_id
    assert permit["expires_at"] == (world.clock.now() + timedelta(seconds=2)).isoformat()
    assert permit["scope"] == {
        "recipient_name": "Hope House",
        "purpose": "housing",
        "categories": ["identity", "contact", "housing_need"],
        "expires_on": "2026-12-02",
    }


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"recipient_id": "pt_other"}, "RECIPIENT_NOT_COVERED"),
        ({"purpose": "employment"}, "PURPOSE_NOT_COVERED"),
        ({"categories": ["identity", "scores"]}, "CATEGORY_NOT_COVERED"),
        ({"notice": False}, "NOTICE_MISSING"),
        ({"scope_copy": False}, "SCOPE_COPY_MISSING"),
        ({"client_id": "cl_nobody"}, "NO_IDENTITY"),
    ],
)
async def test_a_denial_is_an_answer_and_a_row(
    world: World, change: dict[str, object], code: str
) -> None:
    client_id, _ = await world.consented()
    denied = await world.permit(**{"client_id": client_id, **change})  # type: ignore[arg-type]
    assert denied["decision"] == code and "scope" not in denied
    [row] = await world.rows(action="ask-permit")
    assert row["decision"] == code and row["actor"]["id"] == "referrals"


async def test_without_any_consent_there_is_no_basis(world: World) -> None:
    client_id = (await world.register())["client_id"]
    assert (await world.permit(client_id))["decision"] == "NO_LEGAL_BASIS"


async def test_the_day_after_the_last_day_is_too_late(world: World) -> None:
    client_id, _ = await world.consented(expires_on="2026-06-02")
    assert (await world.permit(client_id))["decision"] == "ALLOW"
    world.clock.advance(timedelta(hours=10))  # 00:00 in New York
    assert (await world.permit(client_id))["decision"] == "CONSENT_EXPIRED"


async def test_a_revocation_is_answered_when_earlier_permits_have_run_out(world: World) -> None:
    client_id, consent_id = await world.consented()
    await world.permit(client_id)
    began = time.monotonic()
    answer = await world.post(f"/consents/{consent_id}/revoke", {})
    assert answer.status_code == 200
    assert 1.9 <= time.monotonic() - began < 4
    assert (await world.permit(client_id))["decision"] == "CONSENT_REVOKED"


async def test_a_revocation_without_open_permits_is_answered_at_once(world: World) -> None:
    client_id, consent_id = await world.consented()
    await world.permit(client_id)
    world.clock.advance(timedelta(seconds=3))
    began = time.monotonic()
    await world.post(f"/consents/{consent_id}/revoke", {})
    assert time.monotonic() - began < 1


async def test_permits_and_a_revocation_at_once_never_cross(world: World) -> None:
    """Whatever the order in which they commit: a permit that says yes was known to the
    revocation, which therefore waits for it."""
    client_id, consent_id = await world.consented()
    asked = [world.permit(client_id) for _ in range(8)]
    revoked, *answers = await asyncio.gather(
        world.post(f"/consents/{consent_id}/revoke", {}), *asked
    )
    assert revoked.status_code == 200
    allowed = [answer for answer in answers if answer["decision"] == "ALLOW"]
    denied = [answer for answer in answers if answer["decision"] == "CONSENT_REVOKED"]
    assert len(allowed) + len(denied) == 8
    assert bool(allowed) == (revoked.json()["permits_until"] is not None)
    assert len(await world.facts(ConsentRevoked)) == 1


def made(client_id: str, permit_id: str, world: World) -> DisclosureMade:
    return DisclosureMade(
        client_id=client_id,
        permit_id=permit_id,
        referral_id="ref_1",
        recipient_id="pt_hope",
        disclosed_at=world.clock.now(),
    )


async def test_a_made_disclosure_and_each_denial_stand_in_the_accounting(world: World) -> None:
    client_id, consent_id = await world.consented()
    unused, used = await world.permit(client_id), await world.permit(client_id)
    world.clock.advance(timedelta(seconds=1))
    await world.permit(client_id, categories=["scores"])
    event = made(client_id, used["permit_id"], world)
    assert await world.arrive(event) is Outcome.HANDLED
    items = (await world.get(f"/clients/{client_id}/disclosures", SUPER)).json()["items"]
    assert unused["permit_id"] not in {item["permit_id"] for item in items}
    shown = {item["decision"]: item for item in items}
    assert shown["ALLOW"]["recipient_name"] == "Hope House"
    assert shown["ALLOW"]["consent_id"] == consent_id
    assert shown["ALLOW"]["at"].startswith("2026-06-02T18:00:01")
    assert shown["DENY"]["code"] == "CATEGORY_NOT_COVERED"
    [row] = await world.rows(action="read-disclosures")
    assert row["actor"]["id"] == "st_super"


async def test_a_disclosure_without_a_permit_is_set_aside_for_a_person(world: World) -> None:
    client_id, _ = await world.consented()
    assert await world.arrive(made(client_id, "pm_never", world)) is Outcome.PARKED
    [entry] = await world.runtime.database.waiting.find().to_list()
    assert entry["parked"] and entry["reason"] == "LookupError"


async def test_who_may_ask_and_who_may_see(world: World) -> None:
    client_id, _ = await world.consented()
    question = {**PERMIT, "client_id": client_id}
    assert (await world.post("/internal/permits", question)).status_code == 401
    itself = await world.web.post(
        "/internal/permits", json=question, headers=world.service("intake")
    )
    assert itself.status_code == 404
    path = f"/clients/{client_id}/disclosures"
    assert (await world.get(path, counselor(client_id))).status_code == 200
    assert (await world.get(path, counselor(client_id, "none"))).status_code == 404
    assert (await world.get(path)).status_code == 404  # an intake worker has no such right
    assert (await world.get(path, STRANGER)).status_code == 404

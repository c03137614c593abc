"""Step 5 and 6 of the story: a referral goes out, is read, is answered, and is cut off."""

from datetime import date

from services.referrals.store import COLLECTIONS
from shared.collections import PLUMBING
from shared.contracts import referrals as facts
from shared.contracts.intake import ClientErased, ConsentGranted, ContactRemoved
from tests.integration.referrals.world import CLIENT, PHONE, World


async def test_a_referral_is_drafted_sent_read_and_accepted(world: World) -> None:
    referral_id = await world.draft(note="Likes a quiet room")
    answer = await world.send(referral_id)
    assert answer.json()["status"] == "requested"
    partner = await world.partner()
    listed = (await world.web.get("/partner/v1/referrals", headers=partner)).json()
    assert [item["referral_id"] for item in listed["items"]] == [referral_id]

    address = f"/partner/v1/referrals/{referral_id}"
    early = await world.web.get(f"{address}/details", headers=partner)
    assert (early.status_code, early.json()["code"]) == (403, "NOTICE_NOT_ACKNOWLEDGED")

    await world.acknowledged(referral_id, partner)
    read = (await world.web.get(f"{address}/details", headers=partner)).json()
    assert read["details"]["name"] == {"given": "Dana", "family": "Ruizcanary"}
    assert read["details"]["contact"] == [{"channel": "sms", "value": PHONE}]
    assert read["notice"]["text"].startswith("This record which has been disclosed")
    assert read["scope"]["purpose"] == "housing"
    assert "quiet room" not in str(read)

    accepted = await world.web.post(
        f"{address}/accept", headers={**partner, "Idempotency-Key": "a1"}
    )
    assert accepted.json()["status"] == "accepted"
    assert [type(fact).__name__ for fact in await world.facts()] == [
        "ReferralDrafted",
        "ReferralSent",
        "ReferralViewed",
        "DisclosureMade",
        "ReferralAccepted",
    ]


async def test_the_permit_is_asked_for_exactly_what_the_partner_gets(world: World) -> None:
    await world.sent()
    (asked,) = world.intake.asked
    assert asked["recipient_id"] == "prt_1"
    assert asked["purpose"] == "housing"
    assert asked["categories"] == ["identity", "contact", "housing_need"]


async def test_every_read_names_its_own_permit(world: World) -> None:
    referral_id = await world.sent()
    partner = await world.partner()
    await world.acknowledged(referral_id, partner)
    for _ in range(2):
        await world.web.get(f"/partner/v1/referrals/{referral_id}/details", headers=partner)
    made = await world.facts(facts.DisclosureMade)
    assert [fact.permit_id for fact in made] == ["pmt_2", "pmt_3"]
    assert len(await world.facts(facts.ReferralViewed)) == 1


async def test_the_gates_no_keeps_the_draft_and_says_why(world: World) -> None:
    referral_id = await world.draft()
    world.intake.decision = "CONSENT_EXPIRED"
    answer = await world.send(referral_id)
    assert (answer.status_code, answer.json()["code"]) == (409, "CONSENT_EXPIRED")
    (blocked,) = await world.facts(facts.ReferralBlocked)
    assert blocked.code == "CONSENT_EXPIRED"
    assert await world.runtime.database.deliveries.count_documents({}) == 0
    world.intake.decision = "ALLOW"
    assert (await world.send(referral_id)).json()["status"] == "requested"


async def test_with_intake_away_nothing_goes_out(world: World) -> None:
    referral_id = await world.draft()
    world.intake.away = True
    answer = await world.send(referral_id)
    assert (answer.status_code, answer.json()["code"]) == (503, "HELD")
    assert answer.headers["Retry-After"]
    (blocked,) = await world.facts(facts.ReferralBlocked)
    assert blocked.code == "HELD"


async def test_a_partners_read_is_held_while_intake_is_away(world: World) -> None:
    referral_id = await world.sent()
    partner = await world.partner()
    await world.acknowledged(referral_id, partner)
    world.intake.away = True
    answer = await world.web.get(f"/partner/v1/referrals/{referral_id}/details", headers=partner)
    assert (answer.status_code, answer.json()["code"]) == (503, "HELD")
    assert await world.facts(facts.DisclosureMade) == []


async def test_while_something_about_the_client_waits_disclosures_are_held(world: World) -> None:
    referral_id = await world.draft()
    await world.runtime.database.waiting.insert_one({"_id": "w", "client_id": CLIENT})
    answer = await world.send(referral_id)
    assert (answer.status_code, answer.json()["code"]) == (503, "HELD")


async def test_a_revocation_cuts_the_partner_off_at_once(world: World) -> None:
    referral_id = await world.sent()
    await world.work()
    partner = await world.partner()
    await world.acknowledged(referral_id, partner)
    await world.revoke()
    address = f"/partner/v1/referrals/{referral_id}"
    details = await world.web.get(f"{address}/details", headers=partner)
    assert (details.status_code, details.json()["code"]) == (403, "CONSENT_REVOKED")
    shown = (await world.web.get(address, headers=partner)).json()
    assert (shown["status"], shown["reason"]) == ("cancelled", "consent-revoked")
    (cancelled,) = await world.facts(facts.ReferralCancelled)
    assert cancelled.reason == "consent-revoked"
    accepted = await world.web.post(
        f"{address}/accept", headers={**partner, "Idempotency-Key": "late"}
    )
    assert (accepted.status_code, accepted.json()["code"]) == (409, "REFERRAL_CLOSED")


async def test_a_revocation_before_its_event_arrives_is_found_by_asking(world: World) -> None:
    referral_id = await world.sent()
    partner = await world.partner()
    await world.acknowledged(referral_id, partner)
    world.intake.decision = "CONSENT_REVOKED"
    details = await world.web.get(f"/partner/v1/referrals/{referral_id}/details", headers=partner)
    assert (details.status_code, details.json()["code"]) == (403, "CONSENT_REVOKED")
    refused = await world.runtime.database.journal.find_one({"code": "CONSENT_REVOKED"})
    assert refused is not None
    assert refused["actor"] == {"kind": "partner", "id": "prt_1"}


async def test_a_revocation_that_overtakes_the_send_stops_it(world: World) -> None:
    referral_id = await world.draft()
    await world.revoke()
    answer = await world.send(referral_id)
    assert (answer.status_code, answer.json()["code"]) == (409, "CONSENT_REVOKED")
    assert await world.facts(facts.ReferralSent) == []


async def test_a_revocation_of_another_consent_leaves_the_referral_alone(world: World) -> None:
    await world.sent()
    await world.revoke("con_2")
    assert await world.facts(facts.ReferralCancelled) == []


async def test_an_erased_client_leaves_nothing_readable(world: World) -> None:
    referral_id = await world.draft(note="private words")
    await world.send(referral_id)
    await world.arrive(ClientErased(client_id=CLIENT, erased_at=world.clock.now()))
    database = world.runtime.database
    kept = await database.referrals.find_one({"_id": referral_id})
    assert kept is not None
    assert (kept["status"], kept["reason"], kept["note"]) == ("cancelled", "client-erased", None)
    client = await database.clients.find_one({"_id": CLIENT})
    assert client is not None
    assert client["card"] is None
    key = await database["keys"].find_one({"_id": CLIENT})
    assert key is not None
    assert "wrapped" not in key


async def test_a_removed_number_is_not_disclosed_even_if_an_older_card_comes_later(
    world: World,
) -> None:
    referral_id = await world.sent()
    await world.arrive(ContactRemoved(client_id=CLIENT, contact_point_id="cp_1"))
    await world.change_card(version=2)
    partner = await world.partner()
    await world.acknowledged(referral_id, partner)
    read = await world.web.get(f"/partner/v1/referrals/{referral_id}/details", headers=partner)
    assert read.json()["details"]["contact"] == []


async def test_nothing_personal_is_stored_in_the_open(world: World) -> None:
    referral_id = await world.draft(note="notecanary")
    await world.send(referral_id)
    partner = await world.partner()
    await world.acknowledged(referral_id, partner)
    await world.web.get(f"/partner/v1/referrals/{referral_id}/details", headers=partner)
    await world.web.post(
        f"/partner/v1/referrals/{referral_id}/reject",
        json={"reason": "reasoncanary"},
        headers={**partner, "Idempotency-Key": "r1"},
    )
    database = world.runtime.database
    for name in {*COLLECTIONS, *PLUMBING}:
        async for document in database[name].find():
            for canary in ("Ruizcanary", PHONE, "notecanary", "reasoncanary"):
                assert canary not in repr(document), name


async def test_staff_read_the_words_and_the_read_is_a_row(world: World) -> None:
    referral_id = await world.draft(note="Likes a quiet room")
    await world.send(referral_id)
    answer = await world.web.post(
        f"/referrals/{referral_id}/answer",
        json={"status": "rejected", "reason": "They moved away"},
        headers=world.staff(),
    )
    assert answer.json()["status"] == "rejected"
    listed = (await world.web.get(f"/clients/{CLIENT}/referrals", headers=world.staff())).json()
    (item,) = listed["items"]
    assert (item["note"], item["partner_name"]) == ("Likes a quiet room", "Hope House")
    assert item["history"][-1]["text"] == "They moved away"
    assert await world.runtime.database.journal.count_documents({"outcome": "read"}) == 1


async def test_the_preview_comes_from_the_copies_of_consents(world: World) -> None:
    referral_id = await world.draft()
    address = f"/referrals/{referral_id}/check"
    before = (await world.web.post(address, headers=world.staff())).json()
    assert (before["decision"], before["code"]) == ("DENY", "NO_LEGAL_BASIS")
    await world.arrive(
        ConsentGranted(
            client_id=CLIENT,
            consent_id="con_1",
            version=1,
            recipient_id="prt_1",
            purpose="housing",
            categories=["identity", "contact", "housing_need"],
            granted_at=world.clock.now(),
            expires_on=date(2030, 12, 2),
        )
    )
    after = (await world.web.post(address, headers=world.staff())).json()
    assert (after["decision"], after["expires_on"]) == ("ALLOW", "2030-12-02")
    assert after["shared"] == ["identity", "contact", "housing_need"]
    await world.revoke()
    gone = (await world.web.post(address, headers=world.staff())).json()
    assert gone["code"] == "CONSENT_REVOKED"

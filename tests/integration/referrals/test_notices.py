"""What a partner is told: signed, without personal data, at least once, and not after the end."""

import json
from datetime import timedelta
from typing import Any

from standardwebhooks import Webhook

from services.referrals.lifecycle.domain import DECIDE, VIEW
from shared.contracts import referrals as facts
from shared.journal import Document
from tests.integration.referrals.world import CLIENT, PHONE, World


async def delivery(world: World, purpose: str = "sent") -> Document:
    found = await world.runtime.database.deliveries.find_one({"purpose": purpose})
    assert found is not None
    return found


async def test_a_webhook_is_signed_and_says_nothing_about_the_person(world: World) -> None:
    secret = await world.give_webhook()
    referral_id = await world.sent()
    await world.work()
    (got,) = world.receiver.got
    told = json.loads(got.body)
    assert (told["type"], told["data"]) == ("referral.sent", {"referral_id": referral_id})
    everything = got.body.decode() + json.dumps(got.headers) + got.path
    for word in (CLIENT, "Dana", PHONE, "housing", "Hope"):
        assert word not in everything
    expected = Webhook(secret).sign(got.headers["webhook-id"], world.clock.now(), got.body.decode())
    assert got.headers["webhook-signature"] == expected
    assert (await delivery(world))["state"] == "handed_over"


async def test_during_a_rotation_both_secrets_sign(world: World) -> None:
    old = await world.give_webhook()
    new = await world.give_webhook()
    await world.sent()
    await world.work()
    (got,) = world.receiver.got
    signatures = got.headers["webhook-signature"].split()
    for secret in (old, new):
        signed = Webhook(secret).sign(
            got.headers["webhook-id"], world.clock.now(), got.body.decode()
        )
        assert signed in signatures


async def test_a_failing_endpoint_is_tried_again_under_the_same_id(world: World) -> None:
    await world.give_webhook()
    world.receiver.status = 500
    await world.sent()
    await world.work()
    assert (await delivery(world))["state"] == "pending"
    world.receiver.status = 204
    world.clock.advance(timedelta(seconds=6))
    await world.work()
    first, second = world.receiver.got
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert (await delivery(world))["state"] == "handed_over"


async def test_a_redirect_is_not_followed(world: World) -> None:
    await world.give_webhook()
    world.receiver.status = 302
    world.receiver.extra = f"location: {world.receiver.url}/elsewhere\r\n"
    await world.sent()
    await world.work()
    assert [got.path for got in world.receiver.got] == ["/hooks"]
    assert (await delivery(world))["state"] == "pending"


async def test_an_endpoint_that_is_gone_is_written_off_and_a_mail_goes_instead(
    world: World,
) -> None:
    await world.give_webhook()
    world.receiver.status = 410
    await world.sent()
    await world.work()
    partner = await world.runtime.database.partners.find_one({"_id": "prt_1"})
    assert partner is not None
    assert partner["webhook"]["stopped"] == "GONE"
    (mail,) = world.mails.mails
    assert mail["To"] == "desk@hope.example"
    assert "/p/" in world.mails.last_text()


async def test_a_partner_without_a_webhook_gets_a_neutral_mail_with_a_link(world: World) -> None:
    await world.sent()
    await world.work()
    (mail,) = world.mails.mails
    everything = mail.as_string()
    assert "/p/" in world.mails.last_text()
    for word in (CLIENT, "Dana", PHONE, "housing", "treatment", "recovery"):
        assert word not in everything


async def test_a_queued_notice_is_dropped_when_the_consent_ends(world: World) -> None:
    await world.sent()
    await world.revoke()
    await world.work()
    assert world.mails.mails == []
    assert (await delivery(world))["state"] == "dropped"
    assert await world.runtime.database.deliveries.count_documents({"purpose": "cancelled"}) == 0


async def test_a_queued_notice_asks_the_gate_again_before_it_goes(world: World) -> None:
    await world.sent()
    world.intake.decision = "CONSENT_REVOKED"
    await world.work()
    assert world.mails.mails == []
    kept = await delivery(world)
    assert (kept["state"], kept["reason"]) == ("dropped", "CONSENT_REVOKED")


async def test_a_queued_notice_waits_while_intake_is_away(world: World) -> None:
    await world.sent()
    world.intake.away = True
    await world.work()
    assert (await delivery(world))["state"] == "pending"
    world.intake.away = False
    world.clock.advance(timedelta(seconds=11))
    await world.work()
    assert len(world.mails.mails) == 1


async def test_a_partner_who_knows_is_told_of_the_end_without_content(world: World) -> None:
    secret = await world.give_webhook()
    referral_id = await world.sent()
    await world.work()
    await world.revoke()
    await world.work()
    _, ended = world.receiver.got
    told: dict[str, Any] = json.loads(ended.body)
    assert (told["type"], told["data"]) == ("referral.cancelled", {"referral_id": referral_id})
    assert "consent" not in ended.body.decode()
    assert ended.headers["webhook-signature"] == Webhook(secret).sign(
        ended.headers["webhook-id"], world.clock.now(), ended.body.decode()
    )


async def test_not_now_is_tried_again_and_never_is_final(world: World) -> None:
    await world.sent()
    world.mails.recipient_answer = "450 busy"
    await world.work()
    assert (await delivery(world))["state"] == "pending"
    world.mails.recipient_answer, world.mails.answer = "250 OK", "451 later"
    world.clock.advance(timedelta(seconds=31))
    await world.work()
    assert (await delivery(world))["state"] == "pending"
    world.mails.recipient_answer = "550 unknown"
    world.clock.advance(timedelta(seconds=31))
    await world.work()
    kept = await delivery(world)
    assert (kept["state"], kept["reason"]) == ("failed", "SMTP_550")


async def test_overdue_partners_are_reminded_and_staff_are_told(world: World) -> None:
    await world.sent()
    await world.work()
    world.clock.advance(timedelta(hours=4))
    await world.work()
    world.clock.advance(timedelta(hours=20))
    await world.work()
    late = await world.facts(facts.ReferralOverdue)
    assert [fact.stage for fact in late] == [VIEW, DECIDE]
    assert [mail["Subject"] for mail in world.mails.mails] == ["A request for you"] * 3


async def test_a_partner_who_answered_in_time_is_left_alone(world: World) -> None:
    referral_id = await world.sent()
    await world.web.post(
        f"/referrals/{referral_id}/answer", json={"status": "accepted"}, headers=world.staff()
    )
    world.clock.advance(timedelta(days=3))
    await world.work()
    assert await world.facts(facts.ReferralOverdue) == []


async def test_an_endpoint_inside_the_house_is_never_called(world: World) -> None:
    for url in ("ftp://hope.example/hook", "https://user:secret@hope.example/hook"):
        answer = await world.web.post(
            "/partners/prt_1/webhook", json={"url": url}, headers=world.administrator()
        )
        assert (answer.status_code, answer.json()["code"]) == (422, "BAD_WEBHOOK_ADDRESS")
    await world.give_webhook("http://169.254.169.254/latest")
    await world.sent()
    await world.work()
    kept = await delivery(world)
    assert (kept["state"], kept["reason"]) == ("failed", "BAD_WEBHOOK_ADDRESS")

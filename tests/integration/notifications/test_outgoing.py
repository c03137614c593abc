"""Facts become messages: to whom, where, in which words, and what takes them back."""

from datetime import UTC, datetime, timedelta

import pytest

from services.notifications.sending import check
from shared.consume import Outcome
from shared.contracts.aftercare import (
    CheckinAnswered,
    CheckinDue,
    CheckinLinkRenewed,
    ContactAttemptDue,
)
from shared.contracts.intake import ConsentGranted, ConsentRevoked, LinkOffered
from shared.contracts.notifications import MessageDropped, MessageQueued
from shared.contracts.referrals import ReferralAccepted, ReferralCancelled
from shared.deliveries import Drop, Go, Later
from shared.events import Event
from tests.integration.notifications.world import CLIENT, MAIL, PHONE, World

HOUR = timedelta(hours=1)


def checkin(world: World, number: int = 1) -> CheckinDue:
    now = world.clock.now()
    return CheckinDue(
        client_id=CLIENT,
        checkin_id=f"chk_{number}",
        link_id=f"lnk_{number}",
        instrument="pulse",
        due_at=now,
        window_ends_at=now + timedelta(days=2),
        link_expires_at=now + 24 * HOUR,
    )


def attempt(world: World, rung: int) -> ContactAttemptDue:
    return ContactAttemptDue(
        client_id=CLIENT,
        checkin_id="chk_1",
        rung=rung,
        link_id=f"lnk_rung_{rung}",
        link_expires_at=world.clock.now() + 24 * HOUR,
    )


def accepted(world: World, number: int = 1) -> ReferralAccepted:
    return ReferralAccepted(
        client_id=CLIENT,
        referral_id=f"ref_{number}",
        partner_id="pt_1",
        need="housing",
        accepted_at=world.clock.now(),
    )


def revoked(world: World) -> ConsentRevoked:
    return ConsentRevoked(
        client_id=CLIENT,
        consent_id="con_1",
        recipient_id="pt_1",
        revoked_at=world.clock.now(),
        door="link",
    )


async def test_a_checkin_goes_by_text_with_its_own_link(world: World) -> None:
    await world.confirmed(cp_1=PHONE, cp_2=MAIL)
    assert await world.arrive(checkin(world)) is Outcome.HANDLED
    row = await world.delivery(purpose="checkin")
    assert (row["channel"], row["data"]["contact_point_id"]) == ("sms", "cp_1")
    assert (row["about_id"], row["stale_at"]) == ("chk_1", world.clock.now() + 24 * HOUR)
    assert world.token("lnk_1", "aftercare") not in str(row) + str(await world.find("journal"))
    assert (await world.facts(MessageQueued))[-1].about_id == "chk_1"
    assert await check(world.runtime, row) == Go()


async def test_one_occasion_has_one_message(world: World) -> None:
    await world.confirmed()
    event = world.enveloped(checkin(world))
    assert await world.deliver(event) is Outcome.HANDLED
    assert await world.deliver(event) is Outcome.DUPLICATE
    assert len(await world.find("deliveries", {"purpose": "checkin"})) == 1


async def test_a_fact_about_somebody_not_yet_known_waits(world: World) -> None:
    assert await world.arrive(checkin(world)) is Outcome.WAITING


async def test_the_second_rung_takes_the_other_channel(world: World) -> None:
    await world.confirmed(cp_1=PHONE, cp_2=MAIL)
    for event in (checkin(world), attempt(world, 1), attempt(world, 2)):
        await world.arrive(event)
    reminders = await world.find("deliveries", {"purpose": "reminder"})
    assert [(row["_id"], row["channel"]) for row in reminders] == [
        ("reminder_chk_1_1", "sms"),
        ("reminder_chk_1_2", "email"),
    ]


async def test_without_a_second_channel_the_rung_says_so(world: World) -> None:
    await world.confirmed(cp_1=PHONE)
    for event in (checkin(world), attempt(world, 2)):
        await world.arrive(event)
    assert [e.reason for e in await world.facts(MessageDropped)] == ["no-verified-contact"]


async def test_an_answer_takes_back_what_still_waits(world: World) -> None:
    await world.confirmed()
    await world.arrive(checkin(world))
    answered = CheckinAnswered(
        client_id=CLIENT, checkin_id="chk_1", instrument="pulse", answered_at=world.clock.now()
    )
    await world.arrive(answered)
    assert [e.reason for e in await world.facts(MessageDropped)] == ["answered"]


async def test_a_renewed_link_goes_where_the_first_one_went(world: World) -> None:
    await world.confirmed(cp_1=PHONE, cp_2=MAIL)
    await world.arrive(checkin(world))
    renewed = CheckinLinkRenewed(
        client_id=CLIENT,
        checkin_id="chk_1",
        link_id="lnk_2",
        link_expires_at=world.clock.now() + 24 * HOUR,
    )
    await world.arrive(renewed)
    row = await world.delivery(purpose="new-link")
    assert (row["channel"], row["data"]["link_id"]) == ("sms", "lnk_2")


@pytest.mark.parametrize(
    ("purpose", "sent_as", "path"),
    [("sign-consent", "sign-link", "s"), ("revoke-consent", "revoke-link", "r")],
)
async def test_an_offered_link_is_sent(world: World, purpose: str, sent_as: str, path: str) -> None:
    await world.confirmed()
    offered = LinkOffered(
        client_id=CLIENT,
        link_id="lnk_9",
        purpose=purpose,
        expires_at=world.clock.now() + HOUR,
    )
    await world.arrive(offered)
    row = await world.delivery(purpose=sent_as)
    assert (row["data"]["link_owner"], row["data"]["link_path"]) == ("intake", path)


@pytest.mark.parametrize("points", [{}, {"cp_1": PHONE}])
async def test_nobody_confirmed_means_nothing_is_sent_and_somebody_knows(
    world: World, points: dict[str, str]
) -> None:
    await world.register(**(points or {"cp_9": MAIL}))
    await world.arrive(checkin(world))
    (dropped,) = await world.facts(MessageDropped)
    assert (dropped.purpose, dropped.reason) == ("checkin", "no-verified-contact")


class TestRevocation:
    async def test_the_person_is_told_and_news_about_it_is_taken_back(self, world: World) -> None:
        await world.confirmed()
        await world.arrive(accepted(world))
        await world.arrive(revoked(world))
        assert [(e.purpose, e.reason) for e in await world.facts(MessageDropped)] == [
            ("news", "consent-revoked")
        ]
        assert (await world.delivery(purpose="revocation-done"))["state"] == "pending"

    async def test_news_that_comes_after_it_is_not_sent(self, world: World) -> None:
        await world.confirmed()
        await world.arrive(revoked(world))
        await world.arrive(accepted(world))
        row = await world.delivery(purpose="news")
        assert await check(world.runtime, row) == Drop("consent-revoked")
        world.clock.advance(timedelta(minutes=1))
        granted = ConsentGranted(
            client_id=CLIENT,
            consent_id="con_2",
            version=1,
            recipient_id="pt_1",
            purpose="housing",
            categories=["identity"],
            granted_at=world.clock.now(),
        )
        await world.arrive(granted)
        assert await check(world.runtime, row) == Go()

    async def test_a_cancelled_referral_has_no_news(self, world: World) -> None:
        await world.confirmed()
        await world.arrive(accepted(world, 1))
        for number in (1, 2):
            cancelled = ReferralCancelled(
                client_id=CLIENT,
                referral_id=f"ref_{number}",
                partner_id="pt_1",
                reason="requester",
                cancelled_at=world.clock.now(),
            )
            await world.arrive(cancelled)
        assert [e.reason for e in await world.facts(MessageDropped)] == ["withdrawn"]
        await world.arrive(accepted(world, 2))
        row = await world.delivery(about_id="ref_2")
        assert await check(world.runtime, row) == Drop("withdrawn")


class TestChecks:
    async def test_a_stop_between_queue_and_sending_holds(self, world: World) -> None:
        await world.confirmed()
        await world.arrive(checkin(world))
        row = await world.delivery(purpose="checkin")
        await world.runtime.database.wishes.insert_one(
            {
                "_id": (await world.find("contact_points"))[0]["address"],
                "opted_out_at": world.clock.now(),
                "clear": True,
                "version": 1,
            }
        )
        assert await check(world.runtime, row) == Drop("opted-out")

    async def test_the_night_is_the_persons_own(self, world: World) -> None:
        await world.confirmed()
        world.clock.move_to(datetime(2026, 6, 3, 2, tzinfo=UTC))
        await world.arrive(checkin(world))
        row = await world.delivery(purpose="checkin")
        morning = datetime(2026, 6, 3, 13, tzinfo=UTC)
        assert row["not_before"] == morning
        assert await check(world.runtime, row) == Later(morning)

    async def test_while_an_event_of_the_client_waits_messages_are_held(self, world: World) -> None:
        await world.confirmed()
        await world.arrive(checkin(world))
        world._sequences[("aftercare", CLIENT)] += 1
        gap: Event = checkin(world, 3)
        assert await world.arrive(gap) is Outcome.WAITING
        row = await world.delivery(purpose="checkin")
        assert isinstance(await check(world.runtime, row), Later)

    async def test_a_second_form_on_the_same_day_waits_until_tomorrow(self, world: World) -> None:
        await world.confirmed()
        await world.arrive(checkin(world, 1))
        await world.runtime.database.deliveries.update_one(
            {"purpose": "checkin"},
            {"$set": {"state": "handed_over", "sending_at": world.clock.now()}},
        )
        await world.arrive(checkin(world, 2))
        row = await world.delivery(about_id="chk_2")
        verdict = await check(world.runtime, row)
        assert verdict == Later(datetime(2026, 6, 3, 13, tzinfo=UTC))

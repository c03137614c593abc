"""The provider's doors: signed or shut, in any order, any number of times, whatever they carry."""

import pytest

from shared.contracts.notifications import (
    ContactPointUnverified,
    MessageDelivered,
    MessageFailed,
    MessageHandedOver,
    OptedOut,
    TextReceived,
)
from shared.journal import Document
from tests.integration.notifications.test_outgoing import checkin
from tests.integration.notifications.world import PHONE, World

INBOUND = "/webhooks/sms/inbound"
FORM = {"MessageSid": "SM1", "From": PHONE, "Body": "I found a room"}


async def sent(world: World, state: str = "unknown") -> Document:
    """A check-in text whose call ended this way."""
    await world.confirmed()
    await world.arrive(checkin(world))
    row = await world.delivery(purpose="checkin")
    await world.runtime.database.deliveries.update_one(
        {"_id": row["_id"]}, {"$set": {"state": state}}
    )
    return row


class TestSignatures:
    @pytest.mark.parametrize("signature", ["", "nonsense", "ü", "GvWf1cFY/Q7PnoempGyD5oXAezc="])
    async def test_an_unsigned_call_is_shut_out(self, world: World, signature: str) -> None:
        headers = {b"X-Twilio-Signature": signature.encode("latin-1")}
        answer = await world.web.post(INBOUND, data=FORM, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "BAD_SIGNATURE")
        assert await world.find("texts") == []

    async def test_a_signature_is_for_this_address_and_these_words(self, world: World) -> None:
        headers = world.signed(INBOUND, FORM)
        other_words = {**FORM, "Body": "STOP"}
        assert (await world.web.post(INBOUND, data=other_words, headers=headers)).status_code == 403
        other = "/webhooks/sms/status/x"
        assert (await world.web.post(other, data=FORM, headers=headers)).status_code == 403

    async def test_unknown_parameters_are_accepted(self, world: World) -> None:
        await world.confirmed()
        form = {**FORM, "NewThing": "ñ", "MediaUrl0": "https://x.example", "OptOutType": ""}
        answer = await world.web.post(INBOUND, data=form, headers=world.signed(INBOUND, form))
        assert answer.status_code == 200
        assert len(await world.facts(TextReceived)) == 1

    async def test_the_answer_says_nothing_itself(self, world: World) -> None:
        answer = await world.text("STOP")
        assert answer.headers["content-type"].startswith("application/xml")
        assert "<Message" not in answer.text


class TestBadInput:
    @pytest.mark.parametrize(
        "form",
        [
            {"From": PHONE, "Body": "x"},
            {"MessageSid": "S" * 65, "From": PHONE, "Body": "x"},
            {"MessageSid": "SM1", "Body": "x"},
        ],
    )
    async def test_a_call_without_what_it_needs_is_answered_clearly(
        self, world: World, form: dict[str, str]
    ) -> None:
        answer = await world.web.post(INBOUND, data=form, headers=world.signed(INBOUND, form))
        assert (answer.status_code, answer.json()["code"]) == (422, "BAD_INPUT")

    async def test_invalid_utf8_is_answered_clearly(self, world: World) -> None:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = await world.web.post(INBOUND, content=b"Body=\xff\xfe", headers=headers)
        assert answer.status_code == 422

    async def test_an_oversized_body_is_refused(self, world: World) -> None:
        form = {**FORM, "Body": "x" * 1_100_000}
        assert (await world.web.post(INBOUND, data=form)).status_code == 413

    @pytest.mark.parametrize("body", ["$where", '{"$gt": ""}', "x" * 9000, "\x00nul", "🙂 ok"])
    async def test_odd_words_are_only_words(self, world: World, body: str) -> None:
        await world.confirmed()
        await world.text(body)
        (fact,) = await world.facts(TextReceived)
        read = await world.web.get(f"/texts/{fact.message_id}", headers=world.staff())
        assert read.json()["text"] == body.replace("\x00", "")

    async def test_an_unknown_message_is_not_there(self, world: World) -> None:
        assert (await world.callback("nothing", "delivered")).status_code == 404


class TestCallbacks:
    async def test_a_callback_settles_what_was_unknown(self, world: World) -> None:
        row = await sent(world, "unknown")
        assert (await world.callback(row["_id"], "delivered")).status_code == 204
        assert (await world.delivery(purpose="checkin"))["state"] == "delivered"
        assert [e.delivery_id for e in await world.facts(MessageDelivered)] == [row["_id"]]

    async def test_duplicates_and_reordered_ones_change_nothing(self, world: World) -> None:
        row = await sent(world, "sending")
        for word in ("delivered", "sent", "queued", "delivered", "failed", "undelivered"):
            assert (await world.callback(row["_id"], word)).status_code == 204
        assert (await world.delivery(purpose="checkin"))["state"] == "delivered"
        assert len(await world.facts(MessageDelivered)) == 1
        assert await world.facts(MessageFailed) == []

    async def test_a_failure_is_told_with_the_providers_code(self, world: World) -> None:
        row = await sent(world, "handed_over")
        await world.callback(row["_id"], "undelivered", ErrorCode="30003")
        assert [e.reason for e in await world.facts(MessageFailed)] == ["30003"]
        assert [p["last_error"] for p in await world.find("contact_points")] == ["30003"]

    async def test_a_dead_number_must_be_confirmed_again(self, world: World) -> None:
        row = await sent(world, "handed_over")
        await world.callback(row["_id"], "undelivered", ErrorCode="30005")
        assert (await world.facts(ContactPointUnverified))[-1].reason == "carrier-error"

    async def test_a_stop_that_only_the_carrier_saw_holds(self, world: World) -> None:
        row = await sent(world, "handed_over")
        await world.callback(row["_id"], "failed", ErrorCode="21610")
        assert len(await world.facts(OptedOut)) == 1

    async def test_words_nobody_knows_yet_are_passed_over(self, world: World) -> None:
        row = await sent(world, "unknown")
        assert (await world.callback(row["_id"], "read", ErrorCode="<b>")).status_code == 204
        assert (await world.delivery(purpose="checkin"))["state"] == "unknown"

    async def test_an_early_callback_counts_as_handed_over(self, world: World) -> None:
        row = await sent(world, "sending")
        await world.callback(row["_id"], "queued")
        assert (await world.delivery(purpose="checkin"))["state"] == "handed_over"
        assert len(await world.facts(MessageHandedOver)) == 1

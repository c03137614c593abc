from datetime import date, timedelta

import pytest

from services.dashboard.readmodels.client import Client, SealedCard, apply
from shared.contracts import aftercare, dashboard, intake, notifications
from tests.unit.dashboard.facts import NOW, made

REGISTERED = made(intake.ClientRegistered, code="K7M-4Q", site_id="site_a")
CARD = made(
    intake.ContactCardChanged,
    version=1,
    contact_points=[{"contact_point_id": "cp_1", "channel": "sms"}],
)
VERIFIED = made(notifications.ContactPointVerified, contact_point_id="cp_1", channel="sms")


def fold(*facts: tuple[int, object]) -> Client:
    client = Client(id="cl_1")
    for sequence, event in facts:
        client = apply(client, event, sequence)  # type: ignore[arg-type]
    return client


def test_a_registered_client_has_code_and_site_and_cannot_be_reached_yet() -> None:
    client = fold((1, REGISTERED), (2, CARD))
    assert (client.code, client.site_id, client.reachable) == ("K7M-4Q", "site_a", False)


def test_services_may_speak_in_any_order() -> None:
    there = fold((1, REGISTERED), (2, CARD), (1, VERIFIED))
    early = fold((1, VERIFIED), (1, REGISTERED), (2, CARD))
    assert there.reachable
    assert early.reachable
    assert there.points == early.points


def test_a_removed_contact_never_comes_back() -> None:
    removed = made(intake.ContactRemoved, contact_point_id="cp_1")
    assert not fold((3, removed), (2, CARD), (1, VERIFIED)).reachable


def test_an_opt_out_takes_away_the_way_until_it_is_withdrawn() -> None:
    out = made(notifications.OptedOut, contact_point_id="cp_1")
    back = made(notifications.OptedIn, contact_point_id="cp_1")
    stopped = fold((1, VERIFIED), (2, out))
    assert not stopped.reachable
    assert stopped.opted_out
    assert fold((1, VERIFIED), (2, out), (3, back)).reachable


def test_a_level_that_overtook_is_not_undone_by_an_older_one() -> None:
    high = made(aftercare.RiskChanged, level="high", act_by=NOW)
    routine = made(aftercare.RiskChanged, level="routine")
    assert fold((5, high), (4, routine)).level == "high"
    assert fold((4, routine), (5, high)).level == "high"


def test_the_same_fact_twice_changes_nothing() -> None:
    missed = made(aftercare.CheckinMissed, consecutive=2)
    once = fold((1, missed))
    assert fold((1, missed), (1, missed)) == once
    assert once.misses == 2


def test_an_answer_ends_the_silence_and_is_the_last_contact() -> None:
    client = fold(
        (1, made(aftercare.CheckinMissed, consecutive=2)),
        (2, made(aftercare.CheckinAnswered, answered_at=NOW, next_on=date(2026, 6, 9))),
    )
    assert (client.misses, client.last_contact_at) == (0, NOW)
    assert client.next_on == date(2026, 6, 9)


def test_an_older_text_does_not_move_the_last_contact_back() -> None:
    text = made(notifications.TextReceived, received_at=NOW - timedelta(days=3))
    answered = made(aftercare.CheckinAnswered, answered_at=NOW)
    assert fold((1, answered), (1, text)).last_contact_at == NOW


def test_the_counselor_is_the_last_one_assigned() -> None:
    ana = made(dashboard.CaseloadAssigned, staff_id="st_ana")
    ben = made(dashboard.CaseloadAssigned, staff_id="st_ben")
    assert fold((1, ana), (2, ben)).counselor_id == "st_ben"
    assert fold((2, ben), (1, ana)).counselor_id == "st_ben"


def test_the_card_is_kept_only_encrypted() -> None:
    sealed = SealedCard(content=b"sealed", digests=("d1",))
    client = apply(Client(id="cl_1"), CARD, 2, sealed)
    assert (client.sealed_card, client.digests) == (b"sealed", ("d1",))


@pytest.mark.parametrize("event", [REGISTERED, CARD, VERIFIED])
def test_nothing_is_folded_into_an_erased_client(event: object) -> None:
    erased = Client(id="cl_1", erased=True)
    assert apply(erased, event, 9) == erased  # type: ignore[arg-type]

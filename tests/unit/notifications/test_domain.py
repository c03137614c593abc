"""Contact points and wishes: which are confirmed, which are wanted, what the others are told."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.notifications import domain
from services.notifications.domain import (
    CODE_TRIES,
    EMAIL,
    REMOVED,
    SMS,
    UNVERIFIED,
    VERIFIED,
    AlreadyVerified,
    Code,
    CodeEnded,
    CodeJustSent,
    ContactPoint,
    Entry,
    NoSuchContact,
    Person,
    Wish,
)
from shared.contracts.notifications import (
    ContactPointUnverified,
    ContactPointVerified,
    OptedIn,
    OptedOut,
)
from shared.events import Event

NOON = datetime(2026, 6, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
PHONE = ContactPoint(id="cp_1", client_id="cl_1", channel=SMS, address="digest-1", sealed=b"x")
SENT = replace(PHONE, code=Code(id="code_1", sent_at=NOON))
CONFIRMED = replace(PHONE, state=VERIFIED, verified_at=NOON, warning="2026-1")


def entry(id: str = "cp_1", address: str = "digest-1", channel: str = SMS) -> Entry:
    return Entry(id=id, channel=channel, address=address, sealed=b"sealed")


def reasons(events: Sequence[Event]) -> list[str]:
    return [event.reason for event in events if isinstance(event, ContactPointUnverified)]


class TestFollowingACard:
    def test_a_new_value_is_unverified_and_must_be_confirmed(self) -> None:
        change = domain.follow_card({}, [entry()], client_id="cl_1")
        assert [(p.id, p.state) for p in change.points] == [("cp_1", UNVERIFIED)]
        assert change.to_confirm == ["cp_1"]
        assert change.events == [
            ContactPointUnverified(
                client_id="cl_1", contact_point_id="cp_1", channel=SMS, reason="new"
            )
        ]

    def test_an_unchanged_value_keeps_its_confirmation(self) -> None:
        change = domain.follow_card({"cp_1": CONFIRMED}, [entry()], client_id="cl_1")
        assert (change.points, change.to_confirm, change.events) == ([], [], [])

    def test_a_changed_value_is_unverified_again_and_an_old_code_ends(self) -> None:
        known = {"cp_1": replace(CONFIRMED, code=Code(id="code_1", sent_at=NOON), version=4)}
        change = domain.follow_card(known, [entry(address="digest-2")], client_id="cl_1")
        (point,) = change.points
        assert (point.state, point.code, point.verified_at) == (UNVERIFIED, None, None)
        assert (point.address, point.version) == ("digest-2", 4)
        assert reasons(change.events) == ["changed"]

    def test_a_value_that_is_gone_is_removed_without_a_code(self) -> None:
        change = domain.follow_card({"cp_1": CONFIRMED}, [], client_id="cl_1")
        assert [(p.id, p.state, p.sealed) for p in change.points] == [("cp_1", REMOVED, b"")]
        assert (change.to_confirm, change.events) == ([], [])

    def test_a_removed_value_stays_removed_when_an_older_card_comes_late(self) -> None:
        change = domain.follow_card({"cp_1": domain.remove(CONFIRMED)}, [entry()], client_id="cl_1")
        assert (change.points, change.events) == ([], [])


class TestCodes:
    def test_a_code_is_good_for_a_day(self) -> None:
        _, code = domain.issue_code(PHONE, "code_1", at=NOON)
        assert code.is_open(NOON + DAY - timedelta(seconds=1))
        assert not code.is_open(NOON + DAY)

    @pytest.mark.parametrize(
        ("point", "refusal"),
        [
            (domain.remove(PHONE), NoSuchContact),
            (CONFIRMED, AlreadyVerified),
            (replace(PHONE, code=Code(id="c", sent_at=NOON - timedelta(seconds=59))), CodeJustSent),
        ],
    )
    def test_no_code_goes_out(self, point: ContactPoint, refusal: type[Exception]) -> None:
        with pytest.raises(refusal):
            domain.issue_code(point, "code_2", at=NOON)

    def test_the_right_code_confirms_and_keeps_the_wording(self) -> None:
        point, events = domain.enter_code(SENT, right=True, warning="2026-1", at=NOON)
        assert (point.state, point.verified_at, point.warning) == (VERIFIED, NOON, "2026-1")
        assert point.code is None
        assert events == [
            ContactPointVerified(
                client_id="cl_1", contact_point_id="cp_1", channel=SMS, verified_at=NOON
            )
        ]

    def test_the_fifth_wrong_code_is_the_last(self) -> None:
        point = SENT
        for _ in range(CODE_TRIES):
            point, events = domain.enter_code(point, right=False, warning="v", at=NOON)
            assert (point.state, events) == (UNVERIFIED, [])
        with pytest.raises(CodeEnded):
            domain.enter_code(point, right=True, warning="v", at=NOON)

    def test_a_code_does_nothing_after_a_day_or_when_none_was_sent(self) -> None:
        for point in (SENT, PHONE):
            with pytest.raises(CodeEnded):
                domain.enter_code(point, right=True, warning="v", at=NOON + DAY)

    def test_confirming_twice_is_one_confirmation(self) -> None:
        assert domain.enter_code(CONFIRMED, right=True, warning="v", at=NOON) == (CONFIRMED, [])
        assert domain.confirm(CONFIRMED, warning="v", at=NOON) == (CONFIRMED, [])

    def test_a_removed_value_cannot_be_confirmed(self) -> None:
        with pytest.raises(NoSuchContact):
            domain.confirm(domain.remove(SENT), warning="v", at=NOON)

    def test_staff_learn_of_a_code_that_ended_unless_a_newer_one_is_out(self) -> None:
        assert reasons(domain.end_code(SENT, "code_1")) == ["code-expired"]
        assert domain.end_code(SENT, "code_0") == []
        assert domain.end_code(CONFIRMED, "code_1") == []


class TestWishes:
    def test_stop_holds_for_every_client_who_has_the_number(self) -> None:
        sharing = [PHONE, replace(PHONE, id="cp_2", client_id="cl_2")]
        wish, events = domain.opt_out(Wish(address="d"), sharing, clear=False, at=NOON)
        assert wish.is_out
        assert not wish.clear
        assert events == [
            OptedOut(client_id="cl_1", contact_point_id="cp_1", at=NOON, clear=False),
            OptedOut(client_id="cl_2", contact_point_id="cp_2", at=NOON, clear=False),
        ]

    def test_stop_twice_is_one_stop_and_start_ends_it(self) -> None:
        out, _ = domain.opt_out(Wish(address="d"), [PHONE], clear=True, at=NOON)
        assert domain.opt_out(out, [PHONE], clear=True, at=NOON + DAY) == (out, [])
        back, events = domain.opt_in(out, [PHONE], at=NOON)
        assert not back.is_out
        assert events == [OptedIn(client_id="cl_1", contact_point_id="cp_1", at=NOON)]
        assert domain.opt_in(back, [PHONE], at=NOON) == (back, [])


class TestChoosing:
    MAIL = replace(CONFIRMED, id="cp_3", channel=EMAIL, address="digest-3")

    def test_the_first_confirmed_channel_wins(self) -> None:
        points = [self.MAIL, CONFIRMED]
        assert domain.choose(points, {}, channels=[SMS, EMAIL]) == CONFIRMED
        assert domain.choose(points, {}, channels=[EMAIL]) == self.MAIL

    def test_a_number_that_said_stop_is_passed_over(self) -> None:
        out = {"digest-1": Wish(address="digest-1", opted_out_at=NOON)}
        assert domain.choose([CONFIRMED, self.MAIL], out, channels=[SMS, EMAIL]) == self.MAIL
        assert domain.choose([CONFIRMED], out, channels=[SMS, EMAIL]) == "opted-out"

    def test_nothing_goes_to_a_value_nobody_confirmed(self) -> None:
        points = [PHONE, domain.remove(CONFIRMED)]
        assert domain.choose(points, {}, channels=[SMS, EMAIL]) == "no-verified-contact"


class TestFailures:
    def test_a_dead_number_must_be_confirmed_again(self) -> None:
        point, events = domain.note_failure(CONFIRMED, "30005")
        assert (point.state, point.last_error) == (UNVERIFIED, "30005")
        assert reasons(events) == ["carrier-error"]

    def test_a_passing_error_is_only_kept(self) -> None:
        point, events = domain.note_failure(CONFIRMED, "30003")
        assert (point.state, point.last_error, events) == (VERIFIED, "30003", [])


class TestRevokedConsents:
    PERSON = Person(client_id="cl_1")

    def test_a_consent_given_after_the_revocation_allows_again(self) -> None:
        revoked = domain.withdraw(self.PERSON, "pt_1", at=NOON)
        assert "pt_1" in revoked.withdrawn
        assert domain.allow_again(revoked, "pt_1", at=NOON + DAY).withdrawn == {}

    def test_an_older_consent_that_comes_late_changes_nothing(self) -> None:
        revoked = domain.withdraw(self.PERSON, "pt_1", at=NOON)
        assert domain.allow_again(revoked, "pt_1", at=NOON - DAY) == revoked
        assert domain.allow_again(revoked, "pt_2", at=NOON + DAY) == revoked

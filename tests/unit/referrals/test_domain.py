"""The whole graph of R6.2 and what each step says, without any database."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from services.referrals.lifecycle import domain, transitions
from services.referrals.lifecycle.domain import Referral
from services.referrals.lifecycle.hours import OfficeHours
from services.referrals.lifecycle.steps import ReasonMissing, Step, UnknownWord
from services.referrals.lifecycle.transitions import NotAllowed, NotOpen, Party, Status
from shared.contracts import referrals as facts

OFFICE = OfficeHours(ZoneInfo("America/New_York"))
TUESDAY = datetime(2026, 6, 2, 14, 0, tzinfo=UTC)  # 10:00 in New York
LATER = datetime(2026, 6, 3, 14, 0, tzinfo=UTC)
NOTICE = "part2-statement-1-2024"

DRAFT = Referral(
    id="ref_1",
    client_id="cl_1",
    partner_id="prt_1",
    service_id="svc_1",
    service_name="Rooms",
    need="housing-instability",
    urgency="urgent",
    categories=("identity", "contact", "housing_need"),
    drafted_by="st_1",
)
SENT, _ = domain.send(DRAFT, consent_id="con_1", at=TUESDAY, office=OFFICE)


def standing(status: Status) -> Referral:
    return replace(SENT, status=status)


def step(to: Status, party: Party, reason: str | None = "no-capacity") -> Step:
    return Step(at=LATER, status=to, party=party, reason=reason)


R, T = Party.REQUESTER, Party.TARGET
# Every way there is after sending; any (from, to, side) that is not here must be refused.
ALLOWED = {
    ("requested", "accepted", T),
    ("requested", "rejected", T),
    ("requested", "cancelled", T),
    ("requested", "cancelled", R),
    ("accepted", "in-progress", T),
    ("accepted", "on-hold", T),
    ("accepted", "completed", T),
    ("accepted", "failed", T),
    ("accepted", "cancelled", T),
    ("accepted", "cancelled", R),
    ("in-progress", "on-hold", T),
    ("in-progress", "completed", T),
    ("in-progress", "failed", T),
    ("in-progress", "cancelled", T),
    ("in-progress", "cancelled", R),
    ("on-hold", "in-progress", T),
    ("on-hold", "completed", T),
    ("on-hold", "failed", T),
    ("on-hold", "cancelled", T),
    ("on-hold", "cancelled", R),
    ("draft", "requested", R),
    *((status.value, "entered-in-error", R) for status in Status if status != "entered-in-error"),
}


@pytest.mark.parametrize("party", list(Party))
@pytest.mark.parametrize("to", list(Status))
@pytest.mark.parametrize("start", list(Status))
def test_a_referral_goes_only_where_the_table_lets_this_side_take_it(
    start: Status, to: Status, party: Party
) -> None:
    if (start.value, to.value, party) in ALLOWED:
        transitions.check_move(start, to, party)
        return
    closed = start in transitions.FINAL and to is not Status.ENTERED_IN_ERROR
    with pytest.raises(NotOpen if closed else NotAllowed):
        domain.move(standing(start), step(to, party))


@pytest.mark.parametrize(
    ("to", "fact"),
    [
        ("accepted", facts.ReferralAccepted),
        ("rejected", facts.ReferralRejected),
        ("cancelled", facts.ReferralCancelled),
    ],
)
def test_the_partners_decision_is_told(to: str, fact: type) -> None:
    moved, (event,) = domain.move(SENT, step(Status(to), T))
    assert moved.status == to
    assert type(event) is fact
    assert moved.history[-1].at == LATER


@pytest.mark.parametrize("to", ["in-progress", "on-hold", "completed", "failed"])
def test_later_steps_are_progress(to: str) -> None:
    _, (event,) = domain.move(standing(Status.ACCEPTED), step(Status(to), T))
    assert isinstance(event, facts.ReferralProgressed)
    assert (event.status, event.reason) == (to, "no-capacity")


@pytest.mark.parametrize("to", ["rejected", "cancelled", "on-hold", "failed"])
@pytest.mark.parametrize("reason", [None, "other"])
def test_some_steps_need_a_reason(to: str, reason: str | None) -> None:
    start = standing(Status.REQUESTED if to in ("rejected", "cancelled") else Status.ACCEPTED)
    with pytest.raises(ReasonMissing):
        domain.move(start, step(Status(to), T, reason))


def test_other_with_words_is_a_reason_and_the_words_stay_here() -> None:
    said = replace(step(Status.REJECTED, T, "other"), words=b"sealed")
    moved, (event,) = domain.move(SENT, said)
    assert moved.history[-1].words == b"sealed"
    assert "sealed" not in event.model_dump_json()


def test_reasons_and_business_statuses_come_from_the_list() -> None:
    with pytest.raises(UnknownWord):
        domain.move(SENT, step(Status.REJECTED, T, "did not like them"))
    with pytest.raises(UnknownWord):
        domain.move(SENT, replace(step(Status.ACCEPTED, T, None), business_status="great"))


def test_a_reason_that_is_a_business_status_sets_it() -> None:
    moved, _ = domain.move(SENT, step(Status.REJECTED, T, "no-capacity"))
    assert moved.business_status == "no-capacity"


def test_sending_starts_the_partners_clock() -> None:
    sent, (event,) = domain.send(DRAFT, consent_id="con_1", at=TUESDAY, office=OFFICE)
    assert isinstance(event, facts.ReferralSent)
    assert (sent.status, sent.business_status) == ("requested", "sent")
    assert sent.view_by == datetime(2026, 6, 2, 18, 0, tzinfo=UTC)
    assert sent.decide_by == datetime(2026, 6, 3, 14, 0, tzinfo=UTC)


def test_a_routine_referral_leaves_more_time() -> None:
    routine = replace(DRAFT, urgency="routine")
    sent, _ = domain.send(routine, consent_id="con_1", at=TUESDAY, office=OFFICE)
    assert sent.view_by == datetime(2026, 6, 4, 14, 0, tzinfo=UTC)
    assert sent.decide_by == datetime(2026, 6, 9, 14, 0, tzinfo=UTC)


def test_a_blocked_draft_waits_for_a_consent() -> None:
    blocked, (event,) = domain.block(DRAFT, "CONSENT_EXPIRED")
    assert (blocked.status, blocked.business_status) == ("draft", "awaiting-consent")
    assert isinstance(event, facts.ReferralBlocked)
    assert event.code == "CONSENT_EXPIRED"
    with pytest.raises(NotAllowed):
        domain.block(SENT, "CONSENT_EXPIRED")


def test_nothing_is_disclosed_before_the_notice_is_acknowledged() -> None:
    with pytest.raises(domain.NoticeNotAcknowledged):
        domain.disclose(SENT, permit_id="pmt_1", current=NOTICE, at=LATER)


def test_an_old_wording_of_the_notice_does_not_count() -> None:
    with pytest.raises(domain.NoticeOutdated):
        domain.acknowledge(SENT, notice_version="2010", current=NOTICE)
    read_long_ago = replace(SENT, notice_version="2010")
    with pytest.raises(domain.NoticeNotAcknowledged):
        domain.disclose(read_long_ago, permit_id="pmt_1", current=NOTICE, at=LATER)


def test_every_read_is_a_disclosure_and_the_first_one_a_view() -> None:
    ready, said = domain.acknowledge(SENT, notice_version=NOTICE, current=NOTICE)
    assert said == []
    viewed, first = domain.disclose(ready, permit_id="pmt_1", current=NOTICE, at=LATER)
    assert [type(event) for event in first] == [facts.ReferralViewed, facts.DisclosureMade]
    assert viewed.viewed_at == LATER
    _, (second,) = domain.disclose(viewed, permit_id="pmt_2", current=NOTICE, at=LATER)
    assert isinstance(second, facts.DisclosureMade)
    assert second.permit_id == "pmt_2"


@pytest.mark.parametrize("status", ["draft", "rejected", "completed", "failed", "cancelled"])
def test_details_of_a_referral_that_is_not_open_are_not_there(status: str) -> None:
    with pytest.raises(NotOpen):
        domain.check_readable(standing(Status(status)))


def test_a_revoked_consent_ends_the_referral_and_says_so_at_the_next_read() -> None:
    ended, (event,) = domain.cancel_for(SENT, "consent-revoked", at=LATER)
    assert isinstance(event, facts.ReferralCancelled)
    assert event.reason == "consent-revoked"
    with pytest.raises(domain.ConsentWithdrawn):
        domain.disclose(ended, permit_id="pmt_1", current=NOTICE, at=LATER)


def test_a_closed_referral_is_not_cancelled_again() -> None:
    done = standing(Status.COMPLETED)
    assert domain.cancel_for(done, "consent-revoked", at=LATER) == (done, [])


@pytest.mark.parametrize(("party", "told"), [(R, "requester"), (T, "partner")])
def test_a_cancellation_names_its_side(party: Party, told: str) -> None:
    _, (event,) = domain.move(SENT, step(Status.CANCELLED, party))
    assert isinstance(event, facts.ReferralCancelled)
    assert event.reason == told


def test_a_waitlisted_request_stays_undecided_with_a_new_term() -> None:
    waiting, (event,) = domain.waitlist(SENT, at=LATER, office=OFFICE)
    assert (waiting.status, waiting.business_status) == ("requested", "waitlisted")
    assert waiting.decide_by == datetime(2026, 6, 10, 14, 0, tzinfo=UTC)
    assert isinstance(event, facts.ReferralProgressed)
    with pytest.raises(NotAllowed):
        domain.waitlist(standing(Status.ACCEPTED), at=LATER, office=OFFICE)


@pytest.mark.parametrize(
    ("status", "viewed", "stage", "late"),
    [
        ("requested", False, "view", True),
        ("requested", True, "view", False),
        ("requested", True, "decide", True),
        ("requested", False, "decide", True),
        ("accepted", True, "decide", False),
        ("cancelled", False, "view", False),
    ],
)
def test_a_partner_is_overdue_only_while_the_answer_is_missing(
    status: str, viewed: bool, stage: str, late: bool
) -> None:
    referral = replace(standing(Status(status)), viewed_at=LATER if viewed else None)
    said = domain.overdue(referral, stage)
    stages = [event.stage for event in said if isinstance(event, facts.ReferralOverdue)]
    assert stages == ([stage] if late else [])

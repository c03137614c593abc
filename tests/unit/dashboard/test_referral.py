from services.dashboard.readmodels.referral import Referral, apply
from shared.contracts import referrals
from shared.events import Event
from tests.unit.dashboard.facts import NOW, made

DRAFTED = made(
    referrals.ReferralDrafted, referral_id="ref_1", need="homelessness", urgency="urgent"
)
SENT = made(referrals.ReferralSent, referral_id="ref_1", need="homelessness", urgency="urgent")
OVERDUE = made(referrals.ReferralOverdue, referral_id="ref_1", stage="view")
ACCEPTED = made(referrals.ReferralAccepted, referral_id="ref_1", need="homelessness")
CANCELLED = made(referrals.ReferralCancelled, referral_id="ref_1", reason="consent-revoked")


def fold(*facts: tuple[int, Event]) -> Referral:
    referral = None
    for sequence, event in facts:
        referral = apply(referral, event, sequence, NOW)
    assert referral is not None
    return referral


def test_a_referral_walks_from_draft_to_accepted() -> None:
    assert fold((1, DRAFTED)).status == "draft"
    assert fold((1, DRAFTED), (2, SENT)).status == "requested"
    assert fold((1, DRAFTED), (2, SENT), (3, ACCEPTED)).status == "accepted"


def test_overdue_and_blocked_ones_are_stalled_until_decided() -> None:
    blocked = made(referrals.ReferralBlocked, referral_id="ref_1", code="HELD")
    assert fold((1, DRAFTED), (2, blocked)).stalled
    assert fold((1, DRAFTED), (2, SENT), (3, OVERDUE)).stalled
    assert not fold((1, DRAFTED), (2, SENT), (3, OVERDUE), (4, ACCEPTED)).stalled


def test_a_cancellation_that_overtook_is_not_undone() -> None:
    referral = fold((1, DRAFTED), (3, CANCELLED), (2, SENT))
    assert (referral.status, referral.need, referral.urgency) == (
        "cancelled",
        "homelessness",
        "urgent",
    )
    assert not referral.open


def test_the_same_fact_twice_changes_nothing() -> None:
    assert fold((1, DRAFTED), (2, SENT), (2, SENT)) == fold((1, DRAFTED), (2, SENT))

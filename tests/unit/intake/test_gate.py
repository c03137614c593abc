"""The disclosure gate (R1.10): its worked examples, and each code once, in order."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from services.intake.consents import domain as consents
from services.intake.consents.domain import Consent
from services.intake.disclosures import domain
from services.intake.disclosures.domain import Code, Emergency, LegalBasis, Permit, Request, decide
from tests.unit.intake.samples import NOW, ZONE, a_draft, a_signed

TPO = "treatment-payment-operations"


def asked(**changes: Any) -> Request:
    values: dict[str, Any] = {
        "client_id": "cl_1",
        "recipient_id": "pt_hope_house",
        "purpose": "housing",
        "categories": ("identity", "contact", "housing_need"),
        "notice": True,
        "scope_copy": True,
    }
    return Request(**{**values, **changes})


def answer(request: Request, *known: Consent, now: datetime = NOW + timedelta(minutes=1)) -> Code:
    return decide(request, known, now=now, zone=ZONE).code


def revoked(consent: Consent) -> Consent:
    return consents.revoke(consent, door="link", at=NOW)[0]


# --- the worked examples of R1.10


def test_what_the_consent_names_may_go_out() -> None:
    decision = decide(asked(), [a_signed()], now=NOW, zone=ZONE)
    assert decision.allowed and decision.consent is not None
    assert decision.consent.id == "con_1"


def test_a_score_beside_it_stops_the_whole_sending() -> None:
    more = ("identity", "contact", "housing_need", "scores")
    assert answer(asked(categories=more), a_signed()) == Code.CATEGORY_NOT_COVERED


def test_a_consent_revoked_while_queued_stops_it() -> None:
    assert answer(asked(), revoked(a_signed())) == Code.CONSENT_REVOKED


def test_a_treatment_consent_alone_never_reaches_a_job_agency() -> None:
    treatment = a_signed(recipient_id="providers", recipient_kind="treating-provider", purpose=TPO)
    assert answer(asked(recipient_id="pt_jobs"), treatment) == Code.RECIPIENT_NOT_COVERED


def test_an_affiliate_of_the_named_one_is_somebody_else() -> None:
    assert answer(asked(recipient_id="pt_hope_jobs"), a_signed()) == Code.RECIPIENT_NOT_COVERED


def test_one_second_after_the_last_day_is_too_late() -> None:
    consent = a_signed(expires_on=date(2026, 5, 31), signed_at=NOW - timedelta(days=90))
    late = datetime(2026, 6, 1, 0, 0, 1, tzinfo=ZONE)
    assert answer(asked(), consent, now=late) == Code.CONSENT_EXPIRED
    last = datetime(2026, 5, 31, 23, 59, 59, tzinfo=ZONE)
    assert answer(asked(), consent, now=last) == Code.ALLOW


def test_a_complete_emergency_record_needs_no_consent() -> None:
    record = Emergency(
        recipient_name="R. Vega", affiliation="City ED", discloser="st_1", at=NOW, nature="overdose"
    )
    emergency = asked(legal_basis=LegalBasis.EMERGENCY, emergency=record)
    assert answer(emergency) == Code.ALLOW
    incomplete = replace(emergency, emergency=replace(record, affiliation=" "))
    assert answer(incomplete) == Code.NO_LEGAL_BASIS
    assert answer(replace(emergency, emergency=None)) == Code.NO_LEGAL_BASIS


# --- each code, in the order in which the gate asks


def unlike(consent: Consent, **changes: Any) -> Consent:
    return replace(consent, **changes)


NOTES = ("counseling_notes",)
LADDER: list[tuple[Code, Request, list[Consent]]] = [
    (Code.NO_IDENTITY, asked(identified=False), [a_signed()]),
    (Code.NO_LEGAL_BASIS, asked(), []),
    (Code.CONSENT_PATIENT_MISMATCH, asked(), [unlike(a_signed(), client_id="cl_2")]),
    (Code.CONSENT_INCOMPLETE, asked(), [a_draft()]),
    (Code.CONSENT_INCOMPLETE, asked(), [a_draft(state="declined")]),
    (Code.CONSENT_INCOMPLETE, asked(), [unlike(a_signed(), description="")]),
    (Code.CONSENT_NOT_YET_EFFECTIVE, asked(), [a_signed(signed_at=NOW + timedelta(hours=1))]),
    (Code.CONSENT_REVOKED, asked(), [revoked(a_signed())]),
    (Code.CONSENT_EXPIRED, asked(), [a_signed(expires_on=date(2026, 6, 1))]),
    (Code.DISCLOSER_NOT_COVERED, asked(discloser="another"), [a_signed()]),
    (Code.RECIPIENT_NOT_COVERED, asked(recipient_id="pt_other"), [a_signed()]),
    (Code.PURPOSE_NOT_COVERED, asked(purpose="employment"), [a_signed()]),
    (Code.CATEGORY_NOT_COVERED, asked(categories=("diagnosis",)), [a_signed()]),
    (Code.CATEGORY_NOT_COVERED, asked(categories=()), [a_signed()]),
    (
        Code.COUNSELING_NOTES_BLOCKED,
        asked(categories=NOTES),
        [a_signed(categories=("identity", "counseling_notes"))],
    ),
    (Code.NOTICE_MISSING, asked(notice=False, scope_copy=False), [a_signed()]),
    (Code.SCOPE_COPY_MISSING, asked(scope_copy=False), [a_signed()]),
    (Code.ALLOW, asked(categories=NOTES), [a_signed(categories=NOTES)]),
]


@pytest.mark.parametrize(("code", "request_", "known"), LADDER)
def test_each_code_is_given_for_its_reason(
    code: Code, request_: Request, known: list[Consent]
) -> None:
    assert answer(request_, *known) == code


def test_every_code_of_the_gate_is_tried() -> None:
    assert {code for code, _, _ in LADDER} == set(Code)


# --- several consents


def test_a_consent_for_this_recipient_speaks_before_another_recipients() -> None:
    other = a_signed(id="con_2", recipient_id="pt_other")
    assert answer(asked(), revoked(a_signed()), other) == Code.CONSENT_REVOKED


def test_a_new_consent_allows_again_what_the_revoked_one_ended() -> None:
    again = a_signed(id="con_2", drafted_at=NOW + timedelta(days=1))
    decision = decide(asked(), [revoked(a_signed()), again], now=NOW, zone=ZONE)
    assert decision.allowed and decision.consent is not None and decision.consent.id == "con_2"


# --- the permit


def a_permit() -> Permit:
    return Permit(
        id="pm_1",
        client_id="cl_1",
        recipient_id="pt_hope_house",
        purpose="housing",
        categories=("identity",),
        about_id="ref_1",
        channel="api",
        asked_by="referrals",
        asked_at=NOW,
        decision=Code.NO_LEGAL_BASIS,
    )


def test_an_allowed_permit_is_good_for_two_seconds() -> None:
    decision = decide(asked(), [a_signed(version=2)], now=NOW, zone=ZONE)
    permit = domain.grant(a_permit(), decision, at=NOW)
    assert permit.expires_at == NOW + timedelta(seconds=2)
    assert (permit.consent_id, permit.consent_version, permit.state) == ("con_1", 2, "allowed")


def test_a_denied_permit_keeps_its_code_and_can_never_be_used() -> None:
    decision = decide(asked(), [revoked(a_signed())], now=NOW, zone=ZONE)
    permit = domain.grant(a_permit(), decision, at=NOW)
    assert (permit.state, permit.decision, permit.expires_at) == (
        "denied",
        Code.CONSENT_REVOKED,
        None,
    )


def test_a_disclosure_is_counted_once_at_its_first_time() -> None:
    decision = decide(asked(), [a_signed()], now=NOW, zone=ZONE)
    permit = domain.grant(a_permit(), decision, at=NOW)
    made = domain.disclosed(permit, at=NOW + timedelta(seconds=1))
    again = domain.disclosed(made, at=NOW + timedelta(seconds=9))
    assert again.disclosed_at == NOW + timedelta(seconds=1)
    assert again.state == "made"

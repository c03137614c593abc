from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.intake.consents import domain, wording
from services.intake.consents.domain import ConsentIncomplete, NotOpen
from shared.contracts.intake import (
    CATEGORIES,
    PURPOSES,
    ConsentDrafted,
    ConsentGranted,
    ConsentRevoked,
)
from tests.unit.intake.samples import NOW, TODAY, ZONE, a_draft, a_signature, a_signed

TPO = "treatment-payment-operations"


def test_a_complete_draft_is_a_fact_that_allows_nothing() -> None:
    consent, events = domain.draft(a_draft(), today=TODAY)
    assert consent.state == "draft"
    assert events == [
        ConsentDrafted(client_id="cl_1", consent_id="con_1", recipient_id="pt_hope_house")
    ]


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"patient_name": " "}, "patient_name"),
        ({"recipient_name": ""}, "recipient_name"),
        ({"recipient_id": ""}, "recipient_name"),
        ({"recipient_kind": "class of helpers"}, "recipient_name"),
        ({"purpose": ""}, "purpose"),
        ({"purpose": TPO}, "purpose"),
        ({"categories": ()}, "categories"),
        ({"categories": ("everything",)}, "categories"),
        ({"categories": ("identity", "counseling_notes")}, "categories"),
        ({"description": "  "}, "description"),
        ({"expires_on": None}, "expires_on"),
        ({"expires_on": date(2026, 6, 1)}, "expires_on"),
        ({"expires_on": None, "expires_event": "none"}, "expires_on"),
        ({"capacity": "neighbor"}, "capacity"),
        ({"capacity": "guardian", "authority": ""}, "capacity"),
    ],
)
def test_each_missing_element_is_named(changes: dict[str, Any], missing: str) -> None:
    with pytest.raises(ConsentIncomplete) as caught:
        domain.draft(a_draft(**changes), today=TODAY)
    assert set(caught.value.fields) == {missing}


def test_an_empty_consent_names_every_element_at_once() -> None:
    empty = a_draft(
        patient_name="",
        recipient_id="",
        recipient_name="",
        purpose="",
        categories=(),
        description="",
        expires_on=None,
        capacity="",
    )
    with pytest.raises(ConsentIncomplete) as caught:
        domain.draft(empty, today=TODAY)
    assert set(caught.value.fields) == {
        "patient_name",
        "recipient_name",
        "purpose",
        "categories",
        "description",
        "expires_on",
        "capacity",
    }


@pytest.mark.parametrize("expires_event", ["none", "end-of-treatment"])
def test_only_a_treatment_consent_may_do_without_a_date(expires_event: str) -> None:
    consent = a_draft(
        recipient_kind="treating-provider",
        purpose=TPO,
        expires_on=None,
        expires_event=expires_event,
    )
    assert domain.missing_in_draft(consent, today=TODAY) == {}


def test_signing_grants_what_the_consent_names() -> None:
    consent = a_draft(version=3)
    signed, events = domain.sign(consent, a_signature(consent), today=TODAY)
    assert signed.state == "active"
    assert events == [
        ConsentGranted(
            client_id="cl_1",
            consent_id="con_1",
            version=4,
            recipient_id="pt_hope_house",
            purpose="housing",
            categories=["identity", "contact", "housing_need"],
            granted_at=NOW,
            expires_on=date(2026, 12, 2),
        )
    ]


@pytest.mark.parametrize(
    ("changes", "missing"),
    [({"name": " "}, "signature"), ({"statements": ("revocation",)}, "statements")],
)
def test_a_signature_without_name_or_statements_is_none(
    changes: dict[str, Any], missing: str
) -> None:
    consent = a_draft()
    with pytest.raises(ConsentIncomplete) as caught:
        domain.sign(consent, a_signature(consent, **changes), today=TODAY)
    assert set(caught.value.fields) == {missing}


@pytest.mark.parametrize(
    ("state", "sign", "decline", "revoke"),
    [
        ("draft", "active", "declined", "revoked"),
        ("active", None, None, "revoked"),
        ("declined", None, None, None),
        ("revoked", None, None, None),
    ],
)
def test_from_each_state_only_these_steps_are_open(
    state: str, sign: str | None, decline: str | None, revoke: str | None
) -> None:
    consent = a_draft(state=state)
    steps = [
        (sign, lambda: domain.sign(consent, a_signature(consent), today=TODAY)),
        (decline, lambda: domain.decline(consent)),
        (revoke, lambda: domain.revoke(consent, door="link", at=NOW)),
    ]
    for becomes, step in steps:
        if becomes is None:
            with pytest.raises(NotOpen):
                step()
        else:
            assert step()[0].state == becomes


def test_revoking_says_when_and_by_which_door() -> None:
    revoked, events = domain.revoke(a_signed(), door="link", at=NOW)
    assert revoked.revoked_at == NOW
    assert events == [
        ConsentRevoked(
            client_id="cl_1",
            consent_id="con_1",
            recipient_id="pt_hope_house",
            revoked_at=NOW,
            door="link",
        )
    ]


@pytest.mark.parametrize(
    ("at", "expired"),
    [
        (datetime(2026, 6, 1, 3, 59, 59, tzinfo=UTC), False),  # May 31, 23:59:59 in New York
        (datetime(2026, 6, 1, 4, 0, 0, tzinfo=UTC), True),
    ],
)
def test_the_last_day_counts_to_its_last_second_where_the_program_is(
    at: datetime, expired: bool
) -> None:
    consent = a_signed(expires_on=date(2026, 5, 31))
    assert domain.has_expired(consent, at, ZONE) is expired
    assert domain.shown_state(consent, at, ZONE) == ("expired" if expired else "active")


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_text_says_all_that_the_rule_asks_for(language: str) -> None:
    text = wording.write_out(
        a_draft(), language, center_name="The Center", center_phone="410-555-0134"
    )
    for said in ("Dana Ruiz", "The Center", "Hope House", "410-555-0134", "42 CFR", "2026"):
        assert said in text.full_text
    assert "{" not in text.full_text
    assert set(text.statements) == set(domain.STATEMENTS)


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_purpose_and_category_has_words(language: str) -> None:
    for category in CATEGORIES:
        assert wording.categories_in_words((category,), language)
    for purpose in PURPOSES:
        assert wording.purpose_in_words(purpose, language)

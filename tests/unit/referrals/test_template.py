import pytest

from services.referrals.lifecycle import template

CARD = {
    "given_name": "Dana",
    "family_name": "Ruiz",
    "preferred_name": None,
    "birth_date": "1990-03-04",
    "language": "es",
    "contact": [{"channel": "sms", "value": "+14105550142"}],
}


def test_every_need_has_its_own_category_beside_identity_and_contact() -> None:
    assert template.template_for("housing-instability") == ("identity", "contact", "housing_need")
    assert template.template_for("employment-status") == ("identity", "contact", "employment_need")
    assert template.purpose_of("homelessness") == "housing"


def test_an_unknown_need_is_refused() -> None:
    with pytest.raises(template.UnknownNeed):
        template.purpose_of("$ne")


def test_categories_are_kept_in_order_and_default_to_all() -> None:
    assert template.chosen("homelessness", []) == ("identity", "contact", "housing_need")
    assert template.chosen("homelessness", ["housing_need", "identity"]) == (
        "identity",
        "housing_need",
    )


@pytest.mark.parametrize("category", ["scores", "diagnosis", "employment_need"])
def test_what_the_template_lacks_denies_the_whole(category: str) -> None:
    with pytest.raises(template.CategoryNotCovered):
        template.chosen("homelessness", ["identity", category])


def test_the_partner_reads_only_what_the_categories_cover() -> None:
    assert template.fields_of(CARD, "homelessness", "urgent", ["identity"]) == {
        "name": {"given": "Dana", "family": "Ruiz"}
    }
    everything = template.fields_of(
        CARD, "homelessness", "urgent", template.template_for("homelessness")
    )
    assert everything["contact"] == [{"channel": "sms", "value": "+14105550142"}]
    assert everything["need"] == {"code": "homelessness", "urgency": "urgent"}
    assert "1990" not in str(everything)

"""A service says itself which need it answers (R6.4)."""

import pytest

from services.referrals.directory import needs
from shared.contracts.intake import PURPOSE_OF_NEED


@pytest.mark.parametrize(
    ("name", "description", "expected"),
    [
        ("Elm House", "Emergency shelter for families.", {"homelessness"}),
        ("Rent Desk", "Helps with eviction notices.", {"housing-instability"}),
        ("Repair Crew", "Home repair for older owners.", {"inadequate-housing"}),
        ("St. Ann's", "FOOD PANTRY: Tuesdays.", {"food-insecurity"}),
        ("Work First", "Job training and job placement.", {"employment-status"}),
        ("Rides", "Van service and bus passes.", {"transportation-insecurity"}),
        ("Warm Homes", "Fuel assistance in winter.", {"utility-insecurity"}),
        ("Money Desk", "Debt counseling.", {"financial-insecurity"}),
        ("Law Office", "Free legal services for tenants.", {"incarceration-status"}),
        ("Evening School", "GED and literacy courses.", {"educational-attainment"}),
        ("Zoo", "Animals from all over the world.", {needs.UNSPECIFIED}),
    ],
)
def test_words_tell_the_need(name: str, description: str, expected: set[str]) -> None:
    assert expected <= set(needs.assign(name, "", "", description).needs)


def test_every_code_is_one_of_ours() -> None:
    codes = set(needs.words_table().needs) | {needs.UNSPECIFIED}
    assert codes == set(PURPOSE_OF_NEED)


def test_a_hint_said_once_in_passing_is_not_enough() -> None:
    once = needs.assign("Clinic", "", "", "Also knows about housing.")
    in_the_name = needs.assign("Elm Housing", "", "", "Ask at the desk.")
    as_keyword = needs.assign("Elm", "", "housing, rooms", "Ask at the desk.")
    assert "housing-instability" not in once.needs
    assert "housing-instability" in in_the_name.needs and "housing-instability" in as_keyword.needs


def test_what_is_asked_of_volunteers_is_not_what_is_offered() -> None:
    description = "OVERVIEW: A choir.\n\nVOLUNTEERS: Needed to run the food pantry.\n\nBring food."
    assert needs.assign("Choir", "", "", description).needs == (needs.UNSPECIFIED,)


def test_the_way_there_is_not_transportation_but_a_listed_offer_is() -> None:
    there = needs.assign("Choir", "", "", "TRANSPORTATION: Bus passes by. Bus pass needed.")
    offer = needs.assign("Choir", "", "", "1) SONGS: All.\n2) TRANSPORTATION: Bus passes given.")
    assert "transportation-insecurity" not in there.needs
    assert "transportation-insecurity" in offer.needs


def test_a_treatment_place_is_flagged_and_is_not_housing() -> None:
    found = needs.assign(
        "New Leaf Addiction Treatment",
        "",
        "",
        "Residential substance abuse treatment and detoxification; a halfway house with housing.",
    )
    assert found.substance_use
    assert not needs.HOUSING & set(found.needs)


def test_a_shelter_that_mentions_treatment_once_stays_a_shelter() -> None:
    found = needs.assign(
        "Elm Street Shelter",
        "",
        "",
        "Emergency shelter for men. Transitional housing for two years. Refers to detox programs.",
    )
    assert "homelessness" in found.needs


def test_words_match_whole_and_in_plural_only() -> None:
    assert needs.assign("X", "", "", "Food pantries here.").needs == ("food-insecurity",)
    assert needs.assign("X", "", "", "Gedeon plays chess.").needs == (needs.UNSPECIFIED,)

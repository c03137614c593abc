import pytest

from services.notifications.content import disclosing, lint, stigmatizing

GOOD = [
    "Reminder: appointment Tue 10:00. Reply C to confirm or call 410-555-0100.",
    "Hi, a few short questions are ready for you: https://go.example/c/9fKq2LmZsoberAAx7TtQ0 "
    "(works for 24 hours). Reply STOP to end texts.",
    "Recordatorio: cita el martes a las 10:00. Responda C para confirmar o llame al 410-555-0100.",
    "Your code is 482913. It works for 10 minutes.",
    "Su código es 482913. No lo comparta con nadie.",
    "There is news about something you asked us for. Please call us.",
    "Mandela Lane 12, near the art museum",
]
REVEALING = [
    "Congrats on 90 days sober!",
    "Your treatment team",
    "Group MEETING at 6",
    "relapse prevention",
    "Baltimore Clinic",
    "counselor Ana",
    "your medication is ready",
    "Your score went up",
    "A milestone!",
    "The shelter said yes",
    "AA tonight",
    "https://soberhomes.example/x",
    "https://mysoberhome.example/x",
    "see https://go.example/recovery?x=1",
    "from hello@the-recovery-place.example",
    "¡Felicidades por sus 90 días sobria!",
    "Su tratamiento",
    "Reunión a las 6",
    "la CLÍNICA",
    "su consejera",
    "medicamentos listos",
    "una recaída",
    "hay lugar en el albergue",
    "r e h a b: rehab center",
]


@pytest.mark.parametrize("text", GOOD)
def test_neutral_texts_pass(text: str) -> None:
    assert lint(text) == []


@pytest.mark.parametrize("text", REVEALING)
def test_whatever_implies_care_is_found(text: str) -> None:
    assert [found.rule for found in disclosing(text)] != []
    assert {found.rule for found in disclosing(text)} == {"R5.6"}


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        ("He is an addict", "person with a substance use disorder"),
        ("a former addict", "person in recovery"),
        ("ALCOHOLIC", "person with alcohol use disorder"),
        ("substance abuse", "substance use"),
        ("a dirty test", "positive test"),
        ("risk of relapsing", "recurrence, return to use"),
        ("non-compliant", "declined, did not complete"),
        ("noncompliance", "declined, did not complete"),
        ("she dropped out", "disengaged"),
        ("the homeless", "people without housing"),
        ("un drogadicto", "persona con un trastorno por consumo de sustancias"),
        ("una recaída", "recurrencia, volver a consumir"),
    ],
)
def test_stigma_is_found_with_what_to_say_instead(text: str, instead: str) -> None:
    assert instead in [found.instead for found in stigmatizing(text)]


@pytest.mark.parametrize(
    "text",
    [
        "Person in recovery, substance use disorder, return to use, negative test",
        "the meeting at the clinic; treatment plan; medication for addiction treatment",
        'Title of the paper: "Alcoholic families"',
        "The report is addressed to her; inhabited; rehabit",
    ],
)
def test_person_first_words_and_quotations_pass_on_staff_pages(text: str) -> None:
    assert stigmatizing(text) == []


def test_a_finding_does_not_repeat_the_text() -> None:
    (found, *_) = lint("Dear Rosalind, your rehab plan")
    assert "Rosalind" not in repr(found)

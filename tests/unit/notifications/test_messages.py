"""Every template in both languages: fits a text, reveals nothing, carries what it must."""

import itertools

import pytest

from services.notifications import messages
from services.notifications.content import lint
from services.notifications.domain import EMAIL, SMS
from services.notifications.keywords import Keyword
from services.notifications.messages import MAILS, SUBJECTS, TEXTS, Unfit
from services.notifications.purposes import RULES, Purpose
from services.notifications.segments import is_gsm, is_within_cap, measure
from shared.pages import LANGUAGES

LINK = "https://links.riverbend-center.example/c/abcdefghijklmnopqrstuv"
VALUES: dict[str, str] = {
    "name": "Riverbend Center",
    "phone": "410-555-0134",
    "link": LINK,
    "code": "123456",
    "minutes": "15",
    "unsubscribe": "https://links.riverbend-center.example/u/abcdefghijklmnopqrstuv",
}
TO_CLIENTS = list(TEXTS)


@pytest.mark.parametrize(("purpose", "language"), list(itertools.product(TEXTS, LANGUAGES)))
def test_a_text_is_plain_short_and_reveals_nothing(purpose: Purpose, language: str) -> None:
    text = messages.render(purpose, SMS, language, **VALUES).text
    assert is_gsm(text)
    assert is_within_cap(text)
    assert not lint(text)
    assert VALUES["name"] in text
    assert "{" not in text


@pytest.mark.parametrize(("purpose", "language"), list(itertools.product(SUBJECTS, LANGUAGES)))
def test_an_email_reveals_nothing(purpose: Purpose, language: str) -> None:
    mail = messages.render(purpose, EMAIL, language, **VALUES)
    assert mail.subject
    assert not lint(mail.text + "\n" + mail.subject)
    assert "{" not in mail.text
    assert (VALUES["unsubscribe"] in mail.text) == (purpose is not Purpose.PAGE)


@pytest.mark.parametrize("text", [*TEXTS.values(), *SUBJECTS.values(), *MAILS.values()])
def test_every_text_is_translated(text: str) -> None:
    assert messages.say(text, "es") != text
    assert messages.say(text, "en") == text


def test_every_purpose_has_words_for_every_channel_it_uses() -> None:
    answered_elsewhere = {Purpose.REPLY, Purpose.CRISIS_REPLY}
    assert set(SUBJECTS) | answered_elsewhere == set(RULES) == set(Purpose)
    assert set(TEXTS) | answered_elsewhere | {Purpose.PAGE} == set(Purpose)


@pytest.mark.parametrize(
    ("language", "needed"),
    [
        ("en", ["Riverbend Center", "forms and news", "3 a week", "Others", "HELP", "STOP"]),
        ("es", ["Riverbend Center", "novedades", "3 por semana", "Quien use", "HELP", "STOP"]),
    ],
)
def test_the_first_text_says_who_why_how_often_and_how_to_stop(
    language: str, needed: list[str]
) -> None:
    text = messages.render(Purpose.VERIFICATION, SMS, language, **VALUES).text
    assert [word for word in [*needed, "123456", LINK] if word not in text] == []


def test_the_wordings_of_the_checkin_and_the_reminder() -> None:
    assert "A short form: " in messages.render(Purpose.CHECKIN, SMS, "en", **VALUES).text
    assert "Un formulario breve: " in messages.render(Purpose.CHECKIN, SMS, "es", **VALUES).text
    assert "Did this reach you? " in messages.render(Purpose.REMINDER, SMS, "en", **VALUES).text
    assert "¿Le llega esto? " in messages.render(Purpose.REMINDER, SMS, "es", **VALUES).text


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": "Sober Living Clinic"}, "reveals"),
        ({"name": "Centro Río"}, "not-gsm"),
        ({"link": "https://links.example/" + "abcdefghijklmno/" * 20}, "too-long"),
    ],
)
def test_what_breaks_a_rule_when_rendered_is_not_sent(change: dict[str, str], code: str) -> None:
    with pytest.raises(Unfit) as caught:
        messages.render(Purpose.CHECKIN, SMS, "en", **{**VALUES, **change})
    assert caught.value.code == code


SENDER = {"name": "Riverbend Center", "phone": "410-555-0134", "hours": "9:00-17:00"}


@pytest.mark.parametrize("language", ["en", "es", None])
def test_a_crisis_reply_fits_and_names_988_and_911(language: str | None) -> None:
    text = messages.answer(Keyword.CRISIS, language, **SENDER).text
    assert "988" in text
    assert "911" in text
    assert is_gsm(text)
    assert is_within_cap(text)
    if language:
        assert measure(text).segments == 1


@pytest.mark.parametrize("language", ["en", "es", None])
@pytest.mark.parametrize(
    "keyword", [Keyword.OPT_OUT, Keyword.UNCLEAR_OPT_OUT, Keyword.OPT_IN, Keyword.HELP]
)
def test_every_keyword_has_an_answer(keyword: Keyword, language: str | None) -> None:
    assert messages.answer(keyword, language, **SENDER).text

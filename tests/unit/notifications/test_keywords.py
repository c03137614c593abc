import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.content import lint
from services.notifications.keywords import Keyword, asks_to_stop, classify
from services.notifications.replies import crisis_reply, reply
from services.notifications.segments import measure

OPT_OUT = ["STOP", "QUIT", "END", "REVOKE", "OPT OUT", "CANCEL", "UNSUBSCRIBE", "STOPALL", "OPTOUT"]
AS_TYPED = ["stop", " Stop. ", "STOP!!!", '"stop"', "s.t.o.p", "Opt-Out", "stop 🙏", "STOP ALL"]


@pytest.mark.parametrize("body", OPT_OUT + AS_TYPED)
@pytest.mark.parametrize("opted_out", [False, True])
def test_a_keyword_that_is_the_whole_body_ends_texts(body: str, opted_out: bool) -> None:
    assert classify(body, opted_out) is Keyword.OPT_OUT


@pytest.mark.parametrize("body", ["START", "Start ", "unstop", "Un-stop"])
def test_opt_in(body: str) -> None:
    assert classify(body, False) is Keyword.OPT_IN
    assert classify(body, True) is Keyword.OPT_IN


def test_yes_opts_in_only_while_opted_out() -> None:
    assert classify("Yes!", True) is Keyword.OPT_IN
    assert classify("Yes!", False) is None


@pytest.mark.parametrize("body", ["HELP", "help?", "INFO", "Help me!", "Ayuda", "ayúdame"])
def test_help(body: str) -> None:
    assert classify(body, False) is Keyword.HELP


@pytest.mark.parametrize(
    "body",
    [
        "please stop texting me",
        "Don't text me anymore",
        "don’t text me",
        "STOP please",
        "pls stop!!",
        "stoppp",
        "Stop it now",
        "no more messages",
        "take me off this list",
        "I think you have the wrong number",
        "leave me alone",
        "unsubscribe me",
        "ya no me escriban",
        "Alto",
        "BASTA YA",
        "por favor dejen de mandarme mensajes",
        "No quiero más mensajes",
        "número equivocado",
        "quiero darme de baja",
        "déjenme en paz",
    ],
)
def test_free_wording_is_an_opt_out_that_a_person_looks_at(body: str) -> None:
    assert classify(body, False) is Keyword.UNCLEAR_OPT_OUT


@pytest.mark.parametrize(
    "body",
    [
        "I'll stop by tomorrow",
        "the bus does not stop here",
        "can I cancel Tuesday and come Friday",
        "I want to quit smoking",
        "what time does it start",
        "this weekend",
        "yes I can",
        "when do I stop testing",
        "C",
        "4",
        "",
        "🙏",
        "gracias, nos vemos mañana",
        "la parada del bus",
        "no me siento bien hoy",
    ],
)
def test_ordinary_texts_are_left_to_people(body: str) -> None:
    assert classify(body, False) is None


@pytest.mark.parametrize(
    "body",
    [
        "I want to kill myself",
        "gonna kill my self tonight",
        "I'm going to kill\nmyself",
        "KILL   MYSELF",
        "killin myself",
        "suicide",
        "suiside",
        "suicdie",
        "sucide",
        "su1cide",
        "thinking about suicidde",
        "I feel suicidal",
        "i want to end my life",
        "I just really want to die",
        "I don't want to live anymore",
        "dont wanna live",
        "I overdosed",
        "overdoze",
        "he over dosed",
        "I think I OD'd",
        "going to OD",
        "i took to many pills",
        "my friend stopped breathing",
        "ｓｕｉｃｉｄｅ",
        "sui\u200bcide",
        "help me I want to kill myself",
        "STOP I am going to kill myself",
        "Quiero morir",
        "ya no quiero vivir",
        "me quiero morír",
        "voy a matarme",
        "me voy a matar",
        "pienso en el suicidio",
        "quitarme la vida",
        "una sobredosis",
        "sobre dosis",
        "sobredocis",
        "QUIERO SUICIDARME",
        "acabar con mi vida",
    ],
)
def test_crisis_words_go_before_everything(body: str) -> None:
    assert classify(body, False) is Keyword.CRISIS
    assert classify(body, True) is Keyword.CRISIS


@pytest.mark.parametrize(
    "body",
    [
        "this job is killing it",
        "my phone died",
        "I overdone it at the gym",
        "¿qué sucede?",
        "I can't go on Tuesday",
        "I owe 10 kms of running",
        "dead tired today",
        "voy a mandarme un correo",
        "me muero de hambre",
        "it was odd",
        "quiero mover la cita",
        "want to dye my hair",
    ],
)
def test_everyday_words_raise_no_alarm(body: str) -> None:
    assert classify(body, False) is not Keyword.CRISIS


def test_a_crisis_that_also_asks_to_stop_is_both() -> None:
    assert asks_to_stop("stop texting me, I will end my life")
    assert not asks_to_stop("I will end my life")


@given(st.text(max_size=200), st.booleans())
def test_any_text_is_read_without_error(body: str, opted_out: bool) -> None:
    assert classify(body, opted_out) in [None, *Keyword]


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("keyword", Keyword)
def test_each_reply_is_one_plain_segment_that_reveals_nothing(
    keyword: Keyword, language: str
) -> None:
    text = reply(keyword, language, name="Harbor Lane", phone="+1 410 555 0100", hours="M-F 9-17")
    size = measure(text)
    assert (size.encoding, size.segments) == ("GSM-7", 1)
    assert lint(text) == []


@pytest.mark.parametrize("language", ["en", "es", "es-US"])
def test_the_crisis_reply_names_both_numbers(language: str) -> None:
    assert "988" in crisis_reply(language)
    assert "911" in crisis_reply(language)


def test_an_unknown_language_gets_english() -> None:
    assert crisis_reply("fr") == crisis_reply("en") != crisis_reply("es")


def test_help_says_how_to_reach_a_person_and_how_to_stop() -> None:
    text = reply(Keyword.HELP, "es", name="Harbor", phone="+14105550100", hours="9-17")
    assert all(part in text for part in ["Harbor", "+14105550100", "9-17", "988", "STOP"])

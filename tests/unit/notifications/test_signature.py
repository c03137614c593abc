import json
from pathlib import Path
from typing import Any

import pytest

from services.notifications.signature import is_genuine, is_genuine_json, sign

SAMPLES = Path(__file__).parents[4] / "shared" / "data" / "webhooks"

TOKEN = "12345"
URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
FORM = [
    ("CallSid", "CA1234567890ABCDE"),
    ("Caller", "+14158675310"),
    ("Digits", "1234"),
    ("From", "+14158675310"),
    ("To", "+18005551212"),
]
SIGNATURE = "GvWf1cFY/Q7PnoempGyD5oXAezc="


def sample(name: str) -> Any:
    file = SAMPLES / name
    if not file.exists():
        pytest.skip("the sample data is not beside this checkout")
    return json.loads(file.read_text("utf-8"))


def test_the_known_vector_is_signed_as_the_provider_does() -> None:
    assert sign(TOKEN, URL, FORM) == SIGNATURE


def test_the_order_of_the_form_does_not_matter() -> None:
    assert sign(TOKEN, URL, FORM[::-1]) == SIGNATURE


@pytest.mark.parametrize("tokens", [[TOKEN], ["new", TOKEN], [TOKEN, "new"]])
def test_each_token_is_accepted_while_it_is_rotated(tokens: list[str]) -> None:
    assert is_genuine(SIGNATURE, url=URL, form=FORM, tokens=tokens)


@pytest.mark.parametrize("tokens", [[], ["new"], [""]])
def test_no_other_token_is_accepted(tokens: list[str]) -> None:
    assert not is_genuine(SIGNATURE, url=URL, form=FORM, tokens=tokens)


@pytest.mark.parametrize("signature", ["", "á", SIGNATURE.lower(), SIGNATURE + "=", SIGNATURE[:-1]])
def test_another_signature_is_refused(signature: str) -> None:
    assert not is_genuine(signature, url=URL, form=FORM, tokens=[TOKEN])


def test_another_address_is_refused() -> None:
    assert not is_genuine(SIGNATURE, url=URL + "&c=3", form=FORM, tokens=[TOKEN])


def test_an_added_parameter_is_part_of_what_is_signed() -> None:
    form = [*FORM, ("NewParameter", "x")]
    assert not is_genuine(SIGNATURE, url=URL, form=form, tokens=[TOKEN])
    assert is_genuine(sign(TOKEN, URL, form), url=URL, form=form, tokens=[TOKEN])


@pytest.mark.parametrize("number", range(9))
def test_published_vectors(number: int) -> None:
    vector = sample("twilio_signature_vectors.json")["vectors"][number]
    given: dict[str, Any] = {"url": vector["url"], "tokens": [vector["auth_token"]]}
    if vector["body"] is None:
        form = [(name, value) for name, value in vector["form"]]
        answer = is_genuine(vector["signature"], form=form, **given)
    else:
        answer = is_genuine_json(vector["signature"], body=vector["body"].encode(), **given)
    assert answer is vector["expect_valid"], vector["name"]


def test_a_changed_json_body_is_refused() -> None:
    vector = sample("twilio_signature_vectors.json")["vectors"][6]
    assert not is_genuine_json(
        vector["signature"],
        url=vector["url"],
        body=vector["body"].encode() + b" ",
        tokens=[vector["auth_token"]],
    )


def test_constructed_requests_are_genuine_and_stop_being_so_when_touched() -> None:
    for request in sample("twilio_request_samples.json"):
        form = [(name, value) for name, value in request["form"]]
        given = {"url": request["url"], "tokens": [request["auth_token"]]}
        signature = request["x_twilio_signature"]
        assert is_genuine(signature, form=form, **given), request["name"]
        assert not is_genuine(signature, form=form[1:], **given), request["name"]

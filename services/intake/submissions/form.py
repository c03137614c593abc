"""The steps of the contact form: what each one asks and how its answers are checked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from services.intake import person
from services.intake.person import Unusable, _
from services.intake.submissions.domain import Content

STEPS = ("you", "name", "reach", "help")
ASKING = ("self", "someone-else", "professional")
WAYS = ("text", "call", "email")
TIMES = ("morning", "afternoon", "evening")
HELP = ("housing", "work", "transport", "food", "someone-to-talk-to", "family", "health", "other")


@dataclass
class Typed:
    """What came in, as it was typed: single values and lists."""

    values: Mapping[str, str]
    lists: Mapping[str, Sequence[str]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        return self.values.get(name, "").strip()

    def check(self, name: str, check: Callable[[str], Any], *, empty: Any = "") -> Any:
        """The checked answer, or ``empty``; a problem is noted under the field's name."""
        typed = self.text(name)
        if not typed:
            return empty
        try:
            return check(typed)
        except Unusable as problem:
            self.errors[name] = problem.sentence
            return empty

    def need(self, name: str, sentence: str) -> None:
        if not self.text(name):
            self.errors.setdefault(name, sentence)

    def one_of(self, name: str, allowed: Sequence[str], sentence: str) -> str:
        chosen = self.text(name)
        if chosen not in allowed:
            self.errors[name] = sentence
        return chosen

    def some_of(self, name: str, allowed: Sequence[str], sentence: str) -> list[str]:
        chosen = list(dict.fromkeys(self.lists.get(name, ())))
        if any(choice not in allowed for choice in chosen):
            self.errors[name] = sentence
        return [choice for choice in allowed if choice in chosen]


def check_step(step: str, typed: Typed, *, today: date) -> dict[str, Any]:
    """The answers of one step, JSON-ready; look at ``typed.errors`` before using them."""
    return _CHECKS[step](typed, today)


def check_all(typed: Typed, *, today: date) -> dict[str, Any]:
    """Every step at once, for the form that staff fill in by phone."""
    answers: dict[str, Any] = {}
    for step in STEPS:
        answers |= check_step(step, typed, today=today)
    return answers


def _check_you(typed: Typed, today: date) -> dict[str, Any]:
    return {"asking": typed.one_of("asking", ASKING, _("Choose who is asking"))}


def _check_name(typed: Typed, today: date) -> dict[str, Any]:
    typed.need("given_name", _("Enter a first name, or the name you like to be called"))
    return {
        "given_name": typed.check("given_name", person.name),
        "family_name": typed.check("family_name", person.name),
        "preferred_name": typed.check("preferred_name", person.name),
        "birth_date": typed.check("birth_date", lambda text: _iso(text, today)),
    }


def _iso(text: str, today: date) -> str:
    return person.birth_date(text, today=today).isoformat()


def _check_reach(typed: Typed, today: date) -> dict[str, Any]:
    ways = typed.some_of("ways", WAYS, _("Choose from these ways"))
    answers = {
        "phone": typed.check("phone", person.phone),
        "email": typed.check("email", person.email),
        "ways": ways,
        "times": typed.some_of("times", TIMES, _("Choose from these times")),
        "voicemail": typed.text("voicemail") == "yes",
        "language": typed.check("language", person.language, empty="en"),
        "time_zone": typed.check("time_zone", person.time_zone),
    }
    if not typed.text("phone") and not typed.text("email"):
        typed.errors.setdefault("phone", _("Enter a phone number or an e-mail address"))
    if {"text", "call"} & set(ways):
        typed.need("phone", _("Enter a phone number, or choose e-mail only"))
    if "email" in ways:
        typed.need("email", _("Enter an e-mail address, or choose another way"))
    return answers


def _check_help(typed: Typed, today: date) -> dict[str, Any]:
    return {
        "help_wanted": typed.some_of("help_wanted", HELP, _("Choose from this list")),
        "message": typed.check("message", person.paragraph),
    }


_CHECKS: dict[str, Callable[[Typed, date], dict[str, Any]]] = {
    "you": _check_you,
    "name": _check_name,
    "reach": _check_reach,
    "help": _check_help,
}


def content_of(answers: Mapping[str, Any]) -> Content:
    """The content that checked answers make; what was left out stays empty."""
    given = {name: answer for name, answer in answers.items() if answer is not None}
    for name in ("ways", "times", "help_wanted"):
        given[name] = tuple(given.get(name, ()))
    born = given.pop("birth_date", "")
    return Content(birth_date=date.fromisoformat(born) if born else None, **given)


def answers_of(content: Content) -> dict[str, Any]:
    """Back to JSON-ready answers, as they are stored and shown."""
    born = content.birth_date
    return {
        **{name: getattr(content, name) for name in Content.__dataclass_fields__},
        "birth_date": born.isoformat() if born else None,
        "ways": list(content.ways),
        "times": list(content.times),
        "help_wanted": list(content.help_wanted),
    }

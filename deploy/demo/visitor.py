"""A browser without script: opens pages, fills in their forms, presses their buttons."""

import time
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx

PATIENCE_SECONDS = 30.0


class NotThere(Exception):
    """The page does not have what the story needs; says which page and what."""


@dataclass
class Form:
    """What a form would send: its fields with the values they show."""

    action: str
    method: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    options: dict[str, dict[str, str]] = field(default_factory=dict)  # field -> label -> value
    buttons: list[tuple[str, str, str, str]] = field(default_factory=list)
    """words, name, value, own action"""


@dataclass(frozen=True)
class Page:
    url: str
    status: int
    text: str
    title: str
    forms: list[Form]
    links: list[tuple[str, str]]

    def form(self, action: str) -> Form:
        for each in self.forms:
            if action in each.action:
                return each
        raise NotThere(f"no form to …{action} on “{self.title}” ({self.status})")

    def link(self, words: str) -> str:
        for text, href in self.links:
            if words in text:
                return href
        raise NotThere(f"no link “{words}” on “{self.title}” ({self.status})")


class _Reader(HTMLParser):
    """Collects forms, links and the words that a person would read."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []
        self.words: list[str] = []
        self.title = ""
        self._in: str = ""
        self._form: Form | None = None
        self._select = ""
        self._area = ""
        self._option: tuple[str, bool] | None = None
        self._button: tuple[str, str, str] | None = None
        self._href = ""
        self._heard: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        self._in = tag
        match tag:
            case "form":
                self._form = Form(told.get("action", ""), told.get("method", "get"))
                self.forms.append(self._form)
            case "input":
                self._input(told)
            case "select":
                self._select = told.get("name", "")
            case "option":
                self._option = (told.get("value", ""), "selected" in told)
                self._heard = []
            case "textarea":
                self._area, self._heard = told.get("name", ""), []
            case "button":
                self._button = (
                    told.get("name", ""),
                    told.get("value", ""),
                    told.get("formaction", ""),
                )
                self._heard = []
            case "a":
                self._href, self._heard = told.get("href", ""), []

    def _input(self, told: dict[str, str]) -> None:
        if self._form is None or not told.get("name"):
            return
        kind, name, value = told.get("type", "text"), told["name"], told.get("value", "")
        if kind in ("radio", "checkbox"):
            self._form.options.setdefault(name, {})[value] = value
            if "checked" not in told:
                return
        self._form.fields.setdefault(name, []).append(value)

    def handle_endtag(self, tag: str) -> None:
        heard = " ".join("".join(self._heard).split())
        match tag:
            case "form":
                self._form = None
            case "option" if self._option is not None and self._form is not None:
                value, chosen = self._option
                self._form.options.setdefault(self._select, {})[heard] = value
                if chosen or self._select not in self._form.fields:
                    self._form.fields[self._select] = [value]
            case "textarea" if self._form is not None:
                self._form.fields[self._area] = ["".join(self._heard)]
            case "button" if self._button is not None and self._form is not None:
                name, value, action = self._button
                self._form.buttons.append((heard, name, value, action))
            case "a":
                self.links.append((heard, self._href))
        self._in = ""

    def handle_data(self, data: str) -> None:
        self._heard.append(data)
        if self._in == "title":
            self.title = data.strip()
        if self._in not in ("script", "style"):
            self.words.append(data)


class Visitor:
    """One person with one browser. Remembers the page in front of them."""

    def __init__(self, language: str = "en") -> None:
        headers = {"Accept": "text/html", "Accept-Language": language}
        self._http = httpx.Client(
            follow_redirects=True, headers=headers, timeout=15, trust_env=False
        )
        self.page = Page("", 0, "", "", [], [])

    def open(self, url: str) -> Page:
        return self._show(self._ask("GET", urljoin(self.page.url, url)))

    def follow(self, words: str) -> Page:
        return self.open(self.page.link(words))

    def send(self, action: str, button: str | None = None, /, **values: str | list[str]) -> Page:
        """Fill in and post the form to an address with ``action``; choices by value or words."""
        form = self.page.form(action)
        fields = {name: list(kept) for name, kept in form.fields.items()}
        for name, value in values.items():
            wanted = value if isinstance(value, list) else [value]
            fields[name] = [_option(form, name, each) for each in wanted]
        address = form.action
        for words, name, value, own in form.buttons:
            if button is not None and button in words:
                address = own or address
                if name:
                    fields[name] = [value]
                break
        else:
            if button is not None:
                raise NotThere(f"no button “{button}” on “{self.page.title}”")
        target = urljoin(self.page.url, address or self.page.url)
        return self._show(self._ask("POST", target, fields))

    def _ask(
        self, method: str, url: str, fields: dict[str, list[str]] | None = None
    ) -> httpx.Response:
        """Try again for a while, as a person would, when nobody answers: forms are sent once."""
        ends = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                answer = self._http.request(method, url, data=fields)
                if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                    return answer
            except httpx.TransportError:
                if time.monotonic() > ends:
                    raise
            else:
                if time.monotonic() > ends:
                    return answer
            time.sleep(0.5)

    def _show(self, answer: httpx.Response) -> Page:
        reader = _Reader()
        reader.feed(answer.text)
        words = " ".join(" ".join(reader.words).split())
        self.page = Page(
            str(answer.url), answer.status_code, words, reader.title, reader.forms, reader.links
        )
        return self.page

    def close(self) -> None:
        self._http.close()


def _option(form: Form, name: str, wanted: str) -> str:
    """The value behind a choice, whether it was named by value or by its words."""
    choices = form.options.get(name)
    if not choices or wanted in choices.values():
        return wanted
    for label, value in choices.items():
        if wanted in label:
            return value
    raise NotThere(f"no choice “{wanted}” for {name}")

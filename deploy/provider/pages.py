"""Reading what was sent: a page for people, JSON for tests."""

import re
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse
from fastapi.templating import Jinja2Templates
from markupsafe import Markup, escape
from pydantic import AwareDatetime

from deploy.provider.inbound import Inbound, receive
from deploy.provider.kept import Mail, Text
from deploy.provider.state import Provider
from deploy.provider.switches import Switches

FOLDER = Path(__file__).parent / "templates"
SHOWN = 200
LINK = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?)]")

router = APIRouter()
templates = Jinja2Templates(FOLDER)

To = Annotated[str, Query(max_length=254)]
Since = Annotated[AwareDatetime | None, Query()]


def linked(text: str) -> Markup:
    """The text, escaped, with its web addresses clickable."""
    parts, end = [], 0
    for found in LINK.finditer(text):
        address = escape(found[0])
        parts += [escape(text[end : found.start()])]
        parts += [Markup('<a href="{0}" rel="noopener noreferrer">{0}</a>').format(address)]
        end = found.end()
    return Markup("").join([*parts, escape(text[end:])])


templates.env.filters["linked"] = linked


@router.get("/", response_class=HTMLResponse)
async def overview(request: Request, provider: Provider, answer: str = "") -> HTMLResponse:
    kept = provider.kept
    everything: list[Text | Mail] = [*kept.texts.values(), *kept.mails]
    items = sorted(everything, key=lambda item: -item.seq)
    outbound = [text for text in kept.texts.values() if text.direction != "inbound"]
    shown = {
        "items": items[:SHOWN],
        "people": list(dict.fromkeys(text.to for text in reversed(outbound)))[:20],
        "sender": outbound[-1].sender if outbound else "",
        "switches": provider.board.now,
        "answer": answer if answer.isdecimal() else "",
    }
    return templates.TemplateResponse(request, "index.html", shown)


@router.get("/provider.css")
async def style() -> FileResponse:
    return FileResponse(FOLDER / "provider.css", media_type="text/css")


@router.post("/write")
async def write(
    provider: Provider,
    sender: Annotated[str, Form(alias="from")],
    to: Annotated[str, Form()],
    body: Annotated[str, Form()],
) -> RedirectResponse:
    given = Inbound.model_validate({"from": sender.strip(), "to": to.strip(), "body": body})
    answer = await receive(given, provider)
    return RedirectResponse("/?" + urlencode({"answer": answer["status"]}), 303)


@router.get("/messages")
async def messages(provider: Provider, to: To = "", since: Since = None) -> list[dict[str, Any]]:
    """What people received as texts, oldest first."""
    sent = [text for text in provider.kept.texts.values() if text.direction != "inbound"]
    number = _number(to)
    return [_json(text) for text in sent if number in ("", text.to) and _is_after(text, since)]


@router.get("/mails")
async def mails(provider: Provider, to: To = "", since: Since = None) -> list[dict[str, Any]]:
    """What people received as mails, oldest first."""
    kept = provider.kept.mails
    return [_json(mail) for mail in kept if (not to or to in mail.to) and _is_after(mail, since)]


@router.get("/counts")
async def counts(provider: Provider, to: To = "") -> list[dict[str, Any]]:
    """How often each message was handed in, refused and unanswered calls included."""
    number = _number(to)
    return [
        {"kind": kind, "to": whom, "body_sha256": digest, "calls": calls}
        for (kind, whom, digest), calls in provider.kept.calls.items()
        if number in ("", whom)
    ]


@router.delete("/messages", status_code=204)
async def clear(provider: Provider) -> Response:
    await provider.callbacks.stop()
    provider.kept.clear()
    return Response(status_code=204)


@router.get("/switches")
async def show_switches(provider: Provider) -> Switches:
    return provider.board.now


@router.post("/switches")
async def set_switches(wanted: Switches, provider: Provider) -> Switches:
    """All of them: what is not named goes back to ok."""
    provider.board.now = wanted
    return wanted


def _number(to: str) -> str:
    """A plus sign typed into an address arrives as a space."""
    return f"+{to.strip()}" if to.startswith(" ") else to


def _json(kept: Text | Mail) -> dict[str, Any]:
    fact = asdict(kept)
    return {"from": fact.pop("sender"), **fact}


def _is_after(kept: Text | Mail, since: datetime | None) -> bool:
    return since is None or datetime.fromisoformat(kept.at) >= since

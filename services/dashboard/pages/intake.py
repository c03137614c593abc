"""The intake queue: forms to answer, one form beside who it may be, registering."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.dashboard import owners, rights, times, words
from services.dashboard.pages import fields
from services.dashboard.pages.frame import Form, Posted, SignedIn, Viewer, go, show, trouble
from services.dashboard.readmodels import lists
from shared.auth import Action, NotVisible
from shared.contracts import Refused

router = APIRouter()

SHOWN = 50
CLOSING = [
    ("not-for-us", "We are not the right place"),
    ("duplicate", "Already known"),
    ("withdrawn", "The person has taken it back"),
]
ASKING = [
    ("self", "The person"),
    ("someone-else", "Somebody close"),
    ("professional", "A professional"),
]
WAYS = [("text", "Text"), ("call", "Call"), ("email", "E-mail")]
TIMES = [("morning", "Morning"), ("afternoon", "Afternoon"), ("evening", "Evening")]


def _allow(viewer: Viewer) -> None:
    if not viewer.can(Action.SUBMISSIONS):
        raise NotVisible


@router.get("/intake")
async def queue(request: Request, viewer: SignedIn, limit: int = SHOWN) -> Response:
    """Oldest first; what the forms say stays with intake until one is opened."""
    _allow(viewer)
    query = {"$and": [{"state": "open"}, rights.scope(viewer.staff, Action.SUBMISSIONS)]}
    limit = min(max(limit, 1), 1000)
    found, count = await lists.submissions(viewer.runtime.database, query, limit)
    return await show(
        request,
        viewer,
        "intake.html",
        title="Intake",
        here="intake",
        count=count,
        forms=[_listed(viewer, row) for row in found],
        more=f"/intake?limit={limit + SHOWN}" if count > limit else "",
    )


def _listed(viewer: Viewer, row: Mapping[str, Any]) -> dict[str, str]:
    return {
        "href": f"/intake/{row['_id']}",
        "received": times.said(row["received_at"], viewer.now, viewer.zone),
        "waiting": times.span(viewer.now - row["received_at"]),
        "language": words.LANGUAGES.get(row["language"], row["language"]),
        "channel": words.CHANNELS.get(row["channel"], row["channel"]),
        "site": viewer.settings.sites.get(row["site_id"], row["site_id"]),
    }


@router.get("/intake/new")
async def blank(request: Request, viewer: SignedIn) -> Response:
    _allow(viewer)
    return await _phone_form(request, viewer, {"language": "en", "asking": "self"})


@router.post("/intake/new")
async def take_by_phone(request: Request, viewer: SignedIn, posted: Form) -> Response:
    _allow(viewer)
    single = ("asking", "given_name", "family_name", "preferred_name", "phone", "email", "message")
    body = {
        **{name: posted.text(name) for name in (*single, "language", "time_zone")},
        **{name: posted.many(name) for name in ("ways", "times", "help_wanted")},
        "channel": "phone",
        "site_id": posted.text("site_id") or None,
        "birth_date": fields.date_text(posted, "birth_date") or "",
        "voicemail": posted.text("voicemail") or "no",
    }
    try:
        saved = await owners.command(
            viewer.runtime, viewer.staff, "intake", "/submissions", body, key=posted.key
        )
    except (owners.OwnerAway, owners.OwnerRefused) as problem:
        status, errors, key = trouble(problem, posted)
        lists = {name: posted.many(name) for name in ("ways", "times", "help_wanted")}
        kept = {**fields.card_values(posted), **lists}
        return await _phone_form(request, viewer, kept, status, errors, key)
    return await go(viewer, f"/intake/{saved.body['submission_id']}", saved=saved)


async def _phone_form(
    request: Request,
    viewer: Viewer,
    values: Mapping[str, Any],
    status: int = 200,
    errors: Mapping[str, str] | None = None,
    key: str | None = None,
) -> Response:
    return await show(
        request,
        viewer,
        "intake_new.html",
        status,
        title="New form by phone",
        here="intake",
        errors=errors,
        key=key or "",
        values=values,
        asking=ASKING,
        ways=WAYS,
        times=TIMES,
        help=fields.options({code: text.capitalize() for code, text in words.HELP.items()}),
        **fields.card_choices(viewer),
    )


@router.get("/intake/{submission_id}")
async def review(request: Request, viewer: SignedIn, submission_id: str) -> Response:
    return await _review(request, viewer, submission_id)


async def _review(
    request: Request,
    viewer: Viewer,
    submission_id: str,
    status: int = 200,
    *,
    posted: Posted | None = None,
    errors: Mapping[str, str] | None = None,
    key: str | None = None,
) -> Response:
    _allow(viewer)
    form = await owners.read(
        viewer.runtime, viewer.staff, "intake", f"/submissions/{submission_id}"
    )
    content = form["content"]
    values = fields.card_values(posted) if posted else _proposed(form)
    return await show(
        request,
        viewer,
        "intake_review.html",
        status,
        title="A contact form",
        here="intake",
        errors=errors,
        key=key or "",
        form_id=submission_id,
        received=times.said(times.instant(form["received_at"]), viewer.now, viewer.zone),
        state=form["state"],
        closed=words.reason(form.get("reason")),
        client_id=form.get("client_id"),
        said=_said(content) if content and not viewer.session.names_hidden else [],
        comparison=_comparison(content, form["possible_matches"]) if content else [],
        matches=form["possible_matches"],
        columns=["", "This form", *(match["code"] for match in form["possible_matches"])],
        values=values,
        closing=CLOSING,
        **fields.card_choices(viewer),
    )


def _proposed(form: Mapping[str, Any]) -> dict[str, Any]:
    """What the person wrote, as a first answer to each question of the card."""
    content = form["content"] or {}
    safe = content.get("safe_contact") or {}
    return {
        **{name: content.get(name) or "" for name in ("given_name", "family_name")},
        "preferred_name": content.get("preferred_name") or "",
        "birth_date": fields.parts(content.get("birth_date")),
        "language": content.get("language") or form["language"],
        "time_zone": content.get("time_zone") or "",
        "phone_1": content.get("phone") or "",
        "email_1": content.get("email") or "",
        "safe_voicemail": "yes" if safe.get("voicemail") else "",
        "site_id": form["site_id"],
    }


def _said(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    safe = [way for way, allowed in (content.get("safe_contact") or {}).items() if allowed]
    rows = [
        ("First name", content["given_name"]),
        ("Last name", content["family_name"]),
        ("Name they like", content["preferred_name"]),
        ("Birth date", _born(content["birth_date"])),
        ("Phone", content["phone"]),
        ("E-mail", content["email"]),
        ("Language", words.LANGUAGES.get(content["language"], content["language"])),
        ("Safe ways", ", ".join(safe)),
        ("What would help", ", ".join(words.HELP.get(h, h) for h in content["help_wanted"])),
        ("Message", content["message"]),
    ]
    return [(term, str(value)) for term, value in rows if value]


def _born(iso: str | None) -> str:
    on = times.on_date(iso)
    return f"{on:%b} {on.day} {on.year}" if on else ""


def _comparison(content: Mapping[str, Any], matches: list[dict[str, Any]]) -> list[list[str]]:
    """The form beside each client it may be: one row a question, "=" where they are equal."""
    rows = [
        ("First name", content["given_name"], "given_name"),
        ("Last name", content["family_name"], "family_name"),
        ("Birth date", content["birth_date"], "birth_date"),
        ("Phone ends", (content["phone"] or "")[-4:], "phone_ending"),
    ]
    return [
        [term, str(own or "not said"), *(_beside(own, match.get(name)) for match in matches)]
        for term, own, name in rows
    ]


def _beside(own: Any, theirs: Any) -> str:
    if not theirs:
        return "not known"
    same = str(own or "").casefold() == str(theirs).casefold()
    return f"same: {theirs}" if same else f"differs: {theirs}"


@router.post("/intake/{submission_id}/register")
async def register(
    request: Request, viewer: SignedIn, posted: Form, submission_id: str
) -> Response:
    _allow(viewer)
    body = {**fields.card_body(posted), "site_id": posted.text("site_id")}
    path = f"/submissions/{submission_id}/register"
    try:
        saved = await owners.command(
            viewer.runtime, viewer.staff, "intake", path, body, key=posted.key
        )
    except (owners.OwnerAway, owners.OwnerRefused) as problem:
        status, errors, key = trouble(problem, posted)
        errors = fields.card_errors(posted, errors)
        return await _again(request, viewer, submission_id, posted, status, errors, key)
    there = f"/clients/{saved.body['client_id']}" if saved.seen else "/intake"
    return await go(viewer, there, saved=saved)


async def _again(
    request: Request,
    viewer: Viewer,
    submission_id: str,
    posted: Posted,
    status: int,
    errors: Mapping[str, str],
    key: str | None,
) -> Response:
    """The form as it was typed, even when intake is away and its own page cannot be read."""
    try:
        return await _review(
            request, viewer, submission_id, status, posted=posted, errors=errors, key=key
        )
    except owners.OwnerAway:
        return await show(
            request,
            viewer,
            "intake_register.html",
            status,
            title="A contact form",
            here="intake",
            errors=errors,
            key=key or "",
            form_id=submission_id,
            values=fields.card_values(posted),
            **fields.card_choices(viewer),
        )


@router.post("/intake/{submission_id}/close")
async def close(request: Request, viewer: SignedIn, posted: Form, submission_id: str) -> Response:
    _allow(viewer)
    try:
        saved = await owners.command(
            viewer.runtime,
            viewer.staff,
            "intake",
            f"/submissions/{submission_id}/close",
            {"reason": posted.text("reason")},
            key=posted.key,
        )
    except Refused as problem:
        if isinstance(problem, NotVisible):
            raise
        status, errors, _ = trouble(problem, posted)
        return await _review(request, viewer, submission_id, status, errors=errors)
    return await go(viewer, "/intake", saved=saved)

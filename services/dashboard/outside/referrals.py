"""The referrals board, stalled ones first, and one referral: answer for a partner, cancel."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.dashboard import owners, people, rights, times, words
from services.dashboard.pages.frame import Form, SignedIn, Viewer, go, show, trouble
from services.dashboard.people import Person
from services.dashboard.readmodels import lists
from services.dashboard.readmodels.referral import CLOSED, STATES, Referral
from services.dashboard.record import header
from shared.auth import Action, NotVisible, Staff

router = APIRouter()

SHOWN = 100
REASONS = [
    (code, words.reason(code).capitalize())
    for code in ("no-capacity", "ineligible", "client-declined", "client-unreachable", "other")
]


@router.get("/referrals")
async def board(request: Request, viewer: SignedIn, state: str = "") -> Response:
    if not viewer.can(Action.REFER):
        raise NotVisible
    reach = rights.scope(viewer.staff, Action.REFER)
    chosen = {"status": state} if state in STATES else {"status": {"$nin": list(CLOSED)}}
    database = viewer.runtime.database
    several = await lists.referrals(database, {"$and": [reach, chosen]}, SHOWN)
    several.sort(key=lambda referral: (not referral.stalled, referral.decide_by is None))
    counts = await lists.count_by(database, "referrals", "status", reach)
    named = await people.named_by_id(viewer, (referral.client_id for referral in several))
    partners = await lists.partner_names(database)
    open_count = sum(count for status, count in counts.items() if status not in CLOSED)
    return await show(
        request,
        viewer,
        "referrals.html",
        title="Referrals",
        here="referrals",
        count=open_count,
        state=state if state in STATES else "",
        filters=[("", "Open", "/referrals", open_count)]
        + [
            (
                status,
                words.STATUSES[status].capitalize(),
                f"/referrals?state={status}",
                counts[status],
            )
            for status in STATES
            if counts.get(status)
        ],
        referrals=[_listed(viewer, one, named, partners) for one in several],
    )


def _listed(
    viewer: Viewer, one: Referral, named: Mapping[str, Person], partners: Mapping[str, str]
) -> dict[str, Any]:
    person = named.get(one.client_id)
    partner = partners.get(one.partner_id, "A partner")
    due, late = "", False
    if one.status == "requested":
        due, late = times.due(one.decide_by, viewer.now, viewer.zone)
    late_for = times.span(viewer.now - one.late_since) if one.late_since and one.late else ""
    urgent = ", urgent" if one.urgency == "urgent" else ""
    blocked = f" Not sent. {words.gate(one.blocked)}" if one.blocked else ""
    return {
        "href": f"/referrals/{one.id}",
        "name": person.short if person else "",
        "code": person.code if person else "",
        "status": one.status,
        "late_for": late_for,
        "text": f"{words.need(one.need)}{urgent}, {partner}.{blocked}",
        "due": due,
        "late": late,
        "stalled": one.stalled,
    }


async def _toward(viewer: Viewer, referral_id: str) -> tuple[Referral, Staff]:
    reach = rights.scope(viewer.staff, Action.REFER)
    query = {"$and": [{"_id": referral_id}, reach]}
    found = await lists.referral(viewer.runtime.database, query)
    if found is None:
        raise NotVisible
    _, staff = await people.toward(viewer, found.client_id, Action.REFER)
    return found, staff


@router.get("/referrals/{referral_id}")
async def referral(request: Request, viewer: SignedIn, referral_id: str) -> Response:
    return await _referral(request, viewer, referral_id)


async def _referral(
    request: Request,
    viewer: Viewer,
    referral_id: str,
    status: int = 200,
    errors: Mapping[str, str] | None = None,
    values: Mapping[str, str] | None = None,
) -> Response:
    known, staff = await _toward(viewer, referral_id)
    kept = await owners.read(viewer.runtime, staff, "referrals", f"/referrals/{referral_id}")
    client = await people.client(viewer, known.client_id, Action.REFER)
    may_answer = [to for to in kept["partner_may"] if to != "cancelled"]
    context = await header.of(viewer, client, "referrals")
    late_for = times.span(viewer.now - known.late_since) if known.late and known.late_since else ""
    return await show(
        request,
        viewer,
        "referral.html",
        status,
        errors=errors,
        referral=_view(viewer, kept),
        late_for=late_for,
        steps=[_step(viewer, step) for step in kept["history"]],
        answers=[(to, words.STATUSES[to].capitalize()) for to in may_answer],
        reasons=REASONS,
        values=values or {},
        **{**context, "here": "referrals", "title": f"Client {client.code}: Referral"},
    )


def _view(viewer: Viewer, kept: Mapping[str, Any]) -> dict[str, Any]:
    def said(name: str) -> str:
        return times.said(times.instant(kept.get(name)), viewer.now, viewer.zone)

    facts = [
        ("Need", words.need(kept["need"])),
        ("Service", kept["service_name"]),
        ("Partner", kept["partner_name"]),
        ("Shared", ", ".join(words.category(code) for code in kept["categories"])),
        ("Sent", said("sent_at")),
        ("Seen by the partner", said("viewed_at")),
        ("Answer by", said("decide_by") if kept["status"] == "requested" else ""),
        ("How it stands", words.BUSINESS_STATUSES.get(kept.get("business_status") or "", "")),
        ("Note", kept.get("note") or ""),
    ]
    closed = kept["status"] in CLOSED
    return {
        "id": kept["referral_id"],
        "status": kept["status"],
        "version": kept["version"],
        "facts": [(term, text) for term, text in facts if text],
        "draft": kept["status"] == "draft",
        "can_cancel": not closed and kept["status"] != "draft",
    }


def _step(viewer: Viewer, step: Mapping[str, Any]) -> dict[str, str]:
    at = times.instant(step["at"])
    who = {"requester": "us", "target": "the partner"}.get(step["by"], step["by"])
    reason = step.get("text") or words.reason(step.get("reason"))
    status = words.STATUSES.get(step["status"], step["status"]).capitalize()
    return {
        "at": times.said(at, viewer.now, viewer.zone),
        "machine_at": step["at"],
        "sentence": f"{status}: {reason}." if reason else f"{status}.",
        "actor": f"by {who}",
    }


@router.post("/referrals/{referral_id}/answer")
async def answer(request: Request, viewer: SignedIn, posted: Form, referral_id: str) -> Response:
    """What the partner said by phone."""
    _, staff = await _toward(viewer, referral_id)
    if not posted.text("status"):
        errors = {"status": "Choose what they said"}
        return await _referral(request, viewer, referral_id, 422, errors, posted.values)
    version = posted.text("version")
    body = {
        "status": posted.text("status"),
        "reason": posted.text("words") or posted.text("reason") or None,
        "version": int(version) if version.isdigit() else None,
    }
    return await _command(request, viewer, posted, referral_id, staff, "answer", body)


@router.get("/referrals/{referral_id}/cancel")
async def confirm_cancel(request: Request, viewer: SignedIn, referral_id: str) -> Response:
    await _toward(viewer, referral_id)
    return await _cancel_form(request, viewer, referral_id)


async def _cancel_form(
    request: Request,
    viewer: Viewer,
    referral_id: str,
    status: int = 200,
    errors: Mapping[str, str] | None = None,
) -> Response:
    return await show(
        request,
        viewer,
        "cancel.html",
        status,
        title="Cancel this referral",
        here="referrals",
        errors=errors,
        referral_id=referral_id,
    )


@router.post("/referrals/{referral_id}/cancel")
async def cancel(request: Request, viewer: SignedIn, posted: Form, referral_id: str) -> Response:
    _, staff = await _toward(viewer, referral_id)
    reason = posted.text("reason")
    if not reason:
        return await _cancel_form(request, viewer, referral_id, 422, {"reason": "Say why"})
    return await _command(request, viewer, posted, referral_id, staff, "cancel", {"reason": reason})


async def _command(
    request: Request,
    viewer: Viewer,
    posted: Form,
    referral_id: str,
    staff: Staff,
    what: str,
    body: Mapping[str, Any],
) -> Response:
    path = f"/referrals/{referral_id}/{what}"
    try:
        saved = await owners.command(viewer.runtime, staff, "referrals", path, body, key=posted.key)
    except owners.OwnerRefused as problem:
        status, errors, _ = trouble(problem, posted)
        return await _referral(request, viewer, referral_id, status, errors, posted.values)
    return await go(viewer, f"/referrals/{referral_id}", saved=saved)

"""One client's page: the timeline from the topics, the rest as its owner shows it."""

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.dashboard import lines, owners, people, times, words
from services.dashboard.accounts import store as accounts
from services.dashboard.pages.frame import Form, SignedIn, Viewer, go, show
from services.dashboard.readmodels import lists
from services.dashboard.readmodels.timeline import CATEGORIES, Entry
from services.dashboard.record import header
from shared.auth import Action, NotVisible, Staff, may

router = APIRouter()

SHOWN = 50
CATEGORY_WORDS = {"care": "Care", "help": "Help", "messages": "Messages", "consent": "Consent"}


@router.get("/clients/{client_id}")
@router.get("/clients/{client_id}/timeline")
async def timeline(
    request: Request, viewer: SignedIn, client_id: str, only: str = "", limit: int = SHOWN
) -> Response:
    client = await people.client(viewer, client_id)
    query: dict[str, Any] = {"client_id": client.id}
    if only in CATEGORIES:
        query["category"] = only
    limit = min(max(limit, 1), 1000)
    entries = await lists.timeline(viewer.runtime.database, query, limit + 1)
    here = f"/clients/{client_id}/timeline"
    return await show(
        request,
        viewer,
        "timeline.html",
        days=await _days(viewer, entries[:limit]),
        filters=[("", "All", here)]
        + [(key, CATEGORY_WORDS[key], f"{here}?only={key}") for key in CATEGORIES],
        only=only,
        more=f"{here}?only={only}&limit={limit + SHOWN}" if len(entries) > limit else "",
        **await header.of(viewer, client, "timeline"),
    )


async def _days(viewer: Viewer, entries: list[Entry]) -> list[tuple[str, list[dict[str, str]]]]:
    partners = await lists.partner_names(viewer.runtime.database)
    staff = await accounts.names(viewer.runtime.database)
    today = viewer.now.astimezone(viewer.zone).date()

    def when(text: str | None) -> str:
        if text and len(text) > len("2026-06-02"):
            return times.said(times.instant(text), viewer.now, viewer.zone)
        return times.day(times.on_date(text), today) or "no set day"

    def told(entry: Entry) -> dict[str, str]:
        there = entry.at.astimezone(viewer.zone)
        return {
            "at": f"{there:%H:%M}",
            "machine_at": entry.at.isoformat(),
            "service": words.SERVICES.get(entry.service, entry.service),
            "sentence": lines.line(entry.code, entry.params, partners, staff, when),
            "actor": words.ACTORS[entry.actor],
        }

    by_day = groupby(entries, key=lambda entry: entry.at.astimezone(viewer.zone).date())
    return [(times.day_heading(day, today), [told(e) for e in several]) for day, several in by_day]


@router.get("/clients/{client_id}/plan")
async def plan(request: Request, viewer: SignedIn, client_id: str) -> Response:
    client, staff = await people.toward(viewer, client_id, Action.CARE)
    kept = await _unless_missing(viewer, staff, f"/clients/{client_id}/plan")
    return await show(
        request,
        viewer,
        "plan.html",
        plan=_plan(viewer, kept) if kept else None,
        **await header.of(viewer, client, "plan"),
    )


def _plan(viewer: Viewer, kept: Mapping[str, Any]) -> dict[str, Any]:
    today = viewer.now.astimezone(viewer.zone).date()

    def on(text: str | None) -> str:
        return times.day(times.on_date(text), today)

    cadence = kept.get("cadence") or {}
    return {
        "facts": [
            ("Plan", viewer.settings.plan_templates.get(kept["template"], kept["template"])),
            ("Phase", kept.get("phase") or ""),
            ("Started", on(kept.get("started_on"))),
            ("Review by", on(kept.get("review_due_on"))),
            ("Check-ins", f"every {cadence.get('every_days')} days" if cadence else ""),
            ("Next check-in", on(cadence.get("next_on"))),
        ],
        "goals": [
            {
                "title": goal.get("title") or words.spelled(goal.get("text_code")),
                "activities": [
                    (
                        on(activity.get("on")),
                        activity.get("title") or words.spelled(activity.get("code")),
                    )
                    for activity in goal.get("activities", [])
                ],
                "tasks": [_task(viewer, task) for task in goal.get("tasks", [])],
            }
            for goal in kept["goals"]
        ],
    }


def _task(viewer: Viewer, task: Mapping[str, Any]) -> dict[str, Any]:
    due, late = times.due(times.instant(task.get("due_at")), viewer.now, viewer.zone)
    is_open = task["status"] not in ("completed", "cancelled")
    return {
        "id": task["task_id"],
        "title": task.get("title") or words.task(task["code"]),
        "owner": "staff" if task["owner"] == "staff" else "the client",
        "due": due if is_open else "",
        "late": late and is_open,
        "open": is_open,
        "status": words.spelled(task["status"]),
        "reason": words.reason(task.get("reason")),
    }


@router.post("/clients/{client_id}/tasks/{task_id}/close")
async def close_task(
    request: Request, viewer: SignedIn, posted: Form, client_id: str, task_id: str
) -> Response:
    _, staff = await people.toward(viewer, client_id, Action.CARE)
    status = "cancelled" if posted.text("status") == "cancelled" else "completed"
    saved = await owners.command(
        viewer.runtime,
        staff,
        "aftercare",
        f"/tasks/{task_id}/close",
        {"status": status},
        key=posted.key,
    )
    return await go(viewer, f"/clients/{client_id}/plan", saved=saved)


@router.get("/clients/{client_id}/checkins")
async def checkins(request: Request, viewer: SignedIn, client_id: str) -> Response:
    client, staff = await people.toward(viewer, client_id, Action.CARE)
    listed = await _unless_missing(viewer, staff, f"/clients/{client_id}/checkins")
    risk = await _unless_missing(viewer, staff, f"/clients/{client_id}/risk")
    return await show(
        request,
        viewer,
        "checkins.html",
        checkins=[_checkin(viewer, item) for item in listed["items"]] if listed else [],
        risk=_risk(viewer, risk) if risk else None,
        **await header.of(viewer, client, "checkins"),
    )


async def _unless_missing(viewer: Viewer, staff: Staff, path: str) -> dict[str, Any] | None:
    """What aftercare shows; None while this person, whom we may see, has no plan yet."""
    try:
        return await owners.read(viewer.runtime, staff, "aftercare", path)
    except NotVisible:
        return None


def _risk(viewer: Viewer, kept: Mapping[str, Any]) -> dict[str, Any]:
    since = times.said(times.instant(kept.get("since")), viewer.now, viewer.zone)
    return {
        "level": kept["level"],
        "score": kept["score"],
        "since": since,
        "rule_version": kept["rule_version"],
        "reasons": [(f"{reason['points']:+d}", reason["text"]) for reason in kept["reasons"]],
        "missing": [
            item if isinstance(item, str) else item.get("text", "") for item in kept["missing"]
        ],
        "history": [
            (
                times.said(times.instant(step["at"]), viewer.now, viewer.zone),
                words.LEVELS.get(step["level"], step["level"]),
                str(step["score"]),
            )
            for step in kept.get("history", [])
        ],
    }


def _checkin(viewer: Viewer, item: Mapping[str, Any]) -> dict[str, Any]:
    def said(name: str) -> str:
        return times.said(times.instant(item.get(name)), viewer.now, viewer.zone)

    states = {"due": "info", "answered": "good", "missed": "wait", "cancelled": "plain"}
    return {
        "tag": states.get(item["state"], "plain"),
        "state": item["state"].capitalize(),
        "due": said("due_at"),
        "ends": said("window_ends_at"),
        "answered": said("answered_at"),
        "answers": [
            (answer["label"], answer.get("label_of_value") or str(answer.get("value", "skipped")))
            for answer in item.get("answers") or []
        ],
    }


@router.post("/clients/{client_id}/checkins")
async def ask_now(request: Request, viewer: SignedIn, posted: Form, client_id: str) -> Response:
    """A check-in out of turn: due now, sent like every other one."""
    _, staff = await people.toward(viewer, client_id, Action.CARE)
    path = f"/clients/{client_id}/checkins"
    saved = await owners.command(
        viewer.runtime, staff, "aftercare", path, {"instrument": "pulse"}, key=posted.key
    )
    return await go(viewer, path, saved=saved)


@router.get("/clients/{client_id}/referrals")
async def of_client(request: Request, viewer: SignedIn, client_id: str) -> Response:
    client, staff = await people.toward(viewer, client_id, Action.REFER)
    path = f"/clients/{client_id}/referrals"
    listed = await owners.read(viewer.runtime, staff, "referrals", path)
    return await show(
        request,
        viewer,
        "client_referrals.html",
        referrals=[
            {
                "href": f"/referrals/{item['referral_id']}",
                "need": words.need(item["need"]),
                "partner": item["partner_name"],
                "service": item["service_name"],
                "status": item["status"],
                "word": words.BUSINESS_STATUSES.get(item.get("business_status") or "", ""),
                "sent": times.said(times.instant(item.get("sent_at")), viewer.now, viewer.zone),
                "decide": times.said(times.instant(item.get("decide_by")), viewer.now, viewer.zone),
            }
            for item in listed["items"]
        ],
        **await header.of(viewer, client, "referrals"),
    )


@router.get("/clients/{client_id}/sharing")
async def sharing(request: Request, viewer: SignedIn, client_id: str) -> Response:
    client, staff = await people.toward(viewer, client_id, Action.CONSENTS)
    path = f"/clients/{client_id}"
    consents = await owners.read(viewer.runtime, staff, "intake", f"{path}/consents")
    ledger = None
    if may(staff, Action.ACCOUNTING, site=client.site_id, client_id=client.id):
        ledger = await owners.read(viewer.runtime, staff, "intake", f"{path}/disclosures")
    return await show(
        request,
        viewer,
        "sharing.html",
        consents=[_consent(viewer, item) for item in consents["items"]],
        ledger=[_disclosure(viewer, item) for item in ledger["items"]] if ledger else None,
        **await header.of(viewer, client, "sharing"),
    )


def _consent(viewer: Viewer, item: Mapping[str, Any]) -> dict[str, Any]:
    today = viewer.now.astimezone(viewer.zone).date()
    signed = times.said(times.instant(item.get("signed_at")), viewer.now, viewer.zone)
    tags = {
        "draft": ("wait", "Not signed"),
        "active": ("good", "Active"),
        "revoked": ("stop", "Stopped"),
        "declined": ("plain", "The client said no"),
        "expired": ("plain", "Ended"),
    }
    tag, word = tags.get(item["state"], ("plain", item["state"].capitalize()))
    return {
        "id": item["consent_id"],
        "tag": tag,
        "word": word,
        "state": item["state"],
        "recipient": item["recipient_name"],
        "facts": [
            ("What for", words.purpose(item["purpose"])),
            ("What", ", ".join(words.category(code) for code in item["categories"])),
            ("Until", times.day(times.on_date(item.get("expires_on")), today) or "an event"),
            *([("Signed", signed)] if signed else []),
        ],
        "missing": [
            missing["text"]
            for missing in item.get("missing", [])
            if missing["element"] != "signature"
        ],
    }


def _disclosure(viewer: Viewer, item: Mapping[str, Any]) -> list[str]:
    allowed = item["decision"] == "ALLOW"
    return [
        times.said(times.instant(item["at"]), viewer.now, viewer.zone),
        item["recipient_name"] or "a recipient",
        ", ".join(words.category(code) for code in item["categories"]),
        "Shared" if allowed else words.gate(item["code"]),
    ]

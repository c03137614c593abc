"""The dashboard's web process."""

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pymongo.errors import PyMongoError
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from services.dashboard import words
from services.dashboard.outside import partners, refer, referrals
from services.dashboard.owners import OwnerRefused
from services.dashboard.pages import intake, messages, my_day, operations, sign_in, staff
from services.dashboard.pages.frame import show
from services.dashboard.record import card, client, clients, consents, discharge
from services.dashboard.settings import Settings
from shared.auth import NotSignedIn
from shared.contracts import Refused
from shared.unit import Unavailable
from shared.web import create as create_web
from shared.web import page, problem, wants_page

PAGES = (
    sign_in,
    my_day,
    intake,
    clients,
    card,
    discharge,
    consents,
    messages,
    refer,
    client,
    referrals,
    partners,
    operations,
    staff,
)
ERRORS = {
    "WRONG_CREDENTIALS": 422,
    "TOO_MANY_TRIES": 429,
    "EMAIL_TAKEN": 422,
    "UNUSABLE_ACCOUNT": 422,
    "NOT_COUNSELOR": 422,
    "FORGED": 403,
    "OWNER_AWAY": 503,
}
MISSING = "There is nothing here, or nothing that your work includes."
SAYINGS = {
    403: ("This page was open for too long", "Go back, reload the page and send it again."),
    404: ("We can't show this page", MISSING),
    413: ("This is too long", "Send less at once."),
    500: ("Something did not work here", "Try again, or call and tell the code."),
    503: ("We can't reach a part of the system", "Try again in a minute, or call."),
}


def create() -> FastAPI:
    app = create_web(Settings, routers=[module.router for module in PAGES], errors=ERRORS)
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(HTTPException, _not_there)
    app.add_exception_handler(RequestValidationError, _not_there)
    app.add_exception_handler(PyMongoError, _away)
    app.add_exception_handler(Exception, _broken)
    return app


async def _refused(request: Request, error: Exception) -> Response:
    """Every refusal as a page; to a service that asks about our machinery, as JSON."""
    assert isinstance(error, Refused)
    status = request.app.state.errors.get(error.code, 409)
    if not wants_page(request):
        return problem(request, status, error.code, fields=error.fields)
    if isinstance(error, NotSignedIn):
        return RedirectResponse("/sign-in", 303)  # what was asked for may name a record
    if isinstance(error, Unavailable):
        return await _away(request, error)
    saved = None if request.method == "GET" else False
    if isinstance(error, OwnerRefused):
        said = words.problem(error.code)
        return await _page(request, error.status, ("This was not done", said), saved=saved)
    sayings = SAYINGS.get(status, ("This was not done", words.problem(error.code)))
    return await _page(request, status, sayings, saved=saved if status != 404 else None)


async def _not_there(request: Request, error: Exception) -> Response:
    """An address we do not have and one we cannot read look alike."""
    status = error.status_code if isinstance(error, HTTPException) else 404
    if not wants_page(request):
        return problem(request, status, "NOT_FOUND")
    return await _page(request, status, SAYINGS.get(status, SAYINGS[404]))


async def _away(request: Request, error: Exception) -> Response:
    return await _bare(request, 503)


async def _broken(request: Request, error: Exception) -> Response:
    return await _bare(request, 500)


async def _bare(request: Request, status: int) -> Response:
    """Without the person's own frame: it may be the database that is away."""
    if not wants_page(request):
        return problem(request, status, "UNAVAILABLE" if status == 503 else "UNEXPECTED")
    request.state.viewer = None
    saved = None if request.method == "GET" else False
    return await _page(request, status, SAYINGS[status], saved=saved)


async def _page(
    request: Request, status: int, sayings: tuple[str, str], *, saved: bool | None = None
) -> Response:
    title, detail = sayings
    said: dict[str, Any] = {
        "detail": detail,
        "saved": saved,
        "again": request.url.path if request.method == "GET" and status >= 500 else "",
        "code": str(getattr(request.state, "request_id", "")),
    }
    viewer = getattr(request.state, "viewer", None)
    if viewer is None:
        return page(request, "problem.html", status, title=title, language="en", staff=None, **said)
    return await show(request, viewer, "problem.html", status, title=title, **said)

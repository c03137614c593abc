"""The dashboard's web process."""

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from services.dashboard import words
from services.dashboard.owners import OwnerAway, OwnerRefused
from services.dashboard.pages import (
    card,
    client,
    clients,
    consents,
    discharge,
    intake,
    messages,
    my_day,
    operations,
    partners,
    refer,
    referrals,
    sign_in,
    staff,
)
from services.dashboard.pages.frame import show
from services.dashboard.settings import Settings
from shared.auth import NotSignedIn
from shared.contracts import Refused
from shared.web import create as create_web
from shared.web import page

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
    405: ("We can't show this page", MISSING),
    413: ("This is too long", "Send less at once."),
    503: ("We can't reach a part of the system", "Try again in a minute, or call."),
}


def create() -> FastAPI:
    app = create_web(Settings, routers=[module.router for module in PAGES], errors=ERRORS)
    app.add_exception_handler(NotSignedIn, _to_sign_in)
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(HTTPException, _http_error)
    return app


async def _to_sign_in(request: Request, error: Exception) -> Response:
    """What was asked for is not kept in the address: it may name a record."""
    if request.url.path.startswith("/internal/"):
        return Response(status_code=401)
    return RedirectResponse("/sign-in", 303)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    if isinstance(error, OwnerRefused):
        return await _problem(
            request, error.status, "This was not done", words.problem(error.code), saved=False
        )
    status = request.app.state.errors.get(error.code, 409)
    title, detail = SAYINGS.get(status, ("This was not done", words.problem(error.code)))
    saved = False if isinstance(error, OwnerAway) and request.method == "POST" else None
    return await _problem(request, status, title, detail, saved=saved)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    title, detail = SAYINGS.get(error.status_code, SAYINGS[404])
    return await _problem(request, error.status_code, title, detail)


async def _problem(
    request: Request, status: int, title: str, detail: str, *, saved: bool | None = None
) -> Response:
    """In the person's own frame where we know who it is, bare where we do not."""
    viewer = getattr(request.state, "viewer", None)
    code = str(getattr(request.state, "request_id", ""))
    again = request.url.path if request.method == "GET" and status == 503 else ""
    if viewer is None:
        return page(
            request,
            "problem.html",
            status,
            title=title,
            language="en",
            staff=None,
            detail=detail,
            saved=saved,
            again=again,
            code=code,
        )
    return await show(
        request,
        viewer,
        "problem.html",
        status,
        title=title,
        detail=detail,
        saved=saved,
        again=again,
        code=code,
    )

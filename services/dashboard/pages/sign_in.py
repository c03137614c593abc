"""Signing in and out, one's own account, hiding names."""

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.dashboard import words
from services.dashboard.accounts import domain, passwords, store, usecases
from services.dashboard.pages.frame import Forged, Form, SignedIn, cookie_name, set_cookie, show
from services.dashboard.settings import Settings
from shared.contracts import Refused
from shared.journal import once
from shared.unit import run
from shared.web import Here, form, page

router = APIRouter()

NO_MATCH = "E-mail or password does not match."
TOO_MANY = "There were too many tries. Wait a quarter of an hour, then try again."


@router.get("/sign-in")
async def ask(request: Request) -> Response:
    return _form(request)


@router.post("/sign-in")
async def sign_in(request: Request, runtime: Here) -> Response:
    """The form carries no session yet: only a page of our own origin may send it."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Forged
    typed = await form(request)
    email = typed.get("email", "")
    address = request.client.host if request.client else ""
    try:
        opened = await usecases.sign_in(
            runtime, email=email, password=typed.get("password", ""), address=address
        )
    except domain.WrongCredentials:
        return _form(request, 422, email=email, errors={"email": NO_MATCH})
    except domain.TooManyTries:
        return _form(request, 429, email=email, errors={"email": TOO_MANY})
    answer = RedirectResponse("/", 303)
    set_cookie(answer, _settings(runtime.settings), opened.cookie)
    return answer


def _form(
    request: Request, status: int = 200, email: str = "", errors: dict[str, str] | None = None
) -> Response:
    return page(
        request,
        "sign_in.html",
        status,
        language="en",
        title="Sign in",
        email=email,
        errors=errors or {},
        staff=None,
    )


def _settings(settings: object) -> Settings:
    assert isinstance(settings, Settings)
    return settings


@router.post("/sign-out")
async def sign_out(viewer: SignedIn, posted: Form) -> Response:
    await store.end_session(viewer.runtime.database, viewer.session.id)
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(cookie_name(viewer.settings), path="/")
    return answer


@router.post("/hide-names")
async def hide_names(request: Request, viewer: SignedIn, posted: Form) -> Response:
    """Codes only, for a screen that others can see; back to the first page, which is safe."""
    hidden = not viewer.session.names_hidden
    await store.set_in_session(viewer.runtime.database, viewer.session.id, names_hidden=hidden)
    return RedirectResponse("/", 303)


@router.get("/account")
async def account(request: Request, viewer: SignedIn) -> Response:
    return await _account(request, viewer)


@router.post("/account/password")
async def change_password(request: Request, viewer: SignedIn, posted: Form) -> Response:
    """The present password is asked for again; afterwards every browser is signed out."""
    if not await passwords.matches(viewer.account.password_hash, posted.text("present")[:200]):
        return await _account(
            request, viewer, 422, {"present": "This is not your present password."}
        )
    try:
        domain.check_password(posted.text("password"))
    except Refused as problem:
        return await _account(request, viewer, 422, problem.fields)
    hashed = await passwords.hashed(posted.text("password"))
    await run(
        viewer.runtime.database,
        lambda unit: usecases.set_password(unit, viewer.account.id, hashed),
        once(viewer.staff.actor, "set-password", viewer.now),
    )
    return RedirectResponse("/sign-in", 303)


async def _account(
    request: Request, viewer: SignedIn, status: int = 200, errors: dict[str, str] | None = None
) -> Response:
    sites = [viewer.settings.sites.get(site, site) for site in viewer.account.sites]
    facts = [
        ("Name", viewer.account.name),
        ("E-mail", viewer.account.email),
        ("Role", ", ".join(words.ROLES[role] for role in viewer.account.roles)),
        ("Sites", ", ".join(sites) or "none"),
    ]
    return await show(
        request, viewer, "account.html", status, title="Your account", facts=facts, errors=errors
    )

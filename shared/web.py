"""What every web process does the same way: the app, its errors, its pages, its causes."""

import hashlib
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Generic, TypeVar

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict
from pymongo.errors import PyMongoError
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response

from shared import operations
from shared.config import Settings
from shared.contracts.refusal import Refused
from shared.journal import Actor, Cause, once
from shared.logs import set_up
from shared.pages import NEUTRAL_SITE, language_of, page, static_files, translations
from shared.runtime import Runtime, opened
from shared.shield import Shield
from shared.unit import Unavailable

__all__ = ["Body", "Here", "Page", "cause_of", "create", "form", "form_list", "page"]

STATUS_OF: dict[str, int] = {
    "NOT_SIGNED_IN": 401,
    "NOT_FOUND": 404,
    "ERASED": 404,
    "CONFLICT": 409,
    "ALREADY_EXISTS": 409,
    "IDEMPOTENCY_KEY_REUSED": 422,
    "BAD_INPUT": 422,
    "UNAVAILABLE": 503,
    "KEY_DESK_AWAY": 503,
    "HELD": 503,
}
RETRY_AFTER_SECONDS = "5"
LONGEST_KEY = 100
LONGEST_FIELD = 10_000


class Body(BaseModel):
    """The body of a JSON request: unknown fields are an error, not a surprise."""

    model_config = ConfigDict(extra="forbid", str_max_length=LONGEST_FIELD)


T = TypeVar("T")


class Page(BaseModel, Generic[T]):
    """A part of a list; ``next`` is an opaque cursor for ``?cursor=``, or null at the end."""

    items: Sequence[T]
    next: str | None = None


class BadInput(Refused):
    """Something in the request cannot be read."""

    code = "BAD_INPUT"
    final = False


async def _runtime(request: Request) -> Runtime:
    runtime: Runtime = request.app.state.runtime
    return runtime


Here = Annotated[Runtime, Depends(_runtime)]
Prepare = Callable[[Runtime], Awaitable[None]]


def create(
    settings_class: type[Settings],
    *,
    routers: Sequence[APIRouter],
    errors: Mapping[str, int],
    prepare: Prepare | None = None,
    body_limit: int = 1_000_000,
    body_limits: Mapping[str, int] | None = None,
) -> FastAPI:
    """The web process of one service. ``errors`` maps refusal codes to HTTP statuses.

    ``body_limits`` raises the limit for paths that begin with a prefix (uploads).
    """
    settings = settings_class.read()
    set_up(settings.service, settings.process)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with opened(settings) as runtime:
            app.state.runtime = runtime
            if prepare is not None:
                await prepare(runtime)
            yield

    app = FastAPI(
        title=f"Throughline {settings.service}", lifespan=lifespan, docs_url=None, redoc_url=None
    )
    app.state.errors = {**STATUS_OF, **errors}
    app.add_middleware(Shield, limit=body_limit, limits=body_limits or {})
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(PyMongoError, _database_away)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _unexpected)
    app.mount("/static", static_files(settings.service), name="static")
    app.include_router(operations.router)
    for router in routers:
        app.include_router(router)
    app.add_api_route("/leave", _leave, include_in_schema=False)  # where a service has no own
    return app


async def _leave(request: Request) -> Response:
    """Forget this browser and go somewhere neutral; what was saved stays saved."""
    answer = RedirectResponse(NEUTRAL_SITE, 303)
    for name in request.cookies:
        answer.delete_cookie(name)
    answer.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return answer


async def cause_of(
    request: Request, runtime: Runtime, actor: Actor, action: str, *about: str
) -> Cause:
    """Why this request does something. With an ``Idempotency-Key`` header (or form field
    ``idempotency_key``) it is the same cause each time it is repeated."""
    at = runtime.clock.now()
    key = request.headers.get("idempotency-key") or await _key_in_form(request)
    if not key:
        return once(actor, action, at, *about)
    if len(key) > LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise BadInput("The Idempotency-Key is not readable.", fields={"idempotency_key": "short"})
    return Cause(
        id=f"http/{actor.kind}/{actor.id}/{key}",
        actor=actor,
        action=action,
        at=at,
        fingerprint=_fingerprint(request, runtime.settings.digest_key, await request.body()),
        about=about,
    )


async def _key_in_form(request: Request) -> str | None:
    kind = request.headers.get("content-type", "")
    if not kind.startswith("application/x-www-form-urlencoded"):
        return None
    return (await form(request)).get("idempotency_key")


def _fingerprint(request: Request, digest_key: bytes, body: bytes) -> str:
    told = f"{request.method} {request.url.path}\n".encode() + body
    return hmac.new(digest_key, told, hashlib.sha256).hexdigest()


async def form(request: Request) -> dict[str, str]:
    """The fields of a posted form, one value each; BadInput where a field cannot be kept."""
    return {name: values[-1] for name, values in (await form_list(request)).items()}


async def form_list(request: Request) -> dict[str, list[str]]:
    """The fields of a posted form with all their values."""
    body = await request.body()
    try:
        body.decode()
        posted: FormData = await request.form(max_files=0, max_fields=200)
    except (UnicodeDecodeError, HTTPException) as error:
        raise BadInput("The form could not be read.") from error
    values: dict[str, list[str]] = {}
    for name, value in posted.multi_items():
        if isinstance(value, UploadFile) or "\x00" in value or len(value) > LONGEST_FIELD:
            raise BadInput("A field could not be read.", fields={name[:60]: "too long"})
        values.setdefault(name, []).append(value.strip())
    return values


# --- errors: problem+json for systems, a kind page for people


def wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")


def problem(
    request: Request,
    status: int,
    code: str,
    detail: str = "",
    fields: Mapping[str, str] | None = None,
) -> Response:
    """RFC 9457 problem details, or a page for a browser. Never repeats what was sent."""
    headers = {"Retry-After": RETRY_AFTER_SECONDS} if status in (429, 503) else {}
    if wants_page(request):
        answer = _problem_page(request, status)
        answer.headers.update(headers)
        return answer
    body = {
        "type": f"urn:throughline:problem:{code.lower().replace('_', '-')}",
        "title": code.replace("_", " ").capitalize(),
        "status": status,
        "code": code,
        "detail": detail,
        "fields": dict(fields or {}),
        "request_id": _request_id(request),
    }
    return JSONResponse(body, status, headers=headers, media_type="application/problem+json")


def _problem_page(request: Request, status: int) -> Response:
    """Missing and forbidden look alike; people get words and a code to tell, no reason."""
    settings = request.app.state.runtime.settings
    word = translations(settings.service, language_of(request)).gettext
    missing = status in (401, 403, 404)
    again = word("Try again or call %(phone)s.") % {"phone": settings.center_phone}
    return page(
        request,
        "problem.html" if settings.service == "dashboard" else "public_problem.html",
        status,
        title=word("We can't show this page") if missing else word("This was not saved."),
        detail=again,
        code=_request_id(request),
    )


def _request_id(request: Request) -> str:
    return str(getattr(request.state, "request_id", ""))


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    status = request.app.state.errors.get(error.code, 409)
    return problem(request, status, error.code, type(error).__doc__ or "", error.fields)


async def _database_away(request: Request, error: Exception) -> Response:
    return problem(request, 503, Unavailable.code, Unavailable.__doc__ or "")


async def _unreadable(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    fields = {
        ".".join(str(part) for part in problem["loc"][1:] if isinstance(part, (str, int)))[:80]
        or "body": str(problem["type"])
        for problem in error.errors()[:20]
    }
    malformed = any(problem["type"] == "json_invalid" for problem in error.errors())
    status = 400 if malformed else 422
    return problem(request, status, "BAD_INPUT", "Some fields cannot be read.", fields)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    codes = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED", 413: "TOO_LARGE", 400: "BAD_INPUT"}
    return problem(request, error.status_code, codes.get(error.status_code, "REFUSED"))


async def _unexpected(request: Request, error: Exception) -> Response:
    return problem(request, 500, "UNEXPECTED", "This was not saved. Try again.")

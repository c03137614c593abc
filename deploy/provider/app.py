"""Builds the stand-in provider."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.middleware.trustedhost import TrustedHostMiddleware

from deploy.provider import inbound, pages, texts
from deploy.provider.callbacks import Callbacks
from deploy.provider.kept import Kept
from deploy.provider.mails import open_mail_server
from deploy.provider.settings import Settings
from deploy.provider.state import State
from deploy.provider.switches import Board

WEBHOOK_SECONDS = 15.0
SAFE = frozenset({"GET", "HEAD"})
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def create(known: Settings, outgoing: httpx.AsyncBaseTransport | None = None) -> FastAPI:
    """`outgoing` carries the webhook calls; a test listens in on it."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with httpx.AsyncClient(
            transport=outgoing, timeout=WEBHOOK_SECONDS, trust_env=False
        ) as http:
            kept, board = Kept(known.file), Board()
            callbacks = Callbacks(known, kept, http)
            app.state.provider = State(known, kept, board, callbacks, http)
            port = known.provider_smtp_port
            app.state.mail_server = await open_mail_server(kept, board, known.provider_host, port)
            for text in kept.undelivered():
                callbacks.start(text)
            yield
            app.state.mail_server.close()
            await callbacks.stop()
            kept.close()

    app = FastAPI(title="Stand-in provider", lifespan=lifespan, docs_url=None, redoc_url=None)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost", "provider"])
    app.middleware("http")(_guard)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _unusable)
    for part in (texts, inbound, pages):
        app.include_router(part.router)
    app.add_api_route("/livez", _alive)
    app.add_api_route("/readyz", _ready)
    return app


async def _guard(request: Request, follow: Callable[[Request], Awaitable[Response]]) -> Response:
    """A page elsewhere in the same browser must not write texts here."""
    is_foreign = request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin")
    if is_foreign and request.method not in SAFE:
        return Response(status_code=403)
    answer = await follow(request)
    answer.headers.update(HEADERS)
    return answer


async def _alive() -> dict[str, str]:
    return {"status": "ok"}


async def _ready(request: Request) -> JSONResponse:
    is_ready = request.app.state.mail_server.is_serving()
    return JSONResponse({"status": "ok" if is_ready else "no mail"}, 200 if is_ready else 503)


async def _refused(request: Request, error: Exception) -> Response:
    """Twilio's error form carries its own number in place of ours."""
    if not isinstance(error, HTTPException):
        raise error
    code = error.detail if str(error.detail).isdecimal() else f"{error.status_code}"
    return texts.refusal(error.status_code, int(code))


async def _unusable(request: Request, error: Exception) -> Response:
    """Names the fields, never their values."""
    if not isinstance(error, RequestValidationError):
        raise error
    fields = [".".join(str(part) for part in found["loc"][1:]) for found in error.errors()]
    return JSONResponse({"status": 422, "fields": fields}, 422)

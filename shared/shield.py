"""The outermost layer of every web process: limits, security headers, request id, log line."""

import time
from collections.abc import Mapping

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.clock import new_id

log = structlog.get_logger()

CONTENT_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
KEPT_BY_BROWSERS = "/static/"


class TooLarge(HTTPException):
    """The body went past the limit while it was read; FastAPI hands on only this kind of error."""

    def __init__(self) -> None:
        super().__init__(413)


class Shield:
    """Refuses oversized bodies before anything reads them; logs route and status, no addresses."""

    def __init__(self, app: ASGIApp, *, limit: int, limits: Mapping[str, int]) -> None:
        self._app = app
        self._limit = limit
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.monotonic()
        request_id = new_id("rq")
        scope.setdefault("state", {})["request_id"] = request_id
        status = 500

        async def guarded_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._add_headers(scope, message, request_id)
            await send(message)

        try:
            await self._app(scope, self._limited(scope, receive), guarded_send)
        except TooLarge:
            body = {"code": "TOO_LARGE", "status": 413, "request_id": request_id}
            answer = JSONResponse(body, 413, media_type="application/problem+json")
            await answer(scope, receive, guarded_send)
        finally:
            self._log(scope, status, started, request_id)

    def _limited(self, scope: Scope, receive: Receive) -> Receive:
        limit = next(
            (most for start, most in self._limits.items() if scope["path"].startswith(start)),
            self._limit,
        )
        declared = Headers(scope=scope).get("content-length", "0")
        if not declared.isdigit() or int(declared) > limit:
            return _refuse
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > limit:
                raise TooLarge
            return message

        return counted

    @staticmethod
    def _add_headers(scope: Scope, message: Message, request_id: str) -> None:
        headers = MutableHeaders(scope=message)
        if scope["path"].startswith(KEPT_BY_BROWSERS):
            headers.setdefault("Cache-Control", "public, max-age=3600")
        for name, value in HEADERS.items():
            headers.setdefault(name, value)
        headers["X-Request-Id"] = request_id

    @staticmethod
    def _log(scope: Scope, status: int, started: float, request_id: str) -> None:
        if scope["path"] in ("/livez", "/readyz") or scope["path"].startswith(KEPT_BY_BROWSERS):
            return
        route = scope.get("route")
        log.info(
            "request",
            method=scope["method"],
            route=getattr(route, "path", "unknown"),
            status=status,
            seconds=round(time.monotonic() - started, 4),
            request_id=request_id,
        )


async def _refuse() -> Message:
    raise TooLarge

"""What both halves of the check-in pages need: the cookie, the actor, the frame of a page."""

import hashlib

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from shared.journal import Actor
from shared.web import page

COOKIE = "checkin"


def client(client_id: str) -> Actor:
    return Actor(kind="client", id=client_id)


def cookie_digest(cookie: str) -> str:
    return hashlib.sha256(cookie.encode()).hexdigest()


def go(address: str) -> RedirectResponse:
    return RedirectResponse(address, 303)


def shown(request: Request, template: str, status: int = 200, /, **context: object) -> Response:
    return page(request, template, status, crisis_line=True, **context)

"""One-time links: from the address in the message to an address without a token.

Opening a link uses nothing up, because scanners open links. Its first screen is neutral; the POST
there leads to an address without a token, and the last POST ends the link.
"""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.intake.consents import store, usecases
from services.intake.consents.store import Link
from services.intake.consents.usecases import LinkNotInUse, NewLink
from services.intake.keydesk.desk import desk_of
from services.intake.public import client, limit_tries, remember, show
from shared import links
from shared.journal import once
from shared.pages import NEUTRAL_SITE
from shared.runtime import Runtime
from shared.unit import run
from shared.web import Here, form

SEE_OTHER = 303
NEW_LINKS_AN_HOUR = 20
LONGEST_TOKEN = 100


@dataclass(frozen=True)
class Opened:
    """A link, and the key of the client it belongs to."""

    link: Link
    key: bytes


@dataclass(frozen=True)
class Door:
    """One kind of link: the letter its addresses begin with, and its cookie."""

    letter: str
    kind: str
    cookie: str

    def token(self, request: Request) -> str:
        """Behind the first screen the token lives in a cookie, not in the address."""
        return request.cookies.get(self.cookie, "")[:LONGEST_TOKEN]

    async def open(self, runtime: Runtime, token: str) -> Opened:
        """Raises LinkNotInUse alike for used, ended, withdrawn and unknown links."""
        opened = await self.known(runtime, token)
        if not opened.link.works(runtime.clock.now()):
            raise LinkNotInUse
        return opened

    async def known(self, runtime: Runtime, token: str) -> Opened:
        """The link whether it still works or not: a second click gets its first answer."""
        link = await store.read_link(runtime.database, links.digest(token))
        if link is None or link.kind != self.kind:
            raise LinkNotInUse
        key = (await desk_of(runtime).keys([link.client_id])).get(link.client_id)
        if key is None:
            raise LinkNotInUse
        return Opened(link, key)

    def routes(self) -> APIRouter:
        """The first screen, the step inside, and the request for a new link."""
        router = APIRouter(include_in_schema=False)

        @router.get(f"/{self.letter}/{{token}}")
        async def first_screen(token: str, request: Request, runtime: Here) -> Response:
            await self.open(runtime, token)
            return show(request, "link_open.html", action=f"/{self.letter}", token=token)

        @router.post(f"/{self.letter}")
        async def step_inside(request: Request, runtime: Here) -> Response:
            token = (await form(request)).get("token", "")[:LONGEST_TOKEN]
            await self.open(runtime, token)
            answer = RedirectResponse(f"/{self.letter}/form", SEE_OTHER)
            remember(answer, runtime, self.cookie, token, f"/{self.letter}")
            return answer

        @router.post(f"/{self.letter}/new")
        async def ask_for_a_new_one(request: Request, runtime: Here) -> Response:
            """The answer is always the same; a link goes out only where one is due."""
            token = (await form(request)).get("token", "")[:LONGEST_TOKEN]
            await limit_tries(request, runtime, "new-link", NEW_LINKS_AN_HOUR)
            await _renew(runtime, token)
            return show(
                request, "link_not_in_use.html", again=request.url.path, token="", sent=True
            )

        return router


SIGNING = Door("s", store.SIGN, "signing")
ENDING = Door("r", store.REVOKE, "ending")


leaving = APIRouter(include_in_schema=False)


@leaving.get("/leave")
async def leave(request: Request) -> Response:
    """Forget this browser and go somewhere neutral; what was saved stays saved."""
    answer = RedirectResponse(NEUTRAL_SITE, SEE_OTHER)
    for door in (SIGNING, ENDING):
        answer.delete_cookie(door.cookie, path=f"/{door.letter}")
    answer.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return answer


async def _renew(runtime: Runtime, token: str) -> None:
    new = NewLink.made(runtime.settings.link_keys["intake"])
    digest = links.digest(token)
    cause = once(client("link"), "renew-link", runtime.clock.now())
    await run(runtime.database, lambda unit: usecases.renew_link(unit, digest, new), cause)


async def not_in_use(request: Request, error: Exception) -> Response:
    """The one page of every dead link, whichever address it was met at."""
    door = ENDING if request.url.path.startswith("/r") else SIGNING
    token = request.path_params.get("token") or door.token(request)
    if request.method == "POST" and "token" in (typed := await form(request)):
        token = typed["token"][:LONGEST_TOKEN]
    return show(request, "link_not_in_use.html", 404, again=f"/{door.letter}/new", token=token)

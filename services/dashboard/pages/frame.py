"""Who is looking, and the frame around every staff page."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar, cast
from zoneinfo import ZoneInfo

from fastapi import Depends, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from services.dashboard import lateness, rights, words
from services.dashboard.accounts import store as accounts
from services.dashboard.accounts.domain import Account, Session
from services.dashboard.accounts.usecases import digest
from services.dashboard.owners import OwnerAway, OwnerRefused, Saved
from services.dashboard.settings import Settings
from shared.auth import Action, NotSignedIn, Staff
from shared.clock import new_id
from shared.contracts import Refused
from shared.runtime import Runtime
from shared.web import Here, form_list, page


class Forged(Refused):
    """This form did not come from one of our pages, or its session has ended."""

    code: ClassVar[str] = "FORGED"
    final: ClassVar[bool] = False


@dataclass(frozen=True)
class Viewer:
    """A signed-in person looking at one page now."""

    runtime: Runtime
    account: Account
    session: Session
    now: datetime

    @property
    def staff(self) -> Staff:
        return Staff(id=self.account.id, roles=self.account.roles, sites=self.account.sites)

    @property
    def settings(self) -> Settings:
        return cast(Settings, self.runtime.settings)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.settings.center_zone)

    def can(self, *actions: Action) -> bool:
        return any(rights.can(self.staff, action) for action in actions)


def cookie_name(settings: Settings) -> str:
    return "__Host-session" if _secure(settings) else "session"


def _secure(settings: Settings) -> bool:
    return settings.public_urls.get("dashboard", "").startswith("https:")


def set_cookie(answer: Response, settings: Settings, value: str) -> None:
    """Ends with the browser; the server ends it earlier."""
    answer.set_cookie(
        cookie_name(settings),
        value,
        httponly=True,
        samesite="lax",
        secure=_secure(settings),
        path="/",
    )


async def _viewer(request: Request, runtime: Here) -> Viewer:
    settings = cast(Settings, runtime.settings)
    cookie = request.cookies.get(cookie_name(settings), "")
    now = runtime.clock.now()
    session = await accounts.session(runtime.database, digest(cookie)) if cookie else None
    if session is None or session.over(now):
        raise NotSignedIn
    account = await accounts.find_account(runtime.database, session.staff_id)
    if account is None or not account.active:
        raise NotSignedIn
    await accounts.touch(runtime.database, session, now)
    viewer = Viewer(runtime, account, session, now)
    request.state.viewer = viewer
    return viewer


SignedIn = Annotated[Viewer, Depends(_viewer)]


@dataclass(frozen=True)
class Posted:
    """A form that one of this session's own pages sent."""

    values: Mapping[str, str]
    lists: Mapping[str, list[str]]

    @property
    def key(self) -> str | None:
        return self.values.get("idempotency_key")

    def text(self, name: str) -> str:
        return self.values.get(name, "")

    def many(self, name: str) -> list[str]:
        return [value for value in self.lists.get(name, []) if value]


async def _posted(request: Request, viewer: SignedIn) -> Posted:
    lists = await form_list(request)
    values = {name: several[-1] for name, several in lists.items()}
    if not secrets.compare_digest(values.get("csrf", "").encode(), viewer.session.csrf.encode()):
        raise Forged
    return Posted(values, lists)


Form = Annotated[Posted, Depends(_posted)]


def menu(viewer: Viewer) -> list[tuple[str, str, str]]:
    """The pages this person may open at all."""
    sees_clients = viewer.can(*rights.SEES_CLIENT)
    pages = [
        ("my-day", "My day", "/", True),
        ("intake", "Intake", "/intake", viewer.can(Action.SUBMISSIONS)),
        ("clients", "Clients", "/clients", sees_clients),
        ("referrals", "Referrals", "/referrals", viewer.can(Action.REFER)),
        ("partners", "Partners", "/partners", viewer.can(Action.DIRECTORY)),
        ("operations", "Operations", "/operations", viewer.can(Action.OPERATIONS)),
        ("supervisor", "Staff", "/staff", viewer.can(Action.ADMINISTER)),
    ]
    return [(key, text, address) for key, text, address, allowed in pages if allowed]


async def show(
    request: Request,
    viewer: Viewer,
    template: str,
    status: int = 200,
    /,
    *,
    title: str,
    here: str = "",
    errors: Mapping[str, str] | None = None,
    **context: Any,
) -> HTMLResponse:
    """Render a staff page in its frame; a flash is shown once."""
    late = await lateness.look(viewer.runtime)
    answer = page(
        request,
        template,
        status,
        language="en",
        title=title,
        here=here,
        nav=menu(viewer),
        staff={"name": viewer.account.name, "role": _roles(viewer.account)},
        names_hidden=viewer.session.names_hidden,
        updated=late.updated,
        late=late.banner,
        flash=_flash(viewer.session.flash),
        errors=dict(errors or {}),
        printed="",
        csrf=viewer.session.csrf,
        new_key=lambda: new_id("form"),
        **{"heading": "", "count": None, **context},
    )
    if viewer.session.flash and status == 200:
        await accounts.set_in_session(viewer.runtime.database, viewer.session.id, flash=None)
    return answer


def _roles(account: Account) -> str:
    return ", ".join(words.ROLES.get(role, role) for role in account.roles)


def _flash(kept: str | None) -> dict[str, str] | None:
    if not kept:
        return None
    code, _, undo = kept.partition("|")
    return {"text": words.FLASHES.get(code, code), "undo": undo}


async def go(
    viewer: Viewer, address: str, *, saved: Saved | None = None, flash: str = "saved"
) -> RedirectResponse:
    """After a command: on to the page that shows it, saying so if it is not there yet."""
    said = flash if saved is None or saved.seen else "catching-up"
    await accounts.set_in_session(viewer.runtime.database, viewer.session.id, flash=said)
    return RedirectResponse(address, 303)


def trouble(problem: Refused, posted: Posted) -> tuple[int, dict[str, str], str | None]:
    """Status, sentences by field and the form's key after a refusal: what was typed is kept.

    The key stays where nobody knows whether it was saved, so that trying again is harmless.
    """
    if isinstance(problem, OwnerAway):
        return 503, {"": "This was not saved. Try again, what you typed is still here."}, posted.key
    fields = {name: words.field(said) for name, said in problem.fields.items()}
    status = problem.status if isinstance(problem, OwnerRefused) else 422
    return status, fields or {"": words.problem(problem.code)}, None

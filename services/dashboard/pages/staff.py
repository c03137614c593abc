"""Accounts: who works here, in which role, at which sites. For administrators."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.dashboard import words
from services.dashboard.accounts import domain, passwords, store, usecases
from services.dashboard.pages import fields
from services.dashboard.pages.frame import Form, Posted, SignedIn, Viewer, go, show, trouble
from shared.auth import Action, NotVisible
from shared.contracts import Refused
from shared.unit import run
from shared.web import cause_of

router = APIRouter()


def _allow(viewer: Viewer) -> None:
    if not viewer.can(Action.ADMINISTER):
        raise NotVisible


def _choices(viewer: Viewer) -> dict[str, Any]:
    return {"roles": fields.options(words.ROLES), "sites": fields.options(viewer.settings.sites)}


@router.get("/staff")
async def everyone(request: Request, viewer: SignedIn) -> Response:
    _allow(viewer)
    return await _page(request, viewer, {})


async def _page(
    request: Request,
    viewer: Viewer,
    values: Mapping[str, Any],
    status: int = 200,
    errors: Mapping[str, str] | None = None,
) -> Response:
    several = await store.accounts(viewer.runtime.database)
    return await show(
        request,
        viewer,
        "staff_list.html",
        status,
        title="Staff",
        here="supervisor",
        errors=errors,
        values=values,
        accounts=[
            {
                "href": f"/staff/{account.id}",
                "name": account.name,
                "roles": ", ".join(words.ROLES[role] for role in account.roles),
                "active": account.active,
            }
            for account in several
        ],
        **_choices(viewer),
    )


@router.post("/staff")
async def add(request: Request, viewer: SignedIn, posted: Form) -> Response:
    _allow(viewer)
    try:
        domain.check_password(posted.text("password"))
        account = usecases.new_account(
            email=posted.text("email"),
            name=posted.text("name"),
            password_hash=await passwords.hashed(posted.text("password")),
            roles=posted.many("roles"),
            sites=posted.many("sites"),
        )
        domain.check(account, list(viewer.settings.sites))
        cause = await cause_of(request, viewer.runtime, viewer.staff.actor, "add-staff")
        await run(viewer.runtime.database, lambda unit: usecases.add_account(unit, account), cause)
    except Refused as problem:
        status, errors, _ = trouble(problem, posted)
        return await _page(request, viewer, _values(posted), status, errors)
    return await go(viewer, "/staff")


def _values(posted: Posted) -> dict[str, Any]:
    lists = {name: posted.many(name) for name in ("roles", "sites")}
    return {"name": posted.text("name"), "email": posted.text("email"), **lists}


@router.get("/staff/{staff_id}")
async def one(request: Request, viewer: SignedIn, staff_id: str) -> Response:
    _allow(viewer)
    account = await store.find_account(viewer.runtime.database, staff_id)
    if account is None:
        raise NotVisible
    values = {"roles": account.roles, "sites": account.sites, "active": account.active}
    return await _one(request, viewer, account, values)


async def _one(
    request: Request,
    viewer: Viewer,
    account: domain.Account,
    values: Mapping[str, Any],
    status: int = 200,
    errors: Mapping[str, str] | None = None,
) -> Response:
    return await show(
        request,
        viewer,
        "staff_one.html",
        status,
        title="Staff account",
        heading=account.name,
        here="supervisor",
        errors=errors,
        member=account,
        values=values,
        **_choices(viewer),
    )


@router.post("/staff/{staff_id}")
async def change(request: Request, viewer: SignedIn, posted: Form, staff_id: str) -> Response:
    """Nobody takes the right to administer from themselves: somebody must be able to give it."""
    _allow(viewer)
    account = await store.find_account(viewer.runtime.database, staff_id)
    if account is None:
        raise NotVisible
    roles, sites = posted.many("roles"), posted.many("sites")
    active = posted.text("active") == "yes"
    values = {"roles": roles, "sites": sites, "active": active}
    errors = (
        {} if roles and set(roles) <= set(words.ROLES) else {"roles": "Choose at least one role."}
    )
    if not set(sites) <= set(viewer.settings.sites):
        errors["sites"] = "Choose sites from the list."
    if staff_id == viewer.account.id and not (active and "administrator" in roles):
        errors["roles"] = "Ask another administrator to change your own right to administer."
    if errors:
        return await _one(request, viewer, account, values, 422, errors)
    cause = await cause_of(request, viewer.runtime, viewer.staff.actor, "change-staff", staff_id)
    await run(
        viewer.runtime.database,
        lambda unit: usecases.change_account(
            unit, staff_id, roles=roles, sites=sites, active=active
        ),
        cause,
    )
    return await go(viewer, "/staff")

"""The web process: staff API, public pages, the provider's webhooks."""

from fastapi import FastAPI

from services.notifications import api, pages, webhooks
from services.notifications.settings import Settings
from shared import web

ERRORS = {
    "CODE_WRONG": 422,
    "CODE_ENDED": 409,
    "CODE_JUST_SENT": 409,
    "ALREADY_VERIFIED": 409,
    "TEXT_CLOSED": 409,
    "CRISIS_CLOSED": 409,
    "NOT_ACKNOWLEDGED": 409,
    "LINK_NOT_IN_USE": 404,
    "BAD_SIGNATURE": 403,
}


def create() -> FastAPI:
    return web.create(Settings, routers=[api.router, pages.router, webhooks.router], errors=ERRORS)

"""The web process: staff through the dashboard, partners by API or by link."""

from fastapi import FastAPI

from services.referrals.directory import api as directory_api
from services.referrals.door import api as door_api
from services.referrals.door import oauth, pages
from services.referrals.door.caller import TokenNotValid, token_not_valid
from services.referrals.door.visits import LinkDead
from services.referrals.lifecycle import api as lifecycle_api
from services.referrals.lifecycle.gate import NotDisclosed
from services.referrals.partners import api as partners_api
from services.referrals.settings import Settings
from shared import web

ERRORS = {
    "UNKNOWN_NEED": 422,
    "NO_PARTNER": 422,
    "BAD_KEYS": 422,
    "BAD_WEBHOOK_ADDRESS": 422,
    "REASON_MISSING": 422,
    "UNKNOWN_WORD": 422,
    "NOTICE_OUTDATED": 422,
    "IDEMPOTENCY_KEY_REQUIRED": 400,
    "INSUFFICIENT_SCOPE": 403,
    "TOO_MANY_REQUESTS": 429,
}
ROUTERS = (
    lifecycle_api.router,
    partners_api.router,
    directory_api.router,
    oauth.router,
    door_api.router,
    pages.router,
)
BODY_LIMIT = 64_000


def create() -> FastAPI:
    app = web.create(Settings, routers=ROUTERS, errors=ERRORS, body_limit=BODY_LIMIT)
    app.add_exception_handler(oauth.TokenRefused, oauth.token_refused)
    app.add_exception_handler(TokenNotValid, token_not_valid)
    app.add_exception_handler(NotDisclosed, door_api.not_disclosed)
    app.add_exception_handler(LinkDead, pages.dead_link)
    return app

"""The web process: ``uvicorn services.aftercare.app:create --factory``."""

from fastapi import FastAPI

from services.aftercare.checkins import api as checkins
from services.aftercare.checkins import entrance, pages
from services.aftercare.plans import api as plans
from services.aftercare.risk import api as risk
from services.aftercare.settings import Settings
from shared import web

ERRORS = {
    "TASK_NOT_OPEN": 409,
    "PLAN_CLOSED": 409,
    "CHECKIN_OPEN": 409,
    "CHECKIN_CLOSED": 409,
    "UNKNOWN_INSTRUMENT": 422,
    "NOT_AN_ANSWER": 422,
    "LINK_NOT_IN_USE": 404,
}


def create() -> FastAPI:
    routers = [plans.router, checkins.router, risk.router, entrance.router, pages.router]
    return web.create(Settings, routers=routers, errors=ERRORS)

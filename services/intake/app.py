"""The web process: ``uvicorn services.intake.app:create --factory``."""

from fastapi import FastAPI

from services.intake.clients import api as clients
from services.intake.consents import api as consents
from services.intake.consents import ending_pages, signing_pages
from services.intake.consents.doors import ENDING, SIGNING, leaving, not_in_use
from services.intake.consents.usecases import LinkNotInUse
from services.intake.disclosures import api as disclosures
from services.intake.keydesk import api as keys
from services.intake.keydesk.desk import install
from services.intake.settings import Settings
from services.intake.submissions import api as submissions
from services.intake.submissions import pages as form_pages
from shared import web

ERRORS = {
    "INVALID": 422,
    "CONSENT_INCOMPLETE": 422,
    "WRONG_CODE": 422,
    "ALREADY_CLOSED": 409,
    "ALREADY_DISCHARGED": 409,
    "CONSENT_NOT_OPEN": 409,
    "TOO_MANY_TRIES": 429,
}


def create() -> FastAPI:
    app = web.create(
        Settings,
        routers=[
            submissions.router,
            clients.router,
            consents.router,
            disclosures.router,
            keys.router,
            form_pages.router,
            signing_pages.router,
            ending_pages.router,
            leaving,
            SIGNING.routes(),
            ENDING.routes(),
        ],
        errors=ERRORS,
        prepare=install,
    )
    app.add_exception_handler(LinkNotInUse, not_in_use)
    return app

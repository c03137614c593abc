"""The listener: ``faust -A services.intake.worker worker --without-web``."""

from services.intake.handlers import HANDLERS
from services.intake.settings import Settings
from shared.listener import listener

app = listener(Settings, HANDLERS)

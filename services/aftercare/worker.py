"""The listener of aftercare."""

from services.aftercare.handlers import HANDLERS
from services.aftercare.settings import Settings
from shared.listener import listener

app = listener(Settings, HANDLERS)

"""The listener: ``faust -A services.notifications.worker worker --without-web``."""

from services.notifications.handlers import HANDLERS
from services.notifications.settings import Settings
from shared.listener import listener

app = listener(Settings, HANDLERS)

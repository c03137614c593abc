"""The listener: ``faust -A services.referrals.worker worker --without-web``."""

from services.referrals.handlers import HANDLERS
from services.referrals.settings import Settings
from shared.listener import listener

app = listener(Settings, HANDLERS)

"""What only referrals is told: its mail server, and whether a webhook may stay on this machine."""

from typing import cast
from zoneinfo import ZoneInfo

from services.referrals.lifecycle.hours import OfficeHours
from shared.config import Settings as Common
from shared.runtime import Runtime


class Settings(Common):
    smtp_host: str
    smtp_port: int
    mail_from: str
    webhook_allow_loopback: bool = False

    @property
    def own_url(self) -> str:
        """Where partners reach this service."""
        return self.public_urls["referrals"].rstrip("/")

    @property
    def token_url(self) -> str:
        """What a client assertion must name as its audience."""
        return f"{self.own_url}/oauth/token"

    @property
    def office(self) -> OfficeHours:
        return OfficeHours(ZoneInfo(self.center_zone))

    @property
    def link_key(self) -> bytes:
        return self.link_keys["referrals"]


def settings_of(runtime: Runtime) -> Settings:
    """This service's own settings out of the common runtime."""
    return cast(Settings, runtime.settings)

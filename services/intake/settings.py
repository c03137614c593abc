"""What only intake is told: the master keys, its sites, how often a form may be sent."""

from zoneinfo import ZoneInfo

from pydantic import Field

from shared.config import Secret
from shared.config import Settings as Common


class Settings(Common):
    master_keys: dict[str, Secret]
    sites: dict[str, str] = Field(default={"site_main": "Main house"})
    forms_an_hour: int = 60  # from one address
    code_tries_an_hour: int = 20

    @property
    def zone(self) -> ZoneInfo:
        """Program-local time: expiry dates end at midnight here (R1.6)."""
        return ZoneInfo(self.center_zone)

"""What the dashboard is told beyond the common settings."""

from pydantic import Field

from shared.config import Settings as CommonSettings

SITES = {"site_main": "Riverbend, main house"}
PROGRAMS = {
    "prog_residential": "Residential program",
    "prog_outpatient": "Intensive outpatient program",
    "prog_recovery_house": "Recovery residence",
}
PLAN_TEMPLATES = {
    "standard": "Standard aftercare, two years",
    "residence": "Aftercare from a recovery residence",
}


class Settings(CommonSettings):
    """``sites`` are the same as intake's; ``plan_templates`` names what aftercare offers."""

    sites: dict[str, str] = Field(default=SITES)
    programs: dict[str, str] = Field(default=PROGRAMS)
    plan_templates: dict[str, str] = Field(default=PLAN_TEMPLATES)

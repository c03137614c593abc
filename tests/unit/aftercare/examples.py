"""Values that several tests of aftercare start from."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import count

from services.aftercare.plans import domain as plans
from services.aftercare.plans.domain import Plan
from services.aftercare.plans.templates import chosen
from shared.contracts.intake import ClientDischarged

ZONE = "America/New_York"
DISCHARGED_ON = date(2026, 6, 1)  # a Monday
STARTED_AT = datetime(2026, 6, 1, 18, 0, tzinfo=UTC)  # 14:00 in New York


def numbered() -> Callable[[str], str]:
    """Ids that tests can foretell: pl_1, go_2, …"""
    numbers = count(1)
    return lambda prefix: f"{prefix}_{next(numbers)}"


def discharged(
    *, on: date = DISCHARGED_ON, template: str = "standard", id: str = "dis_1"
) -> ClientDischarged:
    return ClientDischarged(
        client_id="cl_1",
        discharge_id=id,
        program_id="pr_1",
        site_id="site_1",
        discharged_on=on,
        level_of_care="2.1",
        recovery_date_basis="abstinence",
        plan_template=template,
        time_zone=ZONE,
    )


def started_plan(*, on: date = DISCHARGED_ON, at: datetime = STARTED_AT, zone: str = ZONE) -> Plan:
    discharge = discharged(on=on)
    return plans.start(discharge, chosen("standard"), ids=numbered(), zone=zone, at=at)[0]

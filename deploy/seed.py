"""The demo center before its first day: staff, partners, a directory and a dozen people's story.

``python -m deploy.seed`` runs once, before the services start, by the services' own code
(``deploy/world.py``). All people, organizations and numbers are made up.
"""

import asyncio
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from deploy import environment, population, running, topology
from deploy.environment import Deployment
from deploy.world import World, world
from services.dashboard.staff_cli import add_to
from services.referrals import directory_import
from shared import auth

SITE = "site_main"
DIRECTORY = Path(__file__).parent / "directory"
DIRECTORY_SOURCE = "demo"
PAST = timedelta(days=42)

STAFF = {
    "intake": ("Iris Bell", [auth.INTAKE_WORKER]),
    "ana": ("Ana Silva", [auth.COUNSELOR]),
    "marcus": ("Marcus Lee", [auth.COUNSELOR]),
    "supervisor": ("Ruth Okafor", [auth.SUPERVISOR, auth.PRIVACY_OFFICER]),
    "operations": ("Sam Novak", [auth.OPERATIONS_STAFF]),
    "admin": ("Lena Hart", [auth.ADMINISTRATOR]),
}
PARTNERS = {
    "Hope House": ("1", "rooms@hopehouse.example"),
    "Oak Home": ("2", "office@oakhome.example"),
    "Bayview Works": ("3", "team@bayviewworks.example"),
}


def main() -> None:
    platform = running.current()
    _directory(platform.deployment)
    asyncio.run(_seed(platform.deployment))


def _directory(deployment: Deployment) -> None:
    known = {process.name: process for process in topology.processes()}
    os.environ.update(environment.of(known["referrals-due"], deployment))
    if directory_import.main(DIRECTORY, DIRECTORY_SOURCE) != directory_import.DONE:
        raise SystemExit("the demo directory could not be read")


async def _seed(deployment: Deployment) -> None:
    now = datetime.now(UTC)
    async with world(deployment, now - PAST) as made:
        staff = await _staff(made, deployment.run_dir)
        partners = await _partners(made, staff["admin"])
        await population.live(made, staff, partners, until=now)


async def _staff(made: World, run_dir: Path) -> dict[str, auth.Staff]:
    """Accounts with generated passwords, which only this file of mode 600 holds."""
    logins, found = [], {}
    for name, (full_name, roles) in STAFF.items():
        email = f"{name}@riverbend.example"
        staff_id, password = await add_to(
            made.services["dashboard"].runtime,
            email=email,
            name=full_name,
            roles=roles,
            sites=[SITE],
        )
        found[name] = auth.Staff(id=staff_id, roles=tuple(roles), sites=(SITE,))
        logins.append(f"{roles[0]:<16} {email:<32} {password}")
    kept = run_dir / "demo-logins"
    kept.touch(mode=0o600)
    kept.write_text("\n".join(logins) + "\n")
    await made.settle()
    return found


async def _partners(made: World, admin: auth.Staff) -> dict[str, str]:
    """The organizations that agreed to answer referrals; the others are directory entries."""
    found = {}
    for name, (number, email) in PARTNERS.items():
        organization_id = f"{DIRECTORY_SOURCE}:org:{number}"
        body = {"organization_id": organization_id, "name": name, "email": email}
        answer = await made.ask("referrals", admin, "POST", "/partners", body)
        found[name] = answer["partner_id"]
    return found


if __name__ == "__main__":
    main()

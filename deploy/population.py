"""A dozen made-up people and what happened to them in the last six weeks."""

import os
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from deploy.world import Unfinished, World
from services.dashboard.accounts import usecases as accounts
from shared import auth
from shared.journal import once
from shared.links import token
from shared.unit import run

WEEKS = timedelta(weeks=1)
DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Person:
    """``answers``: each weekly form (mood, craving, confidence, use); None = no answer."""

    given: str
    family: str
    born: str
    weeks_out: int
    counselor: str
    language: str = "en"
    zone: str = "America/New_York"
    answers: tuple[tuple[int, int, int, int] | None, ...] = ()
    confirmed: bool = True
    consent_to: str | None = None
    referral: str | None = None  # what became of it: waiting, accepted
    level_of_care: str = "2.1"


HELP_OF = {
    "Hope House": ("demo:svc:1", "housing-instability"),
    "Oak Home": ("demo:svc:2", "housing-instability"),
    "Bayview Works": ("demo:svc:3", "employment-status"),
}
LATE_TASKS = frozenset({"Jo", "Owen"})  # whose counselor has not got round to it
FINE = (3, 1, 3, 0)
HARD = (1, 3, 1, 0)
PEOPLE = (
    Person(given="Dana", family="Ruiz", born="1990-03-04", weeks_out=5, counselor="ana",
           answers=(FINE, FINE, FINE, HARD, None), consent_to="Hope House"),
    Person(given="Luis", family="Moreno", born="1984-11-20", weeks_out=4, counselor="ana",
           language="es", answers=(FINE, FINE, None, None)),
    Person(given="Tasha", family="Webb", born="1995-07-09", weeks_out=4, counselor="marcus",
           answers=(FINE, (2, 2, 2, 0), FINE, FINE),
           consent_to="Oak Home", referral="waiting"),
    Person(given="Jo", family="Bannister", born="1979-01-30", weeks_out=3, counselor="ana",
           answers=((2, 2, 2, 1), HARD, None)),
    Person(given="Owen", family="Fry", born="1988-05-17", weeks_out=5, counselor="marcus",
           answers=(FINE, None, None, None, None)),
    Person(given="Maya", family="Lindqvist", born="2000-09-12", weeks_out=2, counselor="marcus",
           answers=(FINE, FINE)),
    Person(given="Rafael", family="Ortiz", born="1971-12-02", weeks_out=3, counselor="ana",
           language="es", answers=(FINE, (2, 2, 3, 0), FINE),
           consent_to="Bayview Works", referral="accepted"),
    Person(given="Grace", family="Obi", born="1992-02-22", weeks_out=1, counselor="ana",
           answers=(FINE,), zone="America/Chicago"),
    Person(given="Peter", family="Novotny", born="1966-08-08", weeks_out=2, counselor="marcus",
           answers=((2, 2, 1, 0), FINE), zone="America/Los_Angeles"),
    Person(given="Alma", family="Reyes", born="1998-04-25", weeks_out=1, counselor="marcus",
           answers=((1, 2, 2, 0),), level_of_care="3.1"),
    Person(given="Kofi", family="Mensah", born="1986-10-14", weeks_out=0, counselor="ana"),
    Person(given="Nora", family="Finch", born="1993-06-19", weeks_out=0, counselor="marcus",
           confirmed=False),
)  # fmt: skip


@dataclass
class Life:
    """One person on the way through the story."""

    person: Person
    client_id: str
    counselor: auth.Staff
    asked: int = 0


async def live(
    made: World, staff: dict[str, auth.Staff], partners: dict[str, str], *, until: datetime
) -> None:
    """Day by day from the first discharge to now. ``DEMO_PEOPLE`` makes it fewer people."""
    lives: list[Life] = []
    people = list(enumerate(PEOPLE))[: int(os.environ.get("DEMO_PEOPLE", len(PEOPLE)))]
    to_come = sorted(people, key=lambda pair: -pair[1].weeks_out)
    while made.clock.now() + DAY < until:
        midday = made.clock.now().replace(hour=18, minute=0)  # day in every zone of theirs
        await made.move_to(max(midday, made.clock.now()))
        while to_come and made.clock.now() >= until - WEEKS * to_come[0][1].weeks_out - 2 * DAY:
            number, person = to_come.pop(0)
            lives.append(await _begin(made, staff, person, number))
            await _consent(made, lives[-1], partners)
            await _refer(made, lives[-1])
        for life in lives:
            await _answer_what_is_due(made, life)
            await _work_through_tasks(made, life)
        await made.move_to(min(made.clock.now() + DAY, until))
    await made.move_to(until)


async def _begin(made: World, staff: dict[str, auth.Staff], person: Person, number: int) -> Life:
    intake = staff["intake"]
    card = {
        "given_name": person.given,
        "family_name": person.family,
        "birth_date": person.born,
        "language": person.language,
        "time_zone": person.zone,
        "site_id": "site_main",
        "contact_points": [{"channel": "sms", "value": f"+1410555{170 + number:04d}"}],
        "safe_voicemail": False,
        "unencrypted_ok": True,
    }
    client_id = (await made.ask("intake", intake, "POST", "/clients", card))["client_id"]
    await made.move_to(made.clock.now())
    counselor = replace(staff[person.counselor], client_id=client_id, relation="own")
    if person.confirmed:
        await _confirm(made, client_id, counselor)
    discharge = {
        "program_id": "prog_residential",
        "discharged_on": made.clock.now().date().isoformat(),
        "level_of_care": person.level_of_care,
        "recovery_date_basis": "none",
        "plan_template": "standard",
        "time_zone": person.zone,
    }
    await made.ask("intake", intake, "POST", f"/clients/{client_id}/discharge", discharge)
    await _assign(made, client_id, counselor, by=intake)
    return Life(person, client_id, counselor)


async def _confirm(made: World, client_id: str, counselor: auth.Staff) -> None:
    """The person reads the code from the text to the counselor on the phone."""
    points = await made.ask(
        "notifications", counselor, "GET", f"/clients/{client_id}/contact-points", None
    )
    digits = [
        word for word in made.texts[client_id][-1].replace(".", " ").split() if _is_code(word)
    ]
    if not digits:
        raise Unfinished("no code was sent")
    point = points["items"][0]["contact_point_id"]
    await made.ask(
        "notifications", counselor, "POST", f"/contact-points/{point}/verify", {"code": digits[0]}
    )


def _is_code(word: str) -> bool:
    return len(word) == 6 and word.isdigit()


async def _assign(made: World, client_id: str, counselor: auth.Staff, *, by: auth.Staff) -> None:
    database = made.services["dashboard"].runtime.database
    cause = once(by.actor, "assign-counselor", made.clock.now(), client_id)
    await run(
        database,
        lambda unit: accounts.assign(unit, client_id, counselor.id, by=by.id),
        cause,
    )
    await made.settle()


async def _consent(made: World, life: Life, partners: dict[str, str]) -> None:
    name = life.person.consent_to
    if name is None:
        return
    purpose = "employment" if name == "Bayview Works" else "housing"
    body: dict[str, Any] = {
        "recipient_id": partners[name],
        "recipient_name": name,
        "recipient_kind": "organization",
        "purpose": purpose,
        "categories": ["identity", "contact", f"{purpose}_need"],
        "description": "Your name and phone number, and what you are looking for.",
        "expires_on": (made.clock.now() + timedelta(days=180)).date().isoformat(),
        "capacity": "self",
    }
    path = f"/clients/{life.client_id}/consents"
    consent = await made.ask("intake", life.counselor, "POST", path, body)
    session = await made.ask(
        "intake", life.counselor, "POST", f"/consents/{consent['consent_id']}/signing-session", {}
    )
    address = "/" + session["url"].split("/", 3)[3]
    async with made.http("intake") as tablet:
        await tablet.get(address)
        await tablet.post("/s", data={"token": address.rsplit("/", 1)[1]})
        full_name = f"{life.person.given} {life.person.family}"
        await tablet.post("/s/form", data={"name": full_name, "answer": "agree"})
    await made.settle()


async def _answer_what_is_due(made: World, life: Life) -> None:
    """Open the newest link as the person would, a few hours after it came."""
    database = made.services["aftercare"].runtime.database
    due = await database.checkins.find_one(
        {"client_id": life.client_id, "state": "due"}, sort=[("due_at", -1)]
    )
    link = await database.links.find_one({"subject": due["_id"]}) if due else None
    if due is None or link is None or life.asked >= len(life.person.answers):
        return
    said = life.person.answers[life.asked]
    life.asked += 1
    if said is None:
        return
    key = made.services["aftercare"].runtime.settings.link_keys["aftercare"]
    async with made.http("aftercare") as phone:
        await phone.post(f"/c/{token(key, link['link_id'])}")
        for number, answer in enumerate(said, start=1):
            await phone.post("/checkin", data={"number": str(number), "answer": str(answer)})
    await made.settle()


async def _work_through_tasks(made: World, life: Life) -> None:
    """The counselor does what is due today; finding help ends with a partner's answer."""
    if life.person.given in LATE_TASKS:
        return
    plan = await made.ask(
        "aftercare", life.counselor, "GET", f"/clients/{life.client_id}/plan", None
    )
    tomorrow = made.clock.now() + DAY
    for goal in plan["goals"]:
        for task in goal["tasks"]:
            is_open = task["status"] in ("ready", "in-progress")
            due = datetime.fromisoformat(task["due_at"]) if task["due_at"] else tomorrow + DAY
            if is_open and due <= tomorrow and not task["code"].endswith("-referral"):
                done = {"status": "completed"}
                path = f"/tasks/{task['task_id']}/close"
                await made.ask("aftercare", life.counselor, "POST", path, done)


async def _refer(made: World, life: Life) -> None:
    """Send a referral under the consent just signed; some partners have answered by now."""
    if life.person.referral is None or life.person.consent_to is None:
        return
    service_id, need = HELP_OF[life.person.consent_to]
    purpose = "employment" if need == "employment-status" else "housing"
    draft = {
        "client_id": life.client_id,
        "service_id": service_id,
        "need": need,
        "urgency": "routine",
        "categories": ["identity", "contact", f"{purpose}_need"],
    }
    referral = await made.ask("referrals", life.counselor, "POST", "/referrals", draft)
    path = f"/referrals/{referral['referral_id']}"
    await made.ask("referrals", life.counselor, "POST", f"{path}/send", {})
    if life.person.referral == "accepted":
        answer = {"status": "accepted"}
        await made.ask("referrals", life.counselor, "POST", f"{path}/answer", answer)

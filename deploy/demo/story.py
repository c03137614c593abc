"""The story, step by step, over the doors that people use.

Each step prints when it was done and what became visible where. The last line says whether all of
it held; the exit code is 0 only then. It can be played again and again, at any hour.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from rich.console import Console

from deploy import running
from deploy.demo.people import DidNotHappen, PartnerSystem, Phone, daylight_zone, sign_in, until
from deploy.demo.visitor import NotThere, Visitor
from deploy.environment import Deployment

NAMES = ("Robin", "Sasha", "Casey", "Morgan", "Alex", "Jamie", "Riley", "Quinn")
FAMILIES = ("Example", "Sample", "Specimen", "Muster")
LINK = r"(https?://\S+/{letter}/\S+)"
QUICK_SECONDS = 3.0

console = Console(highlight=False, soft_wrap=True)


@dataclass
class Story:
    """Everything the steps hand on to each other."""

    deployment: Deployment
    given: str
    family: str
    zone: str
    phone: Phone
    partner: PartnerSystem
    intake: Visitor
    counselor: Visitor
    admin: Visitor
    client_id: str = ""
    code: str = ""
    partner_id: str = ""
    referral_id: str = ""
    began: float = field(default_factory=time.monotonic)
    slow: list[str] = field(default_factory=list)

    def at(self, service: str, path: str) -> str:
        return self.deployment.url(service) + path

    def client_page(self, part: str = "") -> str:
        return self.at("dashboard", f"/clients/{self.client_id}{part}")

    def say(self, what: str) -> None:
        console.print(f"{time.monotonic() - self.began:6.1f} s  {what}")

    def quickly(self, what: str, look: Callable[[], object]) -> None:
        """Wait for what must be on the other person's screen within three seconds."""
        began = time.monotonic()
        until(what, lambda: bool(look()))
        took = time.monotonic() - began
        if took > QUICK_SECONDS:
            self.slow.append(f"{what} took {took:.1f} s")
        self.say(f"{what} ({took:.1f} s)")


def main(*, patient: bool = False) -> int:
    """Play it; 0 when all held. ``patient`` lets late be as good as quick (faults are tried)."""
    platform = running.current()
    try:
        story = _cast(platform.deployment)
    except (DidNotHappen, httpx.HTTPError) as problem:
        console.print(f"did not begin: {problem or type(problem).__name__}; is the platform up?")
        return 1
    _remember(story)
    try:
        for step in STEPS:
            console.print(f"[bold]{step.__doc__}[/bold]")
            step(story)
    except (DidNotHappen, NotThere, httpx.HTTPError) as problem:
        console.print(f"did not hold: {problem or type(problem).__name__}")
        return 1
    finally:
        story.partner.close()
    if story.slow and not patient:
        console.print(f"held, but not in time: {'; '.join(story.slow)}")
        return 1
    console.print(f"all held: {len(STEPS)} steps in {time.monotonic() - story.began:.0f} s")
    return 0


def _cast(deployment: Deployment) -> Story:
    logins = deployment.run_dir / "demo-logins"
    dashboard = deployment.url("dashboard")
    pick = int(time.time())
    home: Path = deployment.run_dir / "partner"
    return Story(
        deployment=deployment,
        given=NAMES[pick % len(NAMES)],
        family=f"{FAMILIES[pick % len(FAMILIES)]}{_letters(pick)}",
        zone=daylight_zone(),
        phone=Phone.new(deployment.url("provider")),
        partner=PartnerSystem(home, deployment.url("referrals")),
        intake=sign_in(dashboard, logins, "intake-worker"),
        counselor=sign_in(dashboard, logins, "counselor"),
        admin=sign_in(dashboard, logins, "administrator"),
    )


def _remember(story: Story) -> None:
    """Which made-up names were used, so that they can be searched for where none may be."""
    with (story.deployment.run_dir / "demo-story").open("a") as kept:
        kept.write(f"{story.family}\n")


def _letters(number: int) -> str:
    """A number as letters, because names have no digits."""
    return "".join(chr(ord("a") + int(digit)) for digit in str(number)[-5:])


def ask_for_help(story: Story) -> None:
    """1. A person fills the contact form; staff register them; a code confirms their number."""
    person = Visitor()
    person.open(story.at("intake", "/contact"))
    person.send("/contact")
    person.send("/you", asking="self")
    person.send("/name", given_name=story.given, family_name=story.family)
    person.send("/reach", phone=story.phone.number, ways=["text"], language="en")
    person.send("/help", help_wanted=["housing"])
    sent = person.send("/check")
    if not sent.url.endswith("/contact/sent"):
        raise DidNotHappen("the contact form was not taken")
    desk = story.intake
    story.say("the form is sent")
    story.quickly("the form is in the intake queue", lambda: _queue_entry(story))
    desk.open(_queue_entry(story) or "")
    page = desk.send(
        "/register", time_zone=story.zone, unencrypted_ok="yes", phone_1=story.phone.number
    )
    found = re.search(r"/clients/(cl_\w+)", page.url)
    if found is None:
        raise DidNotHappen(f"not registered ({page.status}): {page.text[:200]}")
    story.client_id = found[1]
    desk.open(story.client_page())
    told = re.search(r"\b[A-Z0-9]{3}-[A-Z0-9]{2}\b", desk.page.title)
    story.code = told[0] if told else ""
    story.say(f"registered as client {story.code}")
    code = story.phone.text_with(r"\b(\d{6})\b")[1]
    story.say("a code has come by text")
    story.phone.write(code)
    story.say("the person answers with the code")


def _queue_entry(story: Story) -> str | None:
    """The newest form whose page shows our person."""
    queue = story.intake.open(story.at("dashboard", "/intake"))
    for _, href in reversed(queue.links):
        if re.search(r"/intake/sub_\w+", href):
            page = story.intake.open(story.at("dashboard", re.sub(r"^https?://[^/]+", "", href)))
            if story.family in page.text:
                return page.url
    return None


def discharge(story: Story) -> None:
    """2. Discharge to aftercare with a counselor; a plan unfolds."""
    desk = story.intake
    desk.open(story.client_page("/discharge"))
    desk.send(
        "/discharge",
        program_id="prog_residential",
        level_of_care="2.1",
        recovery_date_basis="none",
        plan_template="standard",
        time_zone=story.zone,
        counselor_id="Ana Silva",
    )
    page = desk.send("/discharge", "Start aftercare")
    if "discharge" in page.url:
        raise DidNotHappen(f"not discharged ({page.status}): {page.text[:300]}")
    story.say("discharged")
    story.quickly("the counselor sees the plan", lambda: "housing" in _text(story, "/plan").lower())
    until("the number is confirmed", lambda: "Confirmed" in _text(story, "/messages"))
    story.say("the number is confirmed")


def _text(story: Story, part: str) -> str:
    return story.counselor.open(story.client_page(part)).text


def consent(story: Story) -> None:
    """3. A consent that names one partner; the client signs it on a page."""
    staff = story.counselor
    _give_partner_a_system(story)
    ends = datetime.now(UTC) + timedelta(days=90)
    staff.open(story.client_page("/consents/new"))
    refused = staff.send("/consents/new", recipient_id="Hope House", purpose="housing")
    if refused.status != httpx.codes.UNPROCESSABLE_ENTITY:
        raise DidNotHappen("an incomplete consent was taken")
    story.say("an incomplete consent is refused, each missing element named")
    staff.send(
        "/consents/new",
        recipient_id="Hope House",
        purpose="housing",
        categories=["identity", "contact", "housing_need"],
        description="Your name and phone number, and that you need a room.",
        expires_on_month=str(ends.month),
        expires_on_day=str(ends.day),
        expires_on_year=str(ends.year),
        capacity="self",
    )
    texts = len(story.phone.texts())
    staff.open(story.client_page("/sharing"))
    staff.send("/offer")
    link = story.phone.text_with(LINK.format(letter="s"), after=texts)[1]
    story.say("a link to sign has come by text")
    client = Visitor()
    client.open(link)
    client.open(link)  # a scanner opened it too: nothing is used up
    client.send("/s")
    client.send("/s/form", "I agree", name=f"{story.given} {story.family}")
    if "done" not in client.page.url:
        raise DidNotHappen(f"not signed ({client.page.status}): {client.page.text[:200]}")
    story.quickly(
        "the consent stands on the client page", lambda: "Hope House" in _text(story, "/sharing")
    )


def _give_partner_a_system(story: Story) -> None:
    """Hope House brings its own system: its keys and its webhook address are registered."""
    admin = story.admin
    admin.open(story.at("dashboard", "/partners"))
    admin.follow("Hope House")
    story.partner_id = admin.page.url.rsplit("/", 1)[1].partition("?")[0]
    story.partner.client_id = story.partner_id
    admin.send("/jwks", jwks=story.partner.public_keys())
    admin.open(f"/partners/{story.partner_id}")
    page = admin.send("/webhook", url=story.partner.webhook_url)
    secret = re.search(r"whsec_[A-Za-z0-9+/=]+", page.text)
    if secret is None:
        raise DidNotHappen(f"no webhook secret ({page.status})")
    story.partner.serve(secret[0])
    story.say("the partner's system is known by its keys")


def check_in(story: Story) -> None:
    """4. A check-in by text; the answers change the level of risk at once."""
    texts = len(story.phone.texts())
    story.counselor.open(story.client_page("/checkins"))
    story.counselor.send("/checkins")
    asked = time.monotonic()
    link = story.phone.text_with(LINK.format(letter="c"), after=texts)[1]
    story.say(f"the link has come by text ({time.monotonic() - asked:.1f} s)")
    client = Visitor()
    for _ in range(3):
        client.open(link)
    client.send("/c/", "Start")
    for answer in ("1", "4", "1"):
        client.send("/checkin", "Next", answer=answer)
    client.send("/checkin", "Next", answer="0")
    if "Thank you" not in client.page.text:
        raise DidNotHappen(f"no thanks ({client.page.status}): {client.page.text[:200]}")
    story.say("answered and thanked")
    story.quickly(
        "the counselor's My day shows why",
        lambda: story.given in story.counselor.open(story.at("dashboard", "/")).text,
    )
    again = Visitor()
    if again.open(link).status != httpx.codes.NOT_FOUND:
        raise DidNotHappen("a used link still opens")


def refer(story: Story) -> None:
    """5. A referral: the gate decides, the partner proves who it is, reads and accepts."""
    staff = story.counselor
    staff.open(story.client_page("/refer"))
    staff.send("/refer/services", need="housing-instability", urgency="urgent")
    form = staff.page.form("/refer")
    choice = next(iter(form.options.get("service_id", {})), "")
    chosen = re.search(r"Rooms at Hope House", staff.page.text)
    if not choice or chosen is None:
        raise DidNotHappen("Hope House's rooms were not offered")
    staff.send("/refer", "Choose service", service_id=_hope_house(staff))
    found = re.search(r"/referrals/(ref_\w+)", staff.page.url)
    if found is None:
        raise DidNotHappen(f"no referral ({staff.page.status}): {staff.page.text[:300]}")
    story.referral_id = found[1]
    staff.send("/send", "Send referral")
    story.say("the gate said yes; the referral is sent")
    story.quickly(
        "the partner got a signed notice without personal data",
        lambda: story.partner.was_told("referral.sent", story.referral_id),
    )
    details = story.partner.run("show", story.referral_id)
    if story.family not in details:
        raise DidNotHappen("the partner could not read the details")
    story.say("the partner read the notice and the details")
    texts = len(story.phone.texts())
    story.partner.run("accept", story.referral_id)
    story.quickly(
        "accepted, on the client's page", lambda: "Accepted" in _text(story, "/referrals")
    )
    story.phone.text_with(r"\S+", after=texts)
    story.say("the client was told, discreetly")


def _hope_house(staff: Visitor) -> str:
    """The service whose description names Hope House, as chosen by its radio button."""
    services = staff.page.form("/refer").options["service_id"]
    for value in services.values():
        if value.endswith(":1"):
            return value
    return next(iter(services.values()))


def revoke(story: Story) -> None:
    """6. The client says stop: from that answer on nothing is disclosed."""
    staff = story.counselor
    texts = len(story.phone.texts())
    staff.open(story.client_page("/sharing"))
    staff.send("/revocation-link")
    link = story.phone.text_with(LINK.format(letter="r"), after=texts)[1]
    client = Visitor()
    client.open(link)
    client.send("/r")
    choices = client.page.form("/r/form").options
    ended: dict[str, str | list[str]] = {
        name: list(each.values()) for name, each in choices.items()
    }
    client.send("/r/form", **ended)
    story.say("the client pressed stop")
    refused = story.partner.refused("show", story.referral_id)
    if "CONSENT_REVOKED" not in refused:
        raise DidNotHappen(f"the partner could still read: {refused[:200]}")
    story.say("the partner's next read is refused with CONSENT_REVOKED")
    story.quickly("the referral is cancelled", lambda: "Cancelled" in _text(story, "/referrals"))
    until(
        "the partner is told",
        lambda: story.partner.was_told("referral.cancelled", story.referral_id),
    )
    story.say("the partner was told without clinical content")


def watch(story: Story) -> None:
    """7. One timeline over all services; each text was sent once; stop means stop."""
    timeline = _text(story, "")
    for word in ("Registered", "Consent"):
        if word.lower() not in timeline.lower():
            raise DidNotHappen(f"“{word}” is not on the timeline")
    texts = story.phone.texts()
    if len(texts) != len(set(texts)):
        raise DidNotHappen("a text went out twice")
    story.say(f"{len(texts)} texts, none twice")
    story.phone.write("STOP")
    until("STOP is answered", lambda: len(story.phone.texts()) > len(texts))
    until("the opt-out is on the client page", lambda: "No texts" in _text(story, "/messages"))
    story.say("STOP is confirmed once and kept")


STEPS: tuple[Callable[[Story], None], ...] = (
    ask_for_help,
    discharge,
    consent,
    check_in,
    refer,
    revoke,
    watch,
)

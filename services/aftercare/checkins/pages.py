"""The check-in as the client sees it: one question a screen, every answer kept at once."""

from dataclasses import dataclass
from datetime import date

from babel.dates import format_date
from fastapi import APIRouter, Request
from starlette.responses import Response

from services.aftercare.checkins import answering, domain, store
from services.aftercare.checkins.answering import IDLE, Given
from services.aftercare.checkins.browser import COOKIE, client, cookie_digest, go, shown
from services.aftercare.checkins.domain import ANSWERED, Checkin, LinkNotInUse, NotAnAnswer, NotOpen
from services.aftercare.checkins.instruments import Instrument, instruments
from services.aftercare.checkins.store import Session
from services.aftercare.keys import Keys, keys_of
from services.aftercare.plans import store as plans
from services.aftercare.plans.calls import CALL_ASKED_FOR
from services.aftercare.risk import store as risk
from services.aftercare.risk.domain import Level
from shared.confidential import Erased
from shared.journal import once
from shared.pages import NEUTRAL_SITE, language_of
from shared.runtime import Runtime
from shared.unit import Conflict, run
from shared.web import Here, form

router = APIRouter(include_in_schema=False)

DAY_PATTERN = {"en": "EEE MMM d", "es": "EEE d MMM"}


@dataclass(frozen=True, kw_only=True)
class Visit:
    """What a browser with a cookie is in the middle of."""

    session: Session
    checkin: Checkin
    instrument: Instrument
    keys: Keys

    @property
    def place(self) -> int | None:
        return domain.first_open(self.checkin, self.instrument)

    def answered_here(self, place: int) -> bool:
        """Only what this browser answered may be shown again, never what another one did."""
        return (
            0 <= place < len(self.instrument.items)
            and self.instrument.items[place].code in self.session.answered_here
        )


async def _visit(request: Request, runtime: Runtime) -> Visit | None:
    cookie = request.cookies.get(COOKIE, "")
    now = runtime.clock.now()
    session = (
        await store.read_session(runtime.database, cookie_digest(cookie), now) if cookie else None
    )
    if session is None:
        return None
    try:
        keys = await keys_of(runtime, session.client_id)
    except Erased:
        return None
    checkin = await store.read(runtime.database, session.checkin_id, keys.data)
    if checkin is None or not (checkin.open or checkin.state == ANSWERED):
        return None
    instrument = instruments()[checkin.instrument]
    return Visit(session=session, checkin=checkin, instrument=instrument, keys=keys)


@router.get("/checkin")
async def show(request: Request, runtime: Here) -> Response:
    visit = await _visit(request, runtime)
    if visit is None:
        return go("/checkin/closed")
    if visit.checkin.state == ANSWERED:
        return await _thanks(request, runtime, visit)
    return _question(request, visit, visit.place or 0)


@router.get("/checkin/closed")
async def closed(request: Request) -> Response:
    """The neutral screen: after five minutes without an answer, or without a cookie."""
    answer = shown(request, "closed.html", leave=False)
    answer.delete_cookie(COOKIE)
    return answer


@router.get("/checkin/{number}")
async def go_back(number: int, request: Request, runtime: Here) -> Response:
    """A question that this browser answered, to look at it again."""
    visit = await _visit(request, runtime)
    if visit is None or visit.checkin.state == ANSWERED or not visit.answered_here(number - 1):
        return go("/checkin")
    return _question(request, visit, number - 1)


@router.post("/checkin")
async def answer(request: Request, runtime: Here) -> Response:
    """Keep the answer, then show what comes next. A repeated post changes nothing."""
    fields = await form(request)
    visit = await _visit(request, runtime)
    if visit is None:
        return go("/checkin/closed")
    if visit.checkin.state == ANSWERED:
        return go("/checkin")
    place = _whole(fields.get("number", ""), 1) - 1
    try:
        given = _given(visit, place, fields, language_of(request))
        await _keep(runtime, visit, given)
    except NotAnAnswer:
        return _question(request, visit, place, chosen=False)
    except (Conflict, NotOpen, LinkNotInUse):  # two at once: the page shows what holds now
        return go("/checkin")
    return go("/checkin")


def _given(visit: Visit, place: int, fields: dict[str, str], language: str) -> Given:
    """What was posted; raises NotAnAnswer for nothing and for nonsense."""
    items = visit.instrument.items
    if not 0 <= place < len(items):
        raise NotAnAnswer
    value = None if "skip" in fields else _whole(fields.get("answer", ""), -1)
    return Given(code=items[place].code, value=value, language=language)


def _whole(text: str, otherwise: int) -> int:
    return int(text) if len(text) == 1 and text.isascii() and text.isdigit() else otherwise


async def _keep(runtime: Runtime, visit: Visit, given: Given) -> None:
    client_id = visit.session.client_id
    await run(
        runtime.database,
        lambda unit: answering.answer(unit, visit.session.digest, given, visit.keys),
        once(client(client_id), "checkin.answer", runtime.clock.now(), client_id),
    )


def _question(request: Request, visit: Visit, place: int, *, chosen: bool = True) -> Response:
    language = language_of(request)
    place = place if 0 <= place < len(visit.instrument.items) else visit.place or 0
    item = visit.instrument.items[place]
    given = visit.checkin.answers.get(item.code) if visit.answered_here(place) else None
    options = [(str(value), words[language]) for value, words in item.options.items()]
    answer = shown(
        request,
        "question.html",
        200 if chosen else 422,
        question=item.words[language],
        hint=item.hint[language] if item.hint else "",
        options=options,
        value="" if given is None else str(given),
        number=place + 1,
        count=len(visit.instrument.items),
        back=f"/checkin/{place}" if visit.answered_here(place - 1) else "",
        unanswered=not chosen,
    )
    return _rests(answer)


async def _thanks(request: Request, runtime: Runtime, visit: Visit) -> Response:
    standing = await risk.read_standing(runtime.database, visit.session.client_id)
    hard = standing is not None and standing.level >= Level.ELEVATED
    called = await _is_called(runtime, visit)
    next_on = _day(visit.checkin.next_on, language_of(request))
    return _rests(shown(request, "thanks.html", next_on=next_on, hard=hard, called=called))


async def _is_called(runtime: Runtime, visit: Visit) -> bool:
    plan = await plans.latest(runtime.database, visit.session.client_id)
    return plan is not None and plan.has_open(CALL_ASKED_FOR)


@router.post("/checkin/call")
async def ask_for_a_call(request: Request, runtime: Here) -> Response:
    """The person would like a call today; a task for the team, and the page says so."""
    visit = await _visit(request, runtime)
    if visit is None:
        return go("/checkin/closed")
    client_id = visit.session.client_id
    await run(
        runtime.database,
        lambda unit: answering.ask_for_call(unit, client_id),
        once(client(client_id), "checkin.call", runtime.clock.now(), client_id),
    )
    return go("/checkin")


@router.get("/leave")
async def leave(request: Request, runtime: Here) -> Response:
    """Forget this browser and go somewhere neutral; the answers so far are kept."""
    await store.end_session(runtime.database, cookie_digest(request.cookies.get(COOKIE, "")))
    answer = go(NEUTRAL_SITE)
    answer.delete_cookie(COOKIE)
    return answer


def _day(day: date | None, language: str) -> str:
    if day is None:
        return ""
    return format_date(day, DAY_PATTERN[language], locale=language).replace(".", "")


def _rests(answer: Response) -> Response:
    """Without a script too, an idle page turns into the neutral screen."""
    answer.headers["Refresh"] = f"{int(IDLE.total_seconds())};url=/checkin/closed"
    return answer

"""An inbound text, once: kept, answered where a rule matches, else put before a person."""

from dataclasses import dataclass
from datetime import timedelta

from services.notifications import codes, domain, store
from services.notifications.alarms import raise_alarm
from services.notifications.domain import SMS, UNVERIFIED, ContactPoint
from services.notifications.house import key_for
from services.notifications.inbound import Reading, read
from services.notifications.keywords import Keyword
from services.notifications.messages import WARNING
from services.notifications.purposes import RULES, Purpose
from services.notifications.usecases import address_of, resume_address, stop_address
from shared import confidential
from shared.clock import new_id
from shared.contracts import Refused
from shared.contracts.notifications import (
    HelpRequested,
    TextClosed,
    TextReceived,
    TextUnattributed,
)
from shared.deliveries import queue
from shared.journal import Actor, Cause
from shared.runtime import Runtime
from shared.unit import Conflict, Unit, run

TRIES = 3
MOST_ANSWERS = 5
ANSWERS_WITHIN = timedelta(hours=1)
OPEN, CLOSED, NOTED = "open", "closed", "noted"


class NoSuchText(Refused):
    """There is no such text."""

    code = "NOT_FOUND"
    final = False


class TextEnded(Refused):
    """This text was closed already."""

    code = "TEXT_CLOSED"


@dataclass(frozen=True, kw_only=True)
class Arrived:
    """A text as it may be kept: the words for this unit only, everything else sealed."""

    id: str
    reply_id: str
    body: str
    address: str
    owners: tuple[str, ...]
    key_name: str
    content: bytes
    reply_to: bytes
    digest_key: bytes
    on_call: int

    @property
    def client_id(self) -> str | None:
        """Never guessed: a number that two clients share speaks for neither."""
        return self.owners[0] if len(self.owners) == 1 else None


async def receive(runtime: Runtime, *, sid: str, sender: str, body: str) -> None:
    """Take one text in; the same MessageSid again has no further effect."""
    cause = Cause(
        id=f"sms/{sid}",
        actor=Actor(kind="provider", id="sms"),
        action="receive_text",
        at=runtime.clock.now(),
    )
    for attempt in range(TRIES):
        arrived = await _sealed(runtime, sender, body)
        try:
            await run(
                runtime.database,
                lambda unit, text=arrived: take_in(unit, text),  # type: ignore[misc]
                cause,
                record_refusals=False,
            )
            return
        except Conflict:  # whose number it is, or somebody's wish, changed at this moment
            if attempt == TRIES - 1:
                raise


async def _sealed(runtime: Runtime, sender: str, body: str) -> Arrived:
    digest_key = runtime.settings.digest_key
    address = address_of(digest_key, SMS, sender)
    owners = tuple(await store.owners_of(runtime.database, address))
    key_name, key = await key_for(runtime, owners[0] if len(owners) == 1 else None)
    text_id, reply_id = new_id("txt"), new_id("reply")
    content = {"from": sender, "body": body}
    return Arrived(
        id=text_id,
        reply_id=reply_id,
        body=body,
        address=address,
        owners=owners,
        key_name=key_name,
        content=confidential.encrypt_json(key, content, place_of(text_id)),
        reply_to=confidential.encrypt(key, sender.encode(), reply_place(reply_id)),
        digest_key=digest_key,
        on_call=len(runtime.settings.on_call),  # type: ignore[attr-defined]
    )


def place_of(text_id: str) -> str:
    return f"texts/{text_id}/content"


def reply_place(delivery_id: str) -> str:
    return f"deliveries/{delivery_id}/to"


async def take_in(unit: Unit, text: Arrived) -> None:
    points = await store.points_at(unit, text.address)
    if {point.client_id for point in points} != set(text.owners):
        raise Conflict
    wish = await store.wish(unit, text.address)
    reading = read(text.body, opted_out=wish.is_out)
    stopped = reading.stops and await stop_address(unit, text.address, clear=reading.stop_is_clear)
    if reading.is_crisis:
        await raise_alarm(
            unit,
            text_id=text.id,
            address=text.address,
            owners=text.owners,
            on_call=text.on_call,
        )
    elif reading.keyword is Keyword.OPT_IN:
        await resume_address(unit, text.address)
    if reading.is_crisis or stopped or await _is_owed_an_answer(unit, text, reading):
        await _reply(unit, text, reading)
    confirmed = await _try_code(unit, text, points, reading)
    _tell(unit, text, reading, confirmed=confirmed)


async def _is_owed_an_answer(unit: Unit, text: Arrived, reading: Reading) -> bool:
    """START and HELP are answered, but two machines must not talk to each other for ever."""
    if reading.keyword not in (Keyword.OPT_IN, Keyword.HELP):
        return False
    since = unit.at - ANSWERS_WITHIN
    asked = await store.texts_from(unit, text.address, kind=reading.keyword, since=since)
    return asked < MOST_ANSWERS


def _tell(unit: Unit, text: Arrived, reading: Reading, *, confirmed: bool) -> None:
    """Keep the text; what no rule settled becomes a row that a person closes."""
    unread = reading.needs_reading and not confirmed
    asks_help = reading.keyword is Keyword.HELP
    unit.insert(
        "texts",
        {
            "_id": text.id,
            "client_id": text.client_id,
            "candidates": list(text.owners),
            "address": text.address,
            "key": text.key_name,
            "content": text.content,
            "kind": reading.keyword or ("code" if confirmed else "text"),
            "received_at": unit.at,
            "state": OPEN if unread or asks_help else NOTED,
            "closed_at": None,
            "closed_by": None,
            "note": None,
        },
    )
    unit.about(text.id)
    if not unread and not asks_help:
        return
    if text.client_id is None:
        candidates = len(text.owners)
        unit.emit(TextUnattributed(message_id=text.id, candidates=candidates, received_at=unit.at))
    elif asks_help:
        unit.emit(HelpRequested(client_id=text.client_id, message_id=text.id, at=unit.at))
    else:
        unit.emit(TextReceived(client_id=text.client_id, message_id=text.id, received_at=unit.at))


async def _try_code(
    unit: Unit, text: Arrived, points: list[ContactPoint], reading: Reading
) -> bool:
    """A code names the point it was sent for, also where several clients share the number."""
    if reading.code is None:
        return False
    waiting = [p for p in points if p.state == UNVERIFIED and p.code and p.code.is_open(unit.at)]
    right = [
        p for p in waiting if p.code and codes.is_right(text.digest_key, p.code.id, reading.code)
    ]
    for point in right if len(right) == 1 else waiting:
        entered, events = domain.enter_code(
            point, right=len(right) == 1, warning=WARNING, at=unit.at
        )
        store.save_point(unit, entered, events)
    return len(right) == 1


async def _language(unit: Unit, text: Arrived) -> str | None:
    """The language all who have this number share; None where nobody knows."""
    people = [await store.person(unit, owner) for owner in text.owners]
    languages = {person.language for person in people if person}
    return languages.pop() if len(languages) == 1 else None


async def _reply(unit: Unit, text: Arrived, reading: Reading) -> None:
    """One answer to the number that wrote, whoever has it; it waits for no hours (R5.2)."""
    purpose = Purpose.CRISIS_REPLY if reading.is_crisis else Purpose.REPLY
    queue(
        unit,
        id=text.reply_id,
        channel=SMS,
        purpose=purpose,
        client_id=text.client_id,
        not_before=unit.at,
        stale_at=unit.at + RULES[purpose].lasts,
        about_id=text.id,
        repeatable=RULES[purpose].repeatable,
        data={
            "keyword": reading.keyword,
            "language": await _language(unit, text),
            "key": text.key_name,
            "to": text.reply_to,
        },
    )


async def close_text(unit: Unit, text_id: str, *, by: str, note: bytes | None) -> None:
    """A person has read it; the row on My day goes."""
    text = await unit.get("texts", text_id)
    if text is None:
        raise NoSuchText
    if text["state"] == CLOSED:
        raise TextEnded
    closed = {"state": CLOSED, "closed_at": unit.at, "closed_by": by, "note": note}
    unit.replace("texts", {**text, **closed})
    key = text["client_id"] or text_id
    unit.emit(TextClosed(thread_key=key, message_id=text_id, closed_at=unit.at))
    unit.reply(message_id=text_id)

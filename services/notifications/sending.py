"""Sends what is due: gathers what the rules ask for, writes the message, makes the one call."""

from datetime import timedelta
from typing import Any, cast

from services.notifications import codes, messages, outcome, store
from services.notifications.clearance import Situation, decide
from services.notifications.crises import OPEN
from services.notifications.domain import EMAIL, ContactPoint
from services.notifications.email import MailApi
from services.notifications.house import key_named
from services.notifications.keywords import Keyword
from services.notifications.messages import Message, Unfit
from services.notifications.purposes import RULES, Purpose
from services.notifications.settings import Settings
from services.notifications.sms import SmsApi
from services.notifications.texts import reply_place
from services.notifications.usecases import place_of, unsubscribe_link
from shared import confidential, links
from shared.deliveries import Failed, HandedOver, RefusedNow, Result, Unclear, Verdict
from shared.journal import Document
from shared.runtime import Runtime
from shared.waiting import client_is_held

# A crisis reply may go twice (R3.9), but a provider that never answers is not asked for ever.
MOST_UNCLEAR = 3


async def check(runtime: Runtime, delivery: Document) -> Verdict:
    """May it go out at this instant? Everything is read again each time."""
    return decide(await _situation(runtime, delivery))


async def _situation(runtime: Runtime, delivery: Document) -> Situation:
    database, at = runtime.database, runtime.clock.now()
    purpose, data = Purpose(delivery["purpose"]), delivery["data"]
    base = {"purpose": purpose, "at": at, "stale_at": delivery["stale_at"]}
    client_id = delivery["client_id"]
    rules = RULES[purpose]
    if rules.to_staff:
        crisis = await store.crisis_now(database, delivery["about_id"])
        taken = crisis is None or crisis.state != OPEN
        return Situation(**base, point=None, person=None, about_withdrawn=taken)
    if rules.answers_a_text or client_id is None:
        return Situation(**base, point=None, person=None)
    point_id = data.get("contact_point_id")
    point = await store.point_now(database, point_id) if point_id else None
    wishes = await store.wishes_now(database, [point.address] if point else [])
    week = store.week_before(at)
    rival = bool(rules.capped) and await store.has_rival(database, delivery, at=at)
    return Situation(
        **base,
        point=point,
        person=await store.person_now(database, client_id),
        opted_out=any(wish.is_out for wish in wishes.values()),
        erased=await store.is_erased(database, client_id),
        held=rival or await client_is_held(database, client_id),
        about_withdrawn=await store.is_withdrawn_now(database, delivery["about_id"]),
        recipient_id=data.get("recipient_id"),
        counted=await store.went_out(database, client_id, since=week) if rules.capped else (),
    )


class Post:
    """The way out: one per process, opened at the first message."""

    def __init__(self) -> None:
        self._sms: SmsApi | None = None

    async def send(self, runtime: Runtime, delivery: Document) -> Result:
        """Exactly one call. An unfit text or a lost key is a failure, never a half message."""
        settings = settings_of(runtime)
        try:
            to = await _recipient(runtime, delivery)
            message = await write(runtime, delivery)
        except Unfit as error:
            return Failed(error.code)
        except confidential.Erased:
            return Failed("client-erased")
        except confidential.KeyDeskAway as error:
            return RefusedNow(error.code, timedelta(seconds=10))
        if delivery["channel"] == EMAIL:
            answer = await self._mail(settings, delivery, to, message)
        else:
            answer = await self._text(settings, delivery, to, message)
        return _result(delivery, answer)

    async def _text(
        self, settings: Settings, delivery: Document, to: str, message: Message
    ) -> outcome.Outcome:
        """Each text has its own callback address, so that a callback settles an unknown one."""
        if self._sms is None:
            self._sms = SmsApi(
                url=settings.sms_api_url,
                account_sid=settings.sms_account_sid,
                auth_token=settings.sms_auth_tokens[0],
                sender=settings.sms_from,
            )
        callback = f"{settings.own_url}/webhooks/sms/status/{delivery['_id']}"
        return await self._sms.send(to, message.text, callback)

    async def _mail(
        self, settings: Settings, delivery: Document, to: str, message: Message
    ) -> outcome.Outcome:
        api = MailApi(host=settings.smtp_host, port=settings.smtp_port, sender=settings.mail_from)
        headers = _unsubscribe_headers(message)
        domain = settings.mail_from.rpartition("@")[2].rstrip(">")
        message_id = f"<{delivery['_id']}@{domain}>"
        return await api.send(to, message.subject, message.text, headers, message_id)


def settings_of(runtime: Runtime) -> Settings:
    return cast(Settings, runtime.settings)


def _result(delivery: Document, answer: outcome.Outcome) -> Result:
    match answer:
        case outcome.Sent(sid):
            return HandedOver(sid)
        case outcome.Refused(code, None):
            return Failed(code)
        case outcome.Refused(code, seconds):
            return RefusedNow(code, timedelta(seconds=seconds or 0))
        case outcome.Unclear(reason):
            tried = delivery["refusals"] + 1
            ends = delivery["repeatable"] and tried >= MOST_UNCLEAR
            return Failed(reason) if ends else Unclear(reason)


async def _recipient(runtime: Runtime, delivery: Document) -> str:
    data = delivery["data"]
    if "place" in data:
        return settings_of(runtime).on_call[data["place"]]
    if "to" in data:
        key = await key_named(runtime, data["key"])
        return confidential.decrypt(key, data["to"], reply_place(delivery["_id"])).decode()
    point = await store.point_now(runtime.database, data["contact_point_id"])
    if point is None or not point.sealed:
        raise Unfit("contact-removed")
    return await value_of(runtime, point)


async def value_of(runtime: Runtime, point: ContactPoint) -> str:
    key = await runtime.keyring.key(point.client_id)
    return confidential.decrypt(key, point.sealed, place_of(point.id)).decode()


async def write(runtime: Runtime, delivery: Document, *, with_links: bool = True) -> Message:
    """The message as it goes out; without links for staff, who must not hold a client's token."""
    settings, data = settings_of(runtime), delivery["data"]
    named: dict[str, Any] = {"name": settings.center_name, "phone": settings.center_phone}
    if "keyword" in data:
        keyword = Keyword(data["keyword"])
        return messages.answer(keyword, data["language"], **named, hours=settings.center_hours)
    purpose = Purpose(delivery["purpose"])
    channel, language = delivery["channel"], data.get("language", "en")
    hidden = dict.fromkeys(("link", "code", "unsubscribe"), "…")
    values = {**named, **hidden, "minutes": data.get("minutes", 0)}
    if purpose is Purpose.PAGE:
        values["link"] = settings.public_urls["dashboard"]
    if not with_links:
        return messages.words(purpose, channel, language, **values)
    values.update(await _secrets(runtime, delivery))
    return messages.render(purpose, channel, language, **values)


def _unsubscribe_headers(message: Message) -> dict[str, str]:
    """One click ends the e-mails, without a login (R5.7)."""
    if not message.unsubscribe:
        return {}
    return {
        "List-Unsubscribe": f"<{message.unsubscribe}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


async def _secrets(runtime: Runtime, delivery: Document) -> dict[str, str]:
    """Links and codes are derived here and nowhere kept."""
    settings, data = settings_of(runtime), delivery["data"]
    made = {}
    if "link_id" in data:
        owner = data["link_owner"]
        token = links.token(settings.link_keys[owner], data["link_id"])
        made["link"] = f"{settings.public_urls[owner].rstrip('/')}/{data['link_path']}/{token}"
    if "code_id" in data:
        made["code"] = codes.code(settings.digest_key, data["code_id"])
    if delivery["channel"] == EMAIL and "contact_point_id" in data:
        point = await store.point_now(runtime.database, data["contact_point_id"])
        if point is None:
            raise Unfit("contact-removed")
        own = links.token(settings.link_keys["notifications"], unsubscribe_link(point))
        made["unsubscribe"] = f"{settings.own_url}/u/{own}"
    return made

"""Every text this service writes: English here, Spanish in the catalog, nothing revealed (R5.6).

Texts stay within GSM-7 and 320 characters (R5.4). The first one to a number or address carries
what R5.1 and R1.18 ask for; ``WARNING`` is its version, kept with the agreement it led to.
"""

from dataclasses import dataclass

from services.notifications import replies
from services.notifications.content import lint
from services.notifications.domain import EMAIL, SMS
from services.notifications.keywords import Keyword
from services.notifications.purposes import Purpose
from services.notifications.segments import is_gsm, is_within_cap
from shared.pages import LANGUAGES, translations

WARNING = "2026-1"


def _(text: str) -> str:
    """Marks a text for the catalog."""
    return text


TEXTS: dict[Purpose, str] = {
    Purpose.VERIFICATION: _(
        "{name} would like to text you short forms and news, up to 3 a week. To agree, reply"
        " {code} or open {link} Others who use this phone may read them. Rates may apply."
        " HELP: help. STOP: none."
    ),
    Purpose.CHECKIN: _(
        "{name}: A short form: {link} 1 minute. Nobody reads this around the clock."
    ),
    Purpose.NEW_LINK: _("{name}: The form again: {link} 1 minute."),
    Purpose.REMINDER: _("{name}: Did this reach you? {link} No rush."),
    Purpose.SIGN_LINK: _(
        "{name}: A form for you to read: {link} You can say no, or change your mind."
    ),
    Purpose.REVOKE_LINK: _("{name}: The link you asked for: {link} It is your choice."),
    Purpose.REVOKED: _("{name}: It is done, as you asked. Questions? Call {phone}."),
    Purpose.NEWS: _("{name}: There is news for you. Call {phone} when it suits you."),
}

SUBJECTS: dict[Purpose, str] = {
    Purpose.VERIFICATION: _("Confirm this address"),
    Purpose.CHECKIN: _("A short form"),
    Purpose.NEW_LINK: _("The form again"),
    Purpose.REMINDER: _("Did this reach you?"),
    Purpose.SIGN_LINK: _("A form for you to read"),
    Purpose.REVOKE_LINK: _("The link you asked for"),
    Purpose.REVOKED: _("It is done"),
    Purpose.NEWS: _("There is news for you"),
    Purpose.PAGE: _("A person is needed now"),
}

# E-mail differs where a text would speak of a phone, of replying or of STOP.
MAILS: dict[Purpose, str] = {
    Purpose.VERIFICATION: _(
        "{name} would like to write to you here: short forms and news, up to 3 a week.\n\n"
        "To agree, open {link}\nor tell us this code: {code}\n\n"
        "Others who use this address may read what we send.\n"
        "If you did not expect this, there is nothing you need to do."
    ),
    Purpose.PAGE: _(
        "A message came in that may mean danger. It waits on My day:\n{link}\n\n"
        "Waiting for {minutes} minutes. Open it and say that you have it."
    ),
}

MAIL_FOOTER = _("Stop e-mails from this sender: {unsubscribe}\nRather talk? Call {phone}.")


class Unfit(Exception):
    """A rendered message breaks a rule of R5.4 or R5.6; only the rule's code is kept."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Message:
    text: str
    subject: str = ""
    unsubscribe: str = ""


def words(purpose: Purpose, channel: str, language: str, **values: object) -> Message:
    """The message in the reader's language, as staff may see it: nothing is checked yet."""
    write = _mail if channel == EMAIL else _text
    return write(purpose, language, values)


def render(purpose: Purpose, channel: str, language: str, **values: object) -> Message:
    """The finished message; raises Unfit rather than send something that reveals."""
    message = words(purpose, channel, language, **values)
    _check(message, channel)
    return message


def answer(keyword: Keyword, language: str | None, *, name: str, phone: str, hours: str) -> Message:
    """The reply to a keyword or a crisis phrase; a sender nobody knows gets both languages."""
    known = [language] if language else list(LANGUAGES)
    if keyword is Keyword.CRISIS:
        return Message(" ".join(replies.crisis_reply(each) for each in known))
    message = Message(replies.reply(keyword, known[0], name=name, phone=phone, hours=hours))
    _check(message, SMS)
    return message


def say(text: str, language: str) -> str:
    """A text of the catalog in the reader's language; English where there is no other."""
    return str(translations("notifications", language).gettext(text))


def _text(purpose: Purpose, language: str, values: dict[str, object]) -> Message:
    return Message(say(TEXTS[purpose], language).format(**values))


def _mail(purpose: Purpose, language: str, values: dict[str, object]) -> Message:
    body = say(MAILS.get(purpose) or TEXTS[purpose], language).format(**values)
    subject = say(SUBJECTS[purpose], language)
    if purpose is Purpose.PAGE:
        return Message(body, subject)
    body += "\n\n" + say(MAIL_FOOTER, language).format(**values)
    return Message(body, subject, str(values["unsubscribe"]))


def _check(message: Message, channel: str) -> None:
    if lint(message.text) or lint(message.subject):
        raise Unfit("reveals")
    if channel == SMS and not is_gsm(message.text):
        raise Unfit("not-gsm")
    if channel == SMS and not is_within_cap(message.text):
        raise Unfit("too-long")

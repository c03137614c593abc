"""The words of mails to partners: neutral, for every mailbox is shared and every mail forwarded."""

from dataclasses import dataclass, replace

from services.referrals.lifecycle import notices


@dataclass(frozen=True, kw_only=True)
class Mail:
    subject: str
    text: str


OPENINGS = {
    notices.SENT: "A request waits for you.",
    notices.REMINDER: "A request still waits for your answer.",
    notices.LINK: "Here is the new link you asked for.",
}


def with_link(what: str, url: str) -> Mail:
    text = (
        f"{OPENINGS[what]}\n\n"
        f"Look at it here: {url}\n\n"
        "The link works for 3 days. Before anything is shown we send a code to this address."
    )
    return Mail(subject="A request for you", text=text)


def with_code(code: str) -> Mail:
    text = f"Your code: {code}\n\nIt works for 10 minutes. If you did not ask for it, ignore it."
    return Mail(subject="Your code", text=text)


def ended() -> Mail:
    text = "A request that we sent you has ended. There is nothing to do, and its link is closed."
    return Mail(subject="A request has ended", text=text)


def signed(mail: Mail, *, center: str, phone: str) -> Mail:
    return replace(mail, text=f"{mail.text}\n\n{center}\n{phone}\n")

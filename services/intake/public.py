"""What the public pages share: language, translated problems, a limit on tries."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

from fastapi import Request
from starlette.responses import HTMLResponse, Response

from services.intake.submissions import store
from shared.confidential import search_digest
from shared.contracts import Refused
from shared.journal import Actor
from shared.pages import language_of, translations
from shared.runtime import Runtime
from shared.web import page

HOUR = timedelta(hours=1)
COOKIE_SECONDS = 30 * 60


class TooManyTries(Refused):
    """Too many tries from one place. Try again in an hour, or call."""

    code: ClassVar[str] = "TOO_MANY_TRIES"
    final: ClassVar[bool] = False


def client(id: str) -> Actor:
    """Somebody outside, known by what they hold: a draft, a link."""
    return Actor(kind="client", id=id)


def show(
    request: Request,
    template: str,
    status: int = 200,
    *,
    errors: Mapping[str, str] | None = None,
    **context: Any,
) -> HTMLResponse:
    """A public page in the reader's language; problems arrive as message ids."""
    language = context.pop("language", None) or language_of(request)
    words = translations("intake", language)
    said = {name: words.gettext(sentence) for name, sentence in (errors or {}).items()}
    return page(
        request,
        template,
        422 if said and status == 200 else status,
        language=language,
        lang=language,
        errors=said,
        # a switch of language is a GET: it must not lose what was just typed or said
        languages=request.method == "GET",
        **context,
    )


async def limit_tries(request: Request, runtime: Runtime, what: str, most: int) -> None:
    """Count this try of whoever asks from this address; the address itself is not kept."""
    address = request.client.host if request.client else "unknown"
    digest = search_digest(runtime.settings.digest_key, "address", address)
    tries = await store.count_try(runtime.database, f"{what}/{digest}", HOUR, runtime.clock.now())
    if tries > most:
        raise TooManyTries


def remember(answer: Response, runtime: Runtime, name: str, value: str, path: str) -> None:
    """A short-lived cookie in place of a token in the address."""
    answer.set_cookie(
        name,
        value,
        max_age=COOKIE_SECONDS,
        path=path,
        httponly=True,
        samesite="strict",
        secure=runtime.settings.public_urls["intake"].startswith("https:"),
    )

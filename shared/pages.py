"""Pages: the service's templates, then the common look; words by gettext, English or Spanish."""

import gettext
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.responses import Response as StarletteResponse
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

ROOT = Path(str(files("shared"))).parent
LOOK = ROOT / "shared" / "look"
ASSETS = ROOT / "node_modules"
FROM_NPM = {
    "font.woff2": "@fontsource-variable/atkinson-hyperlegible-next/files/"
    "atkinson-hyperlegible-next-latin-wght-normal.woff2",
    "htmx.js": "htmx.org/dist/htmx.min.js",
}
LANGUAGES = ("en", "es")
NEUTRAL_SITE = "https://www.weather.gov/"
DOMAIN = "throughline"


def language_of(request: Request) -> str:
    """?lang=, then the cookie, then what the browser prefers; English otherwise."""
    asked = request.query_params.get("lang") or request.cookies.get("lang")
    if asked in LANGUAGES:
        return str(asked)
    for part in request.headers.get("accept-language", "").split(","):
        wanted = part.split(";")[0].strip()[:2].lower()
        if wanted in LANGUAGES:
            return wanted
    return LANGUAGES[0]


@cache
def translations(service: str, language: str) -> gettext.NullTranslations:
    """The service's own catalog in front of the common one; English is the source text."""
    common = gettext.translation(DOMAIN, LOOK / "locale", [language], fallback=True)
    own = gettext.translation(
        DOMAIN, ROOT / "services" / service / "locale", [language], fallback=True
    )
    own.add_fallback(common)
    return own


@cache
def environment(service: str, language: str) -> Environment:
    env = Environment(
        loader=FileSystemLoader([ROOT / "services" / service / "templates", LOOK / "templates"]),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    words = translations(service, language)
    env.install_gettext_translations(words, newstyle=True)  # type: ignore[attr-defined]
    return env


def page(request: Request, template: str, status: int = 200, /, **context: Any) -> HTMLResponse:
    """Render a template in the reader's language (``language`` in the context wins)."""
    settings = request.app.state.runtime.settings
    language = context.pop("language", None) or language_of(request)
    words = {
        "language": language,
        "lang": language,
        "center_name": settings.center_name,
        "center_phone": settings.center_phone,
        "path": request.url.path,
        "nav": None,
        "csrf": "",
        "errors": {},
        "title": "",
        "crisis_line": False,
        **context,
    }
    html = environment(settings.service, language).get_template(template).render(words)
    answer = HTMLResponse(html, status)
    if request.query_params.get("lang") in LANGUAGES:
        answer.set_cookie("lang", language, max_age=3600, httponly=True, samesite="lax")
    return answer


class _Static(StaticFiles):
    """The look's own files, the service's own, and what npm put into node_modules."""

    async def get_response(self, path: str, scope: Scope) -> StarletteResponse:
        return await super().get_response(FROM_NPM.get(path, path), scope)


def static_files(service: str) -> StaticFiles:
    own = ROOT / "services" / service / "static"
    app = _Static(directory=LOOK / "static", check_dir=False)
    app.all_directories += [folder for folder in (own, ASSETS) if folder.is_dir()]
    return app

"""Render every component in every state to a folder that any static server can show.

python scripts/components.py .run/components
python -m http.server -d .run/components --bind 127.0.0.1 8190
"""

import shutil
import sys
from pathlib import Path

from shared.pages import ASSETS, FROM_NPM, LOOK, environment

STAFF = {
    "title": "Components",
    "count": 14,
    "here": "my-day",
    "nav": [
        ("my-day", "My day", "#"),
        ("intake", "Intake", "#"),
        ("clients", "Clients", "#"),
        ("referrals", "Referrals", "#"),
        ("partners", "Partners", "#"),
        ("operations", "Operations", "#"),
    ],
    "staff": {"name": "Ana S.", "role": "counselor"},
    "updated": "Updated 3 s ago",
    "late": {"kind": "wait", "text": "Updates run 40 s late. What you type is saved."},
    "errors": {
        "phone": "Enter a phone number with 10 digits",
        "born": "Enter the year with 4 digits",
        "wish": "Choose one, or skip",
    },
}
PUBLIC = {
    "title": "Your form",
    "back": "#",
    "crisis_line": True,
    "center_name": "Harbor",
    "center_phone": "555 0100",
    "errors": STAFF["errors"],
}


def render(target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    shutil.copytree(LOOK / "static", target / "static", dirs_exist_ok=True)
    shutil.copy(ASSETS / FROM_NPM["font.woff2"], target / "static" / "font.woff2")
    for language in ("en", "es"):
        page = environment("look", language).get_template("components.html")
        for frame, context in (("staff", STAFF), ("public", PUBLIC)):
            html = page.render(frame=f"{frame}.html", lang=language, csrf="token", **context)
            (target / f"{frame}-{language}.html").write_text(html)
    for name in ("problem", "public_problem", "link_not_in_use"):
        context = STAFF if name == "problem" else PUBLIC
        words = {
            "title": "We can't show this page",
            "detail": "It is not there, or not for this account.",
            "code": "7QK2",
            "again": "#",
            "token": "t",
            "errors": {},
        }
        html = environment("look", "en").get_template(f"{name}.html").render(**{**context, **words})
        (target / f"{name}.html").write_text(html)


if __name__ == "__main__":
    render(Path(sys.argv[1]))

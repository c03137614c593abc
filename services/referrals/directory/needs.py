"""Which needs a service answers, told by its own words (R6.4).

A directory's own categories are often empty or somebody's property; what the service says of
itself is always there.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from services.referrals.directory.words import plain

TABLE = Path(__file__).parent / "data" / "needs.toml"
UNSPECIFIED = "sdoh-category-unspecified"
HOUSING = frozenset({"homelessness", "housing-instability", "inadequate-housing"})
ENOUGH = 2
_HEADING = re.compile(r"^(\d+\)\s*)?([A-Z][A-Z &/,'-]{3,}):", re.MULTILINE)


@dataclass(frozen=True)
class Wording:
    """The words for one thing; ``weight`` is how strongly they were said."""

    plain: re.Pattern[str]
    hints: re.Pattern[str]

    def weight(self, title: str, text: str) -> int:
        """At least ENOUGH when a plain word is said once, or a hint twice or in the title."""
        sure = len(self.plain.findall(title)) + len(self.plain.findall(text))
        likely = ENOUGH * len(self.hints.findall(title)) + len(self.hints.findall(text))
        return ENOUGH * sure + likely


@dataclass(frozen=True)
class Table:
    version: str
    needs: dict[str, Wording]
    substance_use: Wording
    other_sections: tuple[str, ...]


@dataclass(frozen=True)
class Found:
    needs: tuple[str, ...]
    substance_use: bool


def assign(name: str, other_name: str, keywords: str, description: str) -> Found:
    """The codes in the table's order; "unspecified" when the words tell nothing."""
    table = words_table()
    title = plain(f"{name} | {other_name} | {keywords}")
    text = plain(_offered(description, table.other_sections))
    weights = {code: wording.weight(title, text) for code, wording in table.needs.items()}
    treatment = table.substance_use.weight(title, text)
    found = {code for code, weight in weights.items() if weight >= ENOUGH}
    # A treatment place with beds is not housing: naming it would tell why somebody goes there.
    if treatment >= max(ENOUGH, *(weights[code] for code in HOUSING)):
        found -= HOUSING
    return Found(
        tuple(code for code in weights if code in found) or (UNSPECIFIED,), treatment >= ENOUGH
    )


def _offered(description: str, other_sections: tuple[str, ...]) -> str:
    """The description without the sections on volunteers, donations, bus lines and the like."""
    kept: list[str] = []
    start, keep = 0, True
    for heading in _HEADING.finditer(description):
        if keep:
            kept.append(description[start : heading.start()])
        start = heading.start()
        # "3) TRANSPORTATION:" is on a list of what is offered, "TRANSPORTATION:" the way there
        numbered, words = heading[1], plain(heading[2])
        keep = bool(numbered) or not words.startswith(other_sections)
    if keep:
        kept.append(description[start:])
    return "\n".join(kept)


@cache
def words_table() -> Table:
    read = tomllib.loads(TABLE.read_text("utf-8"))
    return Table(
        version=read["version"],
        needs={code: _wording(words) for code, words in read["needs"].items()},
        substance_use=_wording(read["substance_use"]),
        other_sections=tuple(read["other_sections"]),
    )


def _wording(words: dict[str, Any]) -> Wording:
    return Wording(_any_of(words["plain"]), _any_of(words["hints"]))


def _any_of(phrases: list[str]) -> re.Pattern[str]:
    shapes = (re.escape(phrase).replace(r"\*", "[a-z]*") for phrase in phrases)
    return re.compile(rf"\b(?:{'|'.join(shapes)})(?:s|es)?\b")

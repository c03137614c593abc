"""Instruments as data packs: questions and answers in two languages, version, license, scorer."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

PULSE = "pulse"

Words = Mapping[str, str]  # language → text


@dataclass(frozen=True, kw_only=True)
class Item:
    code: str
    words: Words
    options: Mapping[int, Words]
    hint: Words | None = None


@dataclass(frozen=True, kw_only=True)
class Instrument:
    """``weights`` of the score: +1 counts the answer, -1 counts what is missing to its highest."""

    id: str
    version: str
    scorer: str
    mode: str
    period_days: int
    most: int
    weights: Mapping[str, int]
    items: tuple[Item, ...]

    def item(self, code: str) -> Item | None:
        return next((item for item in self.items if item.code == code), None)

    def score(self, answers: Mapping[str, int | None]) -> int | None:
        """None while a required answer is missing (R2.1)."""
        total = 0
        for code, weight in self.weights.items():
            value = answers.get(code)
            if value is None:
                return None
            item = self.item(code)
            total += value if weight > 0 or item is None else max(item.options) - value
        return total


@cache
def instruments() -> dict[str, Instrument]:
    folder = files(__package__).joinpath("data")
    read = [_instrument(tomllib.loads(file.read_text("utf-8"))) for file in folder.iterdir()]
    return {one.id: one for one in read}


def _instrument(raw: Mapping[str, Any]) -> Instrument:
    return Instrument(
        id=raw["id"],
        version=raw["version"],
        scorer=raw["scorer"],
        mode=raw["mode"],
        period_days=raw["period_days"],
        most=raw["score"]["most"],
        weights=raw["score"]["weights"],
        items=tuple(_item(item) for item in raw["items"]),
    )


def _item(raw: Mapping[str, Any]) -> Item:
    return Item(
        code=raw["code"],
        words=_words(raw),
        options={option["value"]: _words(option) for option in raw["options"]},
        hint=raw.get("hint"),
    )


def _words(raw: Mapping[str, Any]) -> Words:
    return {"en": raw["en"], "es": raw["es"]}

"""The rule sets as data files: points, caps and words, each with its version."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

Rules = Mapping[str, Any]

CURRENT = "v1"


@cache
def rule_set(version: str = CURRENT) -> Rules:
    """A released rule set never changes; a change is a new file with a new version."""
    text = files(__package__).joinpath(f"data/risk_rules_{version}.toml").read_text("utf-8")
    return tomllib.loads(text)

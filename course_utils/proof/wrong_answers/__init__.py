"""Wrong answers to the exercises, written by hand in the ways in which they go wrong: all must be refused."""

from __future__ import annotations

import importlib
from typing import Any


def answers(name: str) -> list[Any]:
    """The wrong answers to ``nbNN.attribute``: functions; values, or what gives them, where one is asked for."""
    notebook, attribute = name.split(".")
    return importlib.import_module(f"{__name__}.{notebook}").ANSWERS.get(attribute, [])

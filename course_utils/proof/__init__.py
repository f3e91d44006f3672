"""Proof that the course holds: long checks beside the quick tests, in parts that run alone, are resumed, and report.

Each part is a module of this package with ``steps()``: names and what to call for each. ``python -m course_utils proof PART``
runs them (see ``runner``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

PARTS: tuple[str, ...] = (
    "exercises", "gate", "network", "processors", "seeds", "damage", "storage", "classroom", "sizes", "supply",
)  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """What came of one step.

    Attributes:
        passed: whether what was to be shown was seen.
        what: one line on what was run and how much.
        figures: counts and lists for the report; JSON types only.
    """

    passed: bool
    what: str
    figures: dict[str, Any] = field(default_factory=dict)


Steps = list[tuple[str, Callable[[], Outcome]]]

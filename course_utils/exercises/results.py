"""What the learner sees, in a notebook and in a terminal alike, with nothing of theirs let through raw."""

from __future__ import annotations

import html
import unicodedata
from dataclasses import dataclass

CORRECT, NOT_ATTEMPTED, NOT_YET = "correct", "not attempted", "not yet"
_LABELS = {CORRECT: "✓ Correct.", NOT_ATTEMPTED: "○ Not attempted.", NOT_YET: "✗ Not yet."}
_MARKDOWN = set("\\`*_{}[]()#+-.!|~$^:@")
LONGEST = 160


def clean(text: str, longest: int = LONGEST) -> str:
    """``text`` on one line, without control characters (also those that turn the writing direction), cut at ``longest``.

    >>> clean("red" + chr(27) + "[31m" + chr(10) + "alert")
    'red [31m alert'
    """
    # Zs are spaces, the rest of C and Z: control, format, surrogate, private use, unassigned, line and paragraph separators
    shown = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text[: 4 * longest])
    shown = " ".join(shown.split())
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


def escape(text: str) -> str:
    """``text`` for Markdown: every character that means something to HTML or Markdown becomes an entity.

    >>> escape("<b> `x`")
    '&lt;b&gt; &#96;x&#96;'
    """
    return "".join(f"&#{ord(c)};" if c in _MARKDOWN else html.escape(c) for c in text)


@dataclass(frozen=True)
class Text:
    """Something to read: ``markdown`` for notebooks, ``plain`` for terminals."""

    markdown: str
    plain: str

    def _repr_markdown_(self) -> str:
        return self.markdown

    def __repr__(self) -> str:
        return self.plain


@dataclass(frozen=True, repr=False)
class Result:
    """The outcome of a check.

    Attributes:
        outcome: ``correct``, ``not attempted`` or ``not yet``.
        message: what to say about it, written by the course (Markdown).
        detail: what came from the learner's answer, cleaned but not escaped.
    """

    outcome: str
    message: str = ""
    detail: str = ""

    def _repr_markdown_(self) -> str:
        parts = [f"**{_LABELS[self.outcome]}**", self.message, escape(self.detail)]
        return " ".join(part for part in parts if part)

    def __repr__(self) -> str:
        return " ".join(part for part in (_LABELS[self.outcome], self.message, self.detail) if part)

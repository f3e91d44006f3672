"""Figures about tokens: pieces of a sentence, the longest-match walk, fertility, learned vocabularies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from course_utils.plots.marks import interval, rows
from course_utils.plots.style import (
    BODY,
    CONTROL,
    INK,
    OTHER,
    PAPER,
    RULE,
    SHADE,
    SMALL,
    VIOLET,
    WIDTH,
    Look,
    canvas,
    headline,
)

TINTS = ("#CFE3F2", "#FBE3B8", "#CDEBE0", "#F3D3E4", "#E3E0F0")  # light enough to read on; neighbours differ
SPECIAL = "#F9DDCB"


def subword_view(tokens: Sequence[str], ids: Sequence[int], words: Sequence[int | None], title: str):
    """A sentence as coloured pieces with their ids; pieces of one word touch and share a colour. Returns the figure.

    Args:
        words: for each token the number of its word, ``None`` for special tokens (a tokenizer's ``word_ids()``).
    """
    from matplotlib.patches import Rectangle

    letter, pad, gap, width, step = 0.098, 0.13, 0.11, WIDTH - 0.3, 0.78  # inches
    places, x, line = [], 0.0, 0
    sizes = [letter * max(len(token), len(str(number))) + pad for token, number in zip(tokens, ids, strict=True)]
    for i, size in enumerate(sizes):
        joined = i > 0 and words[i] is not None and words[i] == words[i - 1]
        end = next((k for k in range(i + 1, len(tokens)) if words[k] is None or words[k] != words[i]), len(tokens))
        x += 0.0 if joined or x == 0 else gap
        if x + (size if joined else sum(sizes[i:end])) > width and x > 0:
            x, line = 0.0, line + 1
        places.append((x, line, size))
        x += size
    figure, axis = canvas(0.6 + step * (line + 1))
    for token, number, word, (left, row, size) in zip(tokens, ids, words, places, strict=True):
        color, top = SPECIAL if word is None else TINTS[word % len(TINTS)], -step * row
        axis.add_patch(Rectangle((left, top - 0.38), size, 0.38, facecolor=color, edgecolor=PAPER, linewidth=1.5))
        written = {"ha": "center", "va": "center", "family": "monospace", "parse_math": False}
        axis.text(left + size / 2, top - 0.19, token, fontsize=BODY + 0.6, color="#A03C00" if word is None else INK, **written)
        axis.text(left + size / 2, top - 0.52, str(number), fontsize=SMALL, color=CONTROL, **written)
    axis.set(xlim=(-0.02, width), ylim=(-step * line - 0.66, 0.06))
    axis.axis("off")
    headline(figure, title)
    return figure


def longest_match_walk(word: str, steps: Sequence[tuple[int, int, bool]], title: str):
    """The longest-match walk through ``word``: one row a candidate, (start, end, found). Returns the figure."""
    from matplotlib.patches import Rectangle

    figure, axis = canvas(0.75 + 0.36 * len(steps))
    piece = 0
    for row, (start, end, found) in enumerate(steps):
        axis.add_patch(Rectangle((start + 0.04, row - 0.42), end - start - 0.08, 0.84,
                                 facecolor=TINTS[piece % len(TINTS)] if found else SHADE,
                                 edgecolor=INK if found else "#C8C8C8", linewidth=1.4 if found else 0.8))  # fmt: skip
        color = INK if found else CONTROL
        for i in range(start, end):
            axis.text(i + 0.5, row, word[i], ha="center", va="center", family="monospace", fontsize=12, color=color,
                      parse_math=False)  # fmt: skip
        if start:
            axis.text(start - 0.05, row, "##", ha="right", va="center", family="monospace", fontsize=BODY, color=CONTROL)
        axis.text(len(word) + 0.4, row, "in the vocabulary" if found else "no entry", va="center", fontsize=BODY,
                  color=OTHER if found else CONTROL, weight="bold" if found else "normal")  # fmt: skip
        piece += found
    room = max(4.2, 15.2 - len(word))  # letters stay about as wide as they are high
    axis.set(xlim=(-0.1, len(word) + room), ylim=(len(steps) - 0.4, -0.6))
    axis.axis("off")
    headline(figure, title)
    return figure


def fertility_by_kind(intervals: Mapping[str, object], unknown: Mapping[str, float], title: str):
    """Tokens a word by kind of text (``statistics.Interval``), and beside it the share of words with an unknown token."""
    labels = sorted(intervals, key=lambda label: -intervals[label].value)
    figure, (left, right) = canvas(1.2 + 0.43 * len(labels), 1, 2, sharey=True, width_ratios=(3, 1.3))
    for y, label in enumerate(labels):
        interval(left, intervals[label], y, Look(OTHER, "-", "s"), size=6)
        right.barh(y, unknown[label], height=0.55, color=VIOLET, hatch="///", edgecolor=PAPER)
        right.annotate(f"{unknown[label]:.0%}", (unknown[label], y), (4, 0), textcoords="offset points", va="center",
                       fontsize=SMALL)  # fmt: skip
    left.axvline(1, color=INK, linewidth=1.0, zorder=1)
    rows(left, labels)
    left.set_xlabel("tokens a word (line: one token a word)")
    left.margins(x=0.08)
    right.set(xlabel="share of words lost", xlim=(0, max(0.3, 1.3 * max(unknown.values()))), xticks=[])
    right.grid(visible=False)
    right.tick_params(axis="y", length=0)
    headline(figure, title)
    return figure


def vocabulary_curve(seen: Mapping[int, float], new: Mapping[int, float], reference: tuple[str, int, float] | None, title: str):
    """Fertility against the number of learned pieces, on the training text and on new text. Returns the figure.

    Args:
        reference: label, vocabulary size and fertility on the new text of a tokenizer to compare with.
    """
    figure, axis = canvas(3.9)
    sizes = list(new)
    looks = Look(OTHER, "-", "o"), Look(CONTROL, "--", "s")
    for values, look in zip((new, seen), looks, strict=True):
        axis.plot(sizes, list(values.values()), **look.style)
    near = {"textcoords": "offset points", "fontsize": BODY}
    axis.annotate("new sentences", (sizes[1], new[sizes[1]]), (10, 6), color=OTHER, **near)
    axis.annotate("training sentences", (sizes[-2], seen[sizes[-2]]), (-8, -10), color=CONTROL, ha="right", va="top", **near)
    if reference:
        label, size, value = reference
        axis.plot(size, value, "*", color=INK, markersize=14)
        axis.annotate(f"{label}\n{value:.2f} on new", (size, value), (0, 10), color=INK, ha="center", va="bottom", **near)
        sizes = [*sizes, size]
    axis.axhline(1, color=RULE, linewidth=1.0)
    axis.set_xscale("log")
    axis.minorticks_off()
    axis.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axis.set(xlabel="entries in the vocabulary (logarithmic)", ylabel="tokens a word")
    axis.set_ylim(bottom=0.9)
    axis.margins(x=0.1)
    headline(figure, title)
    return figure

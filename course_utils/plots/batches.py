"""Figures about batches of token ids: the padded batch with its mask, and what padding does without it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from course_utils.plots.marks import apart, label_ends
from course_utils.plots.style import (
    BODY,
    INK,
    MEAN,
    OLIVE,
    OTHER,
    PAPER,
    SHADE,
    SMALL,
    VIOLET,
    WIDTH,
    Look,
    canvas,
    headline,
    text_width,
)

REAL = "#CFE3F2"


def batch_grid(tokens: Sequence[Sequence[str]], mask: Sequence[Sequence[int]], title: str):
    """A padded batch: tokens above, its attention mask below; padding is hatched. Returns the figure."""
    lines, columns = len(tokens), len(tokens[0])
    longest = max((token for row in tokens for token in row), key=len)
    turned = text_width(longest, SMALL) > 72 * (WIDTH - 0.7) / columns - 3  # too wide for its cell
    high = 0.2 + text_width(longest, SMALL) / 72 if turned else 0.42
    figure, (upper, lower) = canvas(1.25 + (high + 0.42) * lines, 2, 1, height_ratios=(high, 0.42))
    for axis, entries in ((upper, tokens), (lower, mask)):
        for y in range(lines):
            for x in range(columns):
                _cell(axis, x, y, str(entries[y][x]), mask[y][x] == 1, 90 if turned and axis is upper else 0)
        axis.set(xlim=(0, columns), ylim=(lines, 0), xticks=[], yticks=[])
        axis.set_frame_on(False)
    upper.set_ylabel("tokens")
    lower.set_ylabel("attention mask")
    lower.set_xlabel("position")
    lower.set_xticks([x + 0.5 for x in range(columns)], range(columns))
    lower.tick_params(axis="x", length=0)
    headline(figure, title)
    return figure


def _cell(axis, x: int, y: int, text: str, real: bool, rotation: int) -> None:
    from matplotlib.patches import Rectangle

    axis.add_patch(Rectangle((x, y), 1, 1, facecolor=REAL if real else SHADE, edgecolor=PAPER, linewidth=1.6))
    if not real:
        axis.add_patch(Rectangle((x + 0.03, y + 0.03), 0.94, 0.94, facecolor="none", edgecolor="#D2D2CE", hatch="///", lw=0))
    box = None if real else {"facecolor": SHADE, "edgecolor": "none", "pad": 0.8}
    axis.text(x + 0.5, y + 0.5, text, ha="center", va="center", fontsize=SMALL, rotation=rotation, parse_math=False,
              color=INK if real else "#5A5A5A", bbox=box)  # fmt: skip


def padding_bug(distances: Mapping[str, Mapping[int, float]], stranger: float, title: str):
    """How far the mean moves with added padding, one line for each way to forget the mask. Returns the figure.

    Args:
        distances: label to {padding: mean cosine distance to the vector without padding}.
        stranger: mean cosine distance of two different sentences.
    """
    looks = {
        "both masked": Look(MEAN, "--", "D"),
        "mean forgets": Look(OLIVE, "-.", "^"),
        "model forgets": Look(OTHER, ":", "s"),
        "both forget": Look(VIOLET, "-", "X"),
    }
    figure, axis = canvas(4.0)
    for label, values in distances.items():
        axis.plot(list(values), list(values.values()), **looks[label].style)
    last = max(max(values) for values in distances.values())
    axis.axhline(stranger, color=INK, linewidth=1.2)
    axis.annotate("two different sentences", (0, stranger), (0, 4), textcoords="offset points", fontsize=BODY, color=INK)
    axis.set(xlabel="padding added (tokens)", ylabel="cosine distance\nto the same sentence alone", xlim=(-0.5, last + 0.5))
    axis.set_xticks(apart({padding for values in distances.values() for padding in values}, 0.05 * last))
    ends = {label: list(values.values())[-1] for label, values in distances.items()}
    label_ends(axis, ends, last, {label: look.color for label, look in looks.items()})
    headline(figure, title)
    return figure

"""Figures about putting an embedding to work: padding in batches, and time by the size of a collection."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from course_utils.large import extrapolate
from course_utils.plots.marks import halo, panel
from course_utils.plots.style import CONTROL, INK, OTHER, PALE, PAPER, SHADE, SMALL, VIOLET, Look, canvas, headline

TIMES = (
    ("seconds, once", {"embedding": Look(INK, "-", "D"), "building": Look(OTHER, "-", "s")}, 1,
     ((60, "a minute"), (3600, "an hour"))),
    ("milliseconds a query", {"exact": Look(VIOLET, "-", "o"), "approximate": Look(OTHER, "-", "s")}, 1000,
     ((1000, "a second"),)),
)  # fmt: skip
NAMES = {  # and where they stand, in points from a mark
    "embedding": ("embed the texts", (-7, 9)),
    "building": ("build the index", (7, -10)),
    "exact": ("exact search", (-7, 9)),
    "approximate": ("approximate search", (9, 0)),
}


def padding_boxes(lengths: Sequence[int], batch_size: int, title: str, batches: int = 4):
    """The first texts as they are padded, in file order and sorted by length: text dark, padding pale. Returns the figure.

    Args:
        lengths: tokens of each text.
        batches: how many batches are drawn.
    """
    drawn = np.asarray(lengths)[: batches * batch_size]
    figure, axes = canvas(4.0, 1, 2, sharex=True, sharey=True)
    for axis, (label, values) in zip(axes, {"in file order": drawn, "sorted by length": np.sort(drawn)}.items(), strict=True):
        positions = 0
        for start in range(0, len(values), batch_size):
            batch = values[start : start + batch_size]
            places = np.arange(start, start + len(batch)) + 2.5 * (start // batch_size)
            axis.barh(places, batch.max(), color=PALE, height=1.0)
            axis.barh(places, batch, color=OTHER, height=0.72)
            positions += len(batch) * batch.max()
        panel(axis, f"{label}: {1 - values.sum() / positions:.0%} padding")
        axis.set(xlabel="tokens (dark: text, pale: padding)", yticks=[])
        axis.grid(False)
    axes[0].invert_yaxis()
    axes[0].set_ylabel(f"{batches} batches of {batch_size} texts")
    headline(figure, title)
    return figure


def collection_times(times, targets: Sequence[int], title: str):
    """Seconds against the size of a collection, measured and, dashed, extrapolated in proportion. Returns the figure.

    Args:
        times: DataFrame from ``large.timed_collection``.
        targets: sizes to extrapolate to.
    """
    figure, axes = canvas(4.4, 1, 2)
    last = times["size"].iloc[-1]
    end = 1.6 * max(targets)
    for axis, (ylabel, looks, factor, hints) in zip(axes, TIMES, strict=True):
        for column, look in looks.items():
            axis.plot(times["size"], factor * times[column], color=look.color, marker=look.marker, markersize=5.5)
            if column != "approximate":
                values = [factor * extrapolate(times["size"], times[column], size) for size in (last, *targets)]
                axis.plot([last, *targets], values, color=look.color, linestyle="--", linewidth=1.5, marker=look.marker,
                          markersize=5.5, markerfacecolor=PAPER)  # fmt: skip
            name, place = NAMES[column]
            size = last if column == "approximate" else targets[0]
            values = factor * extrapolate(times["size"], times[column], size)
            axis.annotate(name, (size, values), place, textcoords="offset points", color=look.color, path_effects=halo(3),
                          ha="left" if place[0] > 0 else "right", va="center")  # fmt: skip
        axis.set(xscale="log", yscale="log", xlabel="texts (logarithmic)", ylabel=f"{ylabel} (logarithmic)",
                 xlim=(0.7 * times["size"].iloc[0], end))  # fmt: skip
        axis.axvspan(last, end, color=SHADE, zorder=0, linewidth=0)
        axis.text(0.97, 0.03, "extrapolated", transform=axis.transAxes, ha="right", fontsize=SMALL, style="italic",
                  color="#5A5A5A")  # fmt: skip
        axis.set_ylim(top=4 * axis.get_ylim()[1])
        for value, text in [hint for hint in hints if hint[0] < axis.get_ylim()[1]]:
            axis.axhline(value, color=CONTROL, linewidth=0.9, linestyle=":")
            axis.annotate(text, (0.02, value), (0, 2), xycoords=axis.get_yaxis_transform(), textcoords="offset points",
                          fontsize=SMALL, color=CONTROL, va="bottom", path_effects=halo())  # fmt: skip
    panel(axes[0], "before the first query")
    panel(axes[1], "at each query")
    headline(figure, title)
    return figure

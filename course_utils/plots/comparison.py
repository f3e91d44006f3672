"""Figures that compare systems: distributions, intervals, layers, strata, training curves."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from course_utils.plots.style import CLS, CONTROL, INK, MEAN, OTHER, STYLES, label_ends


def cosine_distributions(
    cosines: Mapping[str, np.ndarray], title: str, xlabel: str = "cosine of two random sentences", color: str | None = None
):
    """Densities of cosines, one row a label: ``cosines[label]`` is (pairs,). Returns the figure.

    ``color`` is for all rows; without it each system has its own.

    Rows rather than overlaid curves: the labels stand beside them, and a spike next to 1 hides nothing.
    """
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(len(cosines), 1, sharex=True, figsize=(7.0, 0.8 + 0.75 * len(cosines)))
    lowest = min(float(values.min()) for values in cosines.values())
    edges = np.arange(np.floor(10 * lowest) / 10, 1.011, 0.02)
    for axis, (label, values) in zip(np.atleast_1d(axes), cosines.items(), strict=True):
        shade = color or STYLES.get(label, {}).get("color", OTHER)
        heights, _ = np.histogram(values, edges)
        axis.stairs(heights / heights.max(), edges, fill=True, color=shade, alpha=0.75)
        axis.axvline(values.mean(), color=INK, linewidth=1.2)
        side = (
            {"x": values.mean() - 0.015, "ha": "right"} if values.mean() > 0.3 else {"x": values.mean() + 0.015, "ha": "left"}
        )
        box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1.0}
        axis.text(y=0.85, s=f"mean {values.mean():.2f}", va="center", fontsize=9.5, bbox=box, **side)
        axis.set_ylabel(label, rotation=0, ha="right", va="center")
        axis.set(yticks=[], ylim=(0, 1.05))
        axis.tick_params(axis="x", length=0)
        axis.grid(False)
        axis.spines["left"].set_visible(False)
    np.atleast_1d(axes)[-1].set_xlabel(xlabel)
    figure.suptitle(title, x=0.01, ha="left", weight="bold", fontsize=11.5)
    return figure


def forest(
    intervals: Mapping[str, object], title: str, xlabel: str, published: Mapping[str, tuple[float, float]] | None = None
):
    """Dots with intervals, one row a system (``statistics.Interval``). Returns the figure.

    Args:
        published: (low, high) figures of another model on other data, drawn apart as grey bars under a line.
    """
    import matplotlib.pyplot as plt

    rows = len(intervals) + (len(published) + 1 if published else 0)
    figure, axis = plt.subplots(figsize=(7.0, 1.0 + 0.36 * rows))
    labels = list(intervals)
    for y, label in enumerate(labels):
        measured = intervals[label]
        color = CONTROL if label.startswith(("untrained", "TF-IDF")) else CLS if "[CLS]" in label else MEAN
        axis.plot([measured.low, measured.high], [y, y], color=color, linewidth=2.4, solid_capstyle="butt")
        axis.plot(
            measured.value, y, marker="s" if color == CONTROL else "o" if color == CLS else "D", color=color, markersize=6
        )
        axis.annotate(f"{measured.value:.2f}", (measured.value, y), (0, 6), textcoords="offset points", ha="center", fontsize=9)
    if published:
        line = len(labels) - 0.35
        axis.axhline(line, color=INK, linewidth=0.8)
        axis.text(0.995, line + 0.45, "published: another model, other data", transform=axis.get_yaxis_transform(),
                  ha="right", va="center", fontsize=9, style="italic", color=CONTROL)  # fmt: skip
        for y, (low, high) in enumerate(published.values(), start=len(labels) + 1):
            axis.plot([low, high], [y, y], color="#AAAAAA", linewidth=7, solid_capstyle="butt")
            axis.annotate(f"{low:.2f} to {high:.2f}" if high > low else f"{low:.2f}", (high, y), (7, 0),
                          textcoords="offset points", va="center", fontsize=9, color=CONTROL)  # fmt: skip
            if high == low:
                axis.plot(low, y, marker="|", color="#AAAAAA", markersize=12, markeredgewidth=3)
        labels = [*labels, "", *published]
    axis.set_yticks(range(len(labels)), labels)
    axis.set(xlabel=xlabel, ylim=(len(labels) - 0.4, -0.7))
    axis.grid(axis="y", visible=False)
    axis.tick_params(axis="y", length=0)
    axis.margins(x=0.12)
    figure.suptitle(title, x=0.01, ha="left", weight="bold", fontsize=11.5)
    return figure


def layers(curves: Mapping[str, Mapping[int, object]], title: str, ylabel: str):
    """A value by layer with its interval, one line a system: ``curves[label]`` maps layer to ``Interval``."""
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots()
    last = max(max(intervals) for intervals in curves.values())
    for label, intervals in curves.items():
        style = STYLES.get(label, {"color": OTHER, "linestyle": "-"})
        x, values = list(intervals), list(intervals.values())
        axis.fill_between(x, [i.low for i in values], [i.high for i in values], color=style["color"], alpha=0.13, linewidth=0)
        axis.plot(x, [i.value for i in values], marker="o" if label == "[CLS]" else "D", markersize=4.5, **style)
    label_ends(axis, {label: intervals[last].value for label, intervals in curves.items()}, last)
    axis.set_xticks(range(last + 1), ["0\nembeddings", *map(str, range(1, last + 1))])
    axis.set(xlabel="layer", ylabel=ylabel, xlim=(-0.15, last + 0.15))
    figure.suptitle(title, x=0.01, ha="left", weight="bold", fontsize=11.5)
    return figure


def strata(means: Mapping[str, Mapping[str, float]], title: str, xlabel: str):
    """Mean values by stratum, one row a stratum, one mark a system: ``means[label][stratum]``. Returns the figure."""
    import matplotlib.pyplot as plt

    marks = {"[CLS]": ("o", CLS), "mean": ("D", MEAN), "TF-IDF": ("s", CONTROL), "score": ("|", INK)}
    rows = list(next(iter(means.values())).keys())
    figure, axis = plt.subplots(figsize=(7.0, 0.9 + 0.42 * len(rows)))
    for label, values in means.items():
        marker, color = marks.get(label, ("^", OTHER))
        size, edge = (15, 3) if marker == "|" else (7, 1)
        places = [values[row] for row in rows]
        axis.plot(places, range(len(rows)), marker, color=color, markersize=size, markeredgewidth=edge, label=label)
    axis.legend(loc="lower left", bbox_to_anchor=(-0.02, 0.98), ncols=len(means), handletextpad=0.2, columnspacing=1.6)
    axis.set_yticks(range(len(rows)), rows)
    axis.set(xlabel=xlabel, xlim=(-0.03, 1.03), ylim=(len(rows) - 0.5, -0.6))
    axis.tick_params(axis="y", length=0)
    figure.suptitle(title, x=0.01, ha="left", weight="bold", fontsize=11.5)
    return figure


def training_curves(curves: Mapping[str, object], sets: Mapping[str, str], title: str, ylabel: str):
    """Small multiples of [CLS] and the mean over the tokens seen: a column a model, a row a set of pairs.

    ``curves[model]`` is a DataFrame of ``models.training_curve``; ``sets[label]`` is the beginning of its columns, which end
    in ``_cls`` and ``_mean``. Returns the figure.
    """
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(
        len(sets), len(curves), figsize=(7.4, 0.8 + 2.3 * len(sets)), sharex=True, sharey="row", squeeze=False
    )
    for row, (pairs, beginning) in zip(axes, sets.items(), strict=True):
        for axis, (name, curve) in zip(row, curves.items(), strict=True):
            x = np.sqrt(curve["tokens"] / 1e6)  # snapshots lie on a square: evenly spread this way
            columns = {"[CLS]": curve[f"{beginning}_cls"], "mean": curve[f"{beginning}_mean"]}
            for label, values in columns.items():
                axis.plot(x, values, marker="o" if label == "[CLS]" else "D", markersize=3, **STYLES[label])
            label_ends(axis, {label: float(values.iloc[-1]) for label, values in columns.items()}, float(x.iloc[-1]))
            ticks = np.array([0, 1, 5, 15, 30, 50])
            axis.set_xticks(np.sqrt(ticks), ticks)
            axis.set_title(f"{name}, {pairs}", fontsize=10)
        row[0].set_ylabel(ylabel)
    for axis in axes[-1]:
        axis.set_xlabel("million tokens seen")
    figure.suptitle(title, x=0.01, ha="left", weight="bold", fontsize=11.5)
    return figure

"""Figures that compare systems: distributions, intervals, layers, strata, training curves."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from course_utils.plots.marks import halo, interval, label_ends, label_tops, pale, panel, published_rule, rows
from course_utils.plots.marks import published as published_value
from course_utils.plots.style import INK, Look, canvas, headline, look_of


def cosine_distributions(
    cosines: Mapping[str, np.ndarray], title: str, xlabel: str = "cosine of two random sentences", color: str | None = None
):
    """Densities of cosines, one row a label: ``cosines[label]`` is (pairs,). Returns the figure.

    ``color`` is for all rows; without it each system has its own.

    Rows rather than overlaid curves: the labels stand beside them, and a spike next to 1 hides nothing.
    """
    figure, axes = canvas(0.85 + 0.75 * len(cosines), len(cosines), 1, sharex=True, squeeze=False)
    lowest = min(float(values.min()) for values in cosines.values())
    edges = np.arange(np.floor(10 * lowest) / 10, 1.011, 0.02)
    for axis, (label, values) in zip(axes[:, 0], cosines.items(), strict=True):
        look = look_of(label)
        shade = color or look.color
        heights, _ = np.histogram(values, edges)
        axis.stairs(heights / heights.max(), edges, fill=True, color=pale(shade, 0.55))
        axis.stairs(heights / heights.max(), edges, color=shade, linewidth=1.4, linestyle="-" if color else look.line)
        middle = float(values.mean())
        axis.axvline(middle, color=INK, linewidth=1.4)
        right = middle > (edges[0] + 1) / 2
        axis.annotate(f"mean {middle:.2f}", (middle, 0.85), (-5 if right else 5, 0), textcoords="offset points", va="center",
                      ha="right" if right else "left", path_effects=halo(3))  # fmt: skip
        axis.set_ylabel(label, rotation=0, ha="right", va="center")
        axis.set(yticks=[], ylim=(0, 1.08))
        axis.tick_params(axis="x", length=0)
        axis.grid(False)
        axis.spines["left"].set_visible(False)
    axes[-1, 0].set_xlabel(f"{xlabel} (height: share of the pairs)")
    headline(figure, title)
    return figure


def forest(
    intervals: Mapping[str, object], title: str, xlabel: str, published: Mapping[str, tuple[float, float]] | None = None
):
    """Dots with intervals, one row a system (``statistics.Interval``). Returns the figure.

    Args:
        published: (low, high) figures of another model on other data, drawn apart as grey bars under a line.
    """
    labels = list(intervals)
    names = [*labels, "", *published] if published else labels
    figure, axis = canvas(0.95 + 0.37 * len(names))
    for y, label in enumerate(labels):
        interval(axis, intervals[label], y, look_of(label), hollow=label.startswith("untrained"))
    axis.margins(x=0.12)
    if published:
        axis.update_datalim([(value, 0) for pair in published.values() for value in pair])
        axis.autoscale_view()
        published_rule(axis, len(labels) - 0.4)
        for y, (low, high) in enumerate(published.values(), start=len(labels) + 1):
            published_value(axis, low, high, y)
    rows(axis, names)
    axis.set_xlabel(xlabel)
    headline(figure, title)
    return figure


def layers(curves: Mapping[str, Mapping[int, object]], title: str, ylabel: str):
    """A value by layer with its interval, one line a system: ``curves[label]`` maps layer to ``Interval``."""
    figure, axis = canvas(3.7)
    last = max(max(intervals) for intervals in curves.values())
    for label, intervals in curves.items():
        look = look_of(label)
        x, values = list(intervals), list(intervals.values())
        axis.fill_between(x, [i.low for i in values], [i.high for i in values], color=look.color, alpha=0.13, linewidth=0)
        axis.plot(x, [i.value for i in values], markersize=5.5, **look.style)
    axis.set_xticks(range(last + 1), ["0\nembeddings", *map(str, range(1, last + 1))])
    axis.set(xlabel="layer (band: 95% interval)", ylabel=ylabel, xlim=(-0.15, last + 0.15))
    label_ends(axis, {label: intervals[last].value for label, intervals in curves.items()}, last)
    headline(figure, title)
    return figure


def strata(means: Mapping[str, Mapping[str, float]], title: str, xlabel: str):
    """Mean values by stratum, one row a stratum, one mark a system: ``means[label][stratum]``. Returns the figure."""
    kinds = list(next(iter(means.values())).keys())
    figure, axis = canvas(1.3 + 0.4 * len(kinds))
    looks = {label: Look(INK, "none", "|") if label == "score" else look_of(label) for label in means}
    for label, values in means.items():
        size, edge = (16, 3.2) if label == "score" else (7.5, 1)
        axis.plot([values[kind] for kind in kinds], range(len(kinds)), linestyle="none", marker=looks[label].marker,
                  color=looks[label].color, markersize=size, markeredgewidth=edge)  # fmt: skip
    rows(axis, kinds, top=0.55)
    axis.grid(axis="y", visible=True)
    axis.set(xlabel=xlabel, xlim=(-0.03, 1.03))
    label_tops(axis, {label: values[kinds[0]] for label, values in means.items()}, 0, {k: v.color for k, v in looks.items()})
    headline(figure, title)
    return figure


def training_curves(curves: Mapping[str, object], sets: Mapping[str, str], title: str, ylabel: str):
    """Small multiples of [CLS] and the mean over the tokens seen: a column a model, a row a set of pairs.

    ``curves[model]`` is a DataFrame of ``models.training_curve``; ``sets[label]`` is the beginning of its columns, which end
    in ``_cls`` and ``_mean``. Returns the figure.
    """
    figure, axes = canvas(0.9 + 2.3 * len(sets), len(sets), len(curves), sharex=True, sharey="row", squeeze=False)
    for line, (pairs, beginning) in zip(axes, sets.items(), strict=True):
        ends = []
        for axis, (name, curve) in zip(line, curves.items(), strict=True):
            x = np.sqrt(curve["tokens"] / 1e6)  # snapshots lie on a square: evenly spread this way
            columns = {"[CLS]": curve[f"{beginning}_cls"], "mean": curve[f"{beginning}_mean"]}
            for label, values in columns.items():
                axis.plot(x, values, markersize=4, **look_of(label).style)
            ends.append((axis, {label: float(values.iloc[-1]) for label, values in columns.items()}, float(x.iloc[-1])))
            ticks = np.array([0, 1, 5, 15, 30, 50])
            axis.set_xticks(np.sqrt(ticks), ticks)
            panel(axis, f"{name}, {pairs}")
        for axis, last, x in ends:
            label_ends(axis, last, x)
        line[0].set_ylabel(ylabel)
    for axis in axes[-1]:
        axis.set_xlabel("million tokens seen")
    headline(figure, title)
    return figure

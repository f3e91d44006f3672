"""Figures of the notebook on probing: what a probe reads, what cosine reads, and what a cosine is made of."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from course_utils.plots.marks import halo, interval, panel, published_rule, reference, rows
from course_utils.plots.marks import published as published_value
from course_utils.plots.style import CONTROL, INK, PAPER, RULE, canvas, headline, look_of


def probe_panels(readings: Mapping[str, Mapping[str, object]], title: str):
    """Test accuracy with its interval, a panel a property, a row a system. Returns the figure.

    Args:
        readings: ``readings[property][system]`` is an ``Interval``; the system ``majority`` is drawn as a dotted line.
    """
    labels = [label for label in next(iter(readings.values())) if label != "majority"]
    figure, axes = canvas(1.35 + 0.43 * len(labels), 1, len(readings), sharey=True, squeeze=False)
    for axis, (name, systems) in zip(axes[0], readings.items(), strict=True):
        for y, label in enumerate(labels):
            if label in systems:
                interval(axis, systems[label], y, look_of(label), hollow=label.startswith("untrained"))
        axis.margins(x=0.16)
        reference(axis, systems["majority"].value, "majority", color=INK)
        panel(axis, name)
        rows(axis, labels, bottom=0.95)
        axis.set_xlabel("test accuracy")
    headline(figure, title)
    return figure


def two_readings(
    cosine: Mapping[str, object],
    probe: Mapping[str, object],
    neighbours: Mapping[str, object],
    published: Mapping[str, tuple[float, float]],
    title: str,
):
    """The same vectors read twice: by cosine (left) and by a linear probe (right), with published figures apart.

    Args:
        cosine: ``Interval`` of Spearman with the graded similarity by system.
        probe: ``Interval`` of the probe's test accuracy by system; ``majority`` is drawn as a dotted line.
        neighbours: ``Interval`` of the same accuracy when the nearest training texts by cosine vote; drawn hollow.
        published: system to (Spearman, probe accuracy) of another model on other data, drawn grey below a line.
    """
    labels = list(cosine)
    names, line = [*labels, "", *published], len(labels) - 0.4
    figure, (left, right) = canvas(1.5 + 0.43 * len(names), 1, 2, sharey=True)
    left.set_xlim(min(0.0, *(i.low for i in cosine.values())) - 0.02, 0.76)
    lowest = min(value.value for value in (*probe.values(), *neighbours.values()))
    right.set_xlim(min(0.1, lowest - 0.05), 0.98)
    for y, label in enumerate(labels):
        interval(left, cosine[label], y, look_of(label))
        interval(right, probe[label], y, look_of(label))
        right.plot(neighbours[label].value, y, marker=look_of(label).marker, markersize=7, markerfacecolor=PAPER,
                   markeredgecolor=look_of(label).color, markeredgewidth=1.5)  # fmt: skip
    reference(right, probe["majority"].value, "majority", low=False, color=INK)
    for axis, place, said in ((left, 0, "published: another model"), (right, 1, "average of 7 SentEval tasks")):
        published_rule(axis, line, said, right=axis is right)
        for y, values in enumerate(published.values(), start=len(labels) + 1):
            published_value(axis, values[place], values[place], y)
    rows(left, names, top=1.15)
    rows(right, names, top=1.15)
    right.tick_params(labelleft=False)
    panel(left, "read by cosine")
    panel(right, "read by a linear probe (hollow: by votes of cosine neighbours)")
    left.set_xlabel("Spearman with the graded similarity")
    right.set_xlabel("test accuracy, topic")
    headline(figure, title)
    return figure


def shares_of_dimensions(shares: Mapping[str, np.ndarray], title: str):
    """What part of the mean cosine the largest 1, 2, 3, ... dimensions contribute: ``shares[label]`` is (dim,)."""
    figure, axis = canvas(3.9)
    longest = max(len(values) for values in shares.values())
    for label, values in shares.items():
        look, total = look_of(label), np.cumsum(np.sort(values)[::-1])
        axis.plot(np.arange(1, len(total) + 1), total, color=look.color, linestyle=look.line)
        marked = np.array([k for k in (1, 3, 10) if k <= len(total)])
        axis.plot(marked, total[marked - 1], look.marker, color=look.color, markersize=7)
        axis.annotate(label, (marked[-1], total[marked[-1] - 1]), (-7, 6), textcoords="offset points", color=look.color,
                      ha="right", path_effects=halo(3))  # fmt: skip
    axis.plot(np.arange(1, longest + 1), np.arange(1, longest + 1) / longest, color=RULE, linewidth=1.2, zorder=1)
    axis.text(longest, 0.05, "every dimension alike", color=CONTROL, ha="right")
    axis.set_xscale("log")
    ticks = [t for t in (1, 3, 10, 30, 100, 300, 1000) if t <= longest]
    axis.set_xticks(ticks, ticks)
    axis.minorticks_off()
    axis.set(xlabel="number of dimensions, the largest share first (logarithmic)", ylabel="share of the mean cosine",
             ylim=(0, 1.05))  # fmt: skip
    headline(figure, title)
    return figure

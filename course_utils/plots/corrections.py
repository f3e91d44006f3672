"""Figures of the notebook on pooling: corrections of the space, and differences with their verdicts."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np

from course_utils.plots.marks import halo, interval, key, panel, rows, sample
from course_utils.plots.style import CONTROL, MEAN, OTHER, OTHERS, SMALL, VIOLET, Look, canvas, headline

VERDICT_MARKS = {
    "supported": Look(OTHER, "-", "D"),
    "not supported": Look(VIOLET, "-", "v"),
    "undecided": Look(CONTROL, "-", "o"),
}


def correction_curves(
    fits: Mapping[str, Mapping[int, float]], leak: Mapping[str, Mapping[int, object]], raw: float, title: str
):
    """Whitening by dimensions kept and fitting text (left), and fitted on its own test pairs or on others (right).

    Args:
        fits: fitting text to dimensions kept to Spearman.
        leak: label to number of vectors fitted on to ``Interval``.
        raw: Spearman of the raw mean, drawn as a dashed line in both.
    """
    figure, (left, right) = canvas(4.5, 1, 2, sharey=True, width_ratios=[1.25, 1])
    for axis in (left, right):
        axis.axhline(raw, linestyle="--", color=MEAN, linewidth=1.6)
    left.text(0.02, raw, "raw mean", color=MEAN, va="bottom", transform=left.get_yaxis_transform(), path_effects=halo())
    for (label, values), look in zip(fits.items(), OTHERS, strict=False):
        left.plot(list(values), list(values.values()), label=label, **look.style)
    left.set_xscale("log", base=2)
    ticks = sorted({d for values in fits.values() for d in values})
    left.set_xticks(ticks, ticks)
    left.set(xlabel="dimensions kept by whitening", ylabel="Spearman with the score")
    panel(left, "by the text it was fitted on")
    for shift, ((label, values), look) in enumerate(zip(leak.items(), [OTHERS[3], OTHERS[0]], strict=False)):
        x = np.array(list(values)) * (0.97 + 0.06 * shift)
        right.vlines(x, [i.low for i in values.values()], [i.high for i in values.values()], color=look.color, linewidth=1.6)
        right.plot(x, [i.value for i in values.values()], label=label, **look.style)
    right.set_xscale("log", base=2)
    sizes = sorted({n for values in leak.values() for n in values})
    right.set_xticks(sizes, sizes)
    right.set_xlabel("sentences it was fitted on")
    panel(right, "own part of the test, or another part")
    for axis in (left, right):
        axis.minorticks_off()
        axis.legend(loc="upper left", bbox_to_anchor=(0, -0.2), handlelength=2.6, borderaxespad=0)
    headline(figure, title)
    return figure


def difference_forest(
    groups: Mapping[str, Sequence[str]], verdicts: Mapping[str, Mapping[str, object]], title: str, xlabel: str
):
    """Differences to one system with their intervals, grouped in rows, one panel a set of pairs. Returns the figure.

    Args:
        groups: heading to the labels under it.
        verdicts: set of pairs to label to ``Verdict``; mark and colour say what follows from the interval.
    """
    names = [name for heading, labels in groups.items() for name in (heading, *labels)]
    places = {name: y for y, name in enumerate(names)}
    figure, axes = canvas(1.35 + 0.245 * len(names), 1, len(verdicts), sharey=True, sharex=True, squeeze=False)
    for axis, (pairs, outcomes) in zip(axes[0], verdicts.items(), strict=True):
        axis.axvline(0, linestyle="--", color=MEAN, linewidth=1.6)
        for label, verdict in outcomes.items():
            interval(axis, verdict.measured, places[label], VERDICT_MARKS[verdict.outcome], value="", size=6.5)
        panel(axis, pairs)
        rows(axis, names, bottom=0.6)
        axis.set_xlabel(textwrap.fill(xlabel, 24))  # two panels side by side
    for tick, name in zip(axes[0][0].get_yticklabels(), names, strict=True):
        tick.set(weight="bold" if name in groups else "normal", fontsize=SMALL)
    marks = {"above the raw mean": "supported", "below": "not supported", "undecided": "undecided"}
    key(figure, [sample(VERDICT_MARKS[verdict]) for verdict in marks.values()], list(marks))
    headline(figure, title)
    return figure

"""Figures of the notebook on special tokens: what the NSP head answers, and where attention goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from course_utils.plots.marks import interval, key, panel, published_rule, rows
from course_utils.plots.marks import published as published_value
from course_utils.plots.style import CLS, CONTROL, OTHER, PAPER, SMALL, Look, canvas, headline

GROUPS = ((CLS, ""), ("#0B3C5D", ""), ("#7FB2D6", ".."), ("#DDDDD9", ""))


def next_shares(shares: Mapping[str, object], accuracies: Mapping[str, object], published: Mapping[str, float], title: str):
    """Left: the share of pairs answered "is next" by kind (``Interval``); right: accuracies, published ones apart."""
    figure, (left, right) = canvas(4.0, 1, 2, width_ratios=(3, 2.4))
    for y, measured in enumerate(shares.values()):
        left.barh(y, measured.value, color="#B9D5CD", height=0.5)
        interval(left, measured, y, Look(OTHER, "-", "D"), value="")
        left.annotate(f"{measured.value:.2f}", (measured.low, y), (-6, 0), textcoords="offset points", ha="right",
                      va="center")  # fmt: skip
    rows(left, list(shares))
    left.set(xlim=(0, 1), xlabel="share of the pairs")
    panel(left, 'answered "is next"')
    right.set_xlim(0.4, 1.0)
    for y, measured in enumerate(accuracies.values()):
        interval(right, measured, y, Look(OTHER, "-", "D"))
    labels = [*accuracies, "", *published]
    published_rule(right, len(accuracies) - 0.4, "published: another model")
    for y, value in enumerate(published.values(), start=len(accuracies) + 1):
        published_value(right, value, value, y, "{:.3f}")
    right.axvline(0.5, color=OTHER, linewidth=1.4, linestyle=":", zorder=1)
    rows(right, labels)
    right.set_xlabel("accuracy (dotted: guessing)")
    panel(right, "told apart")
    headline(figure, title)
    return figure


def attention_bars(shares: Mapping[str, np.ndarray], uniform: np.ndarray, groups: Sequence[str], title: str):
    """Stacked bars of attention mass by layer, a panel a model: ``shares[model]`` (layers, groups), ``uniform`` (groups,)."""
    layers = len(next(iter(shares.values())))
    figure, axes = canvas(2.0 + 0.36 * layers, 1, len(shares), sharey=True, squeeze=False)
    names = ["spread evenly", *(f"layer {layer}" for layer in range(1, layers + 1))]
    places = np.array([-0.35, *range(1, layers + 1)])
    for axis, (model, values) in zip(axes[0], shares.items(), strict=True):
        table = np.vstack([uniform, values])  # (1 + layers, groups)
        left = np.zeros(len(table))
        for group, (color, hatch) in enumerate(GROUPS):
            axis.barh(places, table[:, group], left=left, color=color, hatch=hatch, edgecolor=PAPER, linewidth=0.6,
                      height=0.74, label=groups[group])  # fmt: skip
            left += table[:, group]
        for place, special in zip(places, table[:, :2].sum(1), strict=True):
            axis.annotate(f"{special:.2f}", (1, place), (4, 0), textcoords="offset points", va="center", fontsize=SMALL)
        axis.annotate(
            "[CLS]\n[SEP]", (1, -1.55), (4, 0), textcoords="offset points", va="center", fontsize=SMALL, color=CONTROL
        )
        axis.set(xlim=(0, 1), ylim=(layers + 0.6, -2.1), xlabel="share of the attention", xticks=[0, 0.5, 1])
        panel(axis, model)
        axis.tick_params(axis="y", length=0)
        axis.grid(False)
    axes[0][0].set_yticks(places, names)
    key(figure, *axes[0][0].get_legend_handles_labels())
    headline(figure, title)
    return figure

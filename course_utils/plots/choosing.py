"""Figures of the notebook on choosing an embedding: ranks, clusters, first pairs, all systems on all tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from course_utils.plots.marks import cells, interval, pale, panel, rows
from course_utils.plots.style import CONTROL, HOME, INK, OTHER, SMALL, canvas, headline, look_of


def rank_strips(ranks: Mapping[str, np.ndarray], passages: int, notes: Mapping[str, str], title: str, within: int = 10):
    """Where the right passages stand, a dot each on a logarithmic axis, one row a system. Returns the figure.

    Args:
        ranks: system to (answers,) ranks, 1 is first.
        passages: how many were ranked.
        notes: system to a few words that stand at the end of its row.
        within: ranks up to this one are shaded.
    """
    figure, axis = canvas(1.35 + 0.47 * len(ranks))
    axis.axvspan(0.8, within + 0.5, color=pale(OTHER, 0.12), linewidth=0)
    axis.text(0.9, -0.75, f"the first {within}", fontsize=SMALL, color=OTHER, va="center")
    rng = np.random.default_rng(0)
    for y, (system, values) in enumerate(ranks.items()):
        look, values = look_of(system), np.asarray(values, dtype=float)
        heights = y + rng.uniform(-0.27, 0.27, len(values))
        spread = values * np.exp(rng.uniform(-0.03, 0.03, len(values)))
        axis.plot(spread, heights, look.marker, color=pale(look.color, 0.55), markersize=3.4, markeredgewidth=0)
        axis.plot([np.median(values)] * 2, [y - 0.36, y + 0.36], color=INK, linewidth=2.4)
        axis.text(1.02, y, notes[system], transform=axis.get_yaxis_transform(), va="center", fontsize=SMALL)
    axis.text(1.02, -0.75, f"recall@{within}", transform=axis.get_yaxis_transform(), va="center", fontsize=SMALL, color=CONTROL)
    axis.set_xscale("log")
    ticks = [tick for tick in (1, 3, 10, 30, 100, 300, 1000) if tick <= passages]
    axis.set_xticks(ticks, ticks)
    axis.minorticks_off()
    rows(axis, list(ranks), top=1.05)
    color_names(axis)
    axis.set(xlabel="rank of a right passage, logarithmic (bar: median)", xlim=(0.8, passages * 1.1))
    headline(figure, title)
    return figure


def color_names(axis) -> None:
    """The names of systems in their colours."""
    for label in axis.get_yticklabels():
        label.set_color(look_of(label.get_text()).color)


def match_clusters(table: np.ndarray) -> np.ndarray:
    """``table`` (topics, clusters) with its clusters in the order in which they fit the topics best."""
    from scipy.optimize import linear_sum_assignment

    table = np.asarray(table)
    lines, columns = linear_sum_assignment(-table)
    rest = [column for column in range(table.shape[1]) if column not in set(columns)]
    return table[:, [*columns[np.argsort(lines)], *rest]]


def topic_clusters(tables: Mapping[str, np.ndarray], topics: Sequence[str], notes: Mapping[str, str], title: str):
    """Reviews by topic and cluster, a heat map a system, clusters ordered to fit the topics. Returns the figure.

    Args:
        tables: system to (topics, clusters) counts.
        notes: system to a line under its name.
    """
    import matplotlib.pyplot as plt

    figure, axes = canvas(1.6 + 0.34 * len(topics), 1, len(tables), sharey=True, squeeze=False)
    top = max(int(np.max(table)) for table in tables.values())
    for axis, (system, table) in zip(axes[0], tables.items(), strict=True):
        table = match_clusters(table)
        cells(axis, table, plt.get_cmap("Greys")(table / top), "{:.0f}")
        panel(axis, f"{system}\n{notes[system]}", look_of(system).color)
        axis.set_xticks(range(table.shape[1]), range(1, table.shape[1] + 1))
        axis.set_xlabel("cluster")
    axes[0][0].set_yticks(range(len(topics)), topics)
    headline(figure, title)
    return figure


def first_pairs(table, right: int, title: str, xlabel: str):
    """What stands among a system's first pairs: counts by kind, one row a system, the right ones apart. Returns the figure.

    Args:
        table: DataFrame, systems by kinds of pairs.
        right: how many of the columns, from the left, are counts of right pairs.
    """
    import matplotlib.pyplot as plt

    counts = table.to_numpy(dtype=float)
    figure, axis = canvas(1.5 + 0.36 * len(table))
    shown = np.zeros((*counts.shape, 4))
    for x in range(counts.shape[1]):
        shown[:, x] = plt.get_cmap("Greens" if x < right else "Oranges")(0.72 * counts[:, x] / max(counts.max(), 1))
    cells(axis, counts, shown, "{:.0f}")
    if 0 < right < counts.shape[1]:
        axis.axvline(right - 0.5, color=INK, linewidth=1.6)
    names = [str(name).replace(" ", "\n").replace("_", "\n") for name in table.columns]
    axis.set_xticks(range(counts.shape[1]), names)
    axis.set_yticks(range(len(table)), list(table.index))
    color_names(axis)
    axis.set_xlabel(xlabel)
    headline(figure, title)
    return figure


def systems_by_tasks(
    intervals: Mapping[str, Mapping[str, object]], levels: Mapping[str, float], names: Mapping[str, str], title: str
):
    """All systems on all tasks: small multiples of dots with intervals, one panel a task, one row a system.

    Args:
        intervals: task to system to ``Interval``.
        levels: task to the value that chance reaches, drawn as a dotted line.
        names: task to the panel's title.
    """
    systems = list(next(iter(intervals.values())))
    columns = 4
    lines = -(-len(intervals) // columns)
    figure, axes = canvas(0.95 + lines * (0.75 + 0.27 * len(systems)), lines, columns, sharey=True)
    axes = np.atleast_1d(axes).ravel()
    for axis, (task, row) in zip(axes, intervals.items(), strict=False):
        best = max(row, key=lambda system, row=row: row[system].value)
        for y, system in enumerate(systems):
            if system == best:
                axis.axhspan(y - 0.45, y + 0.45, color=HOME, linewidth=0)
            interval(axis, row[system], y, look_of(system), value="", size=5.5)
        axis.axvline(levels[task], color=INK, linestyle=":", linewidth=1.4)
        panel(axis, names[task])
        rows(axis, systems, top=0.6)
        axis.margins(x=0.1)
        axis.locator_params(axis="x", nbins=3)
    for axis in axes[len(intervals) :]:
        axis.axis("off")
        said = "bar:\n95% interval\n\ndotted:\nrandom vectors\n\nshaded:\nhighest"
        axis.text(0.06, 0.96, said, transform=axis.transAxes, va="top", fontsize=SMALL)
    figure.supxlabel("value of the measure over each panel", fontsize=SMALL)
    for axis in axes[::columns]:
        color_names(axis)
    headline(figure, title)
    return figure

"""Figures of the notebook on choosing an embedding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from course_utils.large import extrapolate
from course_utils.plots.style import CLS, CONTROL, INK, MEAN, OTHER, headline

PALE = "#D9D9D9"


def look_of(system: str) -> tuple[str, str]:
    """(colour, marker) of a system: controls and word counts grey squares, [CLS] circles, means diamonds."""
    if system.startswith(("untrained", "TF-IDF", "shuffled")):
        return CONTROL, "s"
    return (CLS, "o") if "[CLS]" in system else (MEAN, "D")


def rank_strips(ranks: Mapping[str, np.ndarray], passages: int, notes: Mapping[str, str], title: str, within: int = 10):
    """Where the right passages stand, a dot each on a logarithmic axis, one row a system. Returns the figure.

    Args:
        ranks: system to (answers,) ranks, 1 is first.
        passages: how many were ranked.
        notes: system to a few words that stand at the end of its row.
        within: ranks up to this one are shaded.
    """
    import matplotlib.pyplot as plt
    from matplotlib.colors import to_rgb

    figure, axis = plt.subplots(figsize=(7.4, 1.2 + 0.46 * len(ranks)))
    axis.axvspan(0.8, within + 0.5, color=OTHER, alpha=0.10, linewidth=0)
    axis.text(0.9, -0.72, f"the first {within}", fontsize=9, color=OTHER, va="center")
    rng = np.random.default_rng(0)
    for y, (system, values) in enumerate(ranks.items()):
        color, marker = look_of(system)
        pale = 0.5 + 0.5 * np.array(to_rgb(color))  # no transparency: smaller files
        values = np.asarray(values, dtype=float)
        heights = y + rng.uniform(-0.27, 0.27, len(values))
        spread = values * np.exp(rng.uniform(-0.03, 0.03, len(values)))
        axis.plot(spread, heights, marker, color=pale, markersize=3.2, markeredgewidth=0, linestyle="none")
        axis.plot([np.median(values)] * 2, [y - 0.36, y + 0.36], color=INK, linewidth=2)
        axis.text(1.02, y, notes[system], transform=axis.get_yaxis_transform(), va="center", fontsize=9)
    axis.text(1.02, -0.72, f"recall@{within}", transform=axis.get_yaxis_transform(), va="center", fontsize=9, color=CONTROL)
    axis.set_xscale("log")
    ticks = [tick for tick in (1, 3, 10, 30, 100, 300, 1000) if tick <= passages]
    axis.set_xticks(ticks, ticks)
    axis.minorticks_off()
    axis.set_yticks(range(len(ranks)), list(ranks))
    axis.set(xlabel="rank of a right passage (bar: median)", xlim=(0.8, passages * 1.1), ylim=(len(ranks) - 0.45, -1.0))
    axis.grid(axis="y", visible=False)
    axis.tick_params(axis="y", length=0)
    headline(figure, title)
    return figure


def match_clusters(table: np.ndarray) -> np.ndarray:
    """``table`` (topics, clusters) with its clusters in the order in which they fit the topics best."""
    from scipy.optimize import linear_sum_assignment

    table = np.asarray(table)
    rows, columns = linear_sum_assignment(-table)
    rest = [column for column in range(table.shape[1]) if column not in set(columns)]
    return table[:, [*columns[np.argsort(rows)], *rest]]


def topic_clusters(tables: Mapping[str, np.ndarray], topics: Sequence[str], notes: Mapping[str, str], title: str):
    """Reviews by topic and cluster, a heat map a system, clusters ordered to fit the topics. Returns the figure.

    Args:
        tables: system to (topics, clusters) counts.
        notes: system to a line under its name.
    """
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, len(tables), figsize=(0.9 + 2.6 * len(tables), 3.5), sharey=True, squeeze=False)
    top = max(int(np.max(table)) for table in tables.values())
    for axis, (system, table) in zip(axes[0], tables.items(), strict=True):
        table = match_clusters(table)
        axis.imshow(table, cmap="Greys", vmin=0, vmax=top, aspect="auto")
        for (y, x), count in np.ndenumerate(table):
            axis.text(x, y, int(count), ha="center", va="center", fontsize=9, color="white" if count > 0.55 * top else INK)
        axis.set_title(f"{system}\n{notes[system]}", fontsize=10, color=look_of(system)[0])
        axis.set_xticks(range(table.shape[1]), range(1, table.shape[1] + 1))
        axis.set_xlabel("cluster")
        axis.grid(False)
        axis.tick_params(length=0)
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
    figure, axis = plt.subplots(figsize=(7.4, 1.5 + 0.36 * len(table)))
    shown = np.zeros((*counts.shape, 4))
    for x in range(counts.shape[1]):
        shown[:, x] = plt.get_cmap("Greens" if x < right else "Oranges")(0.72 * counts[:, x] / max(counts.max(), 1))
    axis.imshow(shown, aspect="auto")
    for (y, x), count in np.ndenumerate(counts):
        axis.text(x, y, f"{count:.0f}", ha="center", va="center", fontsize=9.5, color=INK)
    if 0 < right < counts.shape[1]:
        axis.axvline(right - 0.5, color=INK, linewidth=1.5)
    axis.set_xticks(
        range(counts.shape[1]), [str(name).replace(" ", "\n").replace("_", "\n") for name in table.columns], fontsize=9
    )
    axis.set_yticks(range(len(table)), list(table.index))
    axis.set_xlabel(xlabel)
    axis.grid(False)
    axis.tick_params(length=0)
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
    import matplotlib.pyplot as plt

    systems = list(next(iter(intervals.values())))
    columns = 4
    rows = -(-len(intervals) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(8.8, 0.7 + rows * (0.75 + 0.25 * len(systems))), sharey=True)
    axes = np.atleast_1d(axes).ravel()
    for axis, (task, row) in zip(axes, intervals.items(), strict=False):
        best = max(row, key=lambda system: row[system].value)
        for y, system in enumerate(systems):
            measured, (color, marker) = row[system], look_of(system)
            if system == best:
                axis.axhspan(y - 0.45, y + 0.45, color="#F3EBD3", linewidth=0)
            axis.plot([measured.low, measured.high], [y, y], color=color, linewidth=2.2, solid_capstyle="butt")
            axis.plot(measured.value, y, marker, color=color, markersize=5.5)
        axis.axvline(levels[task], color=INK, linestyle=":", linewidth=1.2)
        axis.set_title(names[task], fontsize=10)
        axis.grid(axis="y", visible=False)
        axis.tick_params(axis="y", length=0)
        axis.tick_params(axis="x", labelsize=9)
        axis.margins(x=0.08)
        axis.locator_params(axis="x", nbins=3)
    for axis in axes[len(intervals) :]:
        axis.axis("off")
        for i, line in enumerate(("bar: 95% interval", "dotted: chance", "shaded: highest")):
            axis.text(0.04, 0.92 - 0.13 * i, line, transform=axis.transAxes, fontsize=9, va="top", color=INK)
    axes[0].set_yticks(range(len(systems)), systems)
    axes[0].set_ylim(len(systems) - 0.4, -0.6)
    for axis in axes[::columns]:
        for label in axis.get_yticklabels():
            label.set_color(look_of(label.get_text())[0])
    headline(figure, title)
    return figure


QUESTION, ANSWER = "#F1F1F1", "white"


def decision_chart(title: str):
    """Which embedding for what, as a flow chart: questions in grey boxes, advice in framed ones. Returns the figure."""
    import matplotlib.pyplot as plt
    from matplotlib.patches import FancyBboxPatch

    figure, axis = plt.subplots(figsize=(7.2, 7.0))

    def box(x, y, width, height, text, frame=None, weight="normal"):
        style = {
            "facecolor": ANSWER if frame else QUESTION,
            "edgecolor": frame or "#9A9A9A",
            "linewidth": 1.8 if frame else 1.0,
        }
        axis.add_patch(
            FancyBboxPatch((x - width / 2, y - height / 2), width, height, boxstyle="round,pad=0.3,rounding_size=1.2", **style)
        )
        axis.text(x, y, text, ha="center", va="center", fontsize=9.2, weight=weight, color=INK, linespacing=1.3)

    def arrow(x1, y1, x2, y2, label="", move=-2.0):
        axis.annotate("", (x2, y2), (x1, y1), arrowprops={"arrowstyle": "-|>", "color": "#777777", "linewidth": 1.3})
        if label:
            axis.text((x1 + x2) / 2 + move, (y1 + y2) / 2, label, fontsize=9, color=INK, style="italic", va="center",
                      ha="right" if move < 0 else "left")  # fmt: skip

    box(50, 96, 40, 5, "What shall the vectors do?", weight="bold")
    arrow(40, 93, 25, 87.5, "sort into known classes", -5)
    arrow(60, 93, 75, 87.5, "compare, search, group", 5)

    box(25, 83.5, 36, 6, "Some hundred labelled texts?")
    box(75, 83.5, 36, 6, "A model trained for just that,\non texts like yours?")
    arrow(17, 79.5, 12, 72, "yes")
    arrow(33, 79.5, 37, 72, "no", 2)
    arrow(66, 79.5, 63, 72, "yes")
    arrow(84, 79.5, 88, 72, "no", 2)

    box(12, 65.5, 21, 11, "Fine-tune [CLS]\n(05), TF-IDF\nbeside it", CLS)
    box(37, 65.5, 21, 11, "Linear probe\n(03), TF-IDF\nbeside it", MEAN)
    box(62, 65.5, 22, 11, "Take it, with the\npooling it was\ntrained with (06)", MEAN)
    box(88, 65.5, 20, 11, "Pairs of texts\nthat say the\nsame?")
    arrow(82, 59, 70, 49.5, "yes")
    arrow(90, 59, 91, 49.5, "no", 2)
    box(65, 44, 23, 9, "Siamese training;\neither pooling (06)", MEAN)
    box(90, 44, 18, 9, "TF-IDF or\nraw mean (04)", CONTROL)
    arrow(58, 59, 44, 49.5)
    arrow(52.5, 44, 47.4, 44)
    box(34, 44, 25, 9, "Exact words count\n(names, codes)?")
    arrow(36, 38.5, 37, 32.5, "yes", 2)
    arrow(24, 38.5, 15, 32.5, "no")
    box(38, 28, 27, 7, "Fuse with a word\nsearch (07.6)", OTHER)
    box(12, 28, 18, 7, "Vectors alone", MEAN)
    arrow(14, 23.5, 22, 19.5)
    arrow(38, 23.5, 36, 19.5)
    box(30, 16, 42, 5, "How many texts?")
    arrow(24, 12.5, 19, 9.4, "some 100,000", -2)
    arrow(40, 12.5, 46, 9.4, "millions", 3)
    box(15, 6, 24, 5, "exact search", OTHER)
    box(48, 6, 24, 5, "approximate index", OTHER)
    advice = "Always: 100 questions\nof your own, a word count\nbeside it, intervals"
    box(84, 20, 29, 11, advice, INK)
    axis.set(xlim=(-1, 101), ylim=(1, 100))
    axis.axis("off")
    headline(figure, title)
    return figure


def padding_boxes(lengths: Sequence[int], batch_size: int, title: str, batches: int = 4):
    """The first texts as they are padded, in file order and sorted by length: text dark, padding pale. Returns the figure.

    Args:
        lengths: tokens of each text.
        batches: how many batches are drawn.
    """
    import matplotlib.pyplot as plt

    drawn = np.asarray(lengths)[: batches * batch_size]
    figure, axes = plt.subplots(1, 2, figsize=(7.4, 3.9), sharex=True, sharey=True)
    for axis, (label, values) in zip(axes, {"in file order": drawn, "sorted by length": np.sort(drawn)}.items(), strict=True):
        positions = 0
        for start in range(0, len(values), batch_size):
            batch = values[start : start + batch_size]
            rows = np.arange(start, start + len(batch)) + 2.5 * (start // batch_size)
            axis.barh(rows, batch.max(), color=PALE, height=1.0)
            axis.barh(rows, batch, color=MEAN, height=0.72)
            positions += len(batch) * batch.max()
        axis.set_title(f"{label}: {1 - values.sum() / positions:.0%} padding", fontsize=10)
        axis.set(xlabel="tokens", yticks=[])
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
    import matplotlib.pyplot as plt
    from matplotlib.lines import Line2D

    figure, axes = plt.subplots(1, 2, figsize=(8.6, 4.3))
    last = times["size"].iloc[-1]
    panels = (
        (axes[0], {"embedding": (MEAN, "D"), "building": (OTHER, "s")}, 1, "seconds"),
        (axes[1], {"exact": (CLS, "o"), "approximate": (OTHER, "s")}, 1000, "milliseconds a query"),
    )
    names = {
        "embedding": "embed the texts", "building": "build the approximate index",
        "exact": "exact search", "approximate": "approximate search",
    }  # fmt: skip
    for axis, looks, factor, ylabel in panels:
        for column, (color, marker) in looks.items():
            axis.plot(times["size"], factor * times[column], color=color, marker=marker, markersize=5)
            if column != "approximate":
                values = [factor * extrapolate(times["size"], times[column], size) for size in (last, *targets)]
                axis.plot([last, *targets], values, color=color, linestyle="--", linewidth=1.5, marker=marker,
                          markersize=5, markerfacecolor="white")  # fmt: skip
        axis.set(xscale="log", yscale="log", xlabel="texts", ylabel=ylabel)
        axis.axvspan(last, 1.6 * max(targets), color="#F5F5F5", zorder=0, linewidth=0)
        axis.set_xlim(0.7 * times["size"].iloc[0], 1.6 * max(targets))
        axis.text(0.97, 0.03, "extrapolated", transform=axis.transAxes, ha="right", fontsize=9, style="italic", color=CONTROL)
        marks = [
            Line2D([], [], color=color, marker=marker, markersize=5, label=names[c]) for c, (color, marker) in looks.items()
        ]
        axis.legend(handles=marks, loc="upper left", fontsize=9)
    for axis, hints in ((axes[0], [(60, "a minute"), (3600, "an hour")]), (axes[1], [(1000, "a second")])):
        for value, text in hints:
            axis.axhline(value, color=CONTROL, linewidth=0.8, linestyle=":")
            axis.text(axis.get_xlim()[1] * 0.9, value, text, fontsize=8.5, color=CONTROL, va="bottom", ha="right")
    headline(figure, title)
    return figure


VERDICTS = {"supported": (OTHER, "D"), "not supported": ("#8B1A4F", "v"), "undecided": (CONTROL, "o"), "not found": (PALE, "x")}


def thesis_verdicts(table, statements: Sequence[str], title: str):
    """The thesis statement by statement, with a mark for each claim that decides it. Returns the figure.

    Marks stand in the order of the table, each over the number of its notebook.

    Args:
        table: DataFrame from ``ledgers.course_ledger``.
        statements: the text of each statement, in order.
    """
    import textwrap

    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(7.6, 0.9 + 0.62 * len(statements)))
    for y, text in enumerate(statements):
        axis.text(0.0, y, "\n".join(textwrap.wrap(f"{y + 1}  {text}", 44)), fontsize=9.5, va="center", color=INK)
        for x, row in enumerate(table[table["statement"] == y + 1].itertuples()):
            color, marker = VERDICTS.get(row.verdict, VERDICTS["not found"])
            axis.plot(0.55 + 0.058 * x, y - 0.1, marker, color=color, markersize=10)
            axis.text(0.55 + 0.058 * x, y + 0.27, row.notebook, fontsize=8, ha="center", va="center", color=CONTROL)
        axis.axhline(y + 0.5, color=PALE, linewidth=0.8)
    for x, word in enumerate(word for word in VERDICTS if (table["verdict"] == word).any()):
        color, marker = VERDICTS[word]
        axis.plot(0.02 + 0.25 * x, -0.85, marker, color=color, markersize=8)
        axis.text(0.045 + 0.25 * x, -0.85, word, fontsize=9.5, va="center", color=color)
    axis.set(xlim=(0, 1), ylim=(len(statements) - 0.4, -1.15))
    axis.axis("off")
    headline(figure, title)
    return figure

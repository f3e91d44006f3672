"""Figures of the notebook on pooling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from course_utils.plots.style import CONTROL, INK, MEAN, OTHER, headline

PALE, LOSS = "#D9D9D9", "#8B1A4F"
VERDICT_MARKS = {"supported": ("D", OTHER), "not supported": ("v", LOSS), "undecided": ("o", CONTROL)}


def masked_mean_picture(tokens: Sequence[str], mask: Sequence[int], values: np.ndarray, title: str):
    """The masked mean as a picture: tokens, mask, weights, token vectors, and the one vector they give. Returns the figure.

    Args:
        tokens: the tokens of one sentence, padding included, at most 12.
        mask: 1 for real tokens, 0 for padding.
        values: (tokens, dimensions), a few dimensions of the token vectors.

    Raises:
        ValueError: the lengths differ.
    """
    import matplotlib.pyplot as plt
    from matplotlib.patches import Rectangle

    values, mask = np.asarray(values, dtype=float), np.asarray(mask)
    if not len(tokens) == len(mask) == len(values):
        raise ValueError(f"{len(tokens)} tokens, {len(mask)} mask values and {len(values)} vectors: they must be as many.")
    rows, columns = values.shape
    weights = mask / mask.sum()
    mean = weights @ values
    limit = np.abs(values).max()
    paint = plt.get_cmap("PuOr_r")
    figure, axis = plt.subplots(figsize=(7.4, 0.9 + 0.33 * (rows + 3)))

    def cell(x: float, y: float, value: float, on: bool = True, edge: str = "white") -> None:
        shade = paint(0.5 + 0.3 * value / limit) if on else "#F4F4F4"
        axis.add_patch(Rectangle((x, y - 0.46), 0.94, 0.92, facecolor=shade, edgecolor=edge, linewidth=1.2))
        axis.text(x + 0.47, y, f"{value:.1f}", ha="center", va="center", fontsize=9, color=INK if on else "#9A9A9A")

    for x, text in ((-2.15, "mask"), (-0.85, "weight"), (columns / 2 - 0.03, f"token vectors, the first {columns} dimensions")):
        axis.text(x, -0.95, text, ha="center", va="center", fontsize=9.5, color=CONTROL)
    for y, (token, on, weight) in enumerate(zip(tokens, mask, weights, strict=True)):
        color = INK if on else "#9A9A9A"
        axis.text(-2.75, y, token, ha="right", va="center", fontsize=10.5, color=color, family="monospace")
        axis.text(-2.15, y, f"{on}", ha="center", va="center", fontsize=10.5, color=color)
        axis.text(-0.85, y, f"1/{mask.sum()}" if on else "0", ha="center", va="center", fontsize=10.5, color=color)
        axis.add_patch(Rectangle((-0.45, y - 0.1), 2.2 * weight, 0.2, facecolor=MEAN, edgecolor="none"))
        for x in range(columns):
            cell(x, y, values[y, x], bool(on))
    bottom = rows + 1.1
    axis.annotate("", (columns / 2 - 0.03, bottom - 0.62), (columns / 2 - 0.03, rows - 0.4),
                  arrowprops={"arrowstyle": "-|>", "color": MEAN, "linewidth": 2})  # fmt: skip
    axis.text(columns / 2 + 0.25, rows + 0.02, "weight x vector, added up", fontsize=9.5, va="center", color=MEAN)
    axis.text(-0.2, bottom, "one vector", ha="right", va="center", fontsize=10.5, weight="bold", color=MEAN)
    for x in range(columns):
        cell(x, bottom, mean[x], edge=MEAN)
    axis.set(xlim=(-4.6, columns + 0.1), ylim=(bottom + 0.7, -1.4))
    axis.axis("off")
    headline(figure, title)
    return figure


def padding_curves(
    curves: Mapping[str, Mapping[int, object]],
    right: object,
    moved: Mapping[str, Mapping[int, float]],
    strangers: float,
    title: str,
):
    """What a forgotten mask costs by padded length: agreement with the scores, and how far vectors move. Returns the figure.

    Args:
        curves: mistake to padded length (tokens) to ``Interval`` of Spearman.
        right: the ``Interval`` of the masked mean, which no padding changes.
        moved: mistake to padded length to mean cosine with the masked mean.
        strangers: mean cosine of two random sentences.
    """
    import matplotlib.pyplot as plt

    looks = [(OTHER, "-.", "s"), ("#CC79A7", ":", "^"), (LOSS, "-", "v"), (INK, (0, (5, 1)), "P")]
    figure, (left, beside) = plt.subplots(1, 2, figsize=(8.6, 4.3), width_ratios=[1.15, 1])
    lengths = sorted({length for values in curves.values() for length in values})
    ends = [lengths[0] - 5, lengths[-1] + 9]
    left.axhspan(right.low, right.high, color=MEAN, alpha=0.12, linewidth=0)
    left.axhline(right.value, linestyle="--", color=MEAN, label="masked, model told")
    beside.axhline(1, linestyle="--", color=MEAN)
    beside.axhline(strangers, linestyle=":", color=CONTROL)
    beside.text(ends[0] + 1, strangers, "two random sentences", va="bottom", fontsize=9, color=CONTROL)
    shift = 0.0
    for (label, values), (color, line, marker) in zip(curves.items(), looks, strict=False):
        look = {"color": color, "linestyle": line, "marker": marker, "markersize": 6}
        x = np.array(list(values)) + shift  # marks of one length side by side
        left.vlines(x, [i.low for i in values.values()], [i.high for i in values.values()], color=color, linewidth=1.6)
        left.plot(x, [i.value for i in values.values()], label=label, **look)
        beside.plot(np.array(list(moved[label])) + shift, list(moved[label].values()), **look)
        shift += 2.0
    for axis, ylabel in ((left, "Spearman with the score"), (beside, "cosine with the masked mean")):
        axis.set_xticks(lengths)
        axis.set(xlabel="padded to this many tokens", ylabel=ylabel, xlim=ends)
    figure.legend(loc="outside lower center", ncols=3, fontsize=9.5)
    headline(figure, title)
    return figure


def correction_curves(
    fits: Mapping[str, Mapping[int, float]], leak: Mapping[str, Mapping[int, object]], raw: float, title: str
):
    """Whitening by dimensions kept and fitting text (left), and fitted on its own test pairs or on others (right).

    Args:
        fits: fitting text to dimensions kept to Spearman.
        leak: label to number of vectors fitted on to ``Interval``.
        raw: Spearman of the raw mean, drawn as a dashed line in both.
    """
    import matplotlib.pyplot as plt

    looks = [(OTHER, "-", "s"), ("#CC79A7", ":", "^"), (INK, "-.", "P"), (LOSS, (0, (5, 1)), "v")]
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.6, 4.2), sharey=True, width_ratios=[1.25, 1])
    for axis in (left, right):
        axis.axhline(raw, linestyle="--", color=MEAN, linewidth=1.6)
    left.text(0.02, raw, "raw mean", color=MEAN, fontsize=9, va="bottom", transform=left.get_yaxis_transform())
    for (label, values), (color, line, marker) in zip(fits.items(), looks, strict=False):
        left.plot(list(values), list(values.values()), color=color, linestyle=line, marker=marker, markersize=5, label=label)
    left.set_xscale("log", base=2)
    ticks = sorted({d for values in fits.values() for d in values})
    left.set_xticks(ticks, ticks)
    left.minorticks_off()
    left.set(xlabel="dimensions kept by whitening", ylabel="Spearman with the score")
    left.set_title("by the text it was fitted on", fontsize=10)
    left.legend(loc="lower left", fontsize=8.5, handlelength=2.6)
    for shift, ((label, values), (color, line, marker)) in enumerate(zip(leak.items(), [looks[3], looks[0]], strict=False)):
        x = np.array(list(values)) * (0.97 + 0.06 * shift)
        right.vlines(x, [i.low for i in values.values()], [i.high for i in values.values()], color=color, linewidth=1.6)
        right.plot(x, [i.value for i in values.values()], color=color, linestyle=line, marker=marker, markersize=6, label=label)
    right.set_xscale("log", base=2)
    sizes = sorted({n for values in leak.values() for n in values})
    right.set_xticks(sizes, sizes)
    right.minorticks_off()
    right.set(xlabel="sentences it was fitted on")
    right.set_title("own part of the test, or another part", fontsize=10)
    right.legend(loc="lower right", fontsize=8.5, handlelength=2.6)
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
    import matplotlib.pyplot as plt

    places, rows = {}, 0
    for heading, labels in groups.items():
        places[heading] = rows
        places.update({label: rows + 1 + i for i, label in enumerate(labels)})
        rows += len(labels) + 1
    figure, axes = plt.subplots(1, len(verdicts), figsize=(8.6, 1.2 + 0.25 * rows), sharey=True, sharex=True)
    for axis, (pairs, outcomes) in zip(np.atleast_1d(axes), verdicts.items(), strict=True):
        axis.axvline(0, linestyle="--", color=MEAN, linewidth=1.6)
        for label, verdict in outcomes.items():
            marker, color = VERDICT_MARKS[verdict.outcome]
            y, measured = places[label], verdict.measured
            axis.plot([measured.low, measured.high], [y, y], color=color, linewidth=2.2, solid_capstyle="butt")
            axis.plot(measured.value, y, marker=marker, color=color, markersize=6)
        axis.set_title(pairs, fontsize=10)
        axis.set_xlabel(xlabel)
        axis.grid(axis="y", visible=False)
        axis.tick_params(axis="y", length=0)
    first = np.atleast_1d(axes)[0]
    first.set_yticks(list(places.values()), list(places))
    for tick, name in zip(first.get_yticklabels(), places, strict=True):
        tick.set(weight="bold" if name in groups else "normal", fontsize=9.5)
    first.set_ylim(rows - 0.4, -0.7)
    marks = {"above the raw mean": "supported", "below": "not supported", "undecided": "undecided"}
    handles = [plt.Line2D([], [], marker=VERDICT_MARKS[v][0], color=VERDICT_MARKS[v][1], linewidth=2.2) for v in marks.values()]
    figure.legend(handles, marks, loc="outside lower center", ncols=3, fontsize=9.5)
    headline(figure, title)
    return figure


def shared_words(
    overlap: np.ndarray, cosines: np.ndarray, kinds: Sequence[str], scores: np.ndarray, order: Sequence[str], title: str
):
    """Cosine against the share of common tokens: a dot a pair, and the centre of each kind of pair. Returns the figure.

    Args:
        overlap, cosines, scores: (pairs,); ``scores`` from 0 to 5, their mean stands beside each kind.
        kinds: the kind of each pair.
        order: the kinds to draw.
    """
    import matplotlib.pyplot as plt

    kinds = np.asarray(kinds)
    figure, axis = plt.subplots(figsize=(7.4, 4.6))
    inside = np.isin(kinds, order)
    axis.plot(overlap[inside], cosines[inside], ".", color=PALE, markersize=3.5, zorder=1)
    low, high = cosines[inside].min(), cosines[inside].max()
    centres = {kind: (overlap[kinds == kind].mean(), cosines[kinds == kind].mean()) for kind in order}
    for side, x, top in ((0, 0.27, 0.72), (1, 0.6, 0.43)):  # labels in two columns, each led to its mark
        column = [kind for kind in order if (centres[kind][0] > 0.4) == bool(side)]
        column.sort(key=lambda kind: centres[kind][0] if side else -centres[kind][1])  # so that no two leads cross
        for place, kind in enumerate(column):
            score = scores[kinds == kind].mean()
            marker, color = ("D", OTHER) if score >= 3.5 else ("v", LOSS)
            axis.plot(*centres[kind], marker=marker, color=color, markersize=9, markeredgecolor="white", zorder=4)
            axis.annotate(f"{kind}: score {score:.1f}", centres[kind], (x, low + (top - 0.09 * place) * (high - low)),
                          va="center", ha="right" if side else "left", fontsize=9.5, color=color, zorder=3,
                          bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 0.8},
                          arrowprops={"arrowstyle": "-", "color": color, "linewidth": 0.8, "shrinkA": 1, "shrinkB": 3,
                                      "relpos": (1.0 * side, 0.5)})  # fmt: skip
    axis.set(xlabel="share of common tokens (Jaccard)", ylabel="cosine of the two means", xlim=(-0.04, 1.04))
    handles = [
        plt.Line2D([], [], marker="D", color=OTHER, linestyle=""),
        plt.Line2D([], [], marker="v", color=LOSS, linestyle=""),
    ]
    axis.legend(handles, ["same meaning", "another meaning"], loc="lower right", fontsize=9.5)
    headline(figure, title)
    return figure

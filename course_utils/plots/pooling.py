"""Figures of the notebook on pooling: the masked mean, forgotten masks, shared words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from course_utils.plots.marks import halo, ink_on, key, panel, sample
from course_utils.plots.style import (
    BODY,
    CONTROL,
    INK,
    MEAN,
    OTHER,
    OTHERS,
    PALE,
    PANEL,
    PAPER,
    SHADE,
    SMALL,
    VIOLET,
    Look,
    canvas,
    headline,
)

SAME, OTHERWISE = Look(OTHER, "none", "D"), Look(VIOLET, "none", "v")


def masked_mean_picture(tokens: Sequence[str], mask: Sequence[int], values: np.ndarray, title: str):
    """The masked mean as a picture: tokens, mask, weights, token vectors, and the one vector they give. Returns the figure.

    Args:
        tokens: the tokens of one sentence, padding included, at most 12.
        mask: 1 for real tokens, 0 for padding.
        values: (tokens, dimensions), a few dimensions of the token vectors.

    Raises:
        ValueError: the lengths differ.
    """
    from matplotlib.patches import Rectangle

    values, mask = np.asarray(values, dtype=float), np.asarray(mask)
    if not len(tokens) == len(mask) == len(values):
        raise ValueError(f"{len(tokens)} tokens, {len(mask)} mask values and {len(values)} vectors: they must be as many.")
    lines, columns = values.shape
    weights = mask / mask.sum()
    limit = np.abs(values).max()
    bottom, middle = lines + 1.1, columns / 2 - 0.03
    figure, axis = canvas(0.75 + 0.34 * (lines + 3))
    for x, text in ((-2.15, "mask"), (-0.85, "weight"), (middle, f"token vectors, the first {columns} dimensions")):
        axis.text(x, -1.0, text, ha="center", va="center", fontsize=SMALL, color=CONTROL)
    for y, (token, on, weight) in enumerate(zip(tokens, mask, weights, strict=True)):
        color = INK if on else CONTROL
        written = {"va": "center", "fontsize": BODY, "color": color}
        axis.text(-2.6, y, token, ha="right", family="monospace", parse_math=False, **written)
        axis.text(-2.15, y, f"{on}", ha="center", **written)
        axis.text(-0.85, y - (0.1 if on else 0), f"1/{mask.sum()}" if on else "0", ha="center", **written)
        axis.add_patch(Rectangle((-1.3, y + 0.26), 4.0 * weight, 0.14, facecolor=MEAN, edgecolor="none"))
        for x in range(columns):
            _number(axis, x, y, values[y, x], limit, bool(on))
    axis.annotate("", (middle, bottom - 0.62), (middle, lines - 0.4),
                  arrowprops={"arrowstyle": "-|>", "color": MEAN, "linewidth": 2})  # fmt: skip
    axis.text(middle + 0.25, lines + 0.02, "weight x vector, added up", va="center", color=MEAN)
    axis.text(-0.2, bottom, "one vector", ha="right", va="center", fontsize=PANEL, weight="bold", color=MEAN)
    for x, value in enumerate(weights @ values):
        _number(axis, x, bottom, value, limit, edge=MEAN)
    axis.set(xlim=(-4.6, columns + 0.1), ylim=(bottom + 0.6, -1.4))
    axis.axis("off")
    headline(figure, title)
    return figure


def _number(axis, x: float, y: float, value: float, limit: float, on: bool = True, edge: str = PAPER) -> None:
    """A coloured cell with its number; ``on`` is False for what the mask takes out."""
    import matplotlib.pyplot as plt
    from matplotlib.patches import Rectangle

    shade = plt.get_cmap("PuOr_r")(0.5 + 0.3 * value / limit) if on else SHADE
    axis.add_patch(Rectangle((x, y - 0.46), 0.94, 0.92, facecolor=shade, edgecolor=edge, linewidth=1.4))
    color = ink_on(shade) if on else "#5F5F5F"
    axis.text(x + 0.47, y, f"{round(value, 1) + 0.0:.1f}", ha="center", va="center", fontsize=SMALL, color=color)


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
    figure, (left, beside) = canvas(4.4, 1, 2)
    lengths = sorted({length for values in curves.values() for length in values})
    ends = [lengths[0] - 5, lengths[-1] + 9]
    left.axhspan(right.low, right.high, color=MEAN, alpha=0.12, linewidth=0)
    left.axhline(right.value, linestyle="--", color=MEAN)
    beside.axhline(1, linestyle="--", color=MEAN)
    beside.axhline(strangers, linestyle=":", color=CONTROL)
    beside.text(ends[0] + 1, strangers, "two random sentences", va="bottom", fontsize=SMALL, color=CONTROL, path_effects=halo())
    shift = 0.0
    for (label, values), look in zip(curves.items(), OTHERS, strict=False):
        x = np.array(list(values)) + shift  # marks of one length side by side
        left.vlines(x, [i.low for i in values.values()], [i.high for i in values.values()], color=look.color, linewidth=1.6)
        left.plot(x, [i.value for i in values.values()], **look.style)
        beside.plot(np.array(list(moved[label])) + shift, list(moved[label].values()), **look.style)
        shift += 2.0
    for axis, name, ylabel in (
        (left, "agreement with the score", "Spearman with the score"),
        (beside, "how far the vectors move", "cosine with the masked mean"),
    ):
        axis.set_xticks(lengths)
        axis.set(xlabel="padded to this many tokens", ylabel=ylabel, xlim=ends)
        panel(axis, name)
    handles = [sample(Look(MEAN, "--", "")), *(sample(look) for _, look in zip(curves, OTHERS, strict=False))]
    key(figure, handles, ["masked, model told", *curves], 3)
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
    kinds = np.asarray(kinds)
    figure, axis = canvas(4.9)
    inside = np.isin(kinds, order)
    axis.plot(overlap[inside], cosines[inside], ".", color=PALE, markersize=3.5, zorder=1)
    low, high = cosines[inside].min(), cosines[inside].max()
    centres = {kind: (overlap[kinds == kind].mean(), cosines[kinds == kind].mean()) for kind in order}
    for side, x, top in ((0, 0.25, 0.70), (1, 0.6, 0.43)):  # labels in two columns, each led to its mark
        column = [kind for kind in order if (centres[kind][0] > 0.4) == bool(side)]
        column.sort(key=lambda kind: centres[kind][0] if side else -centres[kind][1])  # so that no two leads cross
        for place, kind in enumerate(column):
            score = scores[kinds == kind].mean()
            look = SAME if score >= 3.5 else OTHERWISE
            axis.plot(*centres[kind], marker=look.marker, color=look.color, markersize=10, markeredgecolor=PAPER, zorder=4)
            axis.annotate(f"{kind}: score {score:.1f}", centres[kind], (x, low + (top - 0.09 * place) * (high - low)),
                          va="center", ha="right" if side else "left", fontsize=BODY, color=look.color, zorder=3,
                          bbox={"facecolor": PAPER, "edgecolor": "none", "alpha": 0.85, "pad": 0.8},
                          arrowprops={"arrowstyle": "-", "color": look.color, "linewidth": 0.9, "shrinkA": 1, "shrinkB": 3,
                                      "relpos": (1.0 * side, 0.5)})  # fmt: skip
    axis.set(xlabel="share of common tokens (Jaccard)", ylabel="cosine of the two means", xlim=(-0.04, 1.04))
    handles = [sample(SAME), sample(OTHERWISE)]
    axis.legend(handles, ["same meaning", "another meaning"], loc="lower right")
    headline(figure, title)
    return figure

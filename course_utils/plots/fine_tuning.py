"""Figures of the notebook on fine-tuning: projections, blocks of cosines, attention beside its effect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from course_utils.plots.marks import key, pale, panel, sample
from course_utils.plots.style import (
    CLS,
    INK,
    OLIVE,
    OTHER,
    PALE,
    PAPER,
    SMALL,
    VIOLET,
    Look,
    canvas,
    headline,
)

TWO = [Look(VIOLET, "none", "v"), Look(OTHER, "none", "^")]  # sorted labels: negative, positive
SIX = [
    Look("#2B8CC4", "none", "o"),
    Look(OLIVE, "none", "s"),
    Look(INK, "none", "^"),
    Look("#B8578F", "none", "D"),
    Look("#7A4A3A", "none", "v"),
    Look("#777777", "none", "P"),
]
MOST = 270  # marks a panel


def _looks(names: Sequence[str]) -> dict[str, Look]:
    return dict(zip(names, TWO if len(names) == 2 else [*SIX, *SIX], strict=False))


def projections(panels: Mapping[str, tuple[np.ndarray, Sequence]], title: str, axes: tuple[str, str], shared: bool = False):
    """Small multiples of texts in two dimensions, colour and marker by label; a large mark is the centre of a label.

    Of many texts ``MOST`` are drawn, evenly taken; the centres are those of all.

    Args:
        panels: heading to ((n, 2) places, n labels).
        axes: what the two axes are.
        shared: whether all panels have the same limits.

    Raises:
        ValueError: not one label a place.
    """
    columns = min(len(panels), 3)
    lines = -(-len(panels) // columns)
    figure, grid = canvas(1.35 + 2.15 * lines, lines, columns, sharex=shared, sharey=shared, squeeze=False)
    every: dict[str, Look] = {}
    for axis, (heading, (places, labels)) in zip(grid.flat, panels.items(), strict=False):
        places, labels = np.asarray(places), np.asarray(labels)
        if places.shape != (len(labels), 2):
            raise ValueError(f"{heading}: {len(labels)} labels for places of shape {places.shape}.")
        looks = _looks(sorted(set(labels.tolist())))
        every |= looks
        drawn = np.unique(np.linspace(0, len(places) - 1, min(MOST, len(places))).round().astype(int))
        for name, look in looks.items():
            members = places[drawn][labels[drawn] == name]
            axis.plot(*members.T, look.marker, color=pale(look.color), markersize=3.8, markeredgewidth=0)
        for name, look in looks.items():
            centre = places[labels == name].mean(0)
            axis.plot(
                *centre, look.marker, color=look.color, markersize=11, markeredgecolor=PAPER, markeredgewidth=1.4, zorder=4
            )
        panel(axis, heading)
        axis.set(xticks=[], yticks=[])
        axis.grid(False)
    for axis in grid.flat[len(panels) :]:
        axis.set_visible(False)
    handles = [sample(look) for look in every.values()]
    key(figure, handles, list(every), min(len(every), 6), f"across: {axes[0]}; upwards: {axes[1]}")
    headline(figure, title)
    return figure


def similarity_blocks(rows: Mapping[str, tuple[Mapping[str, np.ndarray], Sequence]], title: str):
    """Matrices of cosines between texts ordered by label, a row a way to order, a column a state of the encoder.

    Args:
        rows: what they are ordered by to (heading to (n, n) cosines, the n labels in order). Colours go from the 2nd to the
            98th percentile of each matrix, the diagonal left out, which its colour bar shows.
    """
    columns = max(len(matrices) for matrices, _ in rows.values())
    figure, grid = canvas(0.6 + 3.2 * len(rows), len(rows), columns, squeeze=False)
    for line, (order, (matrices, labels)) in zip(grid, rows.items(), strict=True):
        for axis, (heading, cosines) in zip(line, matrices.items(), strict=False):
            _blocks(axis, cosines, np.asarray(labels), named=axis is line[0])
            panel(axis, heading)
        line[0].set_ylabel(f"by {order}")
    headline(figure, title)
    return figure


def _blocks(axis, cosines: np.ndarray, labels: np.ndarray, named: bool) -> None:
    """One matrix with its blocks parted and named, and its colour bar; the names beside it only if ``named``."""
    import matplotlib.pyplot as plt

    ends = np.flatnonzero(labels[1:] != labels[:-1]) + 0.5
    middles = (np.r_[-0.5, ends] + np.r_[ends, len(labels) - 0.5]) / 2
    names = [labels[round(middle)] for middle in middles]
    low, high = np.quantile(cosines[~np.eye(len(cosines), dtype=bool)], [0.02, 0.98])
    image = axis.imshow(cosines, cmap=plt.get_cmap("cividis", 8), vmin=low, vmax=max(high, low + 1e-6), interpolation="nearest")
    for end in ends:
        axis.axhline(end, color="white", linewidth=1.6)
        axis.axvline(end, color="white", linewidth=1.6)
    few = len(names) == 2
    axis.set_xticks(middles, names, rotation=0 if few else 40, ha="center" if few else "right", rotation_mode="anchor")
    axis.set_yticks(middles, names if named else [""] * len(names))
    if few and named:
        axis.tick_params(axis="y", labelrotation=90)
        for text in axis.get_yticklabels():
            text.set_verticalalignment("center")
    axis.tick_params(length=0)
    axis.grid(False)
    bar = axis.figure.colorbar(image, ax=axis, shrink=0.8, pad=0.02, ticks=[low, high])
    bar.ax.set_yticklabels([f"{low:.2f}", f"{high:.2f}"])
    bar.outline.set_visible(False)


def attention_and_effect(tokens: Sequence[str], attention: np.ndarray, effect: np.ndarray, title: str, sides: tuple[str, str]):
    """One text, a row a token: how much [CLS] attends to it (left), and what happens without it (right).

    Args:
        tokens: n tokens.
        attention: (n,) shares.
        effect: (n,) of any unit, not negative.
        sides: what the two sides show.

    Raises:
        ValueError: not as many values as tokens.
    """
    attention, effect = np.asarray(attention, dtype=float), np.asarray(effect, dtype=float)
    if not len(tokens) == len(attention) == len(effect):
        raise ValueError(f"{len(tokens)} tokens, {len(attention)} attention shares and {len(effect)} effects: not as many.")
    figure, (left, right) = canvas(1.1 + 0.245 * len(tokens), 1, 2, sharey=True)
    places = np.arange(len(tokens))
    for axis, values, color, side in ((left, attention, CLS, sides[0]), (right, effect, INK, sides[1])):
        best = np.argsort(-values, kind="stable")[:3]
        axis.barh(places, values, color=[color if i in best else PALE for i in places], height=0.78)
        for i in best:
            axis.annotate(f"{values[i]:.2f}", (values[i], i), (-4 if axis is left else 4, 0), textcoords="offset points",
                          ha="right" if axis is left else "left", va="center", fontsize=SMALL, color=color)  # fmt: skip
        axis.grid(visible=False)
        axis.set_xlim(0, 1.22 * values.max())
        axis.set(xticks=[], xlabel=side)
        axis.spines[["bottom", "left"]].set_visible(False)
        axis.tick_params(length=0)
    left.invert_xaxis()
    left.set_ylim(len(tokens) - 0.4, -0.6)
    left.tick_params(labelleft=False)
    right.tick_params(labelleft=True)
    right.set_yticks(places, tokens, family="monospace", ha="center", parse_math=False)
    right.tick_params(axis="y", pad=46)
    headline(figure, title)
    return figure

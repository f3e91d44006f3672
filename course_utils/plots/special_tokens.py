"""Figures of the notebook on special tokens: embeddings, blanks, gradients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from course_utils.plots.marks import cells, halo, panel
from course_utils.plots.style import (
    BODY,
    CLS,
    CONTROL,
    INK,
    OTHER,
    PAPER,
    RULE,
    SMALL,
    Look,
    canvas,
    headline,
)


def embedding_strips(parts: Mapping[str, np.ndarray], tokens: Sequence[str], title: str, dimensions: int = 16):
    """Heat strips, one a part: ``parts[label]`` is (tokens, dim), the first ``dimensions`` are drawn; position 0 is framed."""
    from matplotlib.patches import Rectangle

    figure, axes = canvas(0.95 + 1.15 * len(parts), len(parts), 1, sharex=True, squeeze=False)
    for axis, (label, values) in zip(axes[:, 0], parts.items(), strict=True):
        shown = np.asarray(values)[:, :dimensions].T  # (dimensions, tokens)
        scale = np.quantile(np.abs(shown), 0.98) or 1.0
        image = axis.imshow(shown, cmap="RdBu_r", vmin=-scale, vmax=scale, aspect="auto", interpolation="nearest")
        axis.add_patch(Rectangle((-0.5, -0.5), 1, len(shown), fill=False, edgecolor=CLS, linewidth=3, clip_on=False))
        axis.set_ylabel(label, rotation=0, ha="right", va="center")
        axis.set_yticks([])
        axis.tick_params(length=0)
        axis.grid(False)
        axis.spines[:].set_visible(False)
        bar = figure.colorbar(image, ax=axis, pad=0.015, aspect=9, ticks=[-scale, 0, scale])
        bar.ax.set_yticklabels([f"{-scale:.1f}", "0", f"{scale:.1f}"])
        bar.outline.set_visible(False)
    bottom = axes[-1, 0]
    bottom.set_xticks(range(len(tokens)), tokens, rotation=45, ha="right", rotation_mode="anchor")
    bottom.get_xticklabels()[0].set(color=CLS, weight="bold")
    bottom.set_xlabel("token (16 dimensions below each other)" if dimensions == 16 else "token")
    headline(figure, title)
    return figure


def blanks(answers: Mapping[str, Sequence[tuple[str, float]]], title: str):
    """The likeliest tokens for the blank of each text, a panel a text: ``answers[text]`` is (token, probability) pairs."""
    lines = -(-len(answers) // 2)
    figure, axes = canvas(0.65 + 2.0 * lines, lines, 2, sharex=True, squeeze=False)
    for axis, (text, pairs) in zip(axes.flat, answers.items(), strict=False):
        places = range(len(pairs))
        axis.barh(places, [p for _, p in pairs], color=OTHER, height=0.62)
        for place, (_, p) in zip(places, pairs, strict=True):
            axis.annotate(f"{p:.2f}", (p, place), (4, 0), textcoords="offset points", va="center", fontsize=SMALL)
        axis.set_yticks(places, [token for token, _ in pairs], parse_math=False)
        axis.set(ylim=(len(pairs) - 0.4, -0.6), xlim=(0, 1.12), xticks=[0, 0.5, 1])
        axis.tick_params(axis="y", length=0)
        axis.grid(axis="y", visible=False)
        panel(axis, text)
    for axis in list(axes.flat)[len(answers) :]:
        axis.set_visible(False)
    for axis in axes[-1]:
        axis.set_xlabel("probability")
    headline(figure, title)
    return figure


def gradient_profile(profiles: Mapping[str, np.ndarray], title: str):
    """Gradient norm by position, one line an objective: ``profiles[objective]`` is (tokens,).

    An exact zero has no place on a log scale: it stands on its own line. Position 0 is [CLS] and carries its mark.
    """
    figure, axis = canvas(4.2)
    positive = np.concatenate([values[values > 0] for values in profiles.values()])
    floor = 10 ** np.floor(np.log10(positive.min()) - 0.35)
    looks = Look(INK, "-", "."), Look(OTHER, "--", "x")
    for (label, values), look in zip(profiles.items(), looks, strict=False):
        drawn = np.where(values > 0, values, np.nan)
        axis.plot(drawn, linestyle=look.line, color=look.color, linewidth=1.5, label=label, marker=".", markersize=4)
        zeros = np.flatnonzero(values == 0)
        axis.plot(zeros, np.full(len(zeros), floor * 1.7), marker="x", linestyle="", color=look.color, markersize=6)
        height = values[0] if values[0] > 0 else floor * 1.7
        axis.plot(0, height, marker="o", color=CLS, markersize=10, markerfacecolor=CLS if values[0] > 0 else PAPER, mew=2,
                  zorder=4)  # fmt: skip
        said = f"[CLS], {label}" + (": exactly 0" if values[0] == 0 else "")
        axis.annotate(said, (0, height), (12, 0), textcoords="offset points", color=CLS, weight="bold", fontsize=BODY,
                      va="center", path_effects=halo(3))  # fmt: skip
    axis.axhline(floor * 2.9, color=RULE, linewidth=0.9, zorder=0)
    always = [place for place in range(1, len(values)) if all(v[place] == 0 for v in profiles.values())]
    if always:  # the last [SEP], where all rows have one length
        axis.annotate("exactly 0", (always[-1], floor * 1.7), (-8, 0), textcoords="offset points", ha="right", va="center",
                      fontsize=SMALL, color="#5A5A5A")  # fmt: skip
    axis.set(yscale="log", ylim=(floor, positive.max() * 3), xlabel="position",
             ylabel="norm of the gradient (logarithmic)")  # fmt: skip
    axis.set_xlim(-1.5, len(values) + 0.5)
    axis.legend(loc="upper right", ncols=2)
    headline(figure, title)
    return figure


def gradient_table(tables: Mapping[str, Mapping[str, np.ndarray]], title: str, unit: float = 1e-4):
    """Heat maps of gradient norms, a panel an objective: ``tables[objective][group]`` is (layers + 1,); last layer on top."""
    import matplotlib.pyplot as plt
    from matplotlib.colors import LogNorm

    groups = list(next(iter(tables.values())))
    values = {name: np.stack([table[group] for group in groups], 1)[::-1] / unit for name, table in tables.items()}
    every = np.concatenate([array[array > 0] for array in values.values()])
    layers = len(next(iter(values.values())))
    figure, axes = canvas(1.55 + 0.42 * layers, 1, len(values), sharey=True, squeeze=False)
    norm = LogNorm(every.min() / 3, every.max() * 2)
    for axis, (name, array) in zip(axes[0], values.items(), strict=True):
        grounds = plt.get_cmap("Blues")(norm(np.where(array > 0, array, every.min())))
        grounds[array == 0] = 1.0
        cells(axis, array, grounds, "{}")
        for text, value in zip(axis.texts, array.ravel(), strict=True):
            text.set_text("0" if value == 0 else f"{value:.2f}" if value < 10 else f"{value:.1f}")
            if value == 0:
                text.set(color=CLS, weight="bold")
        axis.set_xticks(range(len(groups)), [group.replace(" ", "\n") for group in groups])
        axis.get_xticklabels()[0].set(color=CLS, weight="bold")
        panel(axis, name)
    names = ["0, embeddings", *map(str, range(1, layers - 1)), f"{layers - 1}, last"][::-1]
    axes[0][0].set_yticks(range(layers), names)
    axes[0][0].set_ylabel("layer")
    figure.supxlabel(f"mean norm of the gradient, in units of {unit:g}", fontsize=BODY, color=CONTROL)
    headline(figure, title)
    return figure

"""Figures of the notebook on special tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from course_utils.plots.style import CLS, CONTROL, INK, OTHER, headline


def embedding_strips(parts: Mapping[str, np.ndarray], tokens: Sequence[str], title: str, dimensions: int = 16):
    """Heat strips, one a part: ``parts[label]`` is (tokens, dim), the first ``dimensions`` are drawn; position 0 is framed."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(len(parts), 1, figsize=(7.4, 0.9 + 1.15 * len(parts)), sharex=True)
    for axis, (label, values) in zip(axes, parts.items(), strict=True):
        shown = np.asarray(values)[:, :dimensions].T  # (dimensions, tokens)
        scale = np.quantile(np.abs(shown), 0.98) or 1.0
        image = axis.imshow(shown, cmap="RdBu_r", vmin=-scale, vmax=scale, aspect="auto", interpolation="nearest")
        axis.add_patch(plt.Rectangle((-0.5, -0.5), 1, len(shown), fill=False, edgecolor=CLS, linewidth=3, clip_on=False))
        axis.set_ylabel(label, rotation=0, ha="right", va="center")
        axis.set_yticks([])
        axis.tick_params(length=0)
        axis.grid(False)
        for side in axis.spines.values():
            side.set_visible(False)
        bar = figure.colorbar(image, ax=axis, pad=0.015, aspect=9, ticks=[-scale, 0, scale])
        bar.ax.set_yticklabels([f"{-scale:.1f}", "0", f"{scale:.1f}"], fontsize=8)
        bar.outline.set_visible(False)
    axes[-1].set_xticks(range(len(tokens)), tokens, rotation=45, ha="right", fontsize=9.5)
    axes[-1].get_xticklabels()[0].set(color=CLS, weight="bold")
    headline(figure, title)
    return figure


def blanks(answers: Mapping[str, Sequence[tuple[str, float]]], title: str):
    """The likeliest tokens for the blank of each text, a panel a text: ``answers[text]`` is (token, probability) pairs."""
    import matplotlib.pyplot as plt

    columns = 2
    rows = -(-len(answers) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(7.4, 0.6 + 1.95 * rows), sharex=True, squeeze=False)
    for axis, (text, pairs) in zip(axes.flat, answers.items(), strict=False):
        places = range(len(pairs))
        axis.barh(places, [p for _, p in pairs], color=OTHER, height=0.62)
        for place, (_, p) in zip(places, pairs, strict=True):
            axis.annotate(f"{p:.2f}", (p, place), (4, 0), textcoords="offset points", va="center", fontsize=9)
        axis.set_yticks(places, [token for token, _ in pairs])
        axis.set(ylim=(len(pairs) - 0.4, -0.6), xlim=(0, 1))
        axis.tick_params(axis="y", length=0)
        axis.grid(axis="y", visible=False)
        axis.set_title(text, fontsize=9.5, weight="normal", style="italic", pad=5)
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
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(7.4, 3.9))
    positive = np.concatenate([values[values > 0] for values in profiles.values()])
    floor = 10 ** np.floor(np.log10(positive.min()) - 0.35)
    looks = (("-", INK), ("--", OTHER))
    for shift, ((label, values), (line, color)) in enumerate(zip(profiles.items(), looks, strict=False)):
        drawn = np.where(values > 0, values, np.nan)
        axis.plot(drawn, linestyle=line, color=color, linewidth=1.5, label=label, marker=".", markersize=4)
        zeros = np.flatnonzero(values == 0)
        axis.plot(zeros, np.full(len(zeros), floor * 1.5), marker="x", linestyle="", color=color, markersize=6)
        height = values[0] if values[0] > 0 else floor * 1.5
        axis.plot(0, height, marker="o", color=CLS, markersize=10, markerfacecolor=CLS if values[0] > 0 else "white", mew=2)
        said = f"[CLS], {label}" + (": exactly 0" if values[0] == 0 else "")
        axis.annotate(
            said, (0, height), (12, -2 + 6 * shift), textcoords="offset points", color=CLS, weight="bold", fontsize=9.5
        )
    axis.axhspan(floor, floor * 2.4, color="#F2F2F2", zorder=0)
    always = [place for place in range(1, len(values)) if all(v[place] == 0 for v in profiles.values())]
    if always:  # the last [SEP], where all rows have one length
        axis.annotate("exactly 0", (always[-1], floor * 1.5), (-8, 0), textcoords="offset points", ha="right", va="center",
                      fontsize=9, color=CONTROL)  # fmt: skip
    axis.set(yscale="log", ylim=(floor, positive.max() * 2.2), xlabel="position", ylabel="norm of the gradient")
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
    figure, axes = plt.subplots(
        1, len(values), figsize=(7.4, 1.5 + 0.42 * layers), sharey=True, squeeze=False, gridspec_kw={"wspace": 0.04}
    )
    colors = plt.get_cmap("Blues").copy()
    colors.set_bad("white")
    for axis, (name, array) in zip(axes[0], values.items(), strict=True):
        norm = LogNorm(every.min() / 3, every.max() * 3)
        axis.imshow(np.ma.masked_equal(array, 0), cmap=colors, norm=norm, aspect="auto")
        for (y, x), value in np.ndenumerate(array):
            dark = value > 0 and norm(value) > 0.6
            text = "0" if value == 0 else f"{value:.2f}" if value < 10 else f"{value:.1f}"
            axis.text(x, y, text, ha="center", va="center", fontsize=9.5, color="white" if dark else CLS if value == 0 else INK,
                      weight="bold" if value == 0 else "normal")  # fmt: skip
        axis.set_xticks(range(len(groups)), [group.replace(" ", "\n") for group in groups], fontsize=9.5)
        axis.get_xticklabels()[0].set(color=CLS, weight="bold")
        axis.set_title(name, fontsize=10.5)
        axis.tick_params(length=0)
        axis.grid(False)
        for side in axis.spines.values():
            side.set_visible(False)
    names = ["0, embeddings", *map(str, range(1, layers - 1)), f"{layers - 1}, last"][::-1]
    axes[0][0].set_yticks(range(layers), names)
    axes[0][0].set_ylabel("layer")
    figure.supxlabel(f"mean norm of the gradient, in units of {unit:g}", fontsize=9.5, color=CONTROL)
    headline(figure, title)
    return figure


def next_shares(shares: Mapping[str, object], accuracies: Mapping[str, object], published: Mapping[str, float], title: str):
    """Left: the share of pairs answered "is next" by kind (``Interval``); right: accuracies, published ones apart."""
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(7.4, 3.3), gridspec_kw={"width_ratios": (3, 2.3)})
    for y, measured in enumerate(shares.values()):
        left.barh(y, measured.value, color=OTHER, height=0.55, alpha=0.35)
        left.plot([measured.low, measured.high], [y, y], color=OTHER, linewidth=3, solid_capstyle="butt")
        left.plot(measured.value, y, "D", color=OTHER, markersize=6)
        left.annotate(f"{measured.value:.2f}", (measured.low, y), (-6, 0), textcoords="offset points", ha="right", va="center")
    left.set_yticks(range(len(shares)), shares)
    left.set(xlim=(0, 1), ylim=(len(shares) - 0.5, -0.5))
    left.set_title('answered "is next"', fontsize=10.5)
    for y, measured in enumerate(accuracies.values()):
        right.plot([measured.low, measured.high], [y, y], color=OTHER, linewidth=3, solid_capstyle="butt")
        right.plot(measured.value, y, "D", color=OTHER, markersize=6)
        right.annotate(
            f"{measured.value:.2f}", (measured.value, y), (0, 7), textcoords="offset points", ha="center", fontsize=9.5
        )
    line = len(accuracies) - 0.25
    right.axhline(line, color=INK, linewidth=0.8)
    right.text(1.04, line + 0.28, "published: another model, other data", transform=right.get_yaxis_transform(),
               ha="right", va="center", fontsize=8.5, style="italic", color=CONTROL,
               bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5})  # fmt: skip
    for y, value in enumerate(published.values(), start=len(accuracies) + 1):
        right.plot(value, y, marker="|", color="#999999", markersize=14, markeredgewidth=4)
        side = (9, "left") if value < 0.75 else (-9, "right")
        right.annotate(f"{value:.3f}", (value, y), (side[0], 0), textcoords="offset points", ha=side[1], va="center",
                       fontsize=9.5, color=CONTROL)  # fmt: skip
    right.axvline(0.5, color=CONTROL, linewidth=1, linestyle=":")
    labels = [*accuracies, "", *published]
    right.set_yticks(range(len(labels)), labels)
    right.set(xlim=(0.4, 1.0), ylim=(len(labels) - 0.5, -0.6))
    right.set_title("accuracy (0.5: guessing)", fontsize=10.5)
    for axis in (left, right):
        axis.tick_params(axis="y", length=0)
        axis.grid(axis="y", visible=False)
    headline(figure, title)
    return figure


def attention_bars(shares: Mapping[str, np.ndarray], uniform: np.ndarray, groups: Sequence[str], title: str):
    """Stacked bars of attention mass by layer, a panel a model: ``shares[model]`` (layers, groups), ``uniform`` (groups,)."""
    import matplotlib.pyplot as plt

    layers = len(next(iter(shares.values())))
    figure, axes = plt.subplots(1, len(shares), figsize=(7.4, 1.6 + 0.36 * layers), sharey=True, squeeze=False)
    colors, hatches = (CLS, "#0B3C5D", "#7FB2D6", "#E4E4E4"), ("", "", "..", "")
    rows = ["spread evenly", *(f"layer {layer}" for layer in range(1, layers + 1))]
    places = np.array([-0.35, *range(1, layers + 1)])
    for axis, (model, values) in zip(axes[0], shares.items(), strict=True):
        table = np.vstack([uniform, values])  # (1 + layers, groups)
        left = np.zeros(len(table))
        for group, (color, hatch) in enumerate(zip(colors, hatches, strict=True)):
            axis.barh(places, table[:, group], left=left, color=color, hatch=hatch, edgecolor="white", linewidth=0.6,
                      height=0.74, label=groups[group])  # fmt: skip
            left += table[:, group]
        for place, special in zip(places, table[:, :2].sum(1), strict=True):
            axis.annotate(f"{special:.2f}", (1, place), (4, 0), textcoords="offset points", va="center", fontsize=9)
        axis.set(xlim=(0, 1), ylim=(layers + 0.6, -0.9), xlabel="share of the attention")
        axis.set_title(model, fontsize=10.5)
        axis.tick_params(axis="y", length=0)
        axis.grid(False)
    axes[0][0].set_yticks(places, rows)
    handles, labels = axes[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(groups), fontsize=9.5)
    headline(figure, title)
    return figure

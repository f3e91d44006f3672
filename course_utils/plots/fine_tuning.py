"""Figures of the notebook on fine-tuning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from course_utils.plots.style import CLS, CONTROL, INK, MEAN, OTHER, headline, label_ends

TWO = [("#7B3294", "v"), (OTHER, "^")]  # sorted labels: negative, positive
SIX = [("#56B4E9", "o"), ("#B58900", "s"), (INK, "^"), ("#CC79A7", "D"), ("#8C564B", "v"), ("#888888", "P")]
HOME = "#FFF3CC"  # the cells of a matrix that a model was tuned for
MOST = 270  # marks a panel
LOOKS = {"cls": ("[CLS]", CLS, "o", "-"), "mean": ("mean", MEAN, "D", (0, (3, 1.2)))}


def _pale(color: str) -> tuple[float, ...]:
    """Half way to white: opaque marks make smaller files than transparent ones."""
    from matplotlib.colors import to_rgb

    return tuple(0.45 + 0.55 * part for part in to_rgb(color))


def _looks(names: Sequence[str]) -> dict[str, tuple[str, str]]:
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
    import matplotlib.pyplot as plt

    columns = min(len(panels), 3)
    rows = -(-len(panels) // columns)
    figure, grid = plt.subplots(rows, columns, figsize=(8.4, 0.9 + 2.45 * rows), sharex=shared, sharey=shared, squeeze=False)
    names: list[str] = []
    for axis, (heading, (places, labels)) in zip(grid.flat, panels.items(), strict=False):
        places, labels = np.asarray(places), np.asarray(labels)
        if places.shape != (len(labels), 2):
            raise ValueError(f"{heading}: {len(labels)} labels for places of shape {places.shape}.")
        looks = _looks(sorted(set(labels.tolist())))
        names += [name for name in looks if name not in names]
        drawn = np.unique(np.linspace(0, len(places) - 1, min(MOST, len(places))).round().astype(int))
        for name, (color, marker) in looks.items():
            members = places[drawn][labels[drawn] == name]
            axis.plot(*members.T, marker, color=_pale(color), markersize=3.6, markeredgewidth=0)
        for name, (color, marker) in looks.items():
            centre = places[labels == name].mean(0)
            axis.plot(*centre, marker, color=color, markersize=11, markeredgecolor="white", markeredgewidth=1.4, zorder=4)
        axis.set_title(heading, fontsize=10)
        axis.set(xticks=[], yticks=[])
        axis.grid(False)
    for axis in grid.flat[len(panels) :]:
        axis.set_visible(False)
    looks = {}
    for _, labels in panels.values():
        looks |= _looks(sorted(set(np.asarray(labels).tolist())))
    handles = [
        plt.Line2D([], [], color=color, marker=marker, linestyle="", markersize=7, label=name)
        for name, (color, marker) in looks.items()
    ]
    legend = figure.legend(handles=handles, loc="outside lower center", ncols=min(len(handles), 8), fontsize=9.5,
                           handletextpad=0.1, title=f"across: {axes[0]}; upwards: {axes[1]}", title_fontsize=9)  # fmt: skip
    legend.get_title().set_color(CONTROL)
    headline(figure, title)
    return figure


def similarity_blocks(rows: Mapping[str, tuple[Mapping[str, np.ndarray], Sequence]], title: str):
    """Matrices of cosines between texts ordered by label, a row a way to order, a column a state of the encoder.

    Args:
        rows: what they are ordered by to (heading to (n, n) cosines, the n labels in order). Colours go from the 2nd to the
            98th percentile of each matrix, the diagonal left out, which its colour bar shows.
    """
    import matplotlib.pyplot as plt

    columns = max(len(matrices) for matrices, _ in rows.values())
    figure, grid = plt.subplots(len(rows), columns, figsize=(3.7 * columns, 0.6 + 3.05 * len(rows)), squeeze=False)
    for line, (order, (matrices, labels)) in zip(grid, rows.items(), strict=True):
        labels = np.asarray(labels)
        ends = np.flatnonzero(labels[1:] != labels[:-1]) + 0.5
        middles = (np.r_[-0.5, ends] + np.r_[ends, len(labels) - 0.5]) / 2
        names = [labels[round(middle)] for middle in middles]
        for column, (axis, (heading, cosines)) in enumerate(zip(line, matrices.items(), strict=False)):
            low, high = np.quantile(cosines[~np.eye(len(cosines), dtype=bool)], [0.02, 0.98])
            image = axis.imshow(
                cosines, cmap=plt.get_cmap("cividis", 8), vmin=low, vmax=max(high, low + 1e-6), interpolation="nearest"
            )
            for end in ends:
                axis.axhline(end, color="white", linewidth=1.4)
                axis.axvline(end, color="white", linewidth=1.4)
            axis.set_xticks(middles, names, fontsize=8.5, rotation=0 if len(names) == 2 else 35, ha="center")
            axis.set_yticks(middles, names if column == 0 else [""] * len(names), fontsize=8.5)
            if column == 0 and len(names) == 2:
                axis.tick_params(axis="y", labelrotation=90)
                for text in axis.get_yticklabels():
                    text.set_verticalalignment("center")
            axis.tick_params(length=0)
            axis.grid(False)
            axis.set_title(heading, fontsize=10)
            bar = figure.colorbar(image, ax=axis, shrink=0.8, pad=0.02, ticks=[low, high])
            bar.ax.set_yticklabels([f"{low:.2f}", f"{high:.2f}"], fontsize=8.5)
            bar.outline.set_visible(False)
        line[0].set_ylabel(f"by {order}", fontsize=10)
    headline(figure, title)
    return figure


def cka_by_layer(panels: Mapping[str, Mapping[str, Mapping[int, float]]], floor: float, title: str):
    """Linear CKA with the encoder before tuning, by layer, a panel a training.

    Args:
        panels: heading to label ("[CLS]", "mean", "untrained [CLS]", "untrained mean") to layer to CKA.
        floor: the greatest that texts in random order gave, drawn as a grey band from 0.
    """
    import matplotlib.pyplot as plt

    styles = {
        "[CLS]": {"color": CLS, "linestyle": "-", "marker": "o"},
        "mean": {"color": MEAN, "linestyle": "--", "marker": "D"},
        "untrained [CLS]": {"color": CONTROL, "linestyle": ":", "marker": "o", "markerfacecolor": "white"},
        "untrained mean": {"color": CONTROL, "linestyle": "-.", "marker": "D", "markerfacecolor": "white"},
    }
    figure, axes = plt.subplots(1, len(panels), sharey=True, figsize=(2.95 * len(panels), 3.6), squeeze=False)
    last = max(max(curve) for curves in panels.values() for curve in curves.values())
    for axis, (heading, curves) in zip(axes[0], panels.items(), strict=True):
        axis.axhspan(0, max(floor, 0.004), color="#BBBBBB", alpha=0.8, linewidth=0)
        axis.set(ylim=(-0.03, 1.06), xlim=(-0.3, last * 1.38))
        for label, curve in curves.items():
            axis.plot(list(curve), list(curve.values()), markersize=5, **styles[label])
        ends = {label.removeprefix("untrained "): curve[last] for label, curve in curves.items()}
        label_ends(axis, ends, last)
        if any(label.startswith("untrained") for label in curves):
            for text in axis.texts:
                text.set_color(CONTROL)
        step = max(1, last // 6)
        axis.set_xticks(range(0, last + 1, step))
        axis.set_xlabel("layer (0: embeddings)")
        axis.set_title(heading, fontsize=10)
    axes[0][0].set_ylabel("CKA with the encoder before")
    axes[0][0].text(0.3, 0.03, "texts in random order", fontsize=8.5, color=CONTROL, va="bottom")
    headline(figure, title)
    return figure


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
    import matplotlib.pyplot as plt

    attention, effect = np.asarray(attention, dtype=float), np.asarray(effect, dtype=float)
    if not len(tokens) == len(attention) == len(effect):
        raise ValueError(f"{len(tokens)} tokens, {len(attention)} attention shares and {len(effect)} effects: not as many.")
    figure, (left, right) = plt.subplots(1, 2, sharey=True, figsize=(7.6, 1.1 + 0.235 * len(tokens)))
    rows = np.arange(len(tokens))
    for axis, values, color, side in ((left, attention, CLS, sides[0]), (right, effect, INK, sides[1])):
        best = np.argsort(-values, kind="stable")[:3]
        axis.barh(rows, values, color=[color if i in best else "#D5D5D5" for i in rows], height=0.78)
        for i in best:
            axis.annotate(f"{values[i]:.2f}", (values[i], i), (-4 if axis is left else 4, 0), textcoords="offset points",
                          ha="right" if axis is left else "left", va="center", fontsize=8.5, color=color)  # fmt: skip
        axis.set_title(side, fontsize=10, loc="right" if axis is left else "left")
        axis.grid(axis="y", visible=False)
        axis.set_xlim(0, 1.22 * values.max())
        axis.set_xticks([])
        axis.spines[["bottom", "left"]].set_visible(False)
        axis.tick_params(length=0)
    left.invert_xaxis()
    left.set_ylim(len(tokens) - 0.4, -0.6)
    left.tick_params(labelleft=False)
    right.tick_params(labelleft=True)
    right.set_yticks(rows, tokens, family="monospace", fontsize=9.5, ha="center")
    right.tick_params(axis="y", pad=44)
    headline(figure, title)
    return figure


def _seeds_row(axis, y: float, interval, dots, color: str, marker: str, line="-", digits: str = "{:.2f}") -> None:
    """A value with its interval and its number above; below it a small dot for each seed, if there are several."""
    from matplotlib.patheffects import withStroke

    axis.plot([interval.low, interval.high], [y, y], color=color, linewidth=2.2, linestyle=line, solid_capstyle="butt")
    if len(dots) > 1:
        axis.plot(dots, np.full(len(dots), y + 0.15), "o", color=color, markersize=3.4, alpha=0.6, markeredgewidth=0)
    axis.plot(interval.value, y, marker, color=color, markersize=7, markeredgecolor="white", markeredgewidth=0.9, zorder=3)
    shown = digits.format(round(interval.value, 2) + 0.0)
    halo = [withStroke(linewidth=2, foreground="white")]
    axis.annotate(shown, (interval.value, y), (0, 5.5), textcoords="offset points", ha="center", fontsize=8.5, color=INK,
                  path_effects=halo)  # fmt: skip


def controls_forest(panels: Mapping[str, tuple[Mapping[str, tuple[object, Sequence[float]]], float]], title: str):
    """Accuracy by way to read a label, with intervals and a dot a seed, a panel a task.

    Args:
        panels: task to (system to (``Interval``, accuracies of the seeds), accuracy of the majority class). Systems that begin
            with "[CLS] tuned" or "mean tuned" and no control in them are drawn in colour.
    """
    import matplotlib.pyplot as plt

    labels = list(dict.fromkeys(label for systems, _ in panels.values() for label in systems))
    figure, axes = plt.subplots(1, len(panels), sharey=True, figsize=(8.4, 1.1 + 0.42 * len(labels)), squeeze=False)
    for axis, (task, (systems, chance)) in zip(axes[0], panels.items(), strict=True):
        axis.axvline(chance, color=CONTROL, linestyle="--", linewidth=1.2)
        axis.text(chance, len(labels) - 0.45, " majority", color=CONTROL, fontsize=8.5, va="center")
        for y, label in enumerate(labels):
            if label in systems:
                control = any(word in label for word in ("untrained", "shuffled", "TF-IDF"))
                color = CONTROL if control else CLS if label.startswith("[CLS]") else MEAN
                marker = "s" if label == "TF-IDF" else "D" if label.startswith("mean") else "o"
                _seeds_row(axis, y, *systems[label], color, marker)
            else:
                axis.text(0.5, y, "not run", transform=axis.get_yaxis_transform(), color="#AAAAAA", fontsize=8.5,
                          ha="center", va="center")  # fmt: skip
        axis.set_title(task, fontsize=10.5)
        axis.set(xlabel="test accuracy", ylim=(len(labels) - 0.1, -0.75))
        axis.grid(axis="y", visible=False)
        axis.tick_params(axis="y", length=0)
        axis.margins(x=0.12)
    axes[0][0].set_yticks(range(len(labels)), labels)
    headline(figure, title)
    return figure


def transfer_matrix(
    levels: Mapping[str, Mapping[tuple[str, str], tuple[object, Sequence[float]]]],
    changes: Mapping[str, Mapping[tuple[str, str], tuple[object, Sequence[float]]]],
    units: Mapping[str, str],
    reference: Mapping[str, float],
    title: str,
):
    """The transfer matrix: what each encoder was tuned on, against what is read from it; level above, change below.

    Args:
        levels: what is read to (tuned on, pooling) to (``Interval``, values of the seeds). The first is the encoder
            that was not tuned.
        changes: the same against the encoder that was not tuned.
        units: what is read to the name of its measure.
        reference: what is read to the value of TF-IDF, drawn as a dotted line.
    """
    import matplotlib.pyplot as plt

    tuned = list(dict.fromkeys(training for training, _ in next(iter(levels.values()))))
    figure, grid = plt.subplots(
        2, len(levels), figsize=(8.8, 6.4), sharey="row", height_ratios=[len(tuned), len(tuned) - 1 + 0.25]
    )
    for column, read in enumerate(levels):
        for axis, cells, rows in ((grid[0][column], levels[read], tuned), (grid[1][column], changes[read], tuned[1:])):
            below = axis is grid[1][column]
            for y, training in enumerate(rows):
                if training == read:
                    axis.axhspan(y - 0.46, y + 0.46, color=HOME, linewidth=0, zorder=0)
                for pooling, shift in (("cls", -0.2), ("mean", 0.2)):
                    _, color, marker, line = LOOKS[pooling]
                    digits = "{:+.2f}" if below else "{:.2f}"
                    _seeds_row(axis, y + shift, *cells[training, pooling], color, marker, line, digits)
            axis.grid(axis="y", visible=False)
            axis.tick_params(axis="y", length=0)
            axis.set_ylim(len(rows) - (0.46 if below else 0.3), -0.6)
            axis.margins(x=0.13)
            if below:
                axis.axvline(0, color=INK, linewidth=1)
                axis.set_xlabel(f"change of {units[read]}")
            else:
                axis.axvline(reference[read], color=CONTROL, linestyle=":", linewidth=1.6)
                side, shift = ("right", -3) if reference[read] > np.mean(axis.get_xlim()) else ("left", 3)
                axis.annotate("TF-IDF", (reference[read], 0), (shift, 4), xycoords=axis.get_xaxis_transform(), ha=side,
                              textcoords="offset points", fontsize=8.5, color=CONTROL)  # fmt: skip
                axis.set_xlabel(units[read])
                axis.set_title(f"read: {read}", fontsize=10.5)
    words = [name if i == 0 else f"tuned on\n{name}" for i, name in enumerate(tuned)]
    grid[0][0].set_yticks(range(len(tuned)), words)
    grid[1][0].set_yticks(range(len(tuned) - 1), words[1:])
    handles = [
        plt.Line2D([], [], color=color, marker=marker, linestyle=line, markersize=7, label=label)
        for label, color, marker, line in LOOKS.values()
    ]
    handles.append(plt.Rectangle((0, 0), 1, 1, color=HOME, label="what it was tuned for"))
    figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=9.5)
    headline(figure, title)
    return figure

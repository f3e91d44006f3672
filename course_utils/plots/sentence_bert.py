"""Figures of the notebook on Sentence-BERT: costs, a batch, losses, before and after, poolings, geometry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from course_utils.plots.style import CLS, CONTROL, INK, MEAN, OTHER, STYLES, headline

PUBLISHED = "#8A8A8A"
CLOCK = {1: "1 second", 60: "1 minute", 3600: "1 hour", 86400: "1 day", 604800: "1 week"}


def comparison_times(
    seconds: Mapping[str, Mapping[int, float]], published: Mapping[str, float], title: str, largest: int = 10_000
):
    """Time to compare all pairs against the number of texts, measured and extrapolated, on logarithmic axes.

    Args:
        seconds: way to {n: seconds}; ``"bi-encoder"`` is extrapolated with n, any other way with the number of pairs.
        published: way to seconds for ``largest`` texts, of another model on another machine.
        largest: up to how many texts is extrapolated.
    """
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(7.2, 4.2))
    looks = {"cross-encoder": (OTHER, "-", "s"), "bi-encoder": (MEAN, "--", "D")}
    top = 1.0
    for way, measured in seconds.items():
        color, line, marker = looks[way]
        sizes, times = np.array(list(measured)), np.array(list(measured.values()))
        axis.plot(sizes, times, color=color, linestyle=line, marker=marker, markersize=6)
        far = np.geomspace(sizes[-1], largest, 30)
        growth = far if way == "bi-encoder" else far * (far - 1)
        axis.plot(far, times[-1] * growth / growth[0], color=color, linewidth=1.4, linestyle=":")
        end = times[-1] * growth[-1] / growth[0]
        axis.annotate(way, (far[18], times[-1] * growth[18] / growth[0]), (-6, 8), textcoords="offset points", color=color,
                      ha="right", fontsize=10)  # fmt: skip
        top = max(top, end)
    for way, value in published.items():
        axis.plot(largest, value, "*", color=PUBLISHED, markersize=11, clip_on=False)
        axis.annotate(way, (largest, value), (9, 0), textcoords="offset points", color=CONTROL, fontsize=8.5, va="center",
                      annotation_clip=False)  # fmt: skip
        top = max(top, value)
    axis.text(1.0, 0.02, "stars, published: another model, other machine", transform=axis.transAxes, ha="right", fontsize=9,
              style="italic", color=CONTROL)  # fmt: skip
    axis.set(xscale="log", yscale="log", xlabel="texts, all compared with all", ylabel="time of the forward passes")
    ticks = [value for value in CLOCK if value <= 5 * top]
    axis.set_yticks(ticks, [CLOCK[value] for value in ticks])
    sizes = [n for n in (10, 100, 1000, 10_000, 100_000) if n <= largest]
    axis.set_xticks(sizes, [f"{n:,}" for n in sizes])
    axis.minorticks_off()
    axis.set_ylim(top=4 * top)
    headline(figure, title)
    return figure


def batch_matrix(panels: Mapping[str, np.ndarray], title: str):
    """Cosines of the anchors of a batch with its positives and hard negatives, with numbers, a panel each, one below the other.

    Args:
        panels: name to (n, 2 n): first the positives, then the hard negatives, both in the order of the anchors.
    """
    import matplotlib.pyplot as plt

    n = len(next(iter(panels.values())))
    figure, axes = plt.subplots(len(panels), 1, figsize=(7.0, 0.9 + (0.34 * n + 0.55) * len(panels)), squeeze=False)
    for axis, (name, cosines) in zip(axes[:, 0], panels.items(), strict=True):
        axis.imshow(cosines, cmap="Blues", vmin=-0.2, vmax=1.4, aspect="auto")
        for (i, j), value in np.ndenumerate(cosines):
            axis.text(j, i, f"{value:.2f}", ha="center", va="center", fontsize=8.5, color="white" if value > 0.85 else INK)
        for i in range(n):
            for shift, style, color in ((0, "-", CLS), (n, (0, (2, 1.5)), INK)):
                axis.add_patch(
                    plt.Rectangle((i + shift - 0.46, i - 0.46), 0.92, 0.92, fill=False, edgecolor=color, lw=1.8, ls=style)
                )
        axis.axvline(n - 0.5, color="white", linewidth=5)
        axis.set_yticks(range(n), [f"anchor {i + 1}" for i in range(n)], fontsize=8.5)
        axis.set_xticks(range(2 * n), [*range(1, n + 1)] * 2, fontsize=8.5)
        axis.tick_params(length=0)
        axis.grid(False)
        for spine in axis.spines.values():
            spine.set_visible(False)
        axis.set_title(name, fontsize=10)
    for x, text in ((n / 2 - 0.5, "positives (boxed: the anchor's own)"), (1.5 * n - 0.5, "hard negatives (dashed: its own)")):
        axes[-1, 0].annotate(text, (x, 0), (0, -26), xycoords=("data", "axes fraction"), textcoords="offset points",
                             ha="center", fontsize=9.5)  # fmt: skip
    headline(figure, title)
    return figure


def loss_curves(losses: Mapping[str, Sequence[float]], guess: float, title: str, every: int = 10):
    """Training loss by step, a line a pooling, with the loss of guessing among the candidates of a batch."""
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(7.0, 3.4))
    for label, values in losses.items():
        steps = every * np.arange(1, len(values) + 1)
        axis.plot(steps, values, marker="o" if label == "[CLS]" else "D", markersize=5, **STYLES[label])
    ends = sorted(losses, key=lambda label: losses[label][0])
    for label, side in zip(ends, (-24, 13), strict=False):
        axis.annotate(label, (every, losses[label][0]), (4, side), textcoords="offset points", color=STYLES[label]["color"],
                      va="center")  # fmt: skip
    axis.axhline(guess, color=INK, linewidth=1, linestyle=(0, (4, 3)))
    axis.annotate("guessing", (1, guess), (0, 4), xycoords=("axes fraction", "data"), textcoords="offset points",
                  ha="right", fontsize=9)  # fmt: skip
    axis.set(xlabel="step", ylabel="loss (nats), mean of 10 steps", ylim=(0, None))
    headline(figure, title)
    return figure


def before_after(panels: Mapping[str, Mapping[str, Sequence]], controls: Mapping[str, Mapping[str, object]], title: str):
    """[CLS] and mean before and after training, a panel a set of pairs, with the controls in grey at the left.

    Args:
        panels: panel to label to (Interval before, Interval after, values of the seeds).
        controls: panel to label to ``Interval``.
    """
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, len(panels), figsize=(8.6, 4.0), sharey=True, squeeze=False)
    for axis, (name, systems) in zip(axes[0], panels.items(), strict=True):
        axis.axhline(0, color=INK, linewidth=0.8)
        places = -2.75 + 0.88 * np.arange(len(controls[name]))
        for place, interval in zip(places, controls[name].values(), strict=True):
            axis.vlines(place, interval.low, interval.high, color=CONTROL, linewidth=2)
            axis.plot(place, interval.value, "s", color=CONTROL, markersize=5)
        for shift, (label, (before, after, seeds)) in zip((-0.06, 0.06), systems.items(), strict=True):
            style, marker = STYLES[label], "o" if label == "[CLS]" else "D"
            axis.plot([shift, 1 + shift], [before.value, after.value], marker=marker, markersize=7, **style)
            for x, interval in ((shift, before), (1 + shift, after)):
                axis.vlines(x, interval.low, interval.high, color=style["color"], linewidth=2)
            dots = np.full(len(seeds), 1.55 + 1.5 * shift)
            axis.plot(dots, seeds, marker, color=style["color"], markersize=4, alpha=0.6, markeredgewidth=0)
        names = [label.replace(" ", "\n") for label in controls[name]]
        axis.set_xticks([*places, 0, 1, 1.55], [*names, "before", "after", "seeds"], fontsize=8)
        axis.set_xlim(-3.3, 1.95)
        axis.grid(axis="x", visible=False)
        axis.tick_params(axis="x", length=0)
        axis.set_title(name, fontsize=10.5)
    first = next(iter(panels.values()))
    middle = {label: (before.value + after.value) / 2 for label, (before, after, _) in first.items()}
    for label, side in zip(sorted(middle, key=middle.get), (-17, 17), strict=True):
        axes[0][0].annotate(label, (0.5, middle[label]), (0, side), textcoords="offset points", color=STYLES[label]["color"],
                            ha="center", va="center")  # fmt: skip
    axes[0][0].set_ylabel("Spearman with the score")
    headline(figure, title)
    return figure


def strata_shift(panels: Mapping[str, Mapping[str, tuple[float, float]]], score: Mapping[str, float], title: str):
    """Mean cosine of each kind of pair before (hollow) and after (filled) training, the kinds in the order of their scores.

    The axis is logarithmic in 1 - cosine, so that what is close to 1 can be told apart.

    Args:
        panels: label of a pooling to kind to (before, after).
        score: kind to its mean score.
    """
    import matplotlib.pyplot as plt

    kinds = sorted(score, key=lambda kind: -score[kind])
    figure, axes = plt.subplots(1, len(panels), figsize=(8.0, 1.1 + 0.4 * len(kinds)), sharey=True, squeeze=False)
    ticks = np.array([0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999])
    for axis, (label, values) in zip(axes[0], panels.items(), strict=True):
        color, marker = (CLS, "o") if label == "[CLS]" else (MEAN, "D")
        for y, kind in enumerate(kinds):
            before, after = (max(1 - value, 1e-4) for value in values[kind])
            axis.plot([before, after], [y, y], color=color, linewidth=1.3)
            axis.plot(before, y, marker, markerfacecolor="white", markeredgecolor=color, markersize=7)
            axis.plot(after, y, marker, color=color, markersize=7)
        axis.set(xscale="log", ylim=(len(kinds) - 0.5, -0.6))
        axis.margins(x=0.08)
        axis.invert_xaxis()
        low, high = sorted(axis.get_xlim())
        shown = [tick for tick in ticks if low <= 1 - tick <= high]
        axis.set_xticks([1 - tick for tick in shown], [f"{tick:g}" for tick in shown], fontsize=9)
        axis.minorticks_off()
        axis.set_title(label, fontsize=10.5, color=color)
        axis.set_xlabel("mean cosine: hollow before, filled after")
        axis.tick_params(axis="y", length=0)
    axes[0][0].set_yticks(range(len(kinds)), [f"{kind}  ({score[kind]:.1f})" for kind in kinds])
    axes[0][0].set_ylabel("kind of pair (mean score)")
    headline(figure, title)
    return figure


def trained_and_read(values: Mapping[str, Mapping[str, tuple]], title: str, xlabel: str = "Spearman with the score, main part"):
    """What a pooling gives by what the model was trained with.

    Args:
        values: the pooling it was trained with to the pooling it is read with to (Interval, values of the seeds).
    """
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(7.2, 1.1 + 0.62 * sum(map(len, values.values()))))
    y, ticks, names = 0.0, [], []
    for trained, readings in values.items():
        for read, (interval, seeds) in readings.items():
            color, marker = (CLS, "o") if read == "[CLS]" else (MEAN, "D")
            fill = color if read == trained else "white"
            axis.plot([interval.low, interval.high], [y, y], color=color, linewidth=2.4, solid_capstyle="butt", zorder=1)
            axis.plot(interval.value, y, marker, markerfacecolor=fill, markeredgecolor=color, markersize=8, markeredgewidth=1.6)
            axis.plot(seeds, np.full(len(seeds), y + 0.26), marker, color=color, markersize=4, alpha=0.6, markeredgewidth=0)
            axis.annotate(
                f"{interval.value:.2f}", (interval.value, y), (0, 8), textcoords="offset points", ha="center", fontsize=9
            )
            ticks.append(y)
            names.append(f"trained: {trained}, read: {read}")
            y += 1
        y += 0.4
    axis.set_yticks(ticks, names)
    axis.set(xlabel=xlabel, ylim=(y - 0.8, -0.7))
    axis.grid(axis="y", visible=False)
    axis.tick_params(axis="y", length=0)
    axis.margins(x=0.12)
    headline(figure, title)
    return figure


def alignment_uniformity(points: Mapping[str, tuple[np.ndarray, np.ndarray]], title: str):
    """Alignment against uniformity, a point a training, less is better on both; before hollow, after filled, with an arrow.

    Args:
        points: label to (alignment (seeds,), uniformity (seeds,)); ``"[CLS]"`` and ``"mean"`` before training,
            ``"trained ..."`` after it, any other label a control.
    """
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(7.2, 4.4))
    for label, (alignment, uniformity) in points.items():
        base = label.removeprefix("trained ")
        color, marker = {"[CLS]": (CLS, "o"), "mean": (MEAN, "D")}.get(base, (CONTROL, "s"))
        fill = "white" if label == base and color != CONTROL else color
        axis.plot(uniformity, alignment, marker, markerfacecolor=fill, markeredgecolor=color, markersize=8, linestyle="none")
        if label != base and base in points:
            start = [float(np.mean(values)) for values in points[base][::-1]]
            end = [float(np.mean(uniformity)), float(np.mean(alignment))]
            axis.annotate("", end, start, arrowprops={"arrowstyle": "->", "color": color, "linewidth": 1.2, "alpha": 0.6,
                                                      "shrinkA": 7, "shrinkB": 9})  # fmt: skip
    marks = {label: (float(np.mean(u)), float(np.mean(a))) for label, (a, u) in points.items()}
    wide, high = (max(np.ptp([mark[k] for mark in marks.values()]), 1e-9) for k in (0, 1))
    for label, (x, y) in marks.items():
        color = {"[CLS]": CLS, "mean": MEAN}.get(label.removeprefix("trained "), CONTROL)
        crowd = [other for other, (u, a) in marks.items() if abs(u - x) < 0.2 * wide and abs(a - y) < 0.1 * high]
        up = label == max(crowd, key=lambda other: marks[other][1])
        axis.annotate(label, (x, y), (0, 14 if up else -15), textcoords="offset points", color=color, fontsize=9.5,
                      ha="center", va="center")  # fmt: skip
    axis.margins(0.16)
    axis.set(xlabel="uniformity (less: spread further)", ylabel="alignment (less: paraphrases nearer)")
    headline(figure, title)
    return figure

"""Figures of the notebook on Sentence-BERT: costs, a batch, losses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from course_utils.plots.marks import cells, halo, panel
from course_utils.plots.style import BODY, CLS, CONTROL, INK, OTHER, PAPER, RULE, SBERT, SMALL, Look, canvas, headline, look_of

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
    figure, axis = canvas(4.4)
    looks = {"cross-encoder": Look(OTHER, "-", "s"), "bi-encoder": Look(SBERT, "-.", "^")}
    top = 1.0
    for way, measured in seconds.items():
        look = looks[way]
        sizes, times = np.array(list(measured)), np.array(list(measured.values()))
        axis.plot(sizes, times, **look.style)
        far = np.geomspace(sizes[-1], largest, 30)
        growth = far if way == "bi-encoder" else far * (far - 1)
        axis.plot(far, times[-1] * growth / growth[0], color=look.color, linewidth=1.4, linestyle=":")
        axis.annotate(way, (far[18], times[-1] * growth[18] / growth[0]), (-6, 8), textcoords="offset points",
                      color=look.color, ha="right", fontsize=BODY, path_effects=halo())  # fmt: skip
        top = max(top, times[-1] * growth[-1] / growth[0])
    for way, value in published.items():
        axis.plot(largest, value, "*", color=RULE, markersize=12, clip_on=False, zorder=4)
        axis.annotate(way, (largest, value), (9, 0), textcoords="offset points", color=CONTROL, fontsize=SMALL, va="center",
                      annotation_clip=False)  # fmt: skip
        top = max(top, value)
    axis.text(1.0, 0.02, "stars, published: another model, other machine", transform=axis.transAxes, ha="right",
              fontsize=SMALL, style="italic", color=CONTROL)  # fmt: skip
    axis.set(xscale="log", yscale="log", xlabel="texts, all compared with all (dotted: extrapolated)",
             ylabel="time of the forward passes")  # fmt: skip
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
    from matplotlib.patches import Rectangle

    n = len(next(iter(panels.values())))
    figure, axes = canvas(1.2 + (0.36 * n + 0.6) * len(panels), len(panels), 1, squeeze=False)
    for axis, (name, cosines) in zip(axes[:, 0], panels.items(), strict=True):
        cells(axis, cosines, plt.get_cmap("Blues")((np.asarray(cosines) + 0.2) / 1.6))
        for i in range(n):
            for shift, style, color in ((0, "-", CLS), (n, (0, (2, 1.5)), INK)):
                axis.add_patch(Rectangle((i + shift - 0.46, i - 0.46), 0.92, 0.92, fill=False, edgecolor=color, lw=2, ls=style))
        axis.axvline(n - 0.5, color=PAPER, linewidth=6)
        axis.set_yticks(range(n), [f"anchor {i + 1}" for i in range(n)])
        axis.set_xticks(range(2 * n), [*range(1, n + 1)] * 2)
        panel(axis, name)
    axes[-1, 0].set_xlabel("positives (boxed: the anchor's own)   |   hard negatives (dashed: its own)")
    headline(figure, title)
    return figure


def loss_curves(losses: Mapping[str, Sequence[float]], guess: float, title: str, every: int = 10):
    """Training loss by step, a line a pooling, with the loss of guessing among the candidates of a batch."""
    figure, axis = canvas(3.7)
    for label, values in losses.items():
        axis.plot(every * np.arange(1, len(values) + 1), values, **look_of(label).style)
    ends = sorted(losses, key=lambda label: losses[label][0])
    for label, side in zip(ends, (-24, 13), strict=False):
        axis.annotate(label, (every, losses[label][0]), (4, side), textcoords="offset points", color=look_of(label).color,
                      va="center", path_effects=halo())  # fmt: skip
    axis.axhline(guess, color=INK, linewidth=1.2, linestyle=":")
    axis.annotate("guessing", (1, guess), (0, 4), xycoords=("axes fraction", "data"), textcoords="offset points", ha="right")
    axis.set(xlabel="step", ylabel=f"loss (nats), mean of {every} steps", ylim=(0, None))
    headline(figure, title)
    return figure

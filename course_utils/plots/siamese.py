"""Figures of the notebook on Sentence-BERT: before and after, poolings trained and read, alignment and uniformity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from course_utils.plots.marks import halo, interval, label_ends, pale, panel, rows, seeds, zero_line
from course_utils.plots.style import CONTROL, PAPER, canvas, headline, look_of


def before_after(panels: Mapping[str, Mapping[str, Sequence]], controls: Mapping[str, Mapping[str, object]], title: str):
    """[CLS] and mean before and after training, a panel a set of pairs, with the controls in grey at the left.

    Args:
        panels: panel to label to (Interval before, Interval after, values of the seeds).
        controls: panel to label to ``Interval``.
    """
    figure, axes = canvas(4.5, 1, len(panels), sharey=True, squeeze=False)
    for axis, (name, systems) in zip(axes[0], panels.items(), strict=True):
        zero_line(axis, vertical=False)
        places = -3.75 + 1.25 * np.arange(len(controls[name]))
        for place, (label, measured) in zip(places, controls[name].items(), strict=True):
            axis.vlines(place, measured.low, measured.high, color=CONTROL, linewidth=2)
            axis.plot(place, measured.value, look_of(label).marker, color=CONTROL, markersize=6)
        for shift, (label, (before, after, dots)) in zip((-0.06, 0.06), systems.items(), strict=True):
            look = look_of(label)
            axis.plot([shift, 1.15 + shift], [before.value, after.value], markersize=7.5, **look.style)
            for x, measured in ((shift, before), (1.15 + shift, after)):
                axis.vlines(x, measured.low, measured.high, color=look.color, linewidth=2)
            axis.plot(np.full(len(dots), 2.1 + 2 * shift), dots, look.marker, color=pale(look.color, 0.65), markersize=4.5,
                      linestyle="none", markeredgewidth=0)  # fmt: skip
        names = [label.removeprefix("untrained ") for label in controls[name]]
        grey = [x for x, label in zip(places, controls[name], strict=True) if label.startswith("untrained")]
        both = [(float(np.mean(grey)), "\nuntrained")] if grey else []
        ticks = [*zip(places, names, strict=True), *both, (0, "before"), (1.15, "\nafter"), (2.1, "seeds")]
        axis.set_xticks([x for x, _ in ticks], [text for _, text in ticks])
        axis.set_xlim(-4.5, 2.6)
        axis.grid(axis="x", visible=False)
        axis.tick_params(axis="x", length=0)
        panel(axis, name)
    for axis, systems in zip(axes[0], panels.values(), strict=True):
        label_ends(axis, {label: float(np.mean(dots)) for label, (_, _, dots) in systems.items()}, 2.25)
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
    kinds = sorted(score, key=lambda kind: -score[kind])
    figure, axes = canvas(1.25 + 0.4 * len(kinds), 1, len(panels), sharey=True, squeeze=False)
    for axis, (label, values) in zip(axes[0], panels.items(), strict=True):
        look = look_of(label)
        for y, kind in enumerate(kinds):
            before, after = (max(1 - value, 1e-4) for value in values[kind])
            axis.plot([before, after], [y, y], color=look.color, linewidth=1.4, linestyle=look.line)
            axis.plot(before, y, look.marker, markerfacecolor=PAPER, markeredgecolor=look.color, markersize=7.5)
            axis.plot(after, y, look.marker, color=look.color, markersize=7.5)
        axis.set(xscale="log")
        axis.margins(x=0.08)
        axis.invert_xaxis()
        _cosine_ticks(axis)
        panel(axis, label, look.color)
        axis.set_xlabel("mean cosine\n(hollow: before, filled: after)")
        rows(axis, [f"{kind}  ({score[kind]:.1f})" for kind in kinds], top=0.6)
    axes[0][0].set_ylabel("kind of pair (mean score)")
    headline(figure, title)
    return figure


def _cosine_ticks(axis) -> None:
    """Ticks at round cosines on an axis of 1 - cosine, as many as have room."""
    low, high = sorted(axis.get_xlim())
    ticks, last = [], np.inf
    for tick in (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999):
        if low <= 1 - tick <= high and np.log(last / (1 - tick)) > 0.13 * np.log(high / low):
            ticks.append(tick)
            last = 1 - tick
    axis.set_xticks([1 - tick for tick in ticks], [f"{tick:g}" for tick in ticks])
    axis.minorticks_off()


def trained_and_read(values: Mapping[str, Mapping[str, tuple]], title: str, xlabel: str = "Spearman with the score, main part"):
    """What a pooling gives by what the model was trained with.

    Args:
        values: the pooling it was trained with to the pooling it is read with to (Interval, values of the seeds).
    """
    names = [f"trained: {trained}, read: {read}" for trained, readings in values.items() for read in readings]
    figure, axis = canvas(1.25 + 0.58 * len(names))
    y = 0
    for trained, readings in values.items():
        if y:
            axis.axhline(y - 0.5, color=CONTROL, linewidth=0.8)
        for read, (measured, dots) in readings.items():
            interval(axis, measured, y, look_of(read), size=8, hollow=read != trained)
            seeds(axis, dots, y + 0.24, look_of(read))
            y += 1
    rows(axis, names)
    axis.set_xlabel(f"{xlabel} (small: seeds)")
    axis.margins(x=0.12)
    headline(figure, title)
    return figure


def alignment_uniformity(points: Mapping[str, tuple[np.ndarray, np.ndarray]], title: str):
    """Alignment against uniformity, a point a training, less is better on both; before hollow, after filled, with an arrow.

    Args:
        points: label to (alignment (seeds,), uniformity (seeds,)); ``"[CLS]"`` and ``"mean"`` before training,
            ``"trained ..."`` after it, any other label a control.
    """
    figure, axis = canvas(4.7)
    for label, (alignment, uniformity) in points.items():
        base = label.removeprefix("trained ")
        look = look_of(base)
        fill = PAPER if label == base and look.color != CONTROL else look.color
        axis.plot(uniformity, alignment, look.marker, markerfacecolor=fill, markeredgecolor=look.color, markersize=8.5,
                  linestyle="none")  # fmt: skip
        if label != base and base in points:
            start = [float(np.mean(values)) for values in points[base][::-1]]
            end = [float(np.mean(uniformity)), float(np.mean(alignment))]
            axis.annotate("", end, start, arrowprops={"arrowstyle": "->", "color": look.color, "linewidth": 1.4, "alpha": 0.6,
                                                      "linestyle": look.line, "shrinkA": 7, "shrinkB": 9})  # fmt: skip
    marks = {label: (float(np.mean(u)), float(np.mean(a))) for label, (a, u) in points.items()}
    wide, high = (max(np.ptp([mark[k] for mark in marks.values()]), 1e-9) for k in (0, 1))
    for label, (x, y) in marks.items():
        crowd = [other for other, (u, a) in marks.items() if abs(u - x) < 0.2 * wide and abs(a - y) < 0.1 * high]
        up = label == max(crowd, key=lambda other: marks[other][1])
        axis.annotate(label, (x, y), (0, 15 if up else -16), textcoords="offset points", ha="center", va="center",
                      color=look_of(label.removeprefix("trained ")).color, path_effects=halo())  # fmt: skip
    axis.margins(0.17)
    axis.set(xlabel="uniformity (less: spread further)", ylabel="alignment (less: paraphrases nearer)")
    headline(figure, title)
    return figure

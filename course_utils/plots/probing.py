"""Figures of the notebook on probing: what a probe reads, what cosine reads, and what a cosine is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from course_utils.plots.style import CLS, CONTROL, INK, MEAN, OTHER, STYLES, headline

PUBLISHED = "#8A8A8A"


def _look(label: str) -> tuple[str, str]:
    """Colour and marker of a system; controls and word counts are grey squares."""
    if label.startswith("untrained") or label in ("TF-IDF", "majority"):
        return CONTROL, "s"
    if label == "[CLS]":
        return CLS, "o"
    return (MEAN, "D") if label == "mean" else (OTHER, "^")


def _rows(axis, readings: Mapping[str, object], labels: Sequence[str]) -> None:
    """A dot with its interval and its value in each row that has one."""
    for y, label in enumerate(labels):
        if label not in readings:
            continue
        measured, (color, marker) = readings[label], _look(label)
        axis.plot([measured.low, measured.high], [y, y], color=color, linewidth=2.4, solid_capstyle="butt")
        axis.plot(measured.value, y, marker=marker, color=color, markersize=6.5)
        axis.annotate(f"{measured.value:.2f}", (measured.value, y), (0, 6), textcoords="offset points", ha="center", fontsize=9)


def _chance(axis, value: float, label: str = "majority") -> None:
    axis.axvline(value, color=INK, linewidth=1, linestyle=(0, (4, 3)))
    axis.annotate(label, (value, 0), (3, 3), xycoords=("data", "axes fraction"), textcoords="offset points",
                  fontsize=8.5, color=INK, va="bottom")  # fmt: skip


def probe_panels(readings: Mapping[str, Mapping[str, object]], title: str):
    """Test accuracy with its interval, a panel a property, a row a system. Returns the figure.

    Args:
        readings: ``readings[property][system]`` is an ``Interval``; the system ``majority`` is drawn as a dashed line.
    """
    import matplotlib.pyplot as plt

    labels = [label for label in next(iter(readings.values())) if label != "majority"]
    figure, axes = plt.subplots(1, len(readings), sharey=True, figsize=(7.4, 1.3 + 0.42 * len(labels)), squeeze=False)
    for axis, (name, systems) in zip(axes[0], readings.items(), strict=True):
        _rows(axis, systems, labels)
        _chance(axis, systems["majority"].value)
        axis.set_title(name, fontsize=10.5)
        axis.set(xlabel="test accuracy", ylim=(len(labels) - 0.2, -0.7))
        axis.grid(axis="y", visible=False)
        axis.tick_params(axis="y", length=0)
        axis.margins(x=0.14)
    axes[0][0].set_yticks(range(len(labels)), labels)
    headline(figure, title)
    return figure


def two_readings(
    cosine: Mapping[str, object],
    probe: Mapping[str, object],
    neighbours: Mapping[str, object],
    published: Mapping[str, tuple[float, float]],
    title: str,
):
    """The same vectors read twice: by cosine (left) and by a linear probe (right), with published figures apart.

    Args:
        cosine: ``Interval`` of Spearman with the graded similarity by system.
        probe: ``Interval`` of the probe's test accuracy by system; ``majority`` is drawn as a dashed line.
        neighbours: ``Interval`` of the same accuracy when the nearest training texts by cosine vote; drawn hollow.
        published: system to (Spearman, probe accuracy) of another model on other data, drawn grey below a line.
    """
    import matplotlib.pyplot as plt

    labels = list(cosine)
    names, line = [*labels, "", *published], len(labels) - 0.3
    figure, (left, right) = plt.subplots(1, 2, sharey=True, figsize=(7.6, 1.2 + 0.42 * len(names)))
    _rows(left, cosine, labels)
    _rows(right, probe, labels)
    for y, label in enumerate(labels):
        right.plot(neighbours[label].value, y, marker=_look(label)[1], markersize=6.5, markerfacecolor="white",
                   markeredgecolor=_look(label)[0], markeredgewidth=1.4)  # fmt: skip
    _chance(right, probe["majority"].value)
    for axis, place in ((left, 0), (right, 1)):
        axis.axhline(line, color=INK, linewidth=0.8)
        for y, values in enumerate(published.values(), start=len(labels) + 1):
            axis.plot(values[place], y, marker="|", color=PUBLISHED, markersize=14, markeredgewidth=3.5)
            axis.annotate(f"{values[place]:.2f}", (values[place], y), (7, 0), textcoords="offset points", va="center",
                          fontsize=9, color=CONTROL)  # fmt: skip
        axis.set_ylim(len(names) - 0.4, -0.8)
        axis.grid(axis="y", visible=False)
        axis.tick_params(axis="y", length=0)
    left.text(0.02, line + 0.5, "published: another model, other data", transform=left.get_yaxis_transform(),
              va="center", fontsize=9, style="italic", color=CONTROL)  # fmt: skip
    right.text(0.98, line + 0.5, "average of 7 SentEval tasks", transform=right.get_yaxis_transform(),
               va="center", ha="right", fontsize=9, style="italic", color=CONTROL)  # fmt: skip
    left.set_title("read by cosine\n", fontsize=10)
    right.set_title("read by a linear probe\n(hollow: by votes of cosine neighbours)", fontsize=10)
    left.set(xlabel="Spearman with the graded similarity", xlim=(min(0.0, *(i.low for i in cosine.values())), 0.76))
    lowest = min(value.value for value in (*probe.values(), *neighbours.values()))
    right.set(xlabel="test accuracy, topic", xlim=(min(0.1, lowest - 0.05), 0.98))
    left.set_yticks(range(len(names)), names)
    headline(figure, title)
    return figure


def shares_of_dimensions(shares: Mapping[str, np.ndarray], title: str):
    """What part of the mean cosine the largest 1, 2, 3, ... dimensions contribute: ``shares[label]`` is (dim,)."""
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(7.0, 3.6))
    longest = max(len(values) for values in shares.values())
    for label, values in shares.items():
        style = STYLES.get(label, {"color": OTHER, "linestyle": "-"})
        total = np.cumsum(np.sort(values)[::-1])
        axis.plot(np.arange(1, len(total) + 1), total, **style)
        marked = np.array([k for k in (1, 3, 10) if k <= len(total)])
        axis.plot(marked, total[marked - 1], _look(label)[1], color=style["color"], markersize=6)
        axis.annotate(label, (marked[-1], total[marked[-1] - 1]), (7, -12), textcoords="offset points", color=style["color"])
    axis.plot(np.arange(1, longest + 1), np.arange(1, longest + 1) / longest, color="#BBBBBB", linewidth=1.2, zorder=1)
    axis.text(longest, 0.05, "every dimension alike", fontsize=9, color=CONTROL, ha="right")
    axis.set_xscale("log")
    ticks = [t for t in (1, 3, 10, 30, 100, 300, 1000) if t <= longest]
    axis.set_xticks(ticks, ticks)
    axis.minorticks_off()
    axis.set(xlabel="number of dimensions, the largest share first", ylabel="share of the mean cosine", ylim=(0, 1.05))
    headline(figure, title)
    return figure

"""Figures of the notebook on fine-tuning: CKA by layer, the controls, the transfer matrix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from course_utils.plots.marks import interval, key, label_ends, number, panel, rows, sample, seeds, zero_line
from course_utils.plots.marks import reference as compared_with
from course_utils.plots.style import CONTROL, HOME, INK, PAPER, SMALL, canvas, headline, look_of

LOOKS = {"cls": ("[CLS]", look_of("[CLS]")), "mean": ("mean", look_of("mean"))}


def cka_by_layer(panels: Mapping[str, Mapping[str, Mapping[int, float]]], floor: float, title: str):
    """Linear CKA with the encoder before tuning, by layer, a panel a training.

    Args:
        panels: heading to label ("[CLS]", "mean", "untrained [CLS]", "untrained mean") to layer to CKA.
        floor: the greatest that texts in random order gave, drawn as a grey band from 0.
    """
    figure, axes = canvas(3.6, 1, len(panels), sharey=True, squeeze=False)
    last = max(max(curve) for curves in panels.values() for curve in curves.values())
    for axis, (heading, curves) in zip(axes[0], panels.items(), strict=True):
        axis.axhspan(0, max(floor, 0.004), color="#BBBBB7", linewidth=0)
        axis.set(ylim=(-0.03, 1.06), xlim=(-0.3, last * 1.45), xlabel="layer (0: embeddings)")
        axis.set_xticks(range(0, last + 1, max(1, last // 6)))
        for label, curve in curves.items():
            fill = PAPER if label.startswith("untrained") else look_of(label).color
            axis.plot(list(curve), list(curve.values()), markersize=5.5, markerfacecolor=fill, **look_of(label).style)
        panel(axis, heading)
    axes[0][0].set_ylabel("CKA with the encoder before")
    axes[0][0].text(0.1, max(floor, 0.004) + 0.015, "texts in random order", fontsize=SMALL, color=CONTROL, va="bottom")
    for axis, curves in zip(axes[0], panels.values(), strict=True):
        ends = {label.removeprefix("untrained "): curve[last] for label, curve in curves.items()}
        grey = any(label.startswith("untrained") for label in curves)
        label_ends(axis, ends, last, dict.fromkeys(ends, CONTROL) if grey else None)
    headline(figure, title)
    return figure


def controls_forest(panels: Mapping[str, tuple[Mapping[str, tuple[object, Sequence[float]]], float]], title: str):
    """Accuracy by way to read a label, with intervals and a dot a seed, a panel a task.

    Args:
        panels: task to (system to (``Interval``, accuracies of the seeds), accuracy of the majority class). Untrained and
            shuffled systems and word counts are controls, drawn in grey.
    """
    labels = list(dict.fromkeys(label for systems, _ in panels.values() for label in systems))
    figure, axes = canvas(1.3 + 0.46 * len(labels), 1, len(panels), sharey=True, squeeze=False)
    for axis, (task, (systems, chance)) in zip(axes[0], panels.items(), strict=True):
        for y, label in enumerate(labels):
            if label in systems:
                measured, dots = systems[label]
                interval(axis, measured, y, look_of(label), hollow="untrained" in label)
                seeds(axis, dots, y + 0.22, look_of(label))
            else:
                axis.text(0.5, y, "not run", transform=axis.get_yaxis_transform(), color=CONTROL, fontsize=SMALL, ha="center",
                          va="center", style="italic")  # fmt: skip
        axis.margins(x=0.14)
        compared_with(axis, chance, "majority", color=INK)
        panel(axis, task)
        rows(axis, labels, bottom=0.95)
        axis.set_xlabel("test accuracy (small: seeds)")
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
    from matplotlib.patches import Rectangle

    tuned = list(dict.fromkeys(training for training, _ in next(iter(levels.values()))))
    words = [name if i == 0 else f"tuned on\n{name}" for i, name in enumerate(tuned)]
    heights = [len(tuned) + 0.35, len(tuned) - 1 + 0.3]
    figure, grid = canvas(1.9 + 0.92 * sum(heights), 2, len(levels), sharey="row", height_ratios=heights, squeeze=False)
    for (upper, lower), read in zip(grid.T, levels, strict=True):
        for axis, part, trainings, form in (
            (upper, levels[read], tuned, "{:.2f}"),
            (lower, changes[read], tuned[1:], "{:+.2f}"),
        ):
            _tuned_rows(axis, part, trainings, read, form)
            rows(axis, words[-len(trainings) :], top=0.7, bottom=0.85 if axis is upper else 0.5)
            axis.margins(x=0.16)
            axis.locator_params(axis="x", nbins=4)
        zero_line(lower)
        lower.set_xlabel(f"change of {units[read]}")
        compared_with(upper, reference[read], "TF-IDF")
        upper.set_xlabel(units[read])
        panel(upper, f"read: {read}")
    handles = [sample(look) for _, look in LOOKS.values()]
    key(
        figure,
        [*handles, Rectangle((0, 0), 1, 1, color=HOME)],
        [*(label for label, _ in LOOKS.values()), "what it was tuned for"],
    )
    headline(figure, title)
    return figure


def _tuned_rows(axis, part, trainings: Sequence[str], read: str, form: str) -> None:
    """Two values a training, [CLS] above the mean, on a ground of its own where the task is the one tuned for."""
    for y, training in enumerate(trainings):
        if training == read:
            axis.axhspan(y - 0.47, y + 0.47, color=HOME, linewidth=0, zorder=0)
        for pooling, shift in (("cls", -0.18), ("mean", 0.24)):
            look = LOOKS[pooling][1]
            measured, dots = part[training, pooling]
            interval(axis, measured, y + shift, look, value="", size=6.5)
            number(axis, measured.value, y + shift, form, above=5.5)
            seeds(axis, dots, y + shift + 0.12, look)

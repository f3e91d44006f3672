"""The forging of [CLS]: a slider along the steps of a training that was watched."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Mapping, Sequence

import ipywidgets as widgets
import numpy as np

from course_utils.interactive.frame import Part, finding, look, safe
from course_utils.plots.style import CLS, INK, MEAN

MARKS = (("s", MEAN), ("o", CLS))  # the other kind, the kind on the right


def forging(places: Mapping[int, np.ndarray], labels: Sequence[str], right: str = "positive") -> Part:
    """A slider along the watched steps, and where the texts lie at that step, on axes that do not move.

    Args:
        places: step to (n, 2) coordinates of the same n texts, with the same axes at every step.
        labels: of the n texts, of two kinds.
        right: the kind that is expected on the right.

    Raises:
        ValueError: no step, not one label a place, labels that are not of two kinds, or none that is ``right``.
    """
    places = {step: np.asarray(xy, dtype=float) for step, xy in sorted(places.items())}
    labels = np.asarray(labels)
    kinds = sorted(set(labels.tolist()))
    if not places or any(xy.shape != (len(labels), 2) for xy in places.values()):
        raise ValueError(f"places must hold (n, 2) coordinates of {len(labels)} labelled texts for one step or more.")
    if len(kinds) != 2 or right not in kinds:
        raise ValueError(f"labels must be of two kinds, one of them {right!r}; got {', '.join(map(str, kinds))}.")
    options = [(f"step {step}", step) for step in places]
    slider = widgets.SelectionSlider(options=options, description="Training", continuous_update=False, **look())
    drawn: dict[int, str] = {}

    def answer() -> str:
        step = slider.value
        if step not in drawn:
            drawn[step] = _shown(places, labels, kinds, right, step)
        return drawn[step]

    return Part({"step": slider}, answer)


def share_right(xy: np.ndarray, labels: np.ndarray, right: str) -> float:
    """How often a text labelled ``right`` lies to the right of another: 0.5 is chance.

    >>> share_right(np.array([[2.0, 0.0], [1.0, 0.0]]), np.array(["positive", "negative"]), "positive")
    1.0
    """
    ours, others = xy[labels == right, 0], xy[labels != right, 0]
    return float((ours[:, None] > others).mean())


def _shown(places: Mapping[int, np.ndarray], labels: np.ndarray, kinds: list[str], right: str, step: int) -> str:
    shares = {at: share_right(xy, labels, right) for at, xy in places.items()}
    other = next(kind for kind in kinds if kind != right)
    said = f"<b>Step {step}: a {safe(right)} text lies right of a {safe(other)} one in {shares[step]:.0%} of pairs</b>"
    said += " (chance: 50%). All steps: " + ", ".join(f"{at}: {share:.0%}" for at, share in shares.items()) + "."
    alt = (
        f"Scatter plot of {len(labels)} texts at step {step} on two fixed axes, {other} as squares and {right} as circles; "
        f"{right} lies right of {other} in {shares[step]:.0%} of pairs."
    )
    png = base64.b64encode(_picture(places, labels, (other, right), step)).decode()
    image = f'<img alt="{html.escape(alt)}" src="data:image/png;base64,{png}" style="max-width:100%;background:#ffffff">'
    return finding(said) + image


def _picture(places: Mapping[int, np.ndarray], labels: np.ndarray, kinds: tuple[str, str], step: int) -> bytes:
    from matplotlib.figure import Figure

    everything = np.concatenate(list(places.values()))
    low, high = everything.min(0), everything.max(0)
    margin = 0.05 * np.maximum(high - low, 1e-9)
    figure = Figure(figsize=(6.4, 3.8), dpi=100, facecolor="white", layout="constrained")
    axis = figure.subplots()
    for kind, (marker, color) in zip(kinds, MARKS, strict=True):
        members = places[step][labels == kind]
        axis.plot(*members.T, marker, color=color, alpha=0.35, markersize=5, markeredgewidth=0)
        axis.plot(
            *members.mean(0), marker, color=color, markersize=13, markeredgecolor=INK, label=f"{kind} (large: the centre)"
        )
    axis.set(xlim=(low[0] - margin[0], high[0] + margin[0]), ylim=(low[1] - margin[1], high[1] + margin[1]))
    axis.set(xlabel="first principal component", ylabel="second", xticks=[], yticks=[])
    figure.legend(loc="outside lower center", ncols=2, fontsize=9, frameon=False)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()

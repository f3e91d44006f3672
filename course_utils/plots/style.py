"""The look of the course's figures: palette, style, and how a figure is shown."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

# Okabe & Ito's colour-blind-safe palette. A colour never stands alone: each also has a line style or a place.
CLS, MEAN, CONTROL, OTHER, INK = "#D55E00", "#0072B2", "#6E6E6E", "#009E73", "#222222"
STYLES = {
    "[CLS]": {"color": CLS, "linestyle": "-"},
    "mean": {"color": MEAN, "linestyle": "--"},
    "untrained [CLS]": {"color": CONTROL, "linestyle": ":"},
    "untrained mean": {"color": CONTROL, "linestyle": "-."},
}


def use_style() -> None:
    """Set the course's matplotlib style."""
    import matplotlib as mpl

    mpl.rcParams.update(
        {
            "figure.figsize": (7.0, 3.4),
            "figure.dpi": 100,
            "savefig.dpi": 100,
            "figure.facecolor": "white",
            "savefig.facecolor": "white",
            "font.size": 10.5,
            "axes.titlesize": 11.5,
            "axes.titleweight": "bold",
            "axes.titlelocation": "left",
            "axes.titlepad": 10,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.edgecolor": "#888888",
            "axes.grid": True,
            "axes.axisbelow": True,
            "grid.color": "#E6E6E6",
            "lines.linewidth": 2.0,
            "legend.frameon": False,
            "figure.constrained_layout.use": True,
        }
    )


def headline(figure, title: str) -> None:
    """Put ``title``, which states the finding, over the whole figure."""
    figure.suptitle(title, x=0.01, ha="left", weight="bold", fontsize=11.5)


def show(figure, alt: str) -> None:
    """Display ``figure`` once, with ``alt`` as its alternative text, and close it.

    Raises:
        ValueError: ``alt`` is empty: a figure without a description is lost on some readers.
    """
    import matplotlib.pyplot as plt
    from IPython.display import display

    if not alt.strip():
        raise ValueError("Describe the figure in alt: what is drawn on which axes, and what it shows.")
    display(figure, metadata={"image/png": {"alt": alt}})
    plt.close(figure)


def label_ends(axis, ends: Mapping[str, float], x: float) -> None:
    """Write each curve's name at its right end, moved apart where they would touch."""
    low, high = axis.get_ylim()
    gap, last = 0.065 * (high - low), -np.inf
    for label, y in sorted(ends.items(), key=lambda item: item[1]):
        last = max(y, last + gap)
        color = STYLES.get(label, {"color": OTHER})["color"]
        axis.annotate(label, (x, last), (7, 0), textcoords="offset points", va="center", color=color, fontsize=9.5,
                      annotation_clip=False)  # fmt: skip

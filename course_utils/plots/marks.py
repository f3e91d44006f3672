"""Marks that the figures share: intervals, rows, reference lines, direct labels, numbers in cells, published values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from course_utils.plots.style import BODY, CONTROL, INK, PANEL, PAPER, RULE, SMALL, Look, look_of, text_width


def halo(width: float = 2.5) -> list:
    """An edge in the colour of the ground, so that a number stays readable on a line."""
    from matplotlib.patheffects import withStroke

    return [withStroke(linewidth=width, foreground=PAPER)]


def luminance(color) -> float:
    """Relative luminance of a colour, from 0 to 1 (WCAG 2.2)."""
    from matplotlib.colors import to_rgb

    parts = np.array(to_rgb(color))
    return float(np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722])


def contrast(one, other) -> float:
    """Contrast ratio of two colours, from 1 to 21 (WCAG 2.2)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def ink_on(ground) -> str:
    """The colour of text on ``ground``: black or white, whichever reads better (4.58 at least)."""
    return max(("#000000", "#FFFFFF"), key=lambda ink: contrast(ink, ground))


def pale(color: str, part: float = 0.45) -> tuple[float, ...]:
    """``color`` thinned with the ground; opaque, because transparency makes larger files."""
    from matplotlib.colors import to_rgb

    return tuple((1 - part) * ground + part * own for own, ground in zip(to_rgb(color), to_rgb(PAPER), strict=True))


def rows(axis, labels: Sequence[str], top: float = 0.75, bottom: float = 0.5) -> None:
    """One row a label, the first on top, without lines between them."""
    axis.set_yticks(range(len(labels)), labels)
    axis.set_ylim(len(labels) - 1 + bottom, -top)
    axis.grid(axis="y", visible=False)
    axis.tick_params(axis="y", length=0)


def interval(axis, measured, y: float, look: Look, value: str = "{:.2f}", size: float = 7, hollow: bool = False) -> None:
    """A value with its interval in row ``y``, and its number above; ``value`` may be empty."""
    axis.plot([measured.low, measured.high], [y, y], color=look.color, linewidth=2.4, solid_capstyle="butt", zorder=2.5)
    axis.plot(measured.value, y, marker=look.marker, color=look.color, markersize=size, zorder=3,
              markerfacecolor=PAPER if hollow else look.color, markeredgewidth=1.5 if hollow else 1.0)  # fmt: skip
    if value:
        number(axis, measured.value, y, value)


def number(axis, x: float, y: float, form: str = "{:.2f}", above: float = 6.5, color: str = INK) -> None:
    """A number over its mark; -0.00 is written 0.00."""
    shown = form.format(round(x, 2) + 0.0)
    axis.annotate(shown, (x, y), (0, above), textcoords="offset points", ha="center", fontsize=SMALL, color=color,
                  path_effects=halo(), zorder=4)  # fmt: skip


def seeds(axis, values: Sequence[float], y: float, look: Look) -> None:
    """A small dot for each seed, where there are several."""
    if len(values) > 1:
        axis.plot(values, np.full(len(values), y), look.marker, color=pale(look.color, 0.65), markersize=3.8, markeredgewidth=0)


def reference(axis, x: float, label: str, low: bool = True, color: str = CONTROL) -> None:
    """A dotted line across the rows at a value to compare with, named at its foot (or at its head) where there is room."""
    left, right = axis.get_xlim()
    axis.axvline(x, color=color, linewidth=1.4, linestyle=":", zorder=1)
    inner = (x - left) / (right - left) > 0.6
    axis.annotate(label, (x, 0 if low else 1), (-4 if inner else 4, 4 if low else -4), xycoords=axis.get_xaxis_transform(),
                  textcoords="offset points", ha="right" if inner else "left", va="bottom" if low else "top", fontsize=SMALL,
                  color=color, path_effects=halo())  # fmt: skip


def zero_line(axis, vertical: bool = True) -> None:
    """A thin dark line at zero."""
    (axis.axvline if vertical else axis.axhline)(0, color=INK, linewidth=1.0, zorder=1.5)


def published_rule(axis, y: float, text: str = "published: another model, other data", right: bool = True) -> None:
    """The line under which published values stand, and what they are."""
    axis.axhline(y, color=RULE, linewidth=0.9)
    place, side = (0.995, "right") if right else (0.01, "left")
    axis.text(place, y + 0.12, text, transform=axis.get_yaxis_transform(), ha=side, va="top", fontsize=SMALL, style="italic",
              color=CONTROL)  # fmt: skip


def published(axis, low: float, high: float, y: float, form: str = "{:.2f}") -> None:
    """A published value, or the range of several, in grey with its number beside it."""
    if high > low:
        axis.plot([low, high], [y, y], color="#A8A8A4", linewidth=7, solid_capstyle="butt")
    else:
        axis.plot(low, y, marker="|", color="#A8A8A4", markersize=13, markeredgewidth=3.5)
    shown = form.format(low) if high == low else f"{form.format(low)} to {form.format(high)}"
    left, right = axis.get_xlim()
    inner = (high - left) / (right - left) > 0.7
    axis.annotate(shown, (low if inner else high, y), (-8 if inner else 8, 0), textcoords="offset points", va="center",
                  ha="right" if inner else "left", fontsize=SMALL, color=CONTROL)  # fmt: skip


def cells(axis, values: np.ndarray, colors: np.ndarray, form: str = "{:.2f}", size: float = SMALL) -> None:
    """A heat map with its numbers: ``values`` (rows, columns) on the grounds ``colors`` (rows, columns, 3 or 4)."""
    axis.imshow(colors, aspect="auto", interpolation="nearest")
    for (y, x), value in np.ndenumerate(values):
        axis.text(x, y, form.format(value), ha="center", va="center", fontsize=size, color=ink_on(colors[y, x][:3]))
    axis.grid(False)
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)


def spread(places: Sequence[float], gap: float) -> list[float]:
    """``places`` moved apart to at least ``gap``, in their order and around where they were.

    >>> spread([0.0, 0.0, 5.0], 1.0)
    [-0.5, 0.5, 5.0]
    """
    order = np.argsort(places, kind="stable")
    groups = [[[i], float(places[i])] for i in order]  # members, centre
    k = 0
    while k + 1 < len(groups):
        (one, a), (two, b) = groups[k], groups[k + 1]
        if b - a < gap * (len(one) + len(two)) / 2 - 1e-12:
            groups[k : k + 2] = [[one + two, (a * len(one) + b * len(two)) / (len(one) + len(two))]]
            k = max(k - 1, 0)
        else:
            k += 1
    moved = [0.0] * len(places)
    for members, centre in groups:
        for place, i in enumerate(members):
            moved[i] = centre + gap * (place - (len(members) - 1) / 2)
    return moved


def label_ends(axis, ends: Mapping[str, float], x: float, colors: Mapping[str, str] | None = None) -> None:
    """Write each curve's name at its right end, moved apart where they would touch; call it when the limits are set."""
    axis.figure.draw_without_rendering()
    upwards = axis.transData.transform([(x, y) for y in ends.values()])[:, 1] / axis.figure.dpi  # inches
    moved = spread(list(upwards), 1.3 * BODY / 72)
    for (label, y), own, place in zip(ends.items(), upwards, moved, strict=True):
        color = (colors or {}).get(label) or look_of(label).color
        axis.annotate(label, (x, y), (9, 72 * (place - own)), textcoords="offset points", va="center", color=color,
                      fontsize=BODY, annotation_clip=False)  # fmt: skip


def panel(axis, title: str, color: str = INK) -> None:
    """Name a panel."""
    axis.set_title(title, fontsize=PANEL, color=color, parse_math=False)


def key(figure, handles: Sequence, labels: Sequence[str], columns: int | None = None, title: str | None = None) -> None:
    """What the marks mean, in a line under the figure, where direct labels would not fit."""
    figure.legend(handles, labels, loc="outside lower left", ncols=columns or len(labels), fontsize=SMALL, handletextpad=0.5,
                  columnspacing=1.6, title=title, title_fontsize=SMALL, alignment="left")  # fmt: skip


def label_tops(axis, places: Mapping[str, float], y: float, colors: Mapping[str, str]) -> None:
    """Write the names of marks over row ``y``, each led to its mark, moved apart where they would touch.

    Call it when the limits are set.
    """
    axis.figure.draw_without_rendering()
    left, right = 72 * axis.bbox.x0 / axis.figure.dpi, 72 * axis.bbox.x1 / axis.figure.dpi
    own = 72 * axis.transData.transform([(x, y) for x in places.values()])[:, 0] / axis.figure.dpi  # points
    widths = [text_width(label, BODY) for label in places]
    moved = spread(list(own), max(widths) + 8)
    ends = [(place - width / 2, place + width / 2) for place, width in zip(moved, widths, strict=True)]
    back = min(0.0, right - max(end for _, end in ends)) + max(0.0, left - min(start for start, _ in ends))
    for (label, x), place, at in zip(places.items(), moved, own, strict=True):
        axis.annotate(label, (x, y), (place + back - at, 24), textcoords="offset points", ha="center", va="bottom",
                      fontsize=BODY, color=colors[label], annotation_clip=False,
                      arrowprops={"arrowstyle": "-", "color": colors[label], "linewidth": 0.8, "shrinkA": 0, "shrinkB": 7,
                                  "relpos": (0.5, 0)})  # fmt: skip


def apart(ticks: Sequence[float], least: float) -> list[float]:
    """Those of ``ticks`` that are at least ``least`` from the one before, counted from the last.

    >>> apart([0, 1, 2, 4, 8, 16], 3)
    [1, 4, 8, 16]
    """
    kept: list[float] = []
    for tick in sorted(ticks, reverse=True):
        if not kept or kept[-1] - tick >= least:
            kept.append(tick)
    return kept[::-1]


def sample(look: Look, hollow: bool = False, line: bool = True):
    """An entry of a key: the line and the marker of ``look``."""
    from matplotlib.lines import Line2D

    return Line2D([], [], color=look.color, linestyle=look.line if line else "none", marker=look.marker, markersize=7,
                  markerfacecolor=PAPER if hollow else look.color)  # fmt: skip

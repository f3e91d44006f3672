"""The visual language of the course's figures: width, type, colours with a meaning, and titles.

One width for all, so that text has the same size everywhere: the smallest is still 8 points when a figure is printed 16 cm
wide. A colour has one meaning through the course and never stands alone: a line style and a marker go with it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

WIDTH = 7.6  # inches
TITLE, PANEL, BODY, SMALL = 13.0, 11.0, 10.4, 9.8  # points
DPI = 150  # of the stored pictures
MARGIN = 0.12  # inches, around everything

# Dark enough to be text on PAPER (contrast of 4.5 and more), apart for the usual kinds of colour blindness.
CLS, MEAN, SBERT, CONTROL, OTHER, INK = "#BF4A00", "#0070BA", "#6A2470", "#6C6C6C", "#005F48", "#222222"
VIOLET, OLIVE = "#8044C8", "#7F6500"  # for what has no colour of its own
PAPER, GRID, RULE = "#FCFCFA", "#E4E4E0", "#8A8A8A"
PALE, SHADE = "#D6D6D2", "#EFEFEB"  # bars and cells that stay in the background
HOME = "#FBEFC4"  # ground of what a line of the text is about

STYLES = {
    "[CLS]": {"color": CLS, "linestyle": "-"},
    "mean": {"color": MEAN, "linestyle": "--"},
    "SBERT": {"color": SBERT, "linestyle": "-."},
    "untrained [CLS]": {"color": CONTROL, "linestyle": ":"},
    "untrained mean": {"color": CONTROL, "linestyle": ":"},
}
MARKERS = {"[CLS]": "o", "mean": "D", "SBERT": "^", "control": "s"}
CONTROLS = ("untrained", "shuffled", "random", "majority", "TF-IDF")


class Look(NamedTuple):
    """How a system is drawn: colour, line style and marker, always together."""

    color: str
    line: object
    marker: str

    @property
    def style(self) -> dict[str, object]:
        """For ``axis.plot``."""
        return {"color": self.color, "linestyle": self.line, "marker": self.marker}


# For what is neither a pooling nor a control: in this order.
OTHERS = (
    Look(OTHER, "-", "s"),
    Look(VIOLET, ":", "^"),
    Look(INK, "-.", "P"),
    Look(OLIVE, (0, (5, 1)), "v"),
)


def look_of(label: str) -> Look:
    """The look of a system by its name.

    Controls and word counts are grey and dotted, a siamese encoder is SBERT, then comes what is read: [CLS] or the mean.

    >>> look_of("raw mean") == look_of("mean"), look_of("siamese mean").color == SBERT
    (True, True)
    """
    if label.startswith(CONTROLS) or "shuffled" in label or "untrained" in label:
        pooled = "[CLS]" if "[CLS]" in label else "mean" if "mean" in label else "control"
        return Look(CONTROL, ":", MARKERS[pooled])
    if label.lower().startswith(("siamese", "sbert", "mini-sbert")):
        return Look(SBERT, "-.", MARKERS["SBERT"])
    for name in ("[CLS]", "mean"):
        if name in label:
            return Look(STYLES[name]["color"], STYLES[name]["linestyle"], MARKERS[name])
    return OTHERS[0]


def use_style() -> None:
    """Set the course's matplotlib style."""
    import matplotlib as mpl

    mpl.rcParams.update(
        {
            "figure.figsize": (WIDTH, 3.8),
            "figure.dpi": DPI,  # as it is stored: text is as wide as in its layout
            "savefig.dpi": DPI,
            "figure.facecolor": PAPER,
            "savefig.facecolor": PAPER,
            "axes.facecolor": PAPER,
            "font.family": "DejaVu Sans",  # comes with matplotlib: the same everywhere
            "font.size": BODY,
            "text.color": INK,
            "axes.labelcolor": INK,
            "axes.labelsize": BODY,
            "axes.titlesize": PANEL,
            "axes.titleweight": "bold",
            "axes.titlelocation": "left",
            "axes.titlepad": 8,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.edgecolor": RULE,
            "axes.grid": True,
            "axes.axisbelow": True,
            "xtick.color": RULE,
            "ytick.color": RULE,
            "xtick.labelcolor": INK,
            "ytick.labelcolor": INK,
            "xtick.labelsize": SMALL,
            "ytick.labelsize": SMALL,
            "grid.color": GRID,
            "hatch.linewidth": 0.8,
            "lines.linewidth": 2.0,
            "lines.markersize": 6,
            "legend.frameon": False,
            "legend.fontsize": SMALL,
            "figure.constrained_layout.use": True,
            "figure.constrained_layout.w_pad": 0.08,
            "figure.constrained_layout.h_pad": 0.08,
        }
    )


def canvas(height: float, rows: int = 1, columns: int = 1, **options):
    """A figure of the course's width and ``height`` inches with its axes, as ``plt.subplots`` returns them."""
    import matplotlib.pyplot as plt

    use_style()
    return plt.subplots(rows, columns, figsize=(WIDTH, height), **options)


@lru_cache(4096)
def text_width(text: str, size: float, weight: str = "normal") -> float:
    """How wide ``text`` is, in points."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextToPath

    font = FontProperties(family="DejaVu Sans", size=size, weight=weight)
    return float(TextToPath().get_text_width_height_descent(text, font, ismath=False)[0])


def wrap(text: str, width: float, size: float, weight: str = "normal") -> str:
    """``text`` in as few lines of at most ``width`` points as it needs, about equally long.

    Lines are broken between words where they can be, else inside them.
    """
    lines = _broken(text, width, size, weight)
    low, high = max(width / 2, *(min(width, text_width(word, size, weight)) for word in ["", *text.split()])), width
    while high - low > 4:  # the narrowest width that needs no line more: no last line of a single word
        middle = (low + high) / 2
        if len(_broken(text, middle, size, weight)) > len(lines):
            low = middle
        else:
            high = middle
    return "\n".join(lines if len(lines) == 1 else _broken(text, high, size, weight))


def _broken(text: str, width: float, size: float, weight: str) -> list[str]:
    lines = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split(" "):
            longer = f"{line} {word}" if line else word
            if line and text_width(longer, size, weight) > width:
                lines.append(line)
                longer = word
            while text_width(longer, size, weight) > width and len(longer) > 1:
                fits = next(n for n in range(len(longer) - 1, 0, -1) if n == 1 or text_width(longer[:n], size, weight) <= width)
                lines.append(longer[:fits])
                longer = longer[fits:]
            line = longer
        lines.append(line)
    return lines


def headline(figure, title: str) -> None:
    """Put ``title``, which states the finding, over the whole figure; call it last.

    It is wrapped at the margins, and so are the titles of panels at the width of theirs; the figure grows with the lines.
    """
    width, height = figure.get_size_inches()
    lines = wrap(title, 72 * (width - 2 * MARGIN), TITLE, "bold")
    figure.suptitle(lines, x=MARGIN / width, ha="left", weight="bold", fontsize=TITLE, parse_math=False)
    height += lines.count("\n") * 1.25 * TITLE / 72 + _wrap_panels(figure) * 1.25 * PANEL / 72
    figure.set_figheight(round(50 * height) / 50)  # whole pixels


def _wrap_panels(figure) -> int:
    """Wrap the titles of panels that are wider than their panels; returns how many lines the figure has to grow by."""
    titled = [axis for axis in figure.axes if axis.get_title(loc="left")]
    columns = max((axis.get_gridspec().ncols for axis in titled), default=1)
    longest = max((text_width(line, PANEL, "bold") for a in titled for line in a.get_title(loc="left").split("\n")), default=0)
    if longest < 0.55 * 72 * WIDTH / columns:
        return 0
    figure.draw_without_rendering()
    more: dict[float, int] = {}
    for axis in titled:
        place, title = axis.get_position(), axis.get_title(loc="left")
        lines = wrap(title, 72 * place.width * figure.get_figwidth(), PANEL, "bold")
        axis.set_title(lines)  # keeps its colour
        row = round(place.y1, 2)
        more[row] = max(more.get(row, 0), lines.count("\n") - title.count("\n"))
    return sum(more.values())

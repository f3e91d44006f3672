"""Figures that end the course: the thesis statement by statement, and which embedding for what."""

from __future__ import annotations

from collections.abc import Sequence

from course_utils.plots.style import (
    BODY,
    CLS,
    CONTROL,
    INK,
    MEAN,
    OTHER,
    PALE,
    PAPER,
    RULE,
    SBERT,
    SHADE,
    SMALL,
    VIOLET,
    Look,
    canvas,
    headline,
    wrap,
)

VERDICTS = {
    "supported": Look(OTHER, "none", "D"),
    "not supported": Look(VIOLET, "none", "v"),
    "undecided": Look(CONTROL, "none", "o"),
    "not found": Look("#8C8C88", "none", "x"),
}


def thesis_verdicts(table, statements: Sequence[str], title: str):
    """The thesis statement by statement, with a mark for each claim that decides it. Returns the figure.

    Marks stand in the order of the table, each over the number of its notebook.

    Args:
        table: DataFrame from ``ledgers.course_ledger``.
        statements: the text of each statement, in order.
    """
    texts = [wrap(f"{y + 1}  {text}", 275, BODY) for y, text in enumerate(statements)]
    heights = [max(0.62, 0.16 + 0.175 * (text.count("\n") + 1)) for text in texts]  # inches
    figure, axis = canvas(0.95 + sum(heights))
    place = 0.0
    for y, (text, high) in enumerate(zip(texts, heights, strict=True)):
        middle = place + high / 2
        axis.text(0.0, middle, text, va="center", fontsize=BODY)
        for x, row in enumerate(table[table["statement"] == y + 1].itertuples()):
            look = VERDICTS.get(row.verdict, VERDICTS["not found"])
            axis.plot(0.575 + 0.057 * x, middle - 0.09, look.marker, color=look.color, markersize=10, markeredgewidth=1.5)
            axis.text(0.575 + 0.057 * x, middle + 0.16, row.notebook, fontsize=SMALL, ha="center", va="center", color=CONTROL)
        place += high
        axis.axhline(place, color=PALE, linewidth=0.9)
    for x, word in enumerate(word for word in VERDICTS if (table["verdict"] == word).any()):
        look = VERDICTS[word]
        axis.plot(0.012 + 0.25 * x, -0.2, look.marker, color=look.color, markersize=9)
        axis.text(0.035 + 0.25 * x, -0.2, word, va="center", color=look.color if word != "not found" else CONTROL)
    axis.set(xlim=(0, 1), ylim=(place + 0.02, -0.4))
    axis.axis("off")
    headline(figure, title)
    return figure


def _box(axis, x: float, y: float, width: float, height: float, text: str, frame: str | None = None) -> None:
    """A question on grey, or advice in a frame."""
    from matplotlib.patches import FancyBboxPatch

    axis.add_patch(FancyBboxPatch(
        (x - width / 2, y - height / 2), width, height, boxstyle="round,pad=0.3,rounding_size=1.2",
        facecolor=PAPER if frame else SHADE, edgecolor=frame or RULE, linewidth=2 if frame else 1))  # fmt: skip
    axis.text(x, y, text, ha="center", va="center", fontsize=SMALL, linespacing=1.25)


def _arrow(axis, x1: float, y1: float, x2: float, y2: float, label: str = "", move: float = -2.0) -> None:
    axis.annotate("", (x2, y2), (x1, y1), arrowprops={"arrowstyle": "-|>", "color": "#777777", "linewidth": 1.3})
    if label:
        axis.text((x1 + x2) / 2 + move, (y1 + y2) / 2, label, fontsize=SMALL, style="italic", va="center",
                  ha="right" if move < 0 else "left")  # fmt: skip


BOXES = (
    (50, 96, 40, 5, "What shall the vectors do?", None),
    (25, 83.5, 36, 6, "Some hundred labelled texts?", None),
    (75, 83.5, 40, 6, "A model trained for just that,\non texts like yours?", None),
    (11, 65.5, 22, 11, "Fine-tune [CLS]\n(05), TF-IDF\nbeside it", CLS),
    (36.5, 65.5, 22, 11, "Linear probe\n(03), TF-IDF\nbeside it", MEAN),
    (62, 65.5, 23, 11, "Take it, with the\npooling it was\ntrained with (06)", SBERT),
    (88.5, 65.5, 20, 11, "Pairs of texts\nthat belong\ntogether, for\nthat task?", None),
    (64, 44, 26, 9, "Siamese training;\neither pooling (06)", SBERT),
    (90, 44, 19, 9, "TF-IDF or\nraw mean (04)", CONTROL),
    (32, 44, 27, 9, "Exact words count\n(names, codes)?", None),
    (38, 28, 27, 7, "A word search beside\nthem, fused or not (07.6)", OTHER),
    (11, 28, 21, 7, "Vectors alone", MEAN),
    (30, 16, 42, 5, "How many texts?", None),
    (14, 6, 25, 5, "exact search", OTHER),
    (48, 6, 27, 5, "approximate index", OTHER),
    (84, 20, 31, 12, "Always: 100 questions\nof your own, a word count\nbeside it, intervals", INK),
)
ARROWS = (
    (40, 93, 25, 87.5, "sort into known classes", -5),
    (60, 93, 75, 87.5, "compare, search, group", 5),
    (17, 79.5, 12, 72, "yes"),
    (33, 79.5, 37, 72, "no", 2),
    (66, 79.5, 63, 72, "yes"),
    (84, 79.5, 88, 72, "no", 2),
    (82, 59, 70, 49.5, "yes"),
    (90, 59, 91, 49.5, "no", 2),
    (58, 59, 44, 49.5),
    (50.5, 44, 46.3, 44),
    (36, 38.5, 37, 32.5, "yes", 2),
    (24, 38.5, 15, 32.5, "no"),
    (14, 23.5, 22, 19.5),
    (38, 23.5, 36, 19.5),
    (24, 12.5, 19, 9.4, "some 100,000", -2),
    (40, 12.5, 46, 9.4, "millions", 3),
)


def decision_chart(title: str):
    """Which embedding for what, as a flow chart: questions in grey boxes, advice in framed ones. Returns the figure."""
    figure, axis = canvas(7.6)
    for box in BOXES:
        _box(axis, *box)
    for arrow in ARROWS:
        _arrow(axis, *arrow)
    axis.set(xlim=(-1, 101), ylim=(1, 100))
    axis.axis("off")
    headline(figure, title)
    return figure

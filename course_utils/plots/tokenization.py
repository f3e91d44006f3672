"""Figures about tokens: pieces of a sentence, the longest-match walk, fertility, batches, padding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from course_utils.plots.style import CLS, CONTROL, INK, MEAN, OTHER

TINTS = ("#CFE3F2", "#FBE3B8", "#CDEBE0", "#F3D3E4", "#E3E0F0")  # light enough to read on; neighbours differ
PAPER, SPECIAL, LOST = "#EFEFEF", "#F6D2BB", "#CC79A7"


def subword_view(tokens: Sequence[str], ids: Sequence[int], words: Sequence[int | None], title: str):
    """A sentence as coloured pieces with their ids; pieces of one word touch and share a colour. Returns the figure.

    Args:
        words: for each token the number of its word, ``None`` for special tokens (a tokenizer's ``word_ids()``).
    """
    import matplotlib.pyplot as plt

    letter, pad, gap, width = 0.115, 0.16, 0.12, 9.6  # inches
    places, x, line = [], 0.0, 0
    sizes = [letter * max(len(token), len(str(number))) + pad for token, number in zip(tokens, ids, strict=True)]
    for i, size in enumerate(sizes):
        joined = i > 0 and words[i] is not None and words[i] == words[i - 1]
        end = next((k for k in range(i + 1, len(tokens)) if words[k] is None or words[k] != words[i]), len(tokens))
        x += 0.0 if joined or x == 0 else gap
        if x + (size if joined else sum(sizes[i:end])) > width and x > 0:
            x, line = 0.0, line + 1
        places.append((x, line, size))
        x += size
    height = 0.75 + 0.85 * (line + 1)
    figure, axis = plt.subplots(figsize=(width + 0.2, height))
    for token, number, word, (left, line, size) in zip(tokens, ids, words, places, strict=True):
        color = SPECIAL if word is None else TINTS[word % len(TINTS)]
        top = -0.85 * line
        axis.add_patch(plt.Rectangle((left, top - 0.4), size, 0.4, facecolor=color, edgecolor="white", linewidth=1.5))
        axis.text(left + size / 2, top - 0.2, token, ha="center", va="center", family="monospace", fontsize=11.5,
                  color=CLS if word is None else INK)  # fmt: skip
        axis.text(left + size / 2, top - 0.54, str(number), ha="center", va="center", family="monospace", fontsize=9.5,
                  color=CONTROL)  # fmt: skip
    axis.set(xlim=(-0.05, width), ylim=(-0.85 * line - 0.7, 0.1))
    axis.axis("off")
    figure.suptitle(title, x=0.01, ha="left", weight="bold", fontsize=11.5)
    return figure


def longest_match_walk(word: str, steps: Sequence[tuple[int, int, bool]], title: str):
    """The longest-match walk through ``word``: one row a candidate, (start, end, found). Returns the figure."""
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(1.8 + 0.5 * len(word), 0.9 + 0.36 * len(steps)))
    piece = 0
    for row, (start, end, found) in enumerate(steps):
        color = TINTS[piece % len(TINTS)] if found else PAPER
        axis.add_patch(plt.Rectangle((start + 0.04, row - 0.42), end - start - 0.08, 0.84, facecolor=color,
                                     edgecolor=INK if found else "#C8C8C8", linewidth=1.3 if found else 0.8))  # fmt: skip
        for i in range(start, end):
            axis.text(i + 0.5, row, word[i], ha="center", va="center", family="monospace", fontsize=12,
                      color=INK if found else "#8A8A8A")  # fmt: skip
        if start:
            axis.text(start - 0.05, row, "##", ha="right", va="center", family="monospace", fontsize=10, color=CONTROL)
        axis.text(len(word) + 0.3, row, "in the vocabulary" if found else "no entry", va="center", fontsize=10,
                  color=OTHER if found else "#8A8A8A", weight="bold" if found else "normal")  # fmt: skip
        piece += found
    axis.set(xlim=(-0.1, len(word) + 3.6), ylim=(len(steps) - 0.4, -0.7))
    axis.axis("off")
    figure.suptitle(title, x=0.01, ha="left", weight="bold", fontsize=11.5)
    return figure


def fertility_by_kind(intervals: Mapping[str, object], unknown: Mapping[str, float], title: str):
    """Tokens a word by kind of text (``statistics.Interval``), and beside it the share of words with an unknown token."""
    import matplotlib.pyplot as plt

    labels = sorted(intervals, key=lambda label: intervals[label].value)
    figure, (left, right) = plt.subplots(1, 2, sharey=True, figsize=(8.2, 1.1 + 0.4 * len(labels)), width_ratios=(3, 1.3))
    for y, label in enumerate(labels):
        measured = intervals[label]
        left.plot([measured.low, measured.high], [y, y], color=MEAN, linewidth=2.4, solid_capstyle="butt")
        left.plot(measured.value, y, "D", color=MEAN, markersize=6)
        left.annotate(f"{measured.value:.2f}", (measured.value, y), (0, 6), textcoords="offset points", ha="center", fontsize=9,
                      bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6})  # fmt: skip
        right.barh(y, unknown[label], height=0.55, color=LOST, hatch="///", edgecolor="white")
        right.annotate(
            f"{unknown[label]:.0%}", (unknown[label], y), (4, 0), textcoords="offset points", va="center", fontsize=9
        )
    left.axvline(1, color=CONTROL, linewidth=1.2)
    left.set_yticks(range(len(labels)), labels)
    left.set(xlabel="tokens a word (line: one token a word)", ylim=(-0.6, len(labels) - 0.3))
    left.margins(x=0.08)
    right.set(xlabel="words lost", xlim=(0, max(0.3, 1.25 * max(unknown.values()))), xticks=[])
    for axis in (left, right):
        axis.grid(axis="y", visible=False)
        axis.tick_params(axis="y", length=0)
    figure.suptitle(title, x=0.01, ha="left", weight="bold", fontsize=11.5)
    return figure


def batch_grid(tokens: Sequence[Sequence[str]], mask: Sequence[Sequence[int]], title: str):
    """A padded batch: tokens above, its attention mask below; padding is hatched. Returns the figure."""
    import matplotlib.pyplot as plt

    rows, columns = len(tokens), len(tokens[0])
    figure, (upper, lower) = plt.subplots(2, 1, figsize=(0.9 + 0.62 * columns, 1.5 + 0.62 * rows), height_ratios=(1.35, 1))
    for axis, cells in ((upper, tokens), (lower, mask)):
        for y in range(rows):
            for x in range(columns):
                real = mask[y][x] == 1
                axis.add_patch(plt.Rectangle((x, y), 1, 1, facecolor=TINTS[0] if real else PAPER, edgecolor="white",
                                             hatch=None if real else "////", linewidth=1.5))  # fmt: skip
                text = str(cells[y][x])
                size = 10 if axis is lower else min(9.0, 54 / max(len(text), 1))
                axis.text(x + 0.5, y + 0.5, text, ha="center", va="center", fontsize=size, color=INK if real else CONTROL)
        axis.set(xlim=(0, columns), ylim=(rows, 0), xticks=[], yticks=[])
        axis.set_frame_on(False)
    upper.set_ylabel("tokens")
    lower.set_ylabel("attention mask")
    lower.set_xlabel("position")
    lower.set_xticks([x + 0.5 for x in range(columns)], range(columns), fontsize=8.5)
    lower.tick_params(axis="x", length=0)
    figure.suptitle(title, x=0.01, ha="left", weight="bold", fontsize=11.5)
    return figure


def vocabulary_curve(seen: Mapping[int, float], new: Mapping[int, float], reference: tuple[str, int, float] | None, title: str):
    """Fertility against the number of learned pieces, on the training text and on new text. Returns the figure.

    Args:
        reference: label, vocabulary size and fertility on the new text of a tokenizer to compare with.
    """
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(7.0, 3.8))
    sizes = list(new)
    looks = {"color": OTHER, "linestyle": "-", "marker": "o"}, {"color": CONTROL, "linestyle": "--", "marker": "s"}
    for values, look in zip((new, seen), looks, strict=True):
        axis.plot(sizes, list(values.values()), markersize=5, **look)
    near = {"textcoords": "offset points", "fontsize": 10}
    axis.annotate("new sentences", (sizes[1], new[sizes[1]]), (8, 6), color=OTHER, **near)
    axis.annotate("training sentences", (sizes[-2], seen[sizes[-2]]), (-8, -10), color=CONTROL, ha="right", va="top", **near)
    if reference:
        label, size, value = reference
        axis.plot(size, value, "*", color=INK, markersize=13)
        axis.annotate(f"{label}\n{value:.2f} on new", (size, value), (0, 10), color=INK, ha="center", va="bottom", **near)
        sizes = [*sizes, size]
    axis.axhline(1, color=CONTROL, linewidth=1.0)
    axis.set_xscale("log")
    axis.minorticks_off()
    axis.set_xticks(sizes, [f"{size:,}" for size in sizes], fontsize=9)
    axis.set(xlabel="entries in the vocabulary", ylabel="tokens a word")
    axis.set_ylim(bottom=0.9)
    axis.margins(x=0.09)
    figure.suptitle(title, x=0.01, ha="left", weight="bold", fontsize=11.5)
    return figure


def padding_bug(distances: Mapping[str, Mapping[int, float]], stranger: float, title: str):
    """How far the mean moves with added padding, one line for each way to forget the mask. Returns the figure.

    Args:
        distances: label to {padding: mean cosine distance to the vector without padding}.
        stranger: mean cosine distance of two different sentences.
    """
    import matplotlib.pyplot as plt

    looks = {
        "both masked": {"color": MEAN, "linestyle": "--", "marker": "D"},
        "mean forgets": {"color": "#B8860B", "linestyle": "-.", "marker": "^"},
        "model forgets": {"color": OTHER, "linestyle": ":", "marker": "s"},
        "both forget": {"color": LOST, "linestyle": "-", "marker": "X"},
    }
    figure, axis = plt.subplots(figsize=(7.4, 3.9))
    ends = {}
    for label, values in distances.items():
        axis.plot(list(values), list(values.values()), markersize=5.5, **looks[label])
        ends[label] = list(values.values())[-1]
    last = max(max(values) for values in distances.values())
    axis.axhline(stranger, color=INK, linewidth=1.2)
    axis.annotate("two different sentences", (0, stranger), (0, 4), textcoords="offset points", fontsize=9.5, color=INK)
    low, high = axis.get_ylim()
    place = -1.0
    for label, y in sorted(ends.items(), key=lambda item: item[1]):
        place = max(y, place + 0.07 * (high - low))
        axis.annotate(label, (last, place), (8, 0), textcoords="offset points", va="center", fontsize=10,
                      color=looks[label]["color"], annotation_clip=False)  # fmt: skip
    axis.set(xlabel="padding added (tokens)", ylabel="cosine distance\nto the same sentence alone", xlim=(-0.5, last + 0.5))
    figure.suptitle(title, x=0.01, ha="left", weight="bold", fontsize=11.5)
    return figure

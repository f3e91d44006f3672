"""A search box over the texts of an index."""

from __future__ import annotations

import ipywidgets as widgets

from course_utils.interactive.frame import Part, checked, finding, fitting, look, safe, show_button, text_box, unknown_note


def search(index, query: str = "How do plants drink?", k: int = 5) -> Part:
    """A line to type in, a slider for the number of results, and the texts whose vectors are nearest.

    Args:
        index: from ``SearchIndex.build`` or ``SearchIndex.load``.
        query: the question to begin with.
        k: how many results to begin with, from 1 to 10.

    Raises:
        ValueError: ``k`` is outside of that.
    """
    most = min(10, len(index))
    if not 1 <= k <= 10:
        raise ValueError(f"k must be from 1 to 10, not {k}.")
    box = text_box("Search for", query)
    number = widgets.IntSlider(min(k, most), 1, most, description="Results", continuous_update=False, **look())

    def answer() -> str:
        tokenizer = index.encoder.tokenizer
        typed = fitting(checked(box.value), tokenizer, index.encoder.limit)
        hits = index.search(typed, number.value)
        said = f"{len(hits)} of {len(index):,} texts, best first; the best has cosine {hits[0].cosine:.2f}."
        rows = "".join(_row(hit) for hit in hits)
        head = (
            "<tr>"
            + "".join(
                f'<th scope="col" style="text-align:left;padding-right:10px">{name}</th>' for name in ("", "cosine", "text")
            )
            + "</tr>"
        )
        table = f'<table style="font-size:13px;line-height:1.5">{head}{rows}</table>'
        return finding(said + unknown_note(tokenizer(typed)["input_ids"], tokenizer)) + table

    return Part({"query": box, "results": number, "show": show_button("Search")}, answer)


def _row(hit) -> str:
    top = "vertical-align:top;padding:2px 10px 2px 0"
    return (
        f'<tr><td style="{top}">{hit.place}</td><td style="{top}">{hit.cosine:.2f}</td>'
        f'<td style="text-align:left;white-space:normal">{safe(hit.text)}</td></tr>'
    )

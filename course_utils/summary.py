"""The two-page summary for learners: its tables, from the notebooks' stored outputs, and the page to print.

``python -m course_utils.summary`` writes the tables of ``docs/summary.md`` anew, between its marker lines, and the page
``build/summary/summary.html`` (A4, two pages; print it from a browser).
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Sequence
from pathlib import Path

from course_utils.ledgers import THESIS, course_ledger, find_notebooks
from course_utils.publishing import ROOT

PAGE = ROOT / "docs" / "summary.md"
STYLE = ROOT / "docs" / "summary.css"
BUILT = ROOT / "build" / "summary" / "summary.html"
BEGIN, END = "<!-- {}: python -m course_utils.summary -->", "<!-- end of {} -->"
BREAK = "<!-- second page -->"
LAST = "07_*.ipynb"
GUIDE = "| task | take | pooling | why | from |"
TABLES = ("verdicts", "figures", "guide")
_SPAN = re.compile(r"<td>(<strong>.*?</strong>)</td>(?:\s*<td></td>){3}")
TASKS = {
    "similarity": "similarity (Spearman)",
    "search": "search (MRR)",
    "recall@10": "search (recall@10)",
    "clusters": "clusters (V-measure)",
    "duplicates": "duplicates (precision)",
    "sentiment": "sentiment (probe)",
    "topic": "topic (probe)",
}


def _cells(folder: Path) -> list[dict]:
    (path,) = folder.glob(LAST)
    return json.loads(path.read_text("utf-8"))["cells"]


def stored_table(cells: Sequence[dict], code: str) -> tuple[list[str], list[list[str]]]:
    """The table that the first cell with ``code`` in it holds in its stored output: its columns, and its rows.

    The first entry of a row is its name; the columns do not name it.

    Raises:
        ValueError: no such cell, or no table in its output.
    """
    for cell in cells:
        if cell["cell_type"] == "code" and code in "".join(cell["source"]):
            for output in cell["outputs"]:
                table = "".join(output.get("data", {}).get("text/html", []))
                if not table:
                    continue
                rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S) for row in re.findall(r"<tr.*?</tr>", table, re.S)]
                first, *others = [[html.unescape(value).strip() for value in row] for row in rows]
                return first[1:], others
    raise ValueError(f"No stored output holds the table of {code!r}: run notebook 07 and commit its outputs.")


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *([value.replace("|", "\\|") for value in row] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def verdicts(folder: Path) -> str:
    """The statements of the course with the claims that decide them, as a Markdown table."""
    columns = ["statement", "notebook", "claim", "measured", "again", "verdict"]
    rows = course_ledger(folder)[columns].astype(str).to_numpy().tolist()
    _, thesis = stored_table(_cells(folder), "cu.course_ledger(")
    rows += [row[1:] for row in thesis if row[1] == str(len(THESIS))]
    lines, last = [], ""
    for statement, notebook, claim, measured, again, verdict in rows:
        if statement != last:
            lines.append([f"**{statement}  {THESIS[int(statement) - 1].text}**", "", "", ""])
        last = statement
        wavers = again.rpartition(" in ")[0] not in ("", verdict)
        measured = measured.replace(", alone", "; alone") + (f"; {again}" if wavers else "")
        lines.append([claim, measured, verdict, notebook])
    return _table(["claim", "measured", "verdict", "nb"], lines)


def figures(folder: Path) -> str:
    """All systems on all tasks with their intervals, as a Markdown table; the highest of a task is bold."""
    columns, rows = stored_table(_cells(folder), 'table.loc["random vectors"]')
    for place in range(1, len(columns) + 1):
        best = max((row for row in rows if "[" in row[place]), key=lambda row: float(row[place].split()[0]))
        best[place] = f"**{best[place]}**"
    return _table(["system", *(TASKS[name] for name in columns)], rows)


def guide(folder: Path) -> str:
    """The guide of the last notebook, as it stands there."""
    for cell in _cells(folder):
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown" and GUIDE in text:
            lines = text[text.index(GUIDE) :].split("\n\n")[0].strip()
            return re.sub(r"\bhere section\b", "07 section", lines)
    raise ValueError("Notebook 07 has no guide: a table with the columns " + GUIDE)


def written(text: str, folder: str | Path | None = None) -> str:
    """``text``, the page, with its tables made anew from the notebooks.

    Raises:
        ValueError: a marker line or a table is not there.
    """
    folder = find_notebooks(folder)
    for name, make in zip(TABLES, (verdicts, figures, guide), strict=True):
        begin, end = BEGIN.format(name), END.format(name)
        if text.count(begin) != 1 or text.count(end) != 1:
            raise ValueError(f"The page needs the lines {begin} and {end}, once each.")
        text = text[: text.index(begin) + len(begin)] + f"\n{make(folder)}\n" + text[text.index(end) :]
    return text


def as_html(text: str) -> str:
    """The page as one HTML file with its print style."""
    from nbconvert.filters import markdown2html

    body = markdown2html(text.replace(BREAK, '<div class="break"></div>'))
    body = re.sub(r'<a class="anchor-link".*?</a>', "", body)
    for name in TABLES:
        body = body.replace("<table>", f'<div class="scroll {name}"><table id="{name}">', 1)
    body = _SPAN.sub(r'<td colspan="4">\1</td>', body.replace("</table>", "</table></div>"))
    title = html.escape(text.splitlines()[0].removeprefix("# "))
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
        f"<style>\n{STYLE.read_text('utf-8')}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def main() -> None:
    """Write the tables of the page anew, and the page to print."""
    text = written(PAGE.read_text("utf-8"))
    PAGE.write_text(text, "utf-8", newline="\n")
    BUILT.parent.mkdir(parents=True, exist_ok=True)
    BUILT.write_text(as_html(text), "utf-8", newline="\n")
    print(f"{PAGE.relative_to(ROOT)} and {BUILT.relative_to(ROOT)} written")


if __name__ == "__main__":
    main()

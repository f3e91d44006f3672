"""The slides of the 90-minute format: built from the notebooks' own cells, and run dry on a clean kernel."""

from __future__ import annotations

import argparse
import copy
import html
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from string import Template

from course_utils.publishing import ROOT, chosen

TITLE = "What the [CLS] vector is, in 90 minutes"
PARTS = ROOT / "docs" / "slides"
BUILT = ROOT / "build" / "slides" / "cls-in-90-minutes.html"
TYPES = ("slide", "subslide", "fragment", "notes", "skip", "-")
ROWS, COLUMNS = 27, 98  # of code and output together on one slide; characters in a row
SETUP = "cu.setup("
_HEADING = re.compile(r"^##\s+(.+)$", re.M)
_REMOTE = re.compile(
    r"""<(?:img|script|link|iframe|video|audio|source)\b[^>]*?\b(?:src|href)\s*=\s*["']?(?:https?:)?//""", re.I
)


@dataclass
class Slide:
    """One slide.

    Attributes:
        section: the heading of the notebook's section that it belongs to.
        below: whether it stands below the slide before it, or to its right.
        cells: cells that are shown; all but the first appear one by one.
        notes: cells that go to the speaker notes.
    """

    section: str
    below: bool
    cells: list
    notes: list = field(default_factory=list)


def slide_type(cell) -> str:
    """The slide type of a cell; ``skip`` where it has none.

    Raises:
        ValueError: there is no such type.
    """
    kind = cell.metadata.get("slideshow", {}).get("slide_type", "skip")
    if kind not in TYPES:
        raise ValueError(f"cell {cell.id} has the slide type {kind!r}; there are {', '.join(TYPES[:5])}")
    return "skip" if kind == "-" else kind


def arrange(notebook) -> list[Slide]:
    """The slides of one notebook, by the slide types of its cells.

    Raises:
        ValueError: an unknown slide type, or a fragment or note before the first slide.
    """
    slides, section = [], ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            section = (_HEADING.findall(cell.source) or [section])[-1]
        kind = slide_type(cell)
        if kind == "skip":
            continue
        if kind in ("fragment", "notes"):
            if not slides:
                raise ValueError(f"cell {cell.id} is a {kind} of no slide: a slide or subslide comes first")
            (slides[-1].notes if kind == "notes" else slides[-1].cells).append(cell)
        else:
            slides.append(Slide(section, kind == "subslide", [cell]))
    return slides


@cache
def _exporter(with_input: bool):
    from nbconvert import HTMLExporter

    return HTMLExporter(
        template_name="basic",
        exclude_input=not with_input,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
    )


def _render(cell, with_input: bool = True) -> str:
    from nbformat.v4 import new_notebook

    return _exporter(with_input).from_notebook_node(new_notebook(cells=[cell]))[0].strip()


def _inline(text: str) -> str:
    from nbconvert.filters import markdown2html

    return re.sub(r"</?p>", "", markdown2html(text)).strip()


def _images(cell) -> list:
    return [output for output in cell.get("outputs", []) if "image/png" in output.get("data", {})]


def _as_shown(cell):
    """A copy of a cell with what a slide shows of it.

    Raises:
        ValueError: a figure has no alternative text.
    """
    cell = copy.deepcopy(cell)
    if cell.cell_type == "markdown":
        heading = _HEADING.search(cell.source)
        cell.source = cell.source[heading.end() :].strip() if heading else cell.source
    elif cell.cell_type == "code":
        figures = _images(cell)
        if not all(figure.get("metadata", {}).get("image/png", {}).get("alt", "").strip() for figure in figures):
            raise ValueError(f"cell {cell.id} shows a figure without alternative text: cu.plots.show takes it")
        # what check, predict and compare say to a learner comes as Markdown
        cell.outputs = figures or [output for output in cell.outputs if "text/markdown" not in output.get("data", {})]
    return cell


def _rows(cell) -> int:
    texts = [cell.source, *(output.get("text", "") for output in cell.outputs)]
    return sum(1 + len(line) // COLUMNS for text in texts for line in text.splitlines())


def pages(slide: Slide) -> list[str]:
    """The bodies of a slide, as HTML: one, or two where code and output do not fit on one."""
    first, *others = (_as_shown(cell) for cell in slide.cells)
    if _images(first):
        bodies = [_render(first, with_input=False)]
    elif first.cell_type == "code" and first.outputs and _rows(first) > ROWS:
        code, output = copy.deepcopy(first), copy.deepcopy(first)
        code.outputs, output.id = [], f"{first.id}-output"
        bodies = [_render(code), _render(output, with_input=False)]
    else:
        bodies = [_render(first)]
    for cell in others:
        bodies[-1] += f'\n<div class="fragment">{_render(cell, with_input=not _images(cell))}</div>'
    return bodies


def _notebook_slides(path: Path) -> str:
    """The slides of one notebook, as HTML: its name, then what is tagged; empty if nothing is."""
    import nbformat

    notebook = nbformat.read(path, as_version=4)
    try:
        slides = arrange(notebook)
        stacks = [[_opening(notebook, path.stem)]]
        for slide in slides:
            if not slide.below:
                stacks.append([])
            notes = "".join(_render(cell) for cell in slide.notes)
            notes = f'<aside class="notes">{re.sub(" id=.cell-id=[^ >]*", "", notes)}</aside>' if notes else ""
            head = f'<p class="where">{_inline(heading_of(notebook))}</p><h2>{_inline(slide.section)}</h2>'
            stacks[-1] += [f'<section class="leaf">{head}\n{body}{notes}</section>' for body in pages(slide)]
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from None
    if not slides:
        return ""
    linked = "\n".join("<section>\n{}\n</section>".format("\n".join(stack)) for stack in stacks)
    return re.sub(r'href="(\d\d_\w+)\.ipynb"', r'href="#/\1"', linked)


def heading_of(notebook) -> str:
    """The first heading of a notebook.

    Raises:
        ValueError: it does not begin with one.
    """
    found = re.match(r"#\s+(.+)", notebook.cells[0].source) if notebook.cells else None
    if not found:
        raise ValueError("does not begin with its heading")
    return found.group(1)


def _opening(notebook, name: str) -> str:
    from nbconvert.filters import markdown2html

    what = notebook.cells[0].source.split("\n\n")[1]
    return f'<section class="leaf notebook" id="{name}"><h1>{_inline(heading_of(notebook))}</h1>{markdown2html(what)}</section>'


def _title(paths: Sequence[Path]) -> str:
    import nbformat

    headings = [heading_of(nbformat.read(path, as_version=4)) for path in paths]
    parts = "".join(f'<li><a href="#/{path.stem}">{_inline(text)}</a></li>' for path, text in zip(paths, headings, strict=True))
    return (
        f'<section class="leaf title"><h1>{html.escape(TITLE)}</h1><p>You find out by measurement. All numbers are from '
        f"the notebooks' stored outputs.</p><ul>{parts}</ul>"
        '<p class="small">Text and figures: CC BY 4.0. Keys: arrows or space; s for notes; ? for all keys.</p></section>'
    )


def deck(root: Path = ROOT) -> str:
    """The whole deck as one HTML file that needs no network.

    Raises:
        ValueError: no cell is tagged, a tag is unknown, a figure has no alternative text, something lies on another server, or
            reveal.js is not there.
    """
    from pygments.formatters import HtmlFormatter

    found = {path: _notebook_slides(path) for path in chosen([], root)}
    shown = {path: slides for path, slides in found.items() if slides}
    if not shown:
        raise ValueError("No cell of the notebooks has a slide type.")
    slides = "\n".join([_title(list(shown)), *shown.values()])
    if remote := _REMOTE.search(slides):
        raise ValueError(f"A slide shows something from another server: {remote.group()}...")
    try:
        styles = [(PARTS / name).read_text("utf-8") for name in ("reveal/reveal.css", "deck.css")]
        scripts = [(PARTS / name).read_text("utf-8") for name in ("reveal/reveal.js", "reveal/notes.js", "deck.js")]
    except FileNotFoundError as error:
        raise ValueError(f"{error.filename} is not there: the slides are built in a clone of the course.") from None
    styles.insert(1, HtmlFormatter(style="default").get_style_defs(".highlight"))
    script = "\n".join(scripts).replace("</script", "<\\/script")
    page = Template((PARTS / "deck.html").read_text("utf-8"))
    return page.substitute(title=html.escape(TITLE), styles="\n".join(styles), slides=slides, scripts=script)


def to_run(notebook):
    """A copy of ``notebook`` with the code cells that the deck shows and those that they depend on, the setup first.

    Raises:
        ValueError: a name that a cell uses is defined nowhere before it.
    """
    from course_utils.free_names import needed

    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    sources = [cell.source for cell in code]
    shown = [number for number, cell in enumerate(code) if slide_type(cell) != "skip"]
    setup = [number for number, source in enumerate(sources) if SETUP in source][:1]
    part = copy.copy(notebook)
    part.cells = [copy.deepcopy(code[number]) for number in needed(sources, shown, setup)]
    return part


def dry_run(names: Sequence[str], root: Path = ROOT) -> int:
    """Run the deck's cells of each notebook on a clean kernel and print how it went; 1 if a cell failed, else 0."""
    import nbformat

    from course_utils.publishing import run

    failed = 0
    for path in chosen(list(names), root):
        notebook = nbformat.read(path, as_version=4)
        part, begin = to_run(notebook), time.monotonic()
        try:
            run(part, path.parent)
            how = "all ran"
        except (ValueError, RuntimeError, TimeoutError) as error:  # a cell failed, the kernel died, a cell took too long
            failed, how = 1, f"FAILED\n{error}"
        total = sum(cell.cell_type == "code" for cell in notebook.cells)
        print(f"{path.stem}: {len(part.cells)} of {total} code cells, {time.monotonic() - begin:.0f} s, {how}", flush=True)
    return failed


def main(arguments: Sequence[str], root: Path = ROOT) -> int:
    """``slides`` builds the deck, ``slides --run [03 ...]`` runs its cells; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m course_utils slides", description=__doc__)
    parser.add_argument("--run", action="store_true", help="run the cells that the deck uses instead of building it")
    parser.add_argument("--to", type=Path, default=BUILT, help=f"the file to write ({BUILT.relative_to(ROOT)})")
    parser.add_argument("notebooks", nargs="*", help="with --run: beginnings of names, for example 03 (all)")
    options = parser.parse_args(arguments)
    if options.run:
        return dry_run(options.notebooks, root)
    text = deck(root)
    options.to.parent.mkdir(parents=True, exist_ok=True)
    options.to.write_text(text, "utf-8", newline="\n")
    leaves = text.count('<section class="leaf')
    print(f"{options.to}: {leaves} slides, {options.to.stat().st_size / 1e6:.1f} MB")
    return 0

"""The slides of the 90-minute format: the notebooks' own cells, once each, in order, and what they need to run."""

import re
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from course_utils import free_names, publishing, slides

NOTEBOOKS = publishing.chosen([])
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


class Page(HTMLParser):
    """What a test asks of the deck: addresses of what is loaded, images, cells in order, leaves."""

    def __init__(self, text):
        super().__init__()
        self.loaded, self.images, self.cells, self.links, self.leaves, self.ids = [], [], [], [], 0, []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if tag == "a":
            self.links.append(values.get("href", ""))
        else:
            self.loaded += [values[key] for key in ("src", "href", "data") if values.get(key)]
        if tag == "img":
            self.images.append(values.get("alt", ""))
        self.leaves += tag == "section" and values.get("class", "").startswith("leaf")
        self.ids.append(values.get("id", ""))
        self.cells += [self.ids[-1].removeprefix("cell-id=")] if self.ids[-1].startswith("cell-id=") else []


@pytest.fixture(scope="module")
def text():
    return slides.deck()


@pytest.fixture(scope="module")
def page(text):
    return Page(text)


def shown(notebook):
    return [cell for cell in notebook.cells if slides.slide_type(cell) in ("slide", "subslide", "fragment")]


def tagged(kind, source="x = 1", **more):
    make = new_code_cell if more or not source.startswith("#") else new_markdown_cell
    return make(source, metadata={"slideshow": {"slide_type": kind}} if kind else {}, **more)


def in_a_course(folder: Path, *cells):
    (folder / "notebooks").mkdir()
    heading = new_markdown_cell("# 00 Start & here\n\nWhat it is about.\n\n| a | b |\n|---|---|")
    nbformat.write(new_notebook(cells=[heading, *cells]), folder / "notebooks" / "00_start.ipynb")
    return folder


def test_every_tagged_cell_is_on_the_deck_once_and_in_order(page):
    wanted = [cell.id for path in NOTEBOOKS for cell in shown(nbformat.read(path, 4))]
    assert [cell for cell in page.cells if not cell.endswith("-output")] == wanted
    assert len(wanted) > 40


def test_the_deck_takes_nothing_from_elsewhere(page, text):
    assert page.loaded
    assert all(address.startswith("data:image/") for address in page.loaded)
    styles = text[: text.index("</style>")]
    assert not re.search(r"url\(\s*['\"]?(?!data:)|@import", styles)
    for link in page.links:
        assert link.startswith("https://") or link.removeprefix("#/") in page.ids, link


def test_every_image_is_described(page):
    assert len(page.images) > 20
    assert all(alt.strip() for alt in page.images)


def test_the_number_of_slides_fits_90_minutes(page):
    assert 45 <= page.leaves <= 60


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem[:2])
def test_no_cell_of_the_dry_run_uses_a_name_that_is_not_there(path):
    notebook = nbformat.read(path, 4)
    part = slides.to_run(notebook)
    assert {cell.id for cell in shown(notebook) if cell.cell_type == "code"} <= {cell.id for cell in part.cells}
    assert slides.SETUP in part.cells[0].source
    known = set()
    for cell in part.cells:
        names = free_names.cell_names(cell.source)
        assert names.uses <= known, cell.id
        known |= names.binds


def test_reveal_is_there_with_its_licence():
    assert "Permission is hereby granted" in (slides.PARTS / "reveal" / "LICENSE").read_text("utf-8")


def test_a_deck_of_made_cells(tmp_path):
    figure = new_output("display_data", {"image/png": PIXEL}, metadata={"image/png": {"alt": "One <dot>."}})
    said = new_output("execute_result", {"text/markdown": "*not attempted*", "text/plain": "text"}, execution_count=1)
    printed, beside = (new_output("stream", name="stdout", text=text) for text in ("1 < 2\n", "beside the figure"))
    root = in_a_course(
        tmp_path,
        tagged("subslide", "# before\n\n## 1 Heading\n\nText & more."),
        tagged(None, "hidden = 1"),
        tagged("fragment", "print('1 < 2')", outputs=[printed, said]),
        tagged("notes", "# to be said"),
        tagged("slide", "draw()", outputs=[figure, beside]),
    )
    text = slides.deck(root)
    page = Page(text)
    body = text[text.index('<div class="slides">') : text.index("<script>")]
    assert page.leaves == 4  # the title, the notebook, two
    assert "00 Start &amp; here" in body
    assert "What it is about." in body
    assert "<h2>1 Heading</h2>" in body
    assert "before" not in body
    assert "hidden" not in body
    assert "1 &lt; 2" in body
    assert "not attempted" not in body
    assert body.count("to be said") == 1
    assert body.index('<aside class="notes">') < body.index("to be said")
    assert "draw" not in body
    assert "beside" not in body
    assert page.images == ["One <dot>."]


def test_code_and_output_that_are_too_much_for_one_slide_get_two():
    long = "\n".join(f"print({i})" for i in range(20))
    printed = new_output("stream", name="stdout", text="line\n" * 20)
    cell = tagged("slide", long, outputs=[printed])
    code, output = slides.pages(slides.Slide("", False, [cell]))
    assert ("<pre>" in code, "line" in code) == (True, False)
    assert ("line" in output, "print" in output, f"{cell.id}-output" in output) == (True, False, True)
    assert len(slides.pages(slides.Slide("", False, [tagged("slide", long[:60], outputs=[printed])]))) == 1


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ([tagged("slidee")], r"00_start.ipynb: cell \S+ has the slide type 'slidee'; there are slide, subslide"),
        ([tagged("fragment")], "is a fragment of no slide"),
        ([tagged("notes", "# note")], "is a notes of no slide"),
        ([tagged("slide", outputs=[new_output("display_data", {"image/png": PIXEL})])], "without alternative text"),
        ([tagged("slide", "# a\n![b](https://example.org/b.png)")], "from another server"),
        ([tagged(None)], "No cell of the notebooks has a slide type"),
    ],
)
def test_mistakes_are_said(tmp_path, cells, message):
    with pytest.raises(ValueError, match=message):
        slides.deck(in_a_course(tmp_path, *cells))


def test_the_command_writes_the_deck(tmp_path, capsys):
    root = in_a_course(tmp_path, tagged("slide", "x = 1"))
    assert slides.main(["--to", str(tmp_path / "a" / "deck.html")], root) == 0
    assert "3 slides" in capsys.readouterr().out
    assert (tmp_path / "a" / "deck.html").read_text("utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize("text", ["a = [2]", "import os\na = os._exit(1)"], ids=["a cell fails", "the kernel dies"])
def test_the_dry_run_runs_what_is_shown_and_what_it_needs(tmp_path, capsys, text):
    root = in_a_course(
        tmp_path,
        tagged(None, "a = [1]"),
        tagged(None, "raise SystemError('never run')"),
        tagged("slide", "assert a == [1]"),
    )
    assert slides.main(["--run"], root) == 0
    assert "00_start: 2 of 3 code cells" in capsys.readouterr().out
    notebook = nbformat.read(root / "notebooks" / "00_start.ipynb", 4)
    notebook.cells[1].source = text
    nbformat.write(notebook, root / "notebooks" / "00_start.ipynb")
    assert slides.main(["--run"], root) == 1
    assert "FAILED" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("sources", "shown", "wanted"),
    [
        (["x = 1", "x = 2", "y = 1", "print(x)"], [3], [1, 3]),
        (["def f(): return z", "z = 1", "f()"], [2], None),  # z comes after the cell that defines f
        (["z = 1", "def f(z2): return z + z2", "f(1)"], [2], [0, 1, 2]),
        (["d = {}", "d['a'] = 1", "e = 1", "d.update(b=2)", "print(d)"], [4], [0, 1, 3, 4]),
        (["d = {}", "def put(k):\n    d[k] = 1", "put('a')", "print(d)"], [3], [0, 1, 2, 3]),
        (["n = 1", "n += 1", "print(n)"], [2], [0, 1, 2]),
        (["i = 5", "print([i for i in range(3)])"], [1], [1]),
        (["i = 5", "for i in range(3):\n    print(i)"], [1], [1]),
        (["i = 5", "print(sum(i * j for j in range(3)))"], [1], [0, 1]),
        (["import numpy as np", "f = lambda a, b=np: a", "f(1)"], [2], [0, 1, 2]),
        (["a = 1", "with open(a) as file:\n    file.read()"], [1], [0, 1]),
        (["%env A=1", "x = 1", "x"], [2], [1, 2]),
        (["setup()", "x = 1"], [1], [1]),
    ],
)
def test_what_a_cell_depends_on(sources, shown, wanted):
    if wanted is None:
        with pytest.raises(ValueError, match="code cell 1 uses the name z, which no cell before it defines"):
            free_names.needed(sources, shown)
    else:
        assert free_names.needed(sources, shown) == wanted


def test_a_shown_cell_that_is_no_python_is_said():
    with pytest.raises(ValueError, match=r"code cell 1: line 1 is no Python code"):
        free_names.needed(["%matplotlib inline"], [0])

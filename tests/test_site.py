"""The site: made once from the repository as it is, then read as a browser would; and once from a few made-up pages."""

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from course_utils import gallery, repository, site
from course_utils.workspace import ROOT

NOTEBOOKS = site.notebooks()
ELSEWHERE = re.compile(r"(https?:)?//", re.I)
HOSTS = re.compile(r"jsdelivr|unpkg|cdnjs|cloudflare|googleapis|gstatic|bootstrapcdn|esm\.sh|shields\.io|badge", re.I)
LOADS = {
    "script": "src",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "audio": "src",
    "embed": "src",
    "object": "data",
}
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


class Page(HTMLParser):
    """What a page loads, shows and links to."""

    def __init__(self, path):
        super().__init__()
        self.ids, self.links, self.loads, self.images, self.words = set(), [], [], [], []
        self.html = path.read_text(encoding="utf-8")
        self.feed(self.html)
        self.text = " ".join("".join(self.words).split())

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.ids.update(value for name, value in attributes if name in ("id", "name") and value)
        if tag == "a" and values.get("href"):
            self.links.append(values["href"])
        if tag in LOADS and values.get(LOADS[tag]):
            self.loads.append(values[LOADS[tag]])
        if tag == "link" and not {"next", "prev", "search", "canonical"} & set(values.get("rel", "").split()):
            self.loads.append(values["href"])
        self.loads += [value for name, value in attributes if name in ("srcset", "poster") and value]
        if tag == "img":
            self.images.append(values)

    def handle_data(self, data):
        self.words.append(data)


@pytest.fixture(scope="module")
def html(tmp_path_factory):
    return site.build(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def pages(html):
    return {path.relative_to(html).as_posix(): Page(path) for path in sorted(html.rglob("*.html"))}


def stored_alts(path):
    cells = nbformat.read(path, as_version=4).cells
    outputs = [output for cell in cells for output in cell.get("outputs", []) if "image/png" in output.get("data", {})]
    return [output.metadata["image/png"]["alt"] for output in outputs]


# The whole site


def test_every_notebook_document_and_card_has_a_page_in_the_sidebar(pages):
    sources = [*NOTEBOOKS, *(ROOT / "docs").rglob("*.md"), *(ROOT / "course_utils").rglob("README.md")]
    sources += [ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]
    wanted = {path.relative_to(ROOT).with_suffix(".html").as_posix() for path in sources} - {"docs/index.html"}
    assert len(NOTEBOOKS) == 8
    assert wanted | {"index.html", "gallery.html", "search.html"} == set(pages)
    assert set(pages["index.html"].links) >= wanted | {"gallery.html"}


def test_nothing_is_loaded_from_elsewhere(html, pages):
    for name, page in pages.items():
        assert page.loads
        for address in page.loads:
            assert not ELSEWHERE.match(address), (name, address)
            if not address.startswith("data:"):
                assert (html / name).parent.joinpath(unquote(urlsplit(address).path)).is_file(), (name, address)
        inline = re.findall(r"<(?:script|style)[^>]*>(.+?)</(?:script|style)>|style=\"([^\"]*)\"", page.html, re.S)
        assert not any(HOSTS.search(part) or "url(http" in part for parts in inline for part in parts), name
    files = [path for path in html.rglob("*") if path.suffix in (".css", ".js", ".svg")]
    assert len(files) > 10
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert not re.search(
            r"""@import|url\(\s*['"]?(https?:)?//|\bimport\(?\s*['"]https?:|\.src\s*=\s*['"`](https?:)?//""", text
        ), path
        if path.name != "searchindex.js":
            assert not HOSTS.search(text), path


def test_every_figure_keeps_its_alt_text_and_gets_its_anchor(pages):
    for path in NOTEBOOKS:
        page = pages[f"notebooks/{path.stem}.html"]
        alts = stored_alts(path)
        assert [image["alt"] for image in page.images] == alts
        assert {f"figure-{number + 1}" for number in range(len(alts))} <= page.ids
    assert all(image.get("alt", "").strip() for page in pages.values() for image in page.images)


def test_links_and_anchors_of_the_site_resolve(html, pages):
    compared = 0
    for name, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (html / name).parent.joinpath(unquote(parts.path)).resolve() if parts.path else html / name
            assert target.is_file(), (name, link)
            if parts.fragment and target.suffix == ".html":
                assert unquote(parts.fragment) in pages[target.relative_to(html.resolve()).as_posix()].ids, (name, link)
                compared += 1
    assert compared > 500


def test_links_between_files_lead_to_pages_or_to_the_repository(pages):
    classroom = pages["docs/classroom.html"].links
    assert re.search(
        r'<a class="reference[^>]*href="\.\./index\.html"[^>]*>(<span[^>]*>)?README<', pages["docs/classroom.html"].html
    )
    assert repository.source_address("docs/classroom/tljh.yaml") in classroom
    assert {"docs/models.html", "course_utils/data/README.html"} <= set(pages["index.html"].links)
    assert repository.source_address("LICENSE") in pages["index.html"].links
    assert not [
        link for page in pages.values() for link in page.links if re.search(r"^(?!https?:).*\.(md|ipynb|py|yaml)\b", link)
    ]


def test_notebooks_show_their_stored_outputs(pages):
    for path in NOTEBOOKS:
        page = pages[f"notebooks/{path.stem}.html"]
        printed = [
            output.text
            for cell in nbformat.read(path, as_version=4).cells
            for output in cell.get("outputs", [])
            if output.output_type == "stream"
        ]
        assert len(printed) >= 5
        assert all(" ".join(text.split()) in page.text for text in printed)


def test_search_knows_the_words_of_every_notebook(html):
    index = json.loads((html / "searchindex.js").read_text(encoding="utf-8").removeprefix("Search.setIndex(").removesuffix(")"))
    for word, notebook in {"anisotropi": "03_cls_probing", "whiten": "04_mean_pooling", "wordpiec": "01_tokenization"}.items():
        found = (index["terms"] | index["titleterms"])[word]
        assert index["docnames"].index(f"notebooks/{notebook}") in ([found] if isinstance(found, int) else found)
    words = dict.fromkeys(range(len(index["docnames"])), 0)
    for found in index["terms"].values():
        for page in [found] if isinstance(found, int) else found:
            words[page] += 1
    assert min(words[index["docnames"].index(f"notebooks/{path.stem}")] for path in NOTEBOOKS) > 200


def test_launch_buttons_are_the_badges_addresses(pages):
    for path in NOTEBOOKS:
        links = pages[f"notebooks/{path.stem}.html"].links
        badges = re.findall(r'href="([^"]+)"', repository.badges(path.stem))
        assert len(badges) == 2
        assert [link for link in links if "colab.research" in link or "mybinder" in link] == badges
        assert repository.source_address(f"notebooks/{path.name}") in links
    assert set(re.findall(r'href="([^"]+)"', repository.badges("00_start_here"))) <= set(pages["index.html"].links)


def test_pages_are_fit_for_keyboards_phones_and_both_themes(pages):
    for name, page in pages.items():
        assert '<html class="no-js" lang="en"' in page.html, name
        assert "skip-to-content" in page.html
        assert 'name="viewport"' in page.html
        assert 'content="light dark"' in page.html
        assert "favicon.svg" in page.html
    assert "copybutton.js" in pages["notebooks/00_start_here.html"].html


# The gallery


def test_the_gallery_shows_every_figure_and_leads_to_its_place(html, pages):
    page = pages["gallery.html"]
    figures = [figure for path in NOTEBOOKS for figure in gallery.figures(path)]
    assert [image["alt"] for image in page.images] == [alt for path in NOTEBOOKS for alt in stored_alts(path)]
    for figure, image in zip(figures, page.images, strict=True):
        assert (html / image["src"]).read_bytes() == figure.png
        assert page.links.count(f"notebooks/{figure.notebook}.html#{figure.anchor}") == 2  # picture and caption
        assert figure.section in page.text
    for path in NOTEBOOKS:
        assert gallery.title(path) in page.text


def test_the_section_of_a_figure_is_the_nearest_heading_above(tmp_path):
    picture = new_output("display_data", {"image/png": PIXEL}, metadata={"image/png": {"alt": 'a "<b>"'}})
    cells = [
        new_markdown_cell("# 09 Title"),
        new_code_cell("1", outputs=[picture]),
        new_markdown_cell("## 1 One & two\n```\n## no heading\n```\n### below"),
        new_code_cell("2", outputs=[picture, new_output("display_data", {"image/png": PIXEL})]),
    ]
    path = tmp_path / "09_made_up.ipynb"
    nbformat.write(new_notebook(cells=cells), path)
    found = gallery.figures(path)
    assert [(figure.section, figure.alt) for figure in found] == [
        ("09 Title", 'a "<b>"'),
        ("1 One & two", 'a "<b>"'),
        ("1 One & two", ""),
    ]
    assert [figure.file for figure in found] == ["09-1.png", "09-2.png", "09-3.png"]
    page = gallery.page([path])
    assert 'alt="a &quot;&lt;b&gt;&quot;"' in page
    assert "<b>" not in page
    assert "One &amp; two" in page
    nbformat.write(new_notebook(cells=[new_markdown_cell("none")]), tmp_path / "10.ipynb")
    assert gallery.title(tmp_path / "10.ipynb") == "10"
    assert "10" not in gallery.page([tmp_path / "10.ipynb"])


# Made-up pages


@pytest.fixture
def small(tmp_path):
    """A repository with one notebook and a page of each kind."""
    for folder in ("_ext", "_static"):
        shutil.copytree(ROOT / "docs" / folder, tmp_path / "docs" / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("docs/conf.py", "pyproject.toml"):
        shutil.copyfile(ROOT / name, tmp_path / name)
    (tmp_path / "README.md").write_text("# The course\n", encoding="utf-8")
    (tmp_path / "docs" / "index.md").write_text("# Course\n\n<!-- launch -->\n\n[s](docs/summary.md)\n", encoding="utf-8")
    (tmp_path / "docs" / "summary.md").write_text(
        "# Summary\n\nThe mean $\\frac{a}{n}$, for $5 or $6, --lax.\n\n$$u < v$$\n\n"
        "[n](../notebooks/09_made_up.ipynb#two-random-ones) [r](../README.md) [p](../pyproject.toml) [d](../notebooks)\n",
        encoding="utf-8",
    )
    (tmp_path / "docs" / "other.md").write_text("# Other\n", encoding="utf-8")
    (tmp_path / "docs" / "instructors").mkdir()
    (tmp_path / "docs" / "instructors.md").write_text("# Guide\n", encoding="utf-8")
    (tmp_path / "docs" / "instructors" / "09.md").write_text("# Guide to 09\n", encoding="utf-8")
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "abc", "version_major": 2, "version_minor": 0}}
    cells = [
        new_markdown_cell(f"# 09 Made up\n\n{repository.badges('09_made_up')}\n\n## Two random ones"),
        new_code_cell("bench = 1  # an interactive part, stored without output"),
        new_code_cell("bench", outputs=[new_output("display_data", {**view, "text/plain": "SlidersForAll()"})]),
    ]
    language = {
        "language_info": {"name": "python"},
        "kernelspec": {"name": "python3", "language": "python", "display_name": "3"},
    }
    state = {"widgets": {"application/vnd.jupyter.widget-state+json": {"state": {}}}}
    notebook = new_notebook(cells=cells, metadata={**language, **state})
    (tmp_path / "notebooks").mkdir()
    nbformat.write(notebook, tmp_path / "notebooks" / "09_made_up.ipynb")
    return tmp_path


def test_formulas_widgets_and_links_need_nothing_from_elsewhere_and_a_dead_link_stops_the_build(small, capfd):
    (small / "docs" / "other.md").write_text("# Other\n\n[gone](../course_utils/gone.py)\n", encoding="utf-8")
    with pytest.raises(ValueError, match="was not made"):
        site.build(small / "build", small)
    reported = [line for line in capfd.readouterr().err.splitlines() if "WARNING" in line]
    assert len(reported) == 1
    assert "gone.py" in reported[0]
    html = small / "build" / "html"  # written all the same
    summary = Page(html / "docs" / "summary.html")
    assert "<mfrac>" in summary.html
    assert 'alttext="u &lt; v"' in summary.html
    assert "for $5 or $6, --lax." in summary.text
    at = f"https://github.com/{repository.current(small)}"
    assert {"../notebooks/09_made_up.html#two-random-ones", "../index.html"} <= set(summary.links)
    assert {f"{at}/blob/main/pyproject.toml", f"{at}/tree/main/notebooks"} <= set(summary.links)
    notebook = Page(html / "notebooks" / "09_made_up.html")
    assert "an interactive part, stored without output" in notebook.text
    assert "SlidersForAll()" in notebook.text  # what stands for a widget where there is no kernel
    assert "widget-view" not in notebook.html
    assert "requirejs" not in notebook.html.lower()
    assert not [address for address in notebook.loads if ELSEWHERE.match(address)]
    assert "instructors/09.html" in Page(html / "docs" / "instructors.html").links


def test_a_page_is_in_one_chapter_and_none_is_left_out(small):
    chosen = site.chapters(small)
    assert chosen["The project"] == ["docs/other.md"]
    assert chosen["To teach"] == ["docs/instructors.md"]
    assert chosen["To look things up"] == ["docs/summary.md", "gallery.md"]
    (small / "docs" / "instructors.md").unlink()
    assert "docs/instructors/09.md" in site.chapters(small)["The project"]  # with no page above it
    pages = [page for some in site.chapters().values() for page in some]
    assert len(pages) == len(set(pages))


def test_what_is_missing_is_named(small, monkeypatch, capsys):
    monkeypatch.setitem(site.PACKAGES, "no_such_module", "no-such-package")
    with pytest.raises(ValueError, match=r'no-such-package not installed: pip install -e "\.\[site\]"'):
        site.build(small / "build", small)
    with pytest.raises(ValueError, match="in a clone of the course's repository"):
        site.build(small / "build", Path(small / "notebooks"))
    from course_utils.__main__ import main

    assert main(["site", "--chek-links"]) == 2
    assert "takes --check-links only" in capsys.readouterr().err

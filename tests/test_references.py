"""The list of sources, the glossary and the page on descendants agree with the notebooks and with each other."""

import json
import re
from urllib.parse import unquote

import pytest

from course_utils import references
from course_utils.workspace import ROOT

DOCS = ROOT / "docs"
NO_TERMS = {"difference", "pair", "sentiment", "topic"}  # bold in a notebook, but for the emphasis, or an ordinary word
OTHERWISE = {"unknown": "unk"}  # a term that has its entry under another name


def key(text):
    return re.sub(r"[^a-z0-9]", "", text.lower())


def slug(heading):
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def headings(path):
    """The anchors of a page or a notebook."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        cells = json.loads(text)["cells"]
        text = "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    return {slug(heading) for heading in re.findall(r"^#{1,6} (.+)$", text, re.M)}


def glossary():
    return re.findall(r"^### (.+)$", (DOCS / "glossary.md").read_text(encoding="utf-8"), re.M)


@pytest.fixture(scope="module")
def entries():
    return references.sources()


@pytest.fixture(scope="module")
def found():
    return list(references.passages())


def test_the_page_is_fresh():
    assert references.page() == (DOCS / "references.md").read_text(encoding="utf-8"), "run python -m course_utils.references"


def test_each_entry_is_whole_and_is_used(entries, found):
    used = references.uses(entries, found)
    for name, entry in entries.items():
        needed = {"title", "for"} if entry["kind"] == "tool" else {"title", "for", "authors", "year", "venue", "checked"}
        assert needed <= set(entry), name
        assert ("arxiv" in entry) != ("url" in entry), name
        assert entry.get("checked", "entry") in references.CHECKED, name
        assert bool(used[name]) != ("unused" in entry), f"{name}: {'named, so no reason is needed' if used[name] else 'unused'}"


def test_no_citation_is_missing_from_the_list(entries, found):
    assert references.unlisted(entries, found) == {}


@pytest.mark.parametrize(
    "citation",
    [
        "Doe et al. (2031)", "Doe & Roe 2031", "Doe, Poe and van Roe (2031)", "(Doe 2031, arXiv 3101.00001)",
        "arXiv 3101.00001", "https://arxiv.org/abs/3101.00001", "https://doi.org/10.1000/none", "ada/course, issue 7",
        "issue 7 of ada/course", "https://github.com/ada/course/issues/7", '"(Doe et "\n    "al. 2031)"',
    ],
)  # fmt: skip
def test_a_new_source_is_noticed(entries, citation):
    passage = references.Passage("docs/new.md", "", references.normalised(f"It was measured: {citation}."), True)
    assert set(references.unlisted(entries, [passage]).values()) == {"docs/new.md"}


def test_text_without_a_citation_passes(entries):
    text = "In May 2031 we (the course) wrote section 4, exercise 05.3, issue 7 & others; see docs/models.md, 3101.00001."
    assert references.unlisted(entries, [references.Passage("docs/new.md", "", references.normalised(text), True)]) == {}


def test_uses_are_found_by_section(tmp_path):
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "docs" / "deep").mkdir(parents=True)
    (tmp_path / "course_utils").mkdir()
    texts = ["# 01 One\nDoe & Roe (2031)", "Nothing\n## 2 Two\nDoe & Roe 2031, again", "## Ledger\nnone"]
    cells = [{"cell_type": "markdown", "source": [text]} for text in texts]
    cells.append({"cell_type": "code", "source": ["source = 'Doe & Roe 2031'"]})
    (tmp_path / "notebooks" / "01_one.ipynb").write_text(json.dumps({"cells": cells}), encoding="utf-8")
    (tmp_path / "course_utils" / "none.py").write_text("import torch\n", encoding="utf-8")
    (tmp_path / "README.md").write_text("torch\n", encoding="utf-8")
    (tmp_path / "CONTRIBUTING.md").write_text("\n", encoding="utf-8")
    (tmp_path / "docs" / "deep" / "page.md").write_text("A page without a source.\n", encoding="utf-8")
    page = f"Before.\n{references.BEGIN}\nold\n{references.END}\nAfter.\n"
    (tmp_path / "docs" / "references.md").write_text(page, encoding="utf-8")
    (tmp_path / "docs" / "references.toml").write_text(
        '[doe-2031]\nkind = "paper"\nauthors = "A. Doe and B. Roe"\nyear = 2031\ntitle = "A *star*"\nvenue = "V"\nurl = "https://e.org"\n'
        'for = "it"\nchecked = "entry"\nmarks = ["Doe & Roe 2031"]\n'
        '[torch]\nkind = "tool"\ntitle = "torch"\nurl = "https://pytorch.org"\nfor = "it"\nmarks = ["torch"]\n',
        encoding="utf-8",
    )
    assert references.main(tmp_path) == 0
    written = (tmp_path / "docs" / "references.md").read_text(encoding="utf-8")
    assert "[notebook 01](../notebooks/01_one.ipynb) (section 2; opening; ledger)" in written
    assert r"*A \*star\*.*" in written
    assert "[`README.md`](../README.md)." in written  # of tools, not the imports in modules
    assert written.startswith("Before.\n")
    assert written.endswith("After.\n")
    assert "old" not in written


@pytest.mark.parametrize("name", ["glossary.md", "references.md", "descendants.md"])
def test_links_lead_somewhere(name):
    for link in re.findall(r"\]\((?!https?:)([^)]+)\)", (DOCS / name).read_text(encoding="utf-8")):
        file, _, anchor = unquote(link).partition("#")
        target = (DOCS / file).resolve()
        assert target.exists(), link
        assert not anchor or anchor in headings(target), link


def test_the_glossary_is_in_order_and_each_term_has_its_place():
    terms = glossary()
    assert terms == sorted(terms, key=key)
    assert len({slug(term) for term in terms}) == len(terms)
    parts = (DOCS / "glossary.md").read_text(encoding="utf-8").split("### ")[1:]
    for part in parts:
        definition, place = part.strip().split("\n\n")
        assert re.fullmatch(r"Taught in \[.+\]\(.+\)\.", place), part
        assert 1 <= len(re.findall(r"[.?](?= |$)", definition.split("\n")[1])) <= 3, part


def test_what_a_notebook_defines_in_bold_is_in_the_glossary(found):
    terms = {key(term) for term in glossary()}
    for passage in found:
        if passage.file.endswith(".ipynb") and passage.prose:
            rows_left_out = re.sub(r"\| \*\*[^|]+\*\* \|", "", passage.text)
            for bold in re.findall(r"\*\*([^*]+)\*\*", rows_left_out):
                if bold[-1] in ".:" or len(bold.split()) > 3 or bold in ("Predict", "Try it") or not key(bold).isalpha():
                    continue
                name = key(bold.removeprefix("the ").removesuffix("'s"))
                named = {name, name.removesuffix("s"), OTHERWISE.get(name), key(bold.split()[0])}
                assert bold in NO_TERMS or named & terms, f"{passage.file}: {bold}"


def test_each_descendant_has_its_sources(entries):
    page = (DOCS / "descendants.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\w[\w-]+), \d{4} \|.*\| (.+) \|$", page, re.M)
    assert {"RoBERTa", "ALBERT", "SimCSE", "E5", "BGE", "ModernBERT"} <= {name for name, _ in rows}
    for name, cell in rows:
        assert set(re.findall(r"\[([\w-]+)\]\(references\.md#\1\)", cell)) <= set(entries), name
        assert "](references.md#" in cell, name

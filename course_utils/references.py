"""The sources of the course: where each is used, and which citations no list holds.

``docs/references.toml`` has the sources; ``python -m course_utils.references`` scans notebooks, pages, cards and modules for
them and writes ``docs/references.md``. Needs nothing but Python's standard library.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BEGIN, END = "<!-- references: python -m course_utils.references -->", "<!-- end of references -->"
KINDS = {
    "paper": "Papers",
    "page": "Repositories, issues and pages",
    "data": "Data and models",
    "tool": "Tools",
}
CHECKED = {
    "source": "the passages cited here were read in it",
    "summary": "read in an abstract, a summary or a quotation",
    "entry": "only this entry was looked up",
}
_NAME = r"[A-ZÀ-Þ][\w’'-]+"
_YEAR = r"(?:19|20)\d\d"
_CITATIONS = (  # the regular forms of a citation, after ``normalised``
    rf"{_NAME} et al\. {_YEAR}\b",
    rf"{_NAME}(?:, {_NAME})* (?:&|and) (?:van |von |de )?{_NAME} {_YEAR}\b",
    rf"(?<!& )(?<!and )(?<!van ){_NAME} {_YEAR}(?=, arXiv)",
    r"arXiv[: ]\d{4}\.\d{4,5}",
    r"https?://(?:arxiv\.org|aclanthology\.org|doi\.org|openreview\.net|(?:www\.)?jmlr\.org|proceedings\.mlr\.press)/[^\s)\]>\"]+",
    r"\b10\.\d{4,9}/[^\s)\]>\"]+",
    r"https?://github\.com/[\w.-]+/[\w.-]+/(?:issues|pull)/\d+",
    r"[\w.-]+/[\w.-]+, issue \d+",
    r"issue \d+ of [\w.-]+/[\w.-]+",
)


@dataclass(frozen=True)
class Passage:
    """A piece of text and where it stands.

    Attributes:
        file: path from the root of the repository, with ``/``.
        section: of a notebook: the number of the section, or the title of one without a number; else empty.
        text: normalised text.
        prose: whether people read it as text; False for code.
    """

    file: str
    section: str
    text: str
    prose: bool


def sources(root: Path = ROOT) -> dict[str, dict]:
    """The entries of ``docs/references.toml`` by key; a link to an entry on the page counts among its marks.

    Raises:
        ValueError: an entry of a kind that is not in ``KINDS``.
    """
    entries = tomllib.loads((root / "docs" / "references.toml").read_text(encoding="utf-8"))
    for key, entry in entries.items():
        if entry.get("kind") not in KINDS:
            raise ValueError(f"docs/references.toml: {key} has kind {entry.get('kind')!r}, not one of {', '.join(KINDS)}.")
        entry["marks"] = [*entry.get("marks", []), f"references.md#{key}"]
    return entries


def normalised(text: str) -> str:
    """``text`` on one line, with strings that Python joins joined, and years without their bracket.

    >>> normalised("Hewitt & Liang (2019,\\n    arXiv 1909.03368)")
    'Hewitt & Liang 2019, arXiv 1909.03368)'
    """
    joined = re.sub(r'"\s*\n\s*f?"', "", text)
    return re.sub(rf" \((?={_YEAR}\b)", " ", " ".join(joined.split()))


def passages(root: Path = ROOT) -> Iterator[Passage]:
    """All texts of the repository that may cite: notebooks by section, pages, cards, and modules."""
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        section = "opening"
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            prose = cell["cell_type"] == "markdown"
            pieces = re.split(r"^## (.+)$", "".join(cell["source"]), flags=re.M) if prose else ["".join(cell["source"])]
            for number, piece in enumerate(pieces):
                if number % 2:
                    section = re.match(r"\d+", piece)[0] if piece[0].isdigit() else piece.lower()
                yield Passage(path.relative_to(root).as_posix(), section, normalised(piece), prose)
    pages = [path for folder in ("docs", "course_utils") for path in (root / folder).rglob("*.md")]
    for path in sorted([root / "README.md", root / "CONTRIBUTING.md", *pages]):
        if path != root / "docs" / "references.md":
            yield Passage(path.relative_to(root).as_posix(), "", normalised(path.read_text(encoding="utf-8")), True)
    for path in sorted((root / "course_utils").rglob("*.py")):
        if path.name != "references.py":
            yield Passage(path.relative_to(root).as_posix(), "", normalised(path.read_text(encoding="utf-8")), False)


def _names(entry: Mapping) -> list[str]:
    """The texts that count as a use of ``entry``: its marks, its arXiv number and its address."""
    return [*entry["marks"], *(entry[name] for name in ("arxiv", "url") if name in entry)]


@cache
def _any_of(names: tuple[str, ...]) -> re.Pattern:
    return re.compile(rf"(?<![\w/-])(?:{'|'.join(map(re.escape, names))})(?![\w/])")


def is_named(entry: Mapping, passage: Passage) -> bool:
    """Whether ``passage`` uses ``entry``; tools are looked for in prose only, where they are introduced."""
    if entry["kind"] == "tool" and not passage.prose:
        return False
    names = tuple(name for name in _names(entry) if name in passage.text)
    return bool(names) and bool(_any_of(names).search(passage.text))


def uses(entries: Mapping[str, Mapping], found: Sequence[Passage]) -> dict[str, dict[str, list[str]]]:
    """For each key the files that use it, and of each notebook the sections."""
    used: dict[str, dict[str, list[str]]] = {key: {} for key in entries}
    for key, entry in entries.items():
        for passage in found:
            if is_named(entry, passage):
                sections = used[key].setdefault(passage.file, [])
                if passage.section and passage.section not in sections:
                    sections.append(passage.section)
    return used


def citations(text: str) -> set[str]:
    """The regular forms of a citation in a normalised ``text``.

    >>> sorted(citations("alignment (Wang & Isola 2020, arXiv 2005.10242), see issue 16 of bohanli/BERT-flow"))
    ['Wang & Isola 2020', 'arXiv 2005.10242', 'issue 16 of bohanli/BERT-flow']
    """
    return {match.rstrip(".,;") for form in _CITATIONS for match in re.findall(form, text)}


def unlisted(entries: Mapping[str, Mapping], found: Sequence[Passage]) -> dict[str, str]:
    """Citations that no entry names, each with a file that has it."""
    named = _any_of(tuple(name for entry in entries.values() for name in _names(entry)))
    return {
        form: passage.file
        for passage in found
        for form in sorted(citations(passage.text))
        if not named.search(form.rpartition("arxiv.org/abs/")[2])
    }


def _escaped(text: str) -> str:
    return re.sub(r"([\\*_<>`])", r"\\\1", text)


def _places(used: Mapping[str, Sequence[str]]) -> str:
    """The files of ``used`` as links from ``docs/``, notebooks first."""
    links = []
    for file, sections in used.items():
        link = file.removeprefix("docs/") if file.startswith("docs/") else f"../{file}"
        name = f"notebook {Path(file).name[:2]}" if file.endswith(".ipynb") else f"`{file}`"
        numbers = [section for section in sections if section.isdigit()]
        of_notebook = [f"section{'s' * (len(numbers) > 1)} {', '.join(numbers)}"] if numbers else []
        of_notebook += [section for section in sections if not section.isdigit()]
        links.append(f"[{name}]({link})" + (f" ({'; '.join(of_notebook)})" if of_notebook else ""))
    return ", ".join(links)


def _as_markdown(key: str, entry: Mapping, used: Mapping[str, Sequence[str]]) -> str:
    address = f"[arXiv {entry['arxiv']}](https://arxiv.org/abs/{entry['arxiv']})" if "arxiv" in entry else f"<{entry['url']}>"
    who = f"{_escaped(entry['authors'])} ({entry['year']}). " if "authors" in entry else ""
    venue = f"{_escaped(entry['venue'])}. " if "venue" in entry else ""
    lines = [f"### {key}", f"{who}*{_escaped(entry['title'])}.* {venue}{address}", "", f"* For: {_escaped(entry['for'])}."]
    lines.append(f"* Used in: {_places(used)}." if used else f"* Not named: {_escaped(entry.get('unused', 'unused'))}.")
    return "\n".join(lines + ([f"* Checked: {CHECKED[entry['checked']]}."] if "checked" in entry else []))


def page(root: Path = ROOT) -> str:
    """``docs/references.md`` with its list written anew; what stands outside the markers is kept."""
    entries = sources(root)
    used = uses(entries, list(passages(root)))
    parts = []
    for kind, title in KINDS.items():
        parts.append(f"## {title}")
        parts += [_as_markdown(key, entry, used[key]) for key, entry in sorted(entries.items()) if entry["kind"] == kind]
    text = (root / "docs" / "references.md").read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n" + "\n\n".join(parts) + f"\n{END}{rest.split(END)[1]}"


def main(root: Path = ROOT) -> int:
    """Write the page; 1 when a citation is in no entry, which is then printed."""
    (root / "docs" / "references.md").write_text(page(root), encoding="utf-8")
    missing = unlisted(sources(root), list(passages(root)))
    for form, file in missing.items():
        print(f"{file}: {form} is in no entry of docs/references.toml", file=sys.stderr)
    return int(bool(missing))


if __name__ == "__main__":
    sys.exit(main())

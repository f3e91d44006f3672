"""Where the course lives: one command writes it everywhere, and every notebook opens with what that command makes."""

import json
import re
import shutil

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager

import course_utils
from course_utils import repository
from course_utils.workspace import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
ADDRESS = re.compile(r"https://[^\s\"'<>)\\]+")


@pytest.fixture
def copy(tmp_path):
    """All files that may hold the address, in a folder of their own."""
    for path in repository.files():
        target = tmp_path / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    return tmp_path


def first_cells(path):
    cells = nbformat.read(path, as_version=4).cells
    return cells[0].source, next(cell for cell in cells if cell.cell_type == "code")


def wrong(root):
    """The notebooks of ``root`` that do not open as ``repository`` has it."""
    return [
        path.stem
        for path in sorted((root / "notebooks").glob("*.ipynb"))
        if path.read_text(encoding="utf-8") != repository.launchable(path.read_text(encoding="utf-8"), path.stem, root)
    ]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_notebook_has_its_badges_between_promise_and_card(path):
    card, _ = first_cells(path)
    before, table, _ = card.partition("\n\n| | |\n")
    assert table
    _, _, badges = before.split("\n\n")  # the title, the promise, the badges
    assert badges == repository.badges(path.stem)
    at = f"{repository.current()}/blob/{repository.tag()}"
    assert f"https://colab.research.google.com/github/{at}/notebooks/{path.name}" in badges
    assert f"https://mybinder.org/v2/gh/{at.replace('/blob', '')}?labpath=notebooks%2F{path.name}" in badges
    assert re.findall(r'alt="([^"]+)"', badges) == ["Open in Colab", "Launch on Binder"]
    assert card.count("mybinder.org/v2") == card.count("colab.research.google.com/github") == 1


def test_the_readme_opens_the_first_notebook():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"\n\n{repository.badges('00_start_here')}\n\n" in readme
    assert readme.count("mybinder.org/v2") == 1


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_first_code_cell_is_the_same_in_all_notebooks(path):
    _, first = first_cells(path)
    assert first.source == repository.setup_cell(path.stem)
    assert first.metadata.get("tags") == ["nbval-ignore-output"]
    assert f"import nb{path.stem[:2]} as q" in first.source
    assert repository.setup_cell("03") == first.source.replace(f"nb{path.stem[:2]}", "nb03")
    compile(TransformerManager().transform_cell(first.source), path.name, "exec")
    assert max(map(len, first.source.splitlines())) <= 110


def test_the_tag_is_that_of_the_version():
    """A notebook fetches the package of its own release."""
    assert repository.tag() == "v" + course_utils.__version__


def test_one_command_writes_the_repository_everywhere(copy):
    before = {path.relative_to(copy) for path in repository.files(copy) if repository.current() in path.read_text("utf-8")}
    changed = repository.change("ada/cls-course", "v9.0.1", root=copy)
    assert (repository.current(copy), repository.tag(copy)) == ("ada/cls-course", "v9.0.1")
    assert {*map(str, before), *(f"notebooks/{path.name}" for path in NOTEBOOKS)} <= set(changed)
    assert repository.change("ada/cls-course", root=copy) == []
    assert wrong(copy) == []
    owner, name = repository.current().split("/")
    for path in repository.files(copy):
        text = path.read_text(encoding="utf-8")
        assert not re.search(rf"\b{owner}(/|%2F|%252F){name}\b", text), path
        assert f"cd {name}" not in text, path
        ours = [address for address in ADDRESS.findall(text) if "ada/cls-course" in address]
        assert not [address for address in ours if re.search(rf"[/@]{re.escape(repository.tag())}\b", address)], path
    assert "archive/v9.0.1.zip" in (copy / "notebooks" / "03_cls_probing.ipynb").read_text(encoding="utf-8")
    assert "cls-course/blob/main/" in (copy / "pyproject.toml").read_text(encoding="utf-8")  # a branch is no tag


def test_the_command_and_back_changes_nothing(copy):
    before = {path: path.read_bytes() for path in repository.files(copy)}
    repository.change("ada/cls-course", "v9.0.1", root=copy)
    repository.change(repository.current(), repository.tag(), root=copy)
    assert [path for path, content in before.items() if path.read_bytes() != content] == []


def test_a_name_changed_in_one_notebook_is_found_and_mended(copy):
    assert wrong(copy) == []
    for path, old, new in (
        (NOTEBOOKS[2], repository.current() + "/archive", "ada/else/archive"),
        (NOTEBOOKS[4], "/blob/" + repository.tag(), "/blob/v0.0.9"),
        (NOTEBOOKS[6], "alt=", "title="),
    ):
        text = path.read_text(encoding="utf-8")
        assert old in text
        (copy / "notebooks" / path.name).write_text(text.replace(old, new, 1), encoding="utf-8")
    assert wrong(copy) == [NOTEBOOKS[i].stem for i in (2, 4, 6)]
    assert len(repository.change(repository.current(), root=copy)) == 3
    assert wrong(copy) == []
    assert [path.name for path in NOTEBOOKS if (copy / "notebooks" / path.name).read_bytes() != path.read_bytes()] == []


def test_a_new_notebook_gets_its_badges_and_its_first_cell(copy):
    new = copy / "notebooks" / "08_new.ipynb"
    cells = [
        nbformat.v4.new_markdown_cell("# 08 New\n\nA promise.\n\n| | |\n|---|---|\n| a | b |"),
        nbformat.v4.new_code_cell("1"),
    ]
    new.write_text(nbformat.writes(nbformat.v4.new_notebook(cells=cells)) + "\n", encoding="utf-8")
    assert repository.change(repository.current(), root=copy) == ["notebooks/08_new.ipynb"]
    card, first = first_cells(new)
    assert card.startswith(f"# 08 New\n\nA promise.\n\n{repository.badges('08_new')}\n\n| | |\n")
    assert "nb08 as q" in first.source


def test_other_addresses_are_left_alone(tmp_path):
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "pyproject.toml").write_text(
        'Repository = "https://github.com/data/results"\n\n[tool.course]\ntag = "v1"\n', encoding="utf-8"
    )
    others = "./data/results/a.csv github.com/data/results-old v1 https://github.com/other/results/blob/v1 https://x.y/v1\n"
    ours = "git+https://github.com/{0}.git@{1} https%3A%2F%2Fgithub.com%2F{2} mybinder.org/v2/gh/{0}/{1} "
    ours += "github.com/{0}/tree/v1.2\n"  # another tag, which begins alike
    (tmp_path / "README.md").write_text(others + ours.format("data/results", "v1", "data%2Fresults"), encoding="utf-8")
    repository.change("ada/b", "v2", root=tmp_path)
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == others + ours.format("ada/b", "v2", "ada%2Fb")


def test_the_command_reaches_all_files_but_the_tests():
    reached, name = set(repository.files()), repository.current()
    assert not [path for path in reached if path.parent == ROOT / "tests"]
    for folder in (ROOT, ROOT / "course_utils", ROOT / ".github", ROOT / ".ci"):
        for path in folder.iterdir() if folder == ROOT else folder.rglob("*"):
            if path.is_file() and path not in reached and path.suffix not in (".safetensors", ".pyc", ".lock", ".npz"):
                assert path.name == "repository.py" or f"github.com/{name}" not in path.read_text("utf-8", "ignore"), path


@pytest.mark.parametrize("name", ["", "ada", "ada/", "a b/c", "ada/c;rm", "-a/b"])
def test_a_wrong_name_is_refused_before_anything_is_written(copy, name):
    before = (copy / "pyproject.toml").read_bytes()
    with pytest.raises(ValueError, match="owner/name"):
        repository.change(name, "v2", root=copy)
    with pytest.raises(ValueError, match="not a tag"):
        repository.change("ada/course", "v1 --force", root=copy)
    assert (copy / "pyproject.toml").read_bytes() == before


def test_what_is_written_is_the_normal_form():
    text = NOTEBOOKS[0].read_text(encoding="utf-8")
    backwards = dict(reversed(json.loads(text).items()))
    assert repository.launchable(json.dumps(backwards), NOTEBOOKS[0].stem) == nbformat.writes(nbformat.reads(text, 4)) + "\n"

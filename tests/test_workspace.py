"""The learner's copies: made, kept, updated, brought back."""

import errno
from datetime import datetime

import pytest

from course_utils import __main__ as cli
from course_utils import workspace
from course_utils.writing import CannotWriteError


@pytest.fixture
def root(tmp_path):
    (tmp_path / "notebooks").mkdir()
    for name in ("03_probing.ipynb", "04_pooling.ipynb"):
        (tmp_path / "notebooks" / name).write_text(f"original {name}", encoding="utf-8")
    return tmp_path


def read(path):
    return path.read_text(encoding="utf-8")


def test_copies_are_made_where_they_are_missing(root):
    work = workspace.update(root)
    assert sorted(path.name for path in work.glob("*.ipynb")) == ["03_probing.ipynb", "04_pooling.ipynb"]
    (work / "04_pooling.ipynb").unlink()
    workspace.update(root)
    assert read(work / "04_pooling.ipynb") == "original 04_pooling.ipynb"


def test_an_update_refreshes_what_was_not_touched_and_keeps_what_was(root):
    work, said = workspace.update(root), []
    (work / "03_probing.ipynb").write_text("mine", encoding="utf-8")
    for name in ("03_probing.ipynb", "04_pooling.ipynb"):
        (root / "notebooks" / name).write_text(f"new {name}", encoding="utf-8")
    workspace.update(root, said.append)
    assert read(work / "03_probing.ipynb") == "mine"
    assert read(work / "04_pooling.ipynb") == "new 04_pooling.ipynb"
    assert any("make reset NOTEBOOK=03" in line for line in said)


@pytest.mark.parametrize("record", [None, "not json", "[]"])
def test_a_lost_or_damaged_record_never_costs_work(root, record):
    work = workspace.update(root)
    (work / "03_probing.ipynb").write_text("mine", encoding="utf-8")
    if record is None:
        (work / workspace.RECORD).unlink()
    else:
        (work / workspace.RECORD).write_text(record, encoding="utf-8")
    (root / "notebooks" / "03_probing.ipynb").write_text("new", encoding="utf-8")
    workspace.update(root, lambda line: None)
    assert read(work / "03_probing.ipynb") == "mine"


def test_reset_brings_the_original_back_and_keeps_yours(root):
    work, now = workspace.update(root), datetime(2026, 11, 22, 9, 30)
    for text in ("mine", "mine again"):
        (work / "03_probing.ipynb").write_text(text, encoding="utf-8")
        copy, kept = workspace.reset("03", root, now)
        assert read(copy) == "original 03_probing.ipynb"
        assert read(kept) == text
    assert len(list(work.glob("03_probing.mine_*.ipynb"))) == 2
    assert workspace.reset("03", root, now)[1] is None


@pytest.mark.parametrize("name", ["", "0", "99", "../03"])
def test_reset_needs_the_name_of_one_notebook(root, name):
    with pytest.raises(ValueError, match="Give the beginning of one: 03_probing"):
        workspace.reset(name, root)


def test_the_command_line_says_what_was_wrong(capsys):
    assert cli.main(["reset", "99"]) == 2
    assert "names 0 notebooks" in capsys.readouterr().err


def test_copies_are_made_at_home_where_the_course_cannot_be_written(root, monkeypatch, tmp_path):
    home = tmp_path / "home"
    monkeypatch.setattr(workspace.Path, "home", lambda: home)
    may = {"writable": True}
    monkeypatch.setattr(workspace.os, "access", lambda path, mode: may["writable"])
    assert workspace.update(root) == root / "work"
    may["writable"] = False
    assert workspace.update(root) == home / "cls-course"
    assert read(home / "cls-course" / "03_probing.ipynb") == "original 03_probing.ipynb"
    monkeypatch.setenv(workspace.VARIABLE, str(tmp_path / "mine" / "deep"))
    assert workspace.update(root) == tmp_path / "mine" / "deep"
    fresh, _ = workspace.reset("03", root)
    assert fresh.parent == tmp_path / "mine" / "deep"


def test_lab_serves_the_folder_of_the_copies(monkeypatch, tmp_path):
    calls = []
    monkeypatch.setattr(cli.subprocess, "call", lambda command, cwd: calls.append((command, cwd)) or 0)
    for work in (workspace.ROOT / "work", tmp_path / "cls-course"):
        monkeypatch.setattr(workspace, "update", lambda work=work: work)
        assert cli.lab(["--no-browser"]) == 0
        command, cwd = calls.pop()
        assert cwd == work.parent
        assert f"--ServerApp.root_dir={work.parent}" in command
        assert f"--LabApp.default_url=/lab/tree/{work.name}" in command
        assert command[-1] == "--no-browser"


def half_a_copy(original, copy):
    """What a full disk leaves of a copy."""
    copy.write_bytes(original.read_bytes()[:5])
    raise OSError(errno.ENOSPC, "No space left on device", str(copy))


def test_on_a_full_disk_every_copy_is_whole_and_the_error_says_what_to_do(root, monkeypatch):
    work = workspace.update(root)
    (work / "03_probing.ipynb").write_text("mine", encoding="utf-8")
    for name in ("03_probing.ipynb", "04_pooling.ipynb"):
        (root / "notebooks" / name).write_text(f"new {name}", encoding="utf-8")
    before = {path.name: read(path) for path in work.iterdir()}
    monkeypatch.setattr(workspace.shutil, "copyfile", half_a_copy)
    for call in (lambda: workspace.update(root, lambda line: None), lambda: workspace.reset("03", root)):
        with pytest.raises(CannotWriteError, match=r"into .*work: No space left on device\. .* COURSE_WORK"):
            call()
        assert {path.name: read(path) for path in work.iterdir()} == before


def test_where_nothing_is_new_nothing_is_written(root, monkeypatch):
    work = workspace.update(root)
    monkeypatch.setattr(workspace, "replacing", lambda path: pytest.fail(f"{path} is written"))
    assert workspace.update(root) == work


def test_without_a_place_for_the_copies_a_sentence_says_so(root, monkeypatch, capsys):
    monkeypatch.setattr(workspace.os, "access", lambda path, mode: False)
    monkeypatch.setattr(workspace.Path, "home", lambda: (_ for _ in ()).throw(RuntimeError("no home")))
    with pytest.raises(CannotWriteError, match=r"there is no home folder.*COURSE_WORK"):
        workspace.update(root)
    monkeypatch.setattr(cli.subprocess, "call", lambda *arguments, **more: pytest.fail("JupyterLab was opened"))
    assert cli.main(["lab"]) == 2
    assert "COURSE_WORK" in capsys.readouterr().err


@pytest.mark.parametrize(("codes", "expected"), [((0, 0), 0), ((-9, 0), 9), ((0, -9), 9), ((1, 0), 1), ((0, 1), 1)])
def test_a_killed_run_is_no_passed_one(codes, expected, monkeypatch):
    """The notebooks are started first; a process that a signal ended has a code below 0."""
    left = list(codes)

    class Process:
        def __init__(self, command, **options):
            self.code = left.pop(0)

        def wait(self):
            return self.code

        def kill(self):
            pass

    monkeypatch.setattr(cli.subprocess, "Popen", Process)
    assert cli.test([]) == expected

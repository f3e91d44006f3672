"""The proof on storage finds what it is there to find: each step is shown something that loses or breaks, in small."""

import contextlib
import errno
import os
from pathlib import Path

import nbformat
import pytest

from course_utils import search
from course_utils.proof import PARTS, storage

mounts = pytest.mark.skipif(not storage.namespace(), reason="no namespace with mounts of its own can be made here")


def anywhere():
    """A place that is as any other."""
    return contextlib.nullcontext(["env"])


def test_the_part_is_listed_and_its_steps_have_names_of_their_own():
    names = [name for name, _ in storage.steps()]
    assert "storage" in PARTS
    assert len(set(names)) == len(names) == 12


# A full disk


@mounts
def test_progress_and_copies_survive_a_full_disk():
    for call in (storage.progress, storage.copies):
        outcome = storage.on_full_disk(call)
        assert outcome.passed, outcome.figures


@mounts
def test_progress_that_is_written_in_place_is_found_out():
    prepare = (
        "from course_utils.exercises import record\n"
        "record._replace = lambda file, entries: file.write_text(json.dumps(entries, indent=1), 'utf-8')"
    )
    outcome = storage.on_full_disk(storage.progress, prepare)
    assert not outcome.passed
    assert "the file was changed" in outcome.figures["faults"]


@mounts
def test_copies_that_are_written_in_place_are_found_out():
    outcome = storage.on_full_disk(storage.copies, "import shutil\nstorage.workspace._copy = shutil.copyfile")
    assert not outcome.passed
    assert "0.5: 01_tokenization.ipynb" in outcome.figures["faults"]


@mounts
def test_what_breaks_on_the_full_disk_has_failed():
    outcome = storage.on_full_disk(storage.progress, "1 / 0")
    assert (outcome.passed, outcome.what) == (False, "ZeroDivisionError: division by zero")


def test_a_large_disk_is_not_filled(tmp_path, monkeypatch):
    monkeypatch.setattr(storage, "DISK_MB", 0)
    with pytest.raises(ValueError, match="on no small disk"), storage.filled(tmp_path):
        pass
    assert not list(tmp_path.iterdir())


@pytest.fixture
def half(monkeypatch):
    """Instead of a full disk: of a text, half is written."""

    def written(path, text, encoding):
        path.write_bytes(text.encode()[: len(text) // 2])
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    @contextlib.contextmanager
    def filled(folder, free=0):
        with monkeypatch.context() as patched:
            patched.setattr(Path, "write_text", written)
            yield

    monkeypatch.setattr(storage, "filled", filled)
    monkeypatch.setattr(storage, "SHARES", (0.5,))


def test_an_index_survives_and_one_that_is_written_in_place_is_found_out(half, tmp_path, monkeypatch):
    found = storage.index(tmp_path / "first")
    assert (found["refused"], found["faults"]) == (2, [])
    monkeypatch.setattr(search, "replacing", contextlib.nullcontext)
    faults = storage.index(tmp_path / "second")["faults"]
    assert "0.5: something was left in a new folder" in faults
    assert any("is missing or damaged" in fault for fault in faults)


def test_a_model_that_is_saved_where_there_is_no_room_is_found_out(tmp_path, monkeypatch):
    monkeypatch.setattr(storage, "SHARES", (0.5,))
    monkeypatch.setattr(storage, "filled", lambda folder, free: contextlib.nullcontext())
    found = storage.model(tmp_path)
    assert (found["later"], found["faults"]) == (1, ["0.5: saved on a full disk"])


def test_what_cannot_be_shown_is_not_passed_off_as_shown(monkeypatch):
    monkeypatch.setattr(storage, "namespace", lambda: False)

    def nowhere():
        return contextlib.nullcontext(["false"])

    for outcome in (storage.on_full_disk(storage.progress), storage.commands(nowhere), storage.notebook(nowhere)):
        assert not outcome.passed
        assert outcome.what.startswith("not shown")


# A read-only disk, and no home folder


@mounts
def test_the_course_and_the_home_folder_are_read_only():
    with storage.read_only() as wrapper:
        for place in (repr(str(storage.ROOT)), "pathlib.Path.home()"):
            done = storage.python(f"import pathlib; pathlib.Path({place}, 'x').touch()", wrapper)
            assert "Read-only file system" in done.stderr


def test_a_disk_that_is_not_read_only_is_found_out(tmp_path, monkeypatch):
    monkeypatch.setattr(storage, "ROOT", tmp_path)
    monkeypatch.setattr(storage, "read_only", anywhere)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert storage.commands(storage.read_only).what == "the disk is not read-only"


def test_there_is_no_home_folder():
    code = "import pathlib; home = pathlib.Path.home(); print(home.is_dir()); home.mkdir(parents=True)"
    with storage.no_home() as wrapper:
        done = storage.python(code, wrapper)
    assert done.stdout.split() == ["False"]
    assert "NotADirectoryError" in done.stderr
    with storage.no_home(named=False) as wrapper:
        if storage._runs(wrapper):
            assert "RuntimeError" in storage.python(code, wrapper).stderr


def test_no_variable_names_another_place_to_write_to(monkeypatch):
    for name in ("XDG_CACHE_HOME", "HF_HOME", storage.record.VARIABLE):
        monkeypatch.setenv(name, "somewhere")
    with storage.no_home() as wrapper:
        said = storage.python("import os; print(*os.environ.items(), sep='\\n')", wrapper).stdout
    assert "somewhere" not in said
    assert os.environ["HF_HOME"] == "somewhere"


def test_commands_that_break_or_say_something_else_are_found_out(monkeypatch):
    broken = {
        "fine": ("print(256)", "^256$"),
        "breaks": ("1 / 0", "division"),
        "other": ("print(255)", "^256$"),
        "doctor": ("print('LOOK  disk  RuntimeError: no home')", "LOOK"),
    }
    monkeypatch.setattr(storage, "COMMANDS", broken)
    outcome = storage.commands(anywhere)
    assert not outcome.passed
    assert [fault.split(":")[0] for fault in outcome.figures["faults"]] == ["breaks", "other", "doctor"]


def test_a_notebook_that_needs_a_home_folder_does_not_pass(tmp_path):
    sources = ("print(1)", "import pathlib\n(pathlib.Path.home() / 'x').touch()\nprint(2)")
    outputs = [[nbformat.v4.new_output("stream", name="stdout", text=f"{n}\n")] for n in (1, 2)]
    cells = [
        nbformat.v4.new_code_cell(source, execution_count=n, outputs=out)
        for n, (source, out) in enumerate(zip(sources, outputs, strict=True), 1)
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "small.ipynb")
    outcome = storage.notebook(storage.no_home, tmp_path / "small.ipynb")
    assert not outcome.passed
    assert (outcome.figures["passed"], list(outcome.figures["failed"])) == (1, ["1"])


# Several kernels


def test_all_that_two_kernels_count_is_there():
    outcome = storage.together(2, 5)
    assert outcome.passed
    assert outcome.figures == {"made": 20, "in memory": 0, "common": 10, "0": 5, "1": 5}


def test_a_record_that_loses_updates_is_found_out():
    outcome = storage.together(2, 2, "record._with_memory = lambda entries: entries  # what is in memory is forgotten")
    assert not outcome.passed
    assert outcome.what.endswith("2 lost")


def test_a_killed_kernel_leaves_a_whole_file_and_one_that_writes_in_place_is_found_out():
    assert storage.killed(2).passed
    slow = """
import json, time
def slow(file, entries):
    with open(file, "w") as out:
        text = json.dumps(entries)
        out.write(text[:50])
        out.flush()
        time.sleep(0.2)
        out.write(text[50:])
record._replace = slow"""
    outcome = storage.killed(2, slow)
    assert not outcome.passed
    assert outcome.figures["faults"]

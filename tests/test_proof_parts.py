"""The parts of the proof find what they are there to find: each is shown something broken, in small."""

import hashlib
import json
import os
import subprocess
import sys

import nbformat
import pytest

from course_utils import session
from course_utils.proof import cells, classroom, damage, gate, network, processors, sizes, supply
from course_utils.publishing import chosen


def notebook(folder, *sources, stored=()):
    """A notebook of code cells, as if run, that print what is ``stored``."""
    made = []
    for number, (source, text) in enumerate(zip(sources, stored, strict=True), 1):
        outputs = [nbformat.v4.new_output("stream", name="stdout", text=text)] if text else []
        made.append(nbformat.v4.new_code_cell(source, execution_count=number, outputs=outputs))
    path = folder / "small.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=made), path)
    return path


@pytest.fixture
def printing(tmp_path):
    return notebook(tmp_path, "x = 41", "print('no digit')", "print(x + 1)", stored=("", "no digit\n", "42\n"))


# The gate


def test_a_broken_number_makes_the_gate_fail_there_and_only_there(printing):
    outcome = gate.broken(printing)
    assert outcome.passed
    assert outcome.figures == {"altered": 2, "failed": [2], "compared": 2, "printing": 2}


def test_a_gate_that_compares_nothing_is_found_out(printing):
    """The same notebook with its cell tagged away: nbval passes although the number is wrong."""
    made = nbformat.read(printing, 4)
    made.cells[2].metadata["tags"] = ["nbval-ignore-output"]
    nbformat.write(made, printing)
    outcome = gate.broken(printing, number=2)
    assert not outcome.passed
    assert outcome.figures["failed"] == []


def test_numbers_are_broken_where_they_are_compared(printing):
    made = nbformat.read(printing, 4)
    assert gate.candidates(made) == [2]
    broken = gate.break_number(made, 2)
    assert [o.text for o in broken.cells[2].outputs] == ["52\n"]
    assert [o.text for o in made.cells[2].outputs] == ["42\n"]
    with pytest.raises(ValueError, match="prints no digit"):
        gate.break_number(made, 1)
    made.cells[2].execution_count = None
    assert gate.candidates(made) == []


def test_a_run_without_a_report_says_what_was_printed(tmp_path):
    with pytest.raises(ValueError, match=r"nbval did not run on absent\.ipynb"):
        cells.compare(tmp_path / "absent.ipynb", wrapper=("false",))


# No network

ASK = """import socket
try:
    socket.create_connection(("203.0.113.7", 80), timeout=2)
except OSError as error:
    print(type(error).__name__)
server = socket.create_server(("127.0.0.1", 0))
socket.create_connection(server.getsockname()).close()
print("loopback")"""


def test_a_connection_is_refused_and_noted_and_loopback_is_not(tmp_path):
    home = tmp_path / "home"
    environment = {**os.environ, **network.cut(home)}
    said = subprocess.run([sys.executable, "-c", ASK], env=environment, capture_output=True, text=True, timeout=60, check=True)
    assert said.stdout.split() == ["ConnectionRefusedError", "loopback"]
    assert [line.split()[:2] for line in network.asked(home)] == [["socket.getaddrinfo", "203.0.113.7"]]


def test_a_notebook_that_asks_for_a_connection_does_not_pass(tmp_path):
    source = "import socket\ntry:\n    socket.getaddrinfo('huggingface.co', 443)\nexcept OSError:\n    print('none')"
    outcome = network.notebook(notebook(tmp_path, source, stored=("none\n",)))
    assert outcome.figures["failed"] == []
    assert [line.split()[1] for line in outcome.figures["connections"]] == ["huggingface.co"]
    assert not outcome.passed


def test_unit_tests_that_fail_are_named(tmp_path):
    (tmp_path / "test_two.py").write_text("def test_a():\n    pass\n\n\ndef test_b():\n    assert False\n")
    outcome = network.units([str(tmp_path / "test_two.py"), "-c", os.devnull])
    assert not outcome.passed
    assert outcome.what == "1 passed, 1 failed, 0 connections asked for"
    assert [name.rpartition("::")[2] for name in outcome.figures["tests that failed"]] == ["test_b"]


def test_the_namespace_holds_nothing_but_loopback():
    if not network.namespace():
        pytest.skip("no network namespace can be made here")
    code = "import pathlib; print(*[line.split(':')[0].strip() for line in open('/proc/net/dev').readlines()[2:]])"
    said = subprocess.check_output([*network.namespace(), sys.executable, "-c", code], text=True)
    assert said.split() == ["lo"]


# Other processors


def test_every_two_values_of_the_settings_are_met_with_two_others():
    for place, values in enumerate(zip(*processors.SETTINGS, strict=True)):
        assert sorted(map(values.count, set(values))) == [2, 2, 2], place
    assert len(set(processors.SETTINGS)) == len(processors.SETTINGS)
    assert {threads for _, threads in processors.SETTINGS} == {1, 2, 4}
    assert {instructions for instructions, _ in processors.SETTINGS} == set(processors.INSTRUCTIONS)
    assert len(processors.steps()) == len(processors.SETTINGS) * len(chosen([]))


def test_torch_obeys_the_settings():
    code = (
        "import course_utils as cu, torch; cu.setup(); print(torch.backends.cpu.get_cpu_capability(), torch.get_num_threads())"
    )
    environment = {**os.environ, **processors.variables("default", 1)}
    said = subprocess.check_output([sys.executable, "-c", code], env=environment, text=True, timeout=120)
    assert said.splitlines()[-1].split() == ["DEFAULT", "1"]


def test_the_plainest_setting_adds_up_in_another_order():
    """Were it not so, the results would be compared with themselves."""
    code = "import torch; a = (torch.arange(2e5) % 97 / 97).view(800, 250); print((a @ a.T).view(torch.int32).sum().item())"
    settings = [{**os.environ, **processors.variables(instructions, 1)} for instructions in ("default", "avx512")]
    said = [subprocess.check_output([sys.executable, "-c", code], env=environment, text=True) for environment in settings]
    assert said[0] != said[1]


def test_wrong_threads_are_refused(monkeypatch):
    for wrong in ("many", "0", "-2", "1.5"):
        monkeypatch.setenv(session.THREADS, wrong)
        with pytest.raises(ValueError, match="COURSE_THREADS must be a whole number from 1"):
            session.setup()


# Damage


def shipped(folder):
    folder.mkdir()
    (folder / "a.txt").write_bytes(b"the goose laid an egg")
    digest = hashlib.sha256((folder / "a.txt").read_bytes()).hexdigest()
    (folder / "checksums.json").write_text(json.dumps({"a.txt": digest}, indent=1), "utf-8")
    return folder


def test_every_flip_is_refused_where_checksums_are_compared(tmp_path):
    outcome = damage.damaged(shipped(tmp_path / "one"), damage.models.verify, ranges=16)
    assert outcome.passed
    assert outcome.figures["flips"] == 32
    assert outcome.figures["refused"] + outcome.figures["harmless"] == 32


def test_a_loader_that_looks_at_nothing_is_found_out(tmp_path):
    outcome = damage.damaged(shipped(tmp_path / "one"), lambda folder: (folder / "a.txt").read_bytes(), ranges=4)
    assert not outcome.passed
    assert outcome.figures["silent"] >= 4


def test_flips_fall_into_every_range_and_change_the_byte():
    flipped = damage.flips(1000, "x", 10)
    assert [place // 100 for place, _ in flipped] == list(range(10))
    assert all(1 <= mask < 256 for _, mask in flipped)
    assert len(damage.flips(3, "x", 10)) == 3


# A class, sizes, the supply chain


def test_twelve_learners_work_on_all_notebooks():
    paths = chosen([])
    given = classroom.assigned(paths)
    assert len(given) == classroom.LEARNERS
    assert set(given) == set(paths)


def test_a_class_of_two_is_measured_and_a_failing_one_is_named(tmp_path):
    (tmp_path / "good").mkdir()
    (tmp_path / "bad").mkdir()
    good = notebook(tmp_path / "good", "print(1)", stored=("1\n",))
    bad = notebook(tmp_path / "bad", "1 / 0", stored=("",))
    outcome = classroom.together(2, [bad, good], tmp_path / "class.csv")
    assert not outcome.passed
    assert not (tmp_path / "class.csv").exists()
    first, second = outcome.figures["learners"]
    assert 0 < first["peak_gb"] < 1
    assert "ZeroDivisionError" in second["failed"]
    assert classroom.together(1, [good], tmp_path / "class.csv").passed
    assert (tmp_path / "class.csv").read_text().splitlines()[0] == "notebook,seconds,peak_gb"


def test_the_size_of_a_clone_is_that_of_its_files(tmp_path):
    repository = tmp_path / "repository"
    repository.mkdir()
    (repository / "noise").write_bytes(os.urandom(2_000_000))
    for command in (["init", "-q"], ["add", "."], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "one"]):
        subprocess.run(["git", *command], cwd=repository, check=True)
    outcome = sizes.clone(repository.as_uri(), limit=1)
    assert not outcome.passed
    assert outcome.figures["fetched_mb"] == pytest.approx(2.0, abs=0.2)
    assert outcome.figures["on_disk_mb"] == pytest.approx(4.0, abs=0.2)


def test_dangers_are_found_in_source():
    source = (
        "import pickle\nfrom joblib import load\nf(trust_remote_code=True)\nf(trust_remote_code=False)\neval('1')\nmodel.eval()"
    )
    assert sorted(supply.dangers(source)) == ["eval", "joblib", "pickle", "trust_remote_code=True"]


def test_hashes_are_read_from_a_lock(tmp_path):
    lock = tmp_path / "lock"
    lock.write_text(
        f"One_Two==1.0 ; python_version > '3' \\\n    --hash=sha256:{'a' * 64} \\\n    --hash=sha256:{'b' * 64}\nthree==2\n"
    )
    assert supply.locked(lock) == {"one-two": {f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"}, "three": set()}


def test_licences_are_told_apart():
    assert supply.COMPATIBLE.search(supply.licence_of("numpy"))
    assert not supply.COMPATIBLE.search("GNU General Public License v3")
    assert not supply.COMPATIBLE.search("Proprietary")
    assert not supply.COMPATIBLE.search("")


def test_what_is_shipped_runs_no_foreign_code():
    for step in (supply.code, supply.weights):
        outcome = step()
        assert outcome.passed, outcome.figures

"""The package and its set-up: quick import, one set of requirements, set-up that explains itself."""

import re
import subprocess
import sys
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement

from course_utils import install
from course_utils.workspace import ROOT

CONDA_NAMES = {"torch": "pytorch-cpu", "matplotlib": "matplotlib-base"}


@pytest.fixture(scope="module")
def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def requirements(project):
    extras = {name: lines for name, lines in project["optional-dependencies"].items() if name != "browser"}  # not in the lock
    lines = [*project["dependencies"], *(line for extra in extras.values() for line in extra)]
    found = {requirement.name: requirement for requirement in map(Requirement, lines)}
    return {name: requirement for name, requirement in found.items() if name != project["name"]}  # an extra may hold another


def test_import_is_quick_and_light():
    code = (
        "import sys, time; start = time.perf_counter(); import course_utils; took = time.perf_counter() - start;"
        "heavy = {'torch', 'transformers', 'numpy', 'pandas', 'matplotlib'} & set(sys.modules);"
        "assert not heavy, heavy; print(took)"
    )
    took = min(float(subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True)) for _ in range(3))
    assert took < 0.2


def test_every_public_name_exists_and_has_a_docstring():
    import course_utils as cu

    for name in cu.__all__:
        assert getattr(cu, name).__doc__, name
    with pytest.raises(AttributeError, match="has no attribute 'embedd'"):
        _ = cu.embedd


def test_environment_yml_asks_for_what_pyproject_asks_for(project):
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    assert environment["channels"] == ["conda-forge", "nodefaults"]
    *lines, from_pip = environment["dependencies"]
    assert "python=3.12" in lines
    lines += from_pip["pip"]  # usearch is not on conda-forge
    conda = dict(re.fullmatch(r"([\w-]+)(.*)", line).groups() for line in lines)
    wanted = {CONDA_NAMES.get(name, name): str(r.specifier) for name, r in requirements(project).items()}
    assert {name: spec for name, spec in conda.items() if name not in ("python", "pip")} == {
        name: ",".join(sorted(spec.split(","), reverse=True)) for name, spec in wanted.items()
    }


def test_the_lock_satisfies_pyproject_and_leaves_torch_out(project):
    locked = {}
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    for package in re.sub(r" \\\n +", " ", lock).splitlines():
        line, *hashes = package.split(" --hash=")
        assert hashes, line
        assert all(re.fullmatch("sha256:[0-9a-f]{64}", digest) for digest in hashes), line
        requirement = Requirement(line)
        locked.setdefault(requirement.name, []).append(str(requirement.specifier).removeprefix("=="))
    for name, requirement in requirements(project).items():
        versions = [install.TORCH] if name == "torch" else locked[name]
        assert all(requirement.specifier.contains(version) for version in versions), name
    assert not [name for name in locked if name == "torch" or name.startswith(("nvidia", "cuda", "triton"))]


def test_ci_runs_the_readmes_command():
    assert "exec make test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "make test" in (ROOT / "README.md").read_text(encoding="utf-8")
    for workflow in (ROOT / ".github" / "workflows").glob("*.yml"):
        assert yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"]


# Setting up


def test_an_old_python_is_told_so(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 9, 7))
    with pytest.raises(install.Stop, match=r"Python 3\.11 or later is needed"):
        install.check_python()


def test_the_installer_is_readable_by_an_old_python():
    """It must get as far as saying that Python is too old: no syntax later than 3.7's."""
    import ast

    for name in ("install.py", "__init__.py"):
        ast.parse((ROOT / "course_utils" / name).read_text(encoding="utf-8"), feature_version=(3, 7))


def test_a_missing_venv_module_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    with pytest.raises(install.Stop, match="python3-venv"):
        install.check_python()


def test_torch_without_a_gpu_never_comes_from_plain_pypi_on_linux():
    ways = install.torch_sources("Linux", "x86_64", gpu=False)
    assert ways[0][-1] == install.CPU_INDEX
    assert all(way[0].endswith("+cpu") for way in ways)
    assert install.torch_sources("Linux", "x86_64", gpu=True) == [["torch==" + install.TORCH]]
    assert install.torch_sources("Darwin", "arm64", gpu=False) == [["torch==" + install.TORCH]]
    assert len(install.torch_sources("Windows", "AMD64", gpu=False)) == 3
    mirrored = install.torch_sources("Linux", "x86_64", gpu=False, index="https://mirror.example/cpu")
    assert mirrored[0][-1] == "https://mirror.example/cpu"


def test_a_server_that_does_not_answer_is_left_quickly():
    import socket
    import time

    with socket.socket() as taken:  # bound, not listening: connections are refused
        taken.bind(("127.0.0.1", 0))
        start = time.monotonic()
        assert not install.can_reach(f"http://127.0.0.1:{taken.getsockname()[1]}/", seconds=2)
        assert time.monotonic() - start < 5


def test_a_full_disk_stops_before_anything_is_made(monkeypatch, tmp_path):
    import collections

    usage = collections.namedtuple("usage", "total used free")(10**11, 10**11 - 10**8, 10**8)
    monkeypatch.setattr(install.shutil, "disk_usage", lambda path: usage)
    with pytest.raises(install.Stop, match=r"0\.1 GB of disk are free"):
        install.install(str(tmp_path / "environment"))
    assert not (tmp_path / "environment").exists()


def test_nothing_is_installed_twice(monkeypatch, tmp_path):
    calls = []
    monkeypatch.setattr(install, "has_nvidia_gpu", lambda: False)
    monkeypatch.setattr(install, "install_torch", lambda python, gpu: calls.append("torch"))
    monkeypatch.setattr(install, "run", lambda command, failure: calls.append(command[-1]))
    environment = tmp_path / "environment"
    environment.mkdir()
    assert install.install(str(environment)) is True
    assert "torch" in calls
    calls.clear()
    assert install.install(str(environment)) is False
    assert calls == []
    monkeypatch.setattr(install, "TORCH", "9.9.9")
    assert install.install(str(environment)) is True


def test_a_failed_step_says_what_to_do(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(install.subprocess, "call", lambda *a, **k: 1)
    monkeypatch.setattr(install, "can_reach", lambda url: False)
    assert install.main(["--environment", str(tmp_path / "environment")]) == 1
    assert "could not be made" in capsys.readouterr().err
    (tmp_path / "environment").mkdir()
    python = install.python_of(str(tmp_path / "environment"))
    __import__("pathlib").Path(python).parent.mkdir(parents=True)
    __import__("pathlib").Path(python).touch()
    assert install.main(["--environment", str(tmp_path / "environment")]) == 1
    out = capsys.readouterr()
    assert "does not answer: trying the next source" in out.out
    assert "TORCH_INDEX_URL" in out.err

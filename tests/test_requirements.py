"""What is missing on Colab, Kaggle and a plain Jupyter is installed, and nothing that is there is changed."""

import ast
import subprocess
import sys
from importlib import metadata

import pytest
from packaging.requirements import Requirement

import course_utils as cu
from course_utils import install, requirements
from course_utils.workspace import ROOT

THERE = {"torch": "2.11.0+cu128", "numpy": "2.1.3", "ipython": "7.34.0", "pandas": "2.2.2", "transformers": "5.15.0"}
REQUIRED = [
    "numpy>=2.1",
    "pandas>=2.2.2",
    "torch>=2.11",
    "transformers<6,>=5.15",
    "usearch>=2.17",
    'winloop>=1; sys_platform == "nowhere"',
    'jupyterlab>=4.5; extra == "lab"',
]


class Machine:
    """A Python with other packages in it, and a pip that notes how it was called."""

    def __init__(self, monkeypatch):
        self.there, self.required, self.calls, self.constraints, self.answers = dict(THERE), list(REQUIRED), [], [], {}
        self.reports = []
        monkeypatch.setattr(requirements, "required", lambda: self.required)
        monkeypatch.setattr(metadata, "version", self.version)
        monkeypatch.setattr(metadata, "distributions", self.distributions)
        monkeypatch.setattr(requirements.subprocess, "run", self.run)
        monkeypatch.setattr(requirements, "can_reach", lambda url: True)
        monkeypatch.setattr(requirements, "has_nvidia_gpu", lambda: False)
        monkeypatch.setattr(requirements.platform, "system", lambda: "Linux")
        monkeypatch.delenv("TORCH_INDEX_URL", raising=False)
        monkeypatch.setattr(requirements, "_module", lambda name: "never_imported_" + name)

    def version(self, name):
        if name not in self.there:
            raise metadata.PackageNotFoundError(name)
        return self.there[name]

    def distributions(self):
        class Distribution:
            def __init__(self, name, version):
                self.metadata = {"Name": name, "Version": version}

        return [
            Distribution(*item)
            for item in [*self.there.items(), (None, "1"), ("broken", "not a version"), ("setuptools", "65")]
        ]

    def run(self, command, **kwargs):
        arguments = command[command.index("--constraint") + 2 :]
        with open(command[command.index("--constraint") + 1], encoding="utf-8") as file:
            self.constraints.append(file.read().splitlines())
        self.calls.append(arguments)
        said = self.answers.get(arguments[0], "")
        if not said:
            for requirement in map(Requirement, [a for a in arguments if not a.startswith(("-", "http"))]):
                self.there[requirement.name] = min(s.version for s in requirement.specifier if s.operator in (">=", "=="))
        return subprocess.CompletedProcess(command, int(bool(said)), "", said)

    def complete(self):
        requirements.complete(self.reports.append)


@pytest.fixture
def machine(monkeypatch):
    return Machine(monkeypatch)


def names(found):
    return [requirement.name for requirement, _ in found]


def test_extras_and_markers_are_honoured(machine):
    assert names(requirements.missing()) == ["usearch"]
    machine.required[-2] = f'winloop>=1; sys_platform == "{sys.platform}"'
    assert names(requirements.missing()) == ["usearch", "winloop"]


def test_what_the_course_requires_is_there_and_setup_says_nothing_of_it(capsys):
    assert requirements.missing() == []
    requirements.complete()
    assert capsys.readouterr().out == ""


def test_importing_it_leaves_the_bootstrap_of_statistics_in_place():
    """A module of the package hides a public name that is spelled alike."""
    modules = {path.stem for path in (ROOT / "course_utils").glob("*.py")}
    assert not modules & (set(cu.__all__) - {"__version__"})


def test_a_clone_that_was_not_installed_is_read_from_its_own_file(monkeypatch):
    def absent(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", absent)
    assert {"torch>=2.11", "usearch>=2.17"} <= set(requirements.required())
    monkeypatch.setattr(requirements, "ROOT", "/nowhere")
    assert requirements.required() == []


def test_only_what_is_missing_is_installed_and_all_the_rest_is_pinned(machine):
    machine.complete()
    assert machine.calls == [["usearch>=2.17"]]
    assert machine.constraints == [[f"{name}=={version}" for name, version in THERE.items()]]
    assert machine.reports == ["Installing what is missing: usearch>=2.17"]
    machine.complete()
    assert len(machine.calls) == 1


@pytest.mark.parametrize(("name", "version"), [("torch", "2.9.1+cu126"), ("numpy", "1.26.4"), ("ipython", "7.33.0")])
def test_torch_numpy_and_ipython_are_left_as_they_are(machine, name, version):
    machine.required.append("ipython>=7.34")
    machine.there[name] = version
    machine.complete()
    assert machine.calls == [["usearch>=2.17"]]
    assert f"{name}=={version}" in machine.constraints[0]
    assert machine.there[name] == version
    assert machine.reports[0].startswith(f"{name} {version} is too old")
    assert "runtime version" in machine.reports[0]


def test_what_is_too_old_is_replaced_alone_or_with_its_kin(machine):
    machine.there |= {"pandas": "2.1.0", "tokenizers": "0.21", "usearch": "2.17"}
    machine.complete()
    assert machine.calls == [["pandas>=2.2.2"]]
    assert "tokenizers==0.21" in machine.constraints[0]
    assert not [line for line in machine.constraints[0] if line.startswith("pandas")]
    machine.there["transformers"] = "4.57"
    machine.complete()
    assert not [line for line in machine.constraints[1] if line.startswith(("transformers", "tokenizers"))]
    assert "torch==2.11.0+cu128" in machine.constraints[1]


def test_what_is_too_new_is_named_and_left(machine):
    machine.there |= {"transformers": "6.0", "usearch": "3"}
    machine.complete()
    assert machine.calls == []
    assert machine.reports == ["transformers 6.0 is newer than the course was tried with (<6,>=5.15)."]


def test_torch_comes_first_and_from_the_cpu_index(machine):
    del machine.there["torch"]
    machine.complete()
    torch, rest = machine.calls
    assert torch == ["torch==" + install.TORCH + "+cpu", "--index-url", install.CPU_INDEX]
    assert rest == ["usearch>=2.17"]
    assert "numpy==2.1.3" in machine.constraints[0]
    assert f"torch=={install.TORCH}+cpu" in machine.constraints[1]


def test_torch_from_the_next_source_and_not_at_all(machine, monkeypatch):
    del machine.there["torch"]
    monkeypatch.setattr(requirements, "can_reach", lambda url: False)
    machine.answers[f"torch=={install.TORCH}+cpu"] = "ERROR: (from versions: none)"
    with pytest.raises(install.Stop, match=r"torch, usearch\. No network: on Kaggle switch Internet on"):
        machine.complete()
    assert machine.calls == [[f"torch=={install.TORCH}+cpu"]]


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("ERROR: Could not find a version that satisfies x (from versions: none)", "on Kaggle switch Internet on"),
        ("ERROR: ResolutionImpossible: for help visit", "do not go with the versions that are there"),
        ("The conflict is caused by:\n  a 1 needs b>2\n  constraint b==1\n\nTo fix", "(a 1 needs b>2 constraint b==1)"),
        ("error: externally-managed-environment", "python3 -m venv"),
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("python: No module named pip", "ensurepip"),
        ("ERROR: something else", "ERROR: something else"),
    ],
)
def test_a_failure_is_one_sentence_and_stops_only_what_cannot_go_on(machine, said, sentence):
    machine.answers["usearch>=2.17"] = said
    machine.complete()
    assert machine.reports[1].startswith("Could not be installed: usearch. ")
    assert sentence in machine.reports[1]
    del machine.there["pandas"]
    machine.answers["pandas>=2.2.2"] = said
    with pytest.raises(install.Stop, match="Could not be installed: pandas, usearch") as stopped:
        machine.complete()
    assert sentence in str(stopped.value)


def test_a_kernel_that_holds_the_old_version_has_to_be_restarted(machine, monkeypatch):
    machine.there |= {"pandas": "2.1.0", "usearch": "2.17"}
    monkeypatch.setattr(requirements, "_module", lambda name: "sys" if name == "pandas" else "never_imported")
    with pytest.raises(install.Stop, match="Restart the kernel and run this cell again: pandas"):
        machine.complete()
    machine.complete()


def test_an_old_python_is_told_so_and_can_read_that_far(monkeypatch):
    for name in ("requirements.py", "session.py"):
        ast.parse((ROOT / "course_utils" / name).read_text(encoding="utf-8"), feature_version=(3, 8))
    monkeypatch.setattr(sys, "version_info", (3, 10, 12))
    with pytest.raises(install.Stop, match=r"Python 3\.11 or later is needed; this kernel runs"):
        requirements.complete()


def test_pip_is_given_constraints_that_it_can_read(tmp_path):
    """The pins of this very environment, as the real pip takes them."""
    file = tmp_path / "installed.txt"
    file.write_text("\n".join(requirements.pins()), encoding="utf-8")
    assert any(line.startswith("torch==") for line in file.read_text(encoding="utf-8").splitlines())
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--no-index", "--quiet", "--disable-pip-version-check"]
    assert subprocess.run([*command, "-c", str(file), "numpy"], capture_output=True).returncode == 0

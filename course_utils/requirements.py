"""Complete a Python that has the course but not all that it needs: Colab, Kaggle, a plain Jupyter.

The first cell of each notebook installs the course alone, ``cu.setup`` then calls ``complete``. Nothing that is there is
changed but what is too old, and of that never torch, numpy or IPython: a kernel does not survive their exchange. Needs
nothing but Python's standard library and ``packaging``, which every kernel has; readable by an old Python, to say so.
"""

from __future__ import annotations

import importlib
import os
import platform
import site
import subprocess
import sys
import tempfile

from course_utils.install import OLDEST, ROOT, Stop, can_reach, has_nvidia_gpu, torch_sources

KEPT = ("torch", "numpy", "ipython", "ipykernel")
TOOLS = {"pip", "setuptools", "wheel"}  # nothing was built on them: newer ones may come where a package asks for them
LATER = {"accelerate", "datasets", "usearch"}  # some sections need them, the others go on without
TOGETHER = {"transformers", "sentence-transformers", "tokenizers", "huggingface-hub", "safetensors"}  # tied by their versions
_ANOTHER = "choose another runtime version (Colab: Runtime > Change runtime type), or install the course by itself: make lab"
_REASONS = (
    ("externally-managed-environment", "This Python belongs to the system: make an environment (python3 -m venv)."),
    ("No module named pip", "This Python has no pip: python -m ensurepip adds it."),
    ("No space left", "The disk is full."),
    ("ResolutionImpossible", f"They do not go with the versions that are there: {_ANOTHER}."),
    ("from versions: none", "No network: on Kaggle switch Internet on in the sidebar, elsewhere check the connection."),
)


def required() -> list[str]:
    """What the course requires, as lines of its metadata; of its ``pyproject.toml`` in a clone that was not installed."""
    from importlib import metadata

    try:
        return metadata.requires("course-utils") or []
    except metadata.PackageNotFoundError:
        import tomllib

        try:
            with open(os.path.join(ROOT, "pyproject.toml"), "rb") as file:
                return tomllib.load(file)["project"]["dependencies"]
        except (OSError, KeyError):
            return []


def missing() -> list[tuple]:
    """What the course requires, extras apart, and is not there in that version: (requirement, version or ``None``)."""
    from importlib import metadata

    from packaging.requirements import Requirement

    found = []
    for requirement in map(Requirement, required()):
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            version = None
        if version is None or not requirement.specifier.contains(version, prereleases=True):
            found.append((requirement, version))
    return found


def pins(moving=()) -> list[str]:
    """All that is installed, as lines of a constraints file, so that pip can change none of it; ``moving`` apart."""
    from importlib import metadata

    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    lines = {}
    for distribution in metadata.distributions():
        name, version = distribution.metadata["Name"], distribution.metadata["Version"]
        try:
            Requirement(f"{name}=={version}")
        except InvalidRequirement:
            continue
        if name:  # none, or no version, where a package was half removed
            lines.setdefault(canonicalize_name(name), f"{name}=={version}")
    return [line for name, line in lines.items() if name not in TOOLS.union(moving)]


def complete(report=print) -> None:
    """Install what is missing or too old; say nothing where all is there.

    Args:
        report: takes the lines on what is done.

    Raises:
        Stop: Python is too old, something without which no notebook runs could not be installed, or the kernel has to be
            restarted; the message says what to do.
    """
    if sys.version_info < OLDEST:
        needed, here = ".".join(map(str, OLDEST)), platform.python_version()
        raise Stop(f"Python {needed} or later is needed; this kernel runs {here}. Choose a newer runtime or kernel.")
    wanted = [(requirement, version) for requirement, version in missing() if _to_install(requirement, version, report)]
    if not wanted:
        return
    report(f"Installing what is missing: {', '.join(str(requirement).partition(';')[0] for requirement, _ in wanted)}")
    said = _install(wanted)
    if site.ENABLE_USER_SITE and site.getusersitepackages() not in sys.path:  # made by pip just now
        site.addsitedir(site.getusersitepackages())
    importlib.invalidate_caches()
    names = {requirement.name for requirement, _ in wanted}
    left = {requirement.name: version for requirement, version in missing() if requirement.name in names}
    if left:
        reason = next((reason for text, reason in _REASONS if text in said), " ".join(said.split()[-40:]))
        clash = " ".join(said.partition("The conflict is caused by:")[2].partition("\n\n")[0].split())
        message = f"Could not be installed: {', '.join(left)}. {reason}" + (f" ({clash})" if clash else "")
        if any(version is None and name not in LATER for name, version in left.items()):
            raise Stop(message)
        report(message)
    changed = {requirement.name for requirement, version in wanted if version is not None} - set(left)
    loaded = [name for name in sorted({"transformers", *changed}) if _module(name) in sys.modules]
    if loaded and names - set(left):
        raise Stop(f"Restart the kernel and run this cell again: {', '.join(loaded)} had been loaded before.")


def _to_install(requirement, version, report) -> bool:
    """Whether pip is to bring ``requirement``, of which ``version`` is there; says so where it is left as it is."""
    if version is None:
        return True
    if not _too_old(requirement, version):
        report(f"{requirement.name} {version} is newer than the course was tried with ({requirement.specifier}).")
        return False
    if requirement.name.lower() in KEPT:
        report(
            f"{requirement.name} {version} is too old ({requirement.specifier} is needed). It is left as it is, because other "
            f"packages were built on it. If something fails: {_ANOTHER}."
        )
        return False
    return True


def _module(name) -> str:
    return {"scikit-learn": "sklearn"}.get(name, name.replace("-", "_"))


def _too_old(requirement, version) -> bool:
    return any(
        not specifier.contains(version, prereleases=True)
        for specifier in requirement.specifier
        if specifier.operator in (">=", ">", "==", "~=")
    )


def _install(wanted) -> str:
    """Let pip install ``wanted``, pairs as in ``missing``; what it said where it failed, else an empty text."""
    moving = {requirement.name.lower() for requirement, version in wanted if version is not None}
    if moving & TOGETHER:
        moving |= TOGETHER
    lines = [str(requirement).partition(";")[0].strip() for requirement, _ in wanted if requirement.name != "torch"]
    if len(lines) < len(wanted):  # torch first: the others would bring PyPI's, with gigabytes for GPUs
        said = "from versions: none"
        for way in torch_sources(platform.system(), platform.machine(), has_nvidia_gpu(), os.environ.get("TORCH_INDEX_URL")):
            if "--index-url" in way and not can_reach(way[way.index("--index-url") + 1] + "/torch/"):
                continue
            said = _pip(way, moving)
            if not said:
                break
        if said:
            return said
    return _pip(lines, moving) if lines else ""


def _pip(arguments, moving) -> str:
    """Run pip on ``arguments`` with all but ``moving`` pinned; what it said where it failed, else an empty text."""
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "installed.txt")
        importlib.invalidate_caches()
        with open(file, "w", encoding="utf-8") as constraints:
            constraints.write("\n".join(pins(moving)) + "\n")
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "1"]
        done = subprocess.run([*command, "--constraint", file, *arguments], capture_output=True, text=True, check=False)
    return done.stderr or "pip failed" if done.returncode else ""

"""Supply chain: licences of all that is installed, pins with hashes, no file and no call that could run foreign code."""

from __future__ import annotations

import ast
import re
import subprocess
from importlib import metadata
from pathlib import Path

from course_utils.proof import Outcome, Steps
from course_utils.workspace import ROOT

# licences that let the course be used, changed and passed on, with what it needs, by anyone
COMPATIBLE = re.compile(
    r"\b(MIT|BSD|Apache|ISC|PSF|Python Software Foundation|MPL|Mozilla Public License|Unlicense|Zlib|HPND|CC0|0BSD|PIL|"
    r"LGPL|Lesser General Public License|Public Domain|FTL|MIT-CMU|CNRI)",
    re.IGNORECASE,
)
PICKLES = {"pickle", "dill", "joblib", "cloudpickle", "shelve", "marshal"}
FORBIDDEN = {"trust_remote_code=True", "weights_only=False", "allow_pickle=True"}
WEIGHTS = {".bin", ".pt", ".pth", ".pkl", ".pickle", ".joblib", ".npy", ".ckpt", ".h5"}


def steps() -> Steps:
    """Licences, hashes, code and weights."""
    return [("licences", licences), ("hashes", hashes), ("code", code), ("weights", weights)]


def locked(lock: Path = ROOT / "requirements.lock") -> dict[str, set[str]]:
    """Package to the hashes that the lock allows for it."""
    found: dict[str, set[str]] = {}
    name = ""
    for line in lock.read_text("utf-8").splitlines():
        if (start := re.match(r"([A-Za-z0-9][\w.-]*)==", line)) is not None:
            name = re.sub(r"[-_.]+", "-", start[1]).lower()
            found.setdefault(name, set())
        found.get(name, set()).update(re.findall(r"--hash=(sha256:[0-9a-f]{64})", line))
    return found


def licence_of(package: str) -> str:
    """What an installed package says of its licence: the expression, the classifiers, or the first line of the field.

    Raises:
        PackageNotFoundError: it is not installed.
    """
    about = metadata.metadata(package)
    if about.get("License-Expression"):
        return about["License-Expression"]
    classifiers = [c.rpartition(" :: ")[2] for c in about.get_all("Classifier") or [] if c.startswith("License ::")]
    classifiers = [c for c in classifiers if c != "OSI Approved"]
    return "; ".join(classifiers) or (about.get("License") or "").strip().partition("\n")[0] or _file(package)


def _file(package: str) -> str:
    """The first words of the licence file, where the metadata say nothing."""
    for path in metadata.files(package) or []:
        if re.search(r"licen[cs]e", path.name, re.IGNORECASE):
            return path.read_text("utf-8").strip()[:60].replace("\n", " ")
    return ""


def licences() -> Outcome:
    """The licence of every locked package that is installed here, and of torch; those that are not compatible are named."""
    table, absent = {}, []
    for package in ["torch", *locked()]:
        try:
            table[package] = licence_of(package)
        except metadata.PackageNotFoundError:
            absent.append(package)  # for another system
    bad = {package: licence for package, licence in table.items() if not COMPATIBLE.search(licence)}
    return Outcome(
        passed=not bad,
        what=f"{len(table)} packages, {len(bad)} without a compatible licence, {len(absent)} for other systems",
        figures={"licences": table, "not compatible": bad, "not installed": absent},
    )


def hashes() -> Outcome:
    """Every locked package is pinned to hashes; torch apart, whose wheels differ by platform and index."""
    packages = locked()
    without = sorted(package for package, allowed in packages.items() if not allowed)
    return Outcome(not without, f"{len(packages) - len(without)} of {len(packages)} packages have hashes", {"without": without})


def code() -> Outcome:
    """No module of ours unpickles, trusts remote code, or evaluates text."""
    found = []
    modules = [ROOT / name for name in _tracked() if name.endswith(".py") and name.startswith("course_utils/")]
    for path in modules:
        found += [f"{path.relative_to(ROOT)}: {what}" for what in dangers(path.read_text("utf-8"))]
    return Outcome(not found, f"{len(modules)} modules read, {len(found)} dangers", {"dangers": found})


def dangers(source: str) -> list[str]:
    """Imports of pickling modules, forbidden keywords and calls of ``eval`` in Python ``source``."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name.partition(".")[0] in PICKLES]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in PICKLES:
            found.append(str(node.module))
        elif isinstance(node, ast.keyword) and f"{node.arg}={ast.unparse(node.value)}" in FORBIDDEN:
            found.append(f"{node.arg}={ast.unparse(node.value)}")
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "eval":
            found.append("eval")
    return found


def weights() -> Outcome:
    """All weights in the repository are safetensors: no file of a format that can run code."""
    tracked = _tracked()
    found = [name for name in tracked if Path(name).suffix.lower() in WEIGHTS]
    safe = [name for name in tracked if name.endswith(".safetensors")]
    return Outcome(not found and bool(safe), f"{len(safe)} safetensors files, {len(found)} of other formats", {"found": found})


def _tracked() -> list[str]:
    return subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()

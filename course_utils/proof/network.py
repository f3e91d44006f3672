"""No network: the unit tests and every notebook, from an empty home folder, where whatever asks for a connection is refused."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from course_utils.proof import Outcome, Steps
from course_utils.proof.cells import compare
from course_utils.publishing import chosen, clean_environment
from course_utils.workspace import ROOT

WATCH = Path(__file__).parent / "no_network"
_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.M)
_COUNT = re.compile(r"(\d+) (passed|failed|errors?|skipped)")


def steps() -> Steps:
    """The unit tests, then one step a notebook."""
    return [("unit tests", units), *((path.stem, lambda path=path: notebook(path)) for path in chosen([]))]


@cache
def namespace() -> tuple[str, ...]:
    """The command that cuts the network off but for loopback: a namespace of its own on Linux; empty where there is none."""
    if not shutil.which("unshare") or not shutil.which("ip"):
        return ()
    wrapper = ("unshare", "--map-root-user", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")
    return wrapper if subprocess.run([*wrapper, "true"], capture_output=True).returncode == 0 else ()


def cut(home: Path) -> dict[str, str]:
    """Variables under which Python refuses and notes connections, with ``home`` as home folder and no cache of anything."""
    home.mkdir(parents=True, exist_ok=True)
    paths = [str(WATCH), str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {
        "COURSE_CONNECTIONS": str(home.parent / "connections.txt"),
        "HOME": str(home),
        "USERPROFILE": str(home),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "PYTHONPATH": os.pathsep.join(paths),
        "HF_HOME": str(home / "hf"),
        "HF_HUB_OFFLINE": "0",  # nothing is told that there is no network
    }


def asked(home: Path) -> list[str]:
    """What asked for a connection, as the hook wrote it down."""
    file = home.parent / "connections.txt"
    return sorted(set(file.read_text("utf-8").splitlines())) if file.is_file() else []


def units(arguments: Sequence[str] = ("tests", "course_utils")) -> Outcome:
    """The unit tests without a network."""
    with tempfile.TemporaryDirectory() as folder, clean_environment():
        home = Path(folder) / "home"
        command = [*namespace(), sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
        done = subprocess.run(command, cwd=ROOT, env={**os.environ, **cut(home)}, capture_output=True, text=True, timeout=5400)
        seen = asked(home)
    counts = {word: int(number) for number, word in _COUNT.findall(done.stdout.rstrip().rpartition("\n")[2])}
    return Outcome(
        passed=done.returncode == 0 and not seen,
        what=f"{counts.get('passed', 0)} passed, {counts.get('failed', 0)} failed, {len(seen)} connections asked for",
        figures={
            **counts,
            "tests that failed": _FAILED.findall(done.stdout),
            "connections": seen,
            "namespace": bool(namespace()),
        },
    )


def notebook(path: Path) -> Outcome:
    """One notebook under strict nbval without a network, its home folder empty."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        outcome = compare(path, cut(home), namespace())
        seen = asked(home)
    return Outcome(
        passed=not outcome.failed and not seen,
        what=f"{outcome.passed} cells passed, {len(outcome.failed)} failed, {len(seen)} connections asked for",
        figures={
            "passed": outcome.passed,
            "failed": sorted(outcome.failed),
            "connections": seen,
            "namespace": bool(namespace()),
        },
    )

"""Running nbval on one notebook and counting what it said."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from course_utils.publishing import NBVAL, clean_environment


@dataclass(frozen=True)
class Compared:
    """What nbval said of a notebook.

    Attributes:
        passed: cells that ran and, if compared, printed what is stored.
        failed: for each other cell its number among the code cells, from 0, and the first lines of why.
    """

    passed: int
    failed: dict[int, str]


def compare(
    notebook: Path,
    environment: Mapping[str, str] | None = None,
    wrapper: Sequence[str] = (),
    timeout: float = 1800,
    strict: bool = True,
) -> Compared:
    """Run ``notebook`` under nbval, its stored outputs compared.

    Args:
        environment: more variables for pytest and the kernel.
        wrapper: a command to run it behind, such as ``unshare``.
        timeout: seconds for the whole notebook.
        strict: every stored output is compared; else those of marked cells.

    Raises:
        ValueError: nbval wrote no report: it says what it printed last.
        subprocess.TimeoutExpired: it took more than ``timeout`` seconds.
    """
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        options = ["-q", "-p", "no:cacheprovider", "--nbval" if strict else "--nbval-lax", *NBVAL]
        options += [f"--nbval-cell-timeout={timeout:g}", f"--junitxml={report}"]
        command = [*wrapper, sys.executable, "-m", "pytest", *options, str(notebook)]
        with clean_environment():
            variables = {**os.environ, "TOKENIZERS_PARALLELISM": "false", **(environment or {})}
            done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=timeout, cwd=notebook.parent)
        if not report.is_file():
            raise ValueError(f"nbval did not run on {notebook.name}: {(done.stdout + done.stderr)[-500:]}")
        return read_report(report)


def read_report(path: Path) -> Compared:
    """The outcome of each cell from a JUnit report of nbval."""
    passed, failed = 0, {}
    for case in ElementTree.parse(path).iter("testcase"):
        said = next((child for child in case if child.tag in ("failure", "error")), None)
        if said is None:
            passed += 1
        else:
            failed[int(case.get("name", "").rpartition(" ")[2])] = (said.text or said.get("message", ""))[:600]
    return Compared(passed, failed)

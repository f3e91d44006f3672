"""A class on one machine: twelve learners run different notebooks at once; all finish, and each kernel's peak is measured."""

from __future__ import annotations

import csv
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from course_utils.proof import Outcome, Steps
from course_utils.publishing import chosen
from course_utils.sizing import CLASS
from course_utils.workspace import ROOT

LEARNERS = 12

_ONE = """import sys, pathlib
from course_utils import budgets
seconds, peak = budgets.measure(pathlib.Path(sys.argv[1]))
print(seconds, peak)"""


def steps() -> Steps:
    """One step: all at once."""
    return [(f"{LEARNERS} learners", lambda: together(target=CLASS))]


def assigned(paths: Sequence[Path], learners: int = LEARNERS) -> list[Path]:
    """The notebook of each learner: all of them in turn, the longest (the last two) first, so that these are run twice."""
    ordered = list(reversed(paths))
    return [ordered[number % len(ordered)] for number in range(learners)]


def together(learners: int = LEARNERS, paths: Sequence[Path] | None = None, target: Path | None = None) -> Outcome:
    """Start a kernel a learner at the same moment, each on its notebook, and wait for all.

    Args:
        target: where a row for each learner is written, if all finished.
    """
    notebooks = assigned(chosen([]) if paths is None else paths, learners)
    start = time.perf_counter()
    command = [sys.executable, "-c", _ONE]
    runs = [
        subprocess.Popen([*command, str(path)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for path in notebooks
    ]
    said = [run.communicate() for run in runs]
    rows = [
        {"notebook": path.stem, "seconds": int(out.split()[0]), "peak_gb": float(out.split()[1])}
        if run.returncode == 0
        else {"notebook": path.stem, "failed": error[-500:]}
        for path, run, (out, error) in zip(notebooks, runs, said, strict=True)
    ]
    done = [row for row in rows if "failed" not in row]
    if target and len(done) == learners:
        with open(target, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, ["notebook", "seconds", "peak_gb"], lineterminator="\n")
            writer.writeheader()
            writer.writerows(sorted(done, key=lambda row: row["notebook"]))
    total = sum(row["peak_gb"] for row in done)
    highest = max((row["peak_gb"] for row in done), default=0.0)
    return Outcome(
        passed=len(done) == learners,
        what=f"{len(done)} of {learners} finished in {time.perf_counter() - start:.0f} s; highest peak {highest:.2f} GB, "
        f"all peaks together {total:.1f} GB",
        figures={"learners": rows, "sum_of_peaks_gb": round(total, 1)},
    )

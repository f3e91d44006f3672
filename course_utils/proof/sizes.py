"""Budgets: seconds, memory and stored size of each notebook, the size of the package and of a clone, against their limits."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from course_utils.proof import Outcome, Steps
from course_utils.publishing import budgets, chosen
from course_utils.workspace import ROOT

CLONE_MB = 60
STORED_MB = 1.5
PEAK_GB = 1.2
SECONDS = {"05": 180, "06": 180, "07": 180}
OTHERS_SECONDS = 60


def steps() -> Steps:
    """The table of the notebooks, a clone, and the wheel."""
    return [("notebooks", notebooks), ("clone", clone), ("wheel", wheel)]


def rows() -> list[dict]:
    """For each notebook what was measured and stored, and whether it keeps its limits."""
    measured = budgets()
    table = []
    for path in chosen([]):
        seconds, peak = measured[path.stem]
        limit = SECONDS.get(path.stem[:2], OTHERS_SECONDS)
        stored = round(path.stat().st_size / 1e6, 2)
        exceeded = {"seconds": seconds > limit, "memory": peak > PEAK_GB, "stored": stored > STORED_MB}
        over = [name for name, is_over in exceeded.items() if is_over]
        table.append({"notebook": path.stem, "seconds": seconds, "peak_gb": peak, "stored_mb": stored, "over": over})
    return table


def notebooks() -> Outcome:
    """What ``make budget`` measured last and what is stored; stored size is held, seconds and memory are reported."""
    table = rows()
    return Outcome(
        passed=not any("stored" in row["over"] for row in table),
        what="; ".join(
            f"{row['notebook'][:2]}: {row['seconds']} s, {row['peak_gb']} GB, {row['stored_mb']} MB" for row in table
        ),
        figures={"notebooks": table},
    )


def clone(repository: str = str(ROOT), limit: float = CLONE_MB) -> Outcome:
    """What ``git clone`` fetches (held to the limit) and what the folder takes on disk, with the files beside the history."""
    with tempfile.TemporaryDirectory() as folder:
        there = Path(folder) / "clone"
        subprocess.run(["git", "clone", "--quiet", "--no-local", "--single-branch", repository, there], check=True)
        fetched, on_disk = _megabytes(there / ".git"), _megabytes(there)
    return Outcome(
        passed=fetched < limit,
        what=f"{fetched:.1f} MB fetched (limit {limit}), {on_disk:.1f} MB on disk",
        figures={"fetched_mb": round(fetched, 1), "on_disk_mb": round(on_disk, 1), "limit_mb": limit},
    )


def wheel() -> Outcome:
    """The package as pip would fetch it."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", folder, str(ROOT)]
        done = subprocess.run(command, capture_output=True, text=True)
        files = list(Path(folder).glob("*.whl"))
        if done.returncode or not files:
            return Outcome(False, f"no wheel was built: {done.stderr[-300:]}")
        size = files[0].stat().st_size / 1e6
    return Outcome(size < CLONE_MB, f"{size:.1f} MB", {"megabytes": round(size, 1)})


def _megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6

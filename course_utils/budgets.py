"""What each notebook needs: wall time and peak memory, measured, in the table that feeds the cards."""

from __future__ import annotations

import csv
import time
from pathlib import Path

from course_utils.publishing import BUDGETS, ROOT, budgets, chosen, normalise, run, runs_in

# VmHWM begins anew with a program; ru_maxrss keeps what the process that started it had
_PEAK = """import pathlib, re, resource, sys
status = pathlib.Path("/proc/self/status")
if status.exists():
    print(int(re.search(r"VmHWM:\\s+(\\d+) kB", status.read_text())[1]) * 1024)
else:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024))"""


def measure(path: Path) -> tuple[int, float]:
    """(wall time in seconds with the start of the kernel, peak resident memory of the kernel in GB) of one run of ``path``."""
    import nbformat

    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(_PEAK))
    start = time.perf_counter()
    run(notebook, path.parent)
    seconds = time.perf_counter() - start
    return round(seconds), round(int(notebook.cells[-1].outputs[0].text) / 1e9, 2)


def write(arguments: list[str], root: Path = ROOT) -> None:
    """Measure the notebooks whose names begin with one of ``arguments`` (all, if there are none); refresh table and cards."""
    import nbformat

    table = root / "notebooks" / BUDGETS.name
    measured = budgets(table)
    for path in chosen(arguments, root):
        measured[path.stem] = measure(path)
        print(f"{path.name}: {measured[path.stem][0]} s, {measured[path.stem][1]:.2f} GB", flush=True)
    there = {path.stem for path in chosen([], root)}
    with open(table, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["notebook", "seconds", "peak_gb"])
        writer.writerows([name, seconds, f"{peak:.2f}"] for name, (seconds, peak) in sorted(measured.items()) if name in there)
    for path in chosen(arguments, root):
        notebook = nbformat.read(path, as_version=4)
        normalise(notebook, runs_in(path.stem, measured))
        path.write_text(nbformat.writes(notebook) + "\n", "utf-8", newline="\n")

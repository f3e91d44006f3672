"""What each notebook needs: wall time and peak memory, measured, in the table that feeds the cards."""

from __future__ import annotations

import csv
import time
from pathlib import Path

from course_utils.memory import STEPS
from course_utils.publishing import BUDGETS, ROOT, budgets, chosen, normalise, run, runs_in

# VmHWM begins anew with a program; ru_maxrss keeps what the process that started it had
_PEAK = """import pathlib, re, resource, sys
status = pathlib.Path("/proc/self/status")
if status.exists():
    print(int(re.search(r"VmHWM:\\s+(\\d+) kB", status.read_text())[1]) * 1024)
else:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024))"""


def measure(path: Path, model: str | None = None) -> tuple[int, float]:
    """(wall time in seconds with the start of the kernel, peak resident memory of the kernel in GB) of one run of ``path``.

    Args:
        model: what to put into the notebook's ``MODEL``; as it is, if left out.

    Raises:
        ValueError: a cell failed, or there is no one line ``MODEL = ...`` to change.
    """
    import nbformat

    notebook = nbformat.read(path, as_version=4)
    if model is not None:
        choose_model(notebook, model)
    notebook.cells.append(nbformat.v4.new_code_cell(_PEAK))
    start = time.perf_counter()
    run(notebook, path.parent, timeout=3600)
    seconds = time.perf_counter() - start
    return round(seconds), round(int(notebook.cells[-1].outputs[0].text) / 1e9, 2)


def choose_model(notebook, model: str) -> None:
    """Put ``model`` into the notebook's ``MODEL``.

    Raises:
        ValueError: there is no one line ``MODEL = "mini-bert"``.
    """
    line = 'MODEL = "mini-bert"'
    cells = [cell for cell in notebook.cells if cell.cell_type == "code" and line in cell.source]
    if len(cells) != 1:
        raise ValueError(f"{len(cells)} cells hold {line}; it must be one.")
    cells[0].source = cells[0].source.replace(line, f"MODEL = {model!r}")


def with_model(arguments: list[str], root: Path = ROOT) -> None:
    """Measure the notebooks with another model: a table on stdout, and a row a notebook in a CSV file as each is done.

    Raises:
        ValueError: as in ``measure``.
    """
    import argparse
    import os

    parser = argparse.ArgumentParser(prog="python -m course_utils budget")
    parser.add_argument("--model", required=True, help="what load_encoder takes; its notebooks stay as they are")
    parser.add_argument("--csv", type=Path, default=Path("budgets_of_model.csv"), help="the table (%(default)s)")
    parser.add_argument("notebooks", nargs="*", help="beginnings of their names (all)")
    options = parser.parse_args(arguments)
    steps = os.environ.get(STEPS, "")
    with open(options.csv, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["notebook", "model", "steps_of_a_training", "seconds", "peak_gb"])
        for path in chosen(options.notebooks, root):
            seconds, peak = measure(path, options.model)
            writer.writerow([path.stem, options.model, steps or "all", seconds, f"{peak:.2f}"])
            file.flush()
            print(
                f"{path.name}: {seconds} s, {peak:.2f} GB{f', at most {steps} steps a training' if steps else ''}", flush=True
            )


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

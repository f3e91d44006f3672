"""Execute the notebooks and normalise them for committing: the same bytes each time."""

from __future__ import annotations

import csv
import os
import re
import tempfile
from contextlib import contextmanager
from pathlib import Path

from course_utils.exercises import record

ROOT = Path(__file__).resolve().parent.parent
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
BUDGETS = ROOT / "notebooks" / "budgets.csv"
NBVAL = ["--nbval-cell-timeout=300", "--nbval-current-env", "-p", "no:doctest", "-o", "addopts="]
NEVER_COMPARED = {"nbval-ignore-output", "nbval-skip"}
INTERACTIVE = "interactive"  # tag of cells that show widgets: without a running kernel nothing is left of them
_ADDRESS = re.compile(r" at 0x[0-9a-f]{6,}")
_RUNS_IN = re.compile(r"^\| \*\*Runs in\*\* \|.*\|$", re.M)
_FIGURE = re.compile(r"<Figure size \S+ with \d+ Axes>")


def budgets(path: Path = BUDGETS) -> dict[str, tuple[int, float]]:
    """What each notebook was measured to need: name to (seconds, peak memory in GB); empty if there is no table."""
    if not path.is_file():
        return {}
    with open(path, newline="", encoding="utf-8") as file:
        return {row["notebook"]: (int(row["seconds"]), float(row["peak_gb"])) for row in csv.DictReader(file)}


def runs_in(name: str, measured: dict[str, tuple[int, float]]) -> str:
    """The card's line on what a notebook needs."""
    if name not in measured:
        return "| **Runs in** | not measured yet |"
    seconds, peak = measured[name]
    return f"| **Runs in** | {seconds} s of computing and {peak:.1f} GB of memory (measured on two CPU cores) |"


def normalise(notebook, card: str | None = None) -> None:
    """Strip what differs from run to run: timings, tool metadata, addresses; number the cells 1..n.

    Cells with the tag ``interactive`` are stored without output.

    Args:
        card: the line that tells what the notebook needs, from ``runs_in``; left as it is if not given.
    """
    if card is not None:
        notebook.cells[0].source = _RUNS_IN.sub(card, notebook.cells[0].source)
    notebook.metadata.clear()
    notebook.metadata.update({"kernelspec": KERNEL, "language_info": {"name": "python"}})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    count = 0
    for cell in notebook.cells:
        cell.metadata = {key: value for key, value in cell.metadata.items() if key in ("tags", "slideshow")}
        if cell.cell_type != "code":
            continue
        count += 1
        cell.execution_count = count
        if INTERACTIVE in cell.metadata.get("tags", []):
            cell.outputs = []
        merged = []
        for output in cell.outputs:
            if "execution_count" in output:
                output["execution_count"] = count
            if merged and output.output_type == "stream" and merged[-1].get("name") == output.name:
                merged[-1].text += output.text
            else:
                merged.append(output)
            for mime, value in output.get("data", {}).items():
                if isinstance(value, str) and mime.startswith("text/"):
                    output["data"][mime] = _ADDRESS.sub("", value)
        cell.outputs = merged


def compared(notebook) -> tuple[int, int]:
    """(cells whose printed text nbval compares, cells that print text).

    Images are never compared, so a cell that shows only a figure counts as printing nothing. Cells that were never run, and
    those tagged away, are not compared.
    """
    printing = [cell for cell in notebook.cells if cell.cell_type == "code" and any(map(_prints, cell.outputs))]
    compare = [cell for cell in printing if cell.execution_count and not NEVER_COMPARED & set(cell.metadata.get("tags", []))]
    return len(compare), len(printing)


def _prints(output) -> bool:
    texts = [output["text"]] if "text" in output else [v for k, v in output.get("data", {}).items() if k.startswith("text/")]
    return any(text.strip() and not _FIGURE.fullmatch(text.strip()) for text in texts)


@contextmanager
def clean_environment():
    """Variables for the kernels of a run that is not a learner's: no request, no bars, progress in a file thrown away."""
    settings = {"TQDM_DISABLE": "1", "HF_HUB_OFFLINE": "1", "COURSE_ONLINE": "0"}
    earlier = {key: os.environ.get(key) for key in (record.VARIABLE, *settings)}
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update({record.VARIABLE: str(Path(folder) / "progress.json"), **settings})
        try:
            yield
        finally:
            for key, value in earlier.items():
                os.environ.pop(key) if value is None else os.environ.__setitem__(key, value)


def run(notebook, folder: Path, timeout: int = 600) -> None:
    """Execute ``notebook`` in place on a fresh kernel, in ``folder``.

    Raises:
        ValueError: a cell failed; the message holds its traceback.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    client = NotebookClient(notebook, timeout=timeout, kernel_name="python3", resources={"metadata": {"path": str(folder)}})
    with clean_environment():
        try:
            client.execute()
        except CellExecutionError as error:
            raise ValueError(str(error)) from None


def execute(path: Path, timeout: int = 600) -> None:
    """Run ``path`` on a fresh kernel in its own folder and write it back normalised.

    Raises:
        ValueError: a cell failed or wrote to stderr; the file is left as it was.
    """
    import nbformat

    notebook = nbformat.read(path, as_version=4)
    try:
        run(notebook, path.parent, timeout)
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from None
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.get("name") == "stderr":
                raise ValueError(f"{path.name}: a cell wrote to stderr: {output.text.strip()[:300]}")
    normalise(notebook, runs_in(path.stem, budgets(path.parent / BUDGETS.name)))
    nbformat.validate(notebook)
    path.write_text(nbformat.writes(notebook) + "\n", "utf-8", newline="\n")


def main(arguments: list[str], root: Path = ROOT) -> None:
    """Execute the notebooks whose names begin with one of ``arguments`` (all, if there are none)."""
    for path in chosen(arguments, root):
        execute(path)
        print(f"{path.name}: {path.stat().st_size / 1e6:.2f} MB", flush=True)


def chosen(arguments: list[str], root: Path = ROOT) -> list[Path]:
    """The notebooks whose names begin with one of ``arguments``; all, if there are none."""
    paths = sorted((root / "notebooks").glob("*.ipynb"))
    return [path for path in paths if not arguments or path.name.startswith(tuple(arguments))]

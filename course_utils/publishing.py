"""Execute the notebooks and normalise them for committing: the same bytes each time."""

from __future__ import annotations

import os
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
_ADDRESS = re.compile(r" at 0x[0-9a-f]{6,}")


def normalise(notebook) -> None:
    """Strip what differs from run to run: timings, tool metadata, addresses; number the cells 1..n."""
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


def execute(path: Path, timeout: int = 600) -> None:
    """Run ``path`` on a fresh kernel in its own folder and write it back normalised.

    Raises:
        ValueError: a cell failed or wrote to stderr; the file is left as it was.
    """
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    os.environ["TQDM_DISABLE"] = "1"  # a bar that shows on a slow day must not end up in the file
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook, timeout=timeout, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}}
    )
    try:
        client.execute()
    except CellExecutionError as error:
        raise ValueError(f"{path.name}: {error}") from None
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.get("name") == "stderr":
                raise ValueError(f"{path.name}: a cell wrote to stderr: {output.text.strip()[:300]}")
    normalise(notebook)
    nbformat.validate(notebook)
    path.write_text(nbformat.writes(notebook) + "\n", "utf-8", newline="\n")


def main(arguments: list[str], root: Path = ROOT) -> None:
    """Execute the notebooks whose names begin with one of ``arguments`` (all, if there are none)."""
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        if not arguments or path.name.startswith(tuple(arguments)):
            execute(path)
            print(f"{path.name}: {path.stat().st_size / 1e6:.2f} MB", flush=True)

"""Time to ``import course_utils`` and to the first vector, each in a fresh process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from course_utils.benchmarks import Goal, Row, compare, in_turn
from course_utils.benchmarks.embedding import check_equal

TEXT = "The ferry was late, so we walked along the harbour wall."
_BEGIN = "import json, sys, time; begin = time.perf_counter()"
_IMPORTED = "imported = time.perf_counter() - begin"
_END = "print(json.dumps([imported, time.perf_counter() - begin, vector]))"
SCRIPTS = {
    "ours": f"""{_BEGIN}
import course_utils as cu
{_IMPORTED}
vector = cu.embed([sys.argv[1]], cu.load_encoder("mini-bert", device=sys.argv[2]), "mean")[0].tolist()
{_END}""",
    "theirs": f"""{_BEGIN}
from sentence_transformers import SentenceTransformer
{_IMPORTED}
model = SentenceTransformer(sys.argv[3], device=sys.argv[2], model_kwargs={{"dtype": "float32"}})
vector = model.encode([sys.argv[1]], show_progress_bar=False)[0].tolist()
{_END}""",
    "libraries": f"""{_BEGIN}
import torch
from transformers import BertModel, PreTrainedTokenizerFast
{_IMPORTED}
vector = None
{_END}""",
}
VECTOR = "first vector, from the first statement"
PROCESS = "first vector, whole process"
LIBRARIES = "the imports of torch and of transformers' BERT alone"


@dataclass(frozen=True)
class Start:
    """One fresh process: seconds from its first statement to the end of the imports and to the vector, and of the process."""

    imported: float
    first_vector: float
    process: float
    vector: list[float] | None


def start(script: str, device: str, folder: str) -> Start:
    """Run a script in a fresh process; no network is used.

    Raises:
        ValueError: the process failed; the last line of what it said.
    """
    quiet = {"HF_HUB_OFFLINE": "1", "TQDM_DISABLE": "1", "TOKENIZERS_PARALLELISM": "false"}
    command = [sys.executable, "-c", script, TEXT, device, folder]
    begin = time.perf_counter()
    done = subprocess.run(command, env={**os.environ, **quiet}, capture_output=True, encoding="utf-8")
    process = time.perf_counter() - begin
    if done.returncode:
        raise ValueError(f"A fresh process failed: {(done.stderr.strip() or 'it said nothing').splitlines()[-1]}")
    imported, first_vector, vector = json.loads(done.stdout.splitlines()[-1])
    return Start(imported, first_vector, process, vector)


def rows_of(starts: dict[str, list[Start]], device: str) -> list[Row]:
    """The rows of ``ours`` and ``libraries`` against ``theirs``, each a list with one start a round."""
    names = {"model": "mini-bert, fresh processes", "device": device, "precision": "float32"}

    def row(ours: str, field: str, text: str, against: str) -> Row:
        seconds = ([getattr(s, field) for s in starts[who]] for who in (ours, "theirs"))
        return compare(*seconds, part="startup", **names, ours=text, against=against)

    load, other = "load_encoder + embed", "SentenceTransformer + encode"
    return [
        row("ours", "imported", "import course_utils", "import SentenceTransformer"),
        row("ours", "first_vector", f"{VECTOR}: {load}", other),
        row("ours", "process", f"{PROCESS}: {load}", other),
        row("libraries", "first_vector", LIBRARIES, f"{VECTOR}: {other}"),
    ]


def measure(device: str, rounds: int = 3) -> list[Row]:
    """The rows of both imports and both first vectors, after one start of each that is not counted (it fills the caches).

    The first vector of both is computed in float32 from the same files on the disk. One row is of the imports alone that
    every BERT of transformers needs: what they take bounds what ``load_encoder`` can do.

    Raises:
        ValueError: the two first vectors differ, or a process failed.
    """
    from course_utils.models import locate

    folder = str(locate("mini-bert"))
    first = {name: start(script, device, folder) for name, script in SCRIPTS.items()}
    check_equal(np.array(first["ours"].vector), np.array(first["theirs"].vector), "start-up: the first vectors")
    starts = in_turn(SCRIPTS, rounds, measure=lambda script: start(script, device, folder))
    print("startup: measured", flush=True)
    return rows_of(starts, device)


def goals(rows: Sequence[Row]) -> list[Goal]:
    """The first vector in under half of sentence-transformers' time, and how much of that time the libraries' imports take."""
    vector = next(row for row in rows if row.ours.startswith(VECTOR))
    libraries = next(row for row in rows if row.ours == LIBRARIES)
    measured = f"{1 / vector.ratio:.2f} of it; {LIBRARIES} take {1 / libraries.ratio:.2f} of it"
    return [Goal(f"first vector in under half of the time of {vector.against}", measured, vector.ratio > 2)]

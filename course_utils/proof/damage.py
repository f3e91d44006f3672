"""Damaged files: a flipped byte anywhere in what the package ships is found before it is used."""

from __future__ import annotations

import itertools
import json
import random
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from unittest import mock

from course_utils import data, models, repetition, replication
from course_utils.checksums import LISTING
from course_utils.proof import Outcome, Steps

RANGES = 64  # a file is cut into so many ranges of bytes, and one byte of each is flipped
DAMAGED = (models.DamagedModelError, data.DamagedDataError, replication.DamagedResultsError)


def steps() -> Steps:
    """A step for each folder of shipped files."""
    folders = [(name, models.ASSETS / name, models.verify) for name in models.BUNDLED]
    folders += [("data", data.FOLDER, load_data), ("results", replication.FOLDER, load_results)]
    return [(name, lambda folder=folder, load=load: damaged(folder, load)) for name, folder, load in folders]


def load_data(folder: Path) -> None:
    """Read every bundled data set from ``folder``."""
    with mock.patch.object(data, "FOLDER", folder):
        for name in data.SCHEMAS:
            data.load_data(name)


def load_results(folder: Path) -> None:
    """Read the shipped results from ``folder``."""
    with mock.patch.object(replication, "FOLDER", folder):
        replication.replications()
        repetition.repeated_verdicts("00")


def flips(size: int, seed: str, ranges: int = RANGES) -> list[tuple[int, int]]:
    """(place, mask to combine the byte with) for one byte of each of ``ranges`` ranges of a file of ``size`` bytes."""
    rng = random.Random(seed)
    bounds = sorted({size * number // ranges for number in range(ranges + 1)})
    return [(rng.randrange(low, high), rng.randrange(1, 256)) for low, high in itertools.pairwise(bounds)]


def damaged(folder: Path, load: Callable[[Path], object], ranges: int = RANGES) -> Outcome:
    """Flip bytes of each file that ``folder`` lists, and of the list, one at a time, and load: each must be refused.

    A flip in the list that leaves it saying the same (white space) may pass.
    """
    said = json.loads((folder / LISTING).read_text("utf-8"))
    counts = {"flips": 0, "refused": 0, "harmless": 0}
    silent, wrong = [], []
    with tempfile.TemporaryDirectory() as temporary:
        copy = Path(temporary) / folder.name
        shutil.copytree(folder, copy)
        load(copy)  # whole, it loads
        for name in [*said, LISTING]:
            for place, mask in flips((copy / name).stat().st_size, name, ranges):
                counts["flips"] += 1
                _flip(copy / name, place, mask)
                try:
                    load(copy)
                    if name == LISTING and _says(copy / LISTING) == said:
                        counts["harmless"] += 1
                    else:
                        silent.append(f"{name} at {place}")
                except DAMAGED:
                    counts["refused"] += 1
                except Exception as error:
                    wrong.append(f"{name} at {place}: {type(error).__name__}")
                finally:
                    _flip(copy / name, place, mask)
    counts |= {"silent": len(silent), "refused in another way": len(wrong)}
    what = ", ".join(f"{number} {word}" for word, number in counts.items())
    return Outcome(not silent and not wrong, what, {**counts, "places": silent + wrong})


def _flip(path: Path, place: int, mask: int) -> None:
    with open(path, "r+b") as file:
        file.seek(place)
        byte = file.read(1)[0]
        file.seek(place)
        file.write(bytes([byte ^ mask]))


def _says(path: Path) -> object:
    try:
        return json.loads(path.read_text("utf-8"))
    except ValueError:
        return None

"""How large a classroom's machine must be: computed from what the notebooks were measured to need."""

from __future__ import annotations

import csv
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from course_utils import arguments
from course_utils.publishing import BUDGETS, ROOT, budgets

# a row for each of twelve learners at once, from `python -m course_utils proof classroom`
CLASS = ROOT / "docs" / "classroom.csv"
MEASURED_ON_CORES = 2  # the seconds in budgets.csv
SERVER_GB = 0.15  # a learner's Jupyter server: JupyterLab 4.6.6 with two kernels running took 0.10 GB at most
SYSTEM_GB = 2.0  # an allowance, not measured: the operating system, the hub and its proxy
WAIT_MINUTES = 30  # all learners start the longest notebook at once: it is through on all within this time
LEARNERS = (6, 12, 24, 48)
GIB = 2**30 / 1e9


@dataclass(frozen=True)
class Size:
    """What a class needs.

    Attributes:
        learners: who work at the same time.
        learner_gb: GB (1e9 bytes) of each: the notebook with the highest peak, and the reserve.
        limit_gib: memory limit to set for each, in GiB as JupyterHub counts ("3G"): ``learner_gb`` rounded up.
        memory_gb: GB of the machine, or of all nodes together.
        cores: CPU cores of the machine, or of all nodes together.
    """

    learners: int
    learner_gb: float
    limit_gib: int
    memory_gb: int
    cores: int


def _measured(table: Path) -> dict[str, tuple[int, float]]:
    table = arguments.path(table, "table")
    try:
        measured = budgets(table)
    except (KeyError, ValueError, TypeError, AttributeError):
        raise ValueError(f"table: {table} is not a table of measurements: `make budget` writes it.") from None
    if not measured:
        raise ValueError(f"table: {table} is not there: sizing needs the repository, and `make budget` writes the table.")
    return measured


def reserve_gb(table: Path = BUDGETS) -> float:
    """GB of a learner beyond the notebook at work: the Jupyter server, and the smallest notebook left open beside it.

    Raises:
        TypeError: ``table`` is no path.
        ValueError: there is no table of measurements.
    """
    return SERVER_GB + min(peak for _, peak in _measured(table).values())


def _in_class(table: Path) -> list[tuple[str, int, float]]:
    """Notebook, seconds and peak in GB of each of twelve learners at once; empty beside another table than the course's own."""
    if table != BUDGETS or not CLASS.is_file():
        return []
    with open(CLASS, newline="", encoding="utf-8") as file:
        return [(row["notebook"], int(row["seconds"]), float(row["peak_gb"])) for row in csv.DictReader(file)]


def _crowding(table: Path) -> float:
    """How many times as long the class took as its runs one after another, on one machine; 1 where no class was measured."""
    alone, together = _measured(table), _in_class(table)
    if not together:
        return 1.0
    return max(1.0, max(seconds for _, seconds, _ in together) / sum(alone[notebook][0] for notebook, _, _ in together))


def sizing(learners: int, table: Path = BUDGETS, peak_gb: float | None = None) -> Size:
    """Memory and cores for a class in which all work on the same notebook at the same time.

    Memory: every learner at the highest peak measured, alone or in a class of twelve, with ``reserve_gb``, and ``SYSTEM_GB``
    once. Cores: the notebook that computes longest, run by all at once, takes ``WAIT_MINUTES`` if the work spreads evenly
    over the cores, and as much is lost to the crowd as in the class of twelve (``docs/classroom.csv``).

    Args:
        learners: who work at the same time.
        table: measured seconds and peaks, as ``make budget`` writes them.
        peak_gb: another highest peak, for a class that works with a larger model.

    Raises:
        TypeError: ``learners`` is not a whole number, ``table`` no path, or ``peak_gb`` no number.
        ValueError: not from 1 to 1,000,000 learners, a peak that is not above 0, or there is no table of measurements.
    """
    if not 1 <= (learners := arguments.whole(learners, "learners")) <= arguments.MANY:
        raise ValueError(f"A class has at least one learner, learners is {arguments.shown(learners)}.")
    if peak_gb is not None:
        arguments.real(peak_gb, "peak_gb", above=0)
    measured = _measured(table)
    peaks = [peak for _, peak in measured.values()] + [peak for _, _, peak in _in_class(table)]
    highest = max(peaks) if peak_gb is None else peak_gb
    longest = max(seconds for seconds, _ in measured.values())
    learner = highest + reserve_gb(table)
    cores = math.ceil(learners * longest * MEASURED_ON_CORES * _crowding(table) / (WAIT_MINUTES * 60))
    return Size(
        learners,
        round(learner, 2),
        math.ceil(learner / GIB),
        math.ceil(learners * learner + SYSTEM_GB),
        max(cores, MEASURED_ON_CORES),
    )


def as_markdown(learners: Sequence[int] = LEARNERS, table: Path = BUDGETS) -> str:
    """The table of ``docs/classroom.md``: one line for each number of learners.

    Raises:
        TypeError, ValueError: as in ``sizing``.
    """
    learners = arguments.items(learners, "learners", "whole numbers")
    sizes = [sizing(number, table) for number in learners]
    lines = [f"| {s.learners} | {s.learner_gb:.2f} | {s.limit_gib}G | {s.memory_gb} | {s.cores} |" for s in sizes]
    head = ["| learners at once | GB each | limit each | GB in all | cores in all |", "|---:|---:|---:|---:|---:|"]
    return "\n".join([*head, *lines])


def main(arguments: Sequence[str]) -> int:
    """``python -m course_utils.sizing 12 30``: the table for these numbers of learners; 2 for a mistake in the call."""
    try:
        if not all(argument.isdigit() for argument in arguments):
            raise ValueError(f"Numbers of learners are whole numbers, got {' '.join(arguments)}.")
        print(as_markdown([int(argument) for argument in arguments] or LEARNERS))
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

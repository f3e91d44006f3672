"""``make bench``: speed as ratios, measured in one run on this machine, in one table.

What is compared takes turns in every round, so that a busy machine slows both. A ratio is a speed-up: above 1 the course's
way is the faster one. Medians over the rounds are printed, and the lowest and highest ratio of a round.
"""

from __future__ import annotations

import argparse
import csv
import dataclasses
import importlib
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

PARTS = ("startup", "embedding", "pretraining", "interactive")


@dataclass(frozen=True)
class Row:
    """One comparison of the table.

    Attributes:
        part, model, device, precision: what was measured, and where.
        ours, against: the two ways, in words; ``precision`` is that of ``ours``.
        unit: of ``our_median`` and ``other_median``: ``s`` or ``tokens/s``.
        ratio, lowest, highest: how many times faster ``ours`` is: median over the rounds, and its range.
        rounds: how many there were.
        cosine_min, cosine_mean: of the vectors of ``ours`` with those in float32; ``None`` where there are none to compare.
    """

    part: str
    model: str
    device: str
    precision: str
    ours: str
    against: str
    unit: str
    our_median: float
    other_median: float
    ratio: float
    lowest: float
    highest: float
    rounds: int
    cosine_min: float | None = None
    cosine_mean: float | None = None


COLUMNS = [field.name for field in dataclasses.fields(Row)]


@dataclass(frozen=True)
class Goal:
    """What was aimed at, what was measured, and whether that is enough; ``None`` where the goal does not apply here."""

    text: str
    measured: str
    met: bool | None

    def __str__(self) -> str:
        verdict = {True: "met", False: "not met", None: "does not apply here"}[self.met]
        return f"{verdict}: {self.text} (measured: {self.measured})"


def compare(ours: Sequence[float], other: Sequence[float], /, unit: str = "s", **names) -> Row:
    """The row of two ways measured round by round, in seconds, or in tokens a second where more is better.

    Raises:
        ValueError: the two were not measured in the same number of rounds, or in none.

    >>> row = compare([1, 2, 1], [2, 3, 4], part="", model="", device="", precision="", ours="a", against="b")
    >>> row.our_median, row.other_median, row.ratio, row.lowest, row.highest
    (1, 3, 2.0, 1.5, 4.0)
    """
    if not ours or len(ours) != len(other):
        raise ValueError(f"Both ways need the same number of rounds, at least one: {len(ours)} and {len(other)}.")
    ratios = [b / a if unit == "s" else a / b for a, b in zip(ours, other, strict=True)]
    return Row(
        **names,
        unit=unit,
        our_median=statistics.median(ours),
        other_median=statistics.median(other),
        ratio=statistics.median(ratios),
        lowest=min(ratios),
        highest=max(ratios),
        rounds=len(ratios),
    )


def in_turn(ways: dict[str, Callable[[], object]], rounds: int, measure: Callable | None = None) -> dict[str, list[float]]:
    """What each way took, round by round: all ways in each round, every second round in the opposite order.

    Args:
        measure: gives the figure for one call of a way; its seconds, if left out.

    >>> order = []
    >>> taken = in_turn({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, rounds=2)
    >>> order, [len(seconds) for seconds in taken.values()]
    (['a', 'b', 'b', 'a'], [2, 2])
    """
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for i in range(rounds):
        for name in list(ways) if i % 2 == 0 else reversed(ways):
            taken[name].append((measure or seconds_of)(ways[name]))
    return taken


def seconds_of(call: Callable[[], object]) -> float:
    """Seconds that one call takes."""
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def table(rows: Iterable[Row]) -> str:
    """The rows as lines of text, under one header for each part, model and device."""
    lines, above = [], None
    for row in rows:
        under = (row.part, row.model, row.device)
        if under != above:
            lines += ["", f"{row.part}: {row.model}, {row.device}"]
            above = under
        lines.append(
            f"  {row.ours} : {row.against}\n"
            f"      {_figure(row.our_median)} : {_figure(row.other_median)} {row.unit}"
            f" = {row.ratio:.2f}x ({row.lowest:.2f}-{row.highest:.2f} in {row.rounds} rounds)"
            + ("" if row.cosine_min is None else f", cosine {row.cosine_min:.6f} or more, {row.cosine_mean:.6f} on average")
        )
    return "\n".join(lines[1:])


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def write_csv(rows: Iterable[Row], path: Path) -> None:
    """The rows with ``COLUMNS`` as a header; an empty field where there is no cosine."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(dataclasses.asdict(row) for row in rows)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def main(arguments: list[str] | None = None) -> None:
    """Measure all parts, or one; print the table and the goals, and write the table as CSV.

    Raises:
        ValueError: no such device, or two ways that should give the same vectors did not.
    """
    parser = argparse.ArgumentParser(prog="python -m course_utils bench", description="Measure speed as ratios.")
    parser.add_argument("--part", choices=PARTS, help="only this part (all)")
    parser.add_argument("--csv", type=Path, default=Path("bench.csv"), help="where to write the table (%(default)s)")
    parser.add_argument("--rounds", type=_positive, help="rounds (5 of embedding, 15 of interactive, 3 of the other parts)")
    parser.add_argument("--device", help="cpu, cuda, cuda:1 or mps (CUDA where there is one, else the CPU)")
    options = parser.parse_args(arguments)

    import torch

    from course_utils.devices import choose_device

    device = str(choose_device(options.device))
    name = torch.cuda.get_device_name(device) if device.startswith("cuda") else f"{torch.get_num_threads()} threads"
    print(f"{device} ({name}), torch {torch.__version__}", flush=True)
    rows: list[Row] = []
    goals: list[Goal] = []
    for part in [options.part] if options.part else PARTS:
        module = importlib.import_module(f"course_utils.benchmarks.{part}")
        measured = module.measure(device, **({"rounds": options.rounds} if options.rounds else {}))
        rows += measured
        goals += module.goals(measured)
        write_csv(rows, options.csv)
        print(f"\n{table(measured)}", flush=True)
    print("\nGoals", *goals, f"\nAlso written as {options.csv}.", sep="\n")

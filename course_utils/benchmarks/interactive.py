"""How long the interactive parts of the notebooks take to answer, against the goal of 200 ms."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import count

import numpy as np

from course_utils.benchmarks import Goal, Row, compare

GOAL = 0.2  # seconds
AGAINST = "the goal"
SENTENCES = "The ferry was late|She has two brothers and a son|He drank a cup of tea|The cat fell asleep on the sofa".split("|")


def parts(device: str) -> dict[str, Callable[[int], None]]:
    """Name to a call that changes what the part is asked, so that it has to compute; the number makes each text a new one."""
    import course_utils as cu
    from course_utils import interactive

    eager = cu.load_encoder("mini-bert", device=device, attention="eager")
    model, _ = cu.load_with_heads("mini-bert", device=device)
    sbert = cu.load_encoder("mini-sbert", device=device)
    rng = np.random.default_rng(0)
    places = {step: rng.normal(size=(180, 2)) for step in range(2)}
    labels = ["positive", "negative"] * 90
    made = {
        "tokens": interactive.tokens(eager.tokenizer),
        "blanks": interactive.blanks(model, eager.tokenizer),
        "attention": interactive.attention(eager),
        "similarity": interactive.similarity(cu.load_encoder("mini-bert", device=device), sbert),
        "search": interactive.search(cu.SearchIndex.build(cu.load_data("passages")["text"], sbert)),
    }
    boxes = {"tokens": "sentence", "blanks": "sentence", "attention": "sentence", "similarity": "sentences", "search": "query"}

    def asked(name: str) -> Callable[[int], None]:
        lines = 8 if name == "similarity" else 1
        box = made[name].controls[boxes[name]]

        def ask(number: int) -> None:
            box.value = "\n".join(f"{SENTENCES[(number + i) % len(SENTENCES)]} {number}." for i in range(lines))

        return ask

    def forge(number: int) -> None:
        """A new part each time: one that is there draws each step once."""
        interactive.forging(places, labels)

    return {name: forge if name == "forging" else asked(name) for name in (*list(made)[:3], "forging", *list(made)[3:])}


def measure(device: str, rounds: int = 15) -> list[Row]:
    """A row a part: its seconds in each round, all parts taking turns, beside the goal; one round before is not counted."""
    calls, numbers = parts(device), count()
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for i in range(rounds + 1):
        for name, call in calls.items():
            number = next(numbers)
            begin = time.perf_counter()
            call(number)
            if i:
                taken[name].append(time.perf_counter() - begin)
    print("interactive: measured", flush=True)
    names = {"part": "interactive", "model": "mini-bert", "device": device, "precision": "float32"}
    return [compare(seconds, [GOAL] * rounds, **names, ours=name, against=AGAINST) for name, seconds in taken.items()]


def goals(rows: Sequence[Row]) -> list[Goal]:
    """Each part answers in under 200 ms, by the median."""
    return [
        Goal(f"{row.ours} answers in under {1000 * GOAL:.0f} ms", f"{1000 * row.our_median:.0f} ms", row.our_median < GOAL)
        for row in rows
    ]

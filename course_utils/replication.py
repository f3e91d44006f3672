"""The course's trainings again with other seeds, run ahead by a command, and shipped item by item with their provenance.

``python -m course_utils replicate`` trains ``mini-bert`` for everything in ``TRAININGS`` with each of ``SEEDS``, evaluates each
with both poolings (``tasks.evaluate``), and writes ``course_utils/results``. A notebook trains seed 0 live and takes the spread
over seeds from here.
"""

from __future__ import annotations

import csv
import platform
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from course_utils import arguments, model_arguments, tasks
from course_utils.checksums import list_checksum, sha256, verified
from course_utils.writing import replacing

FOLDER = Path(__file__).parent / "results"
ADVICE = "Get it back with: git checkout -- course_utils/results."
TRAININGS = ("sentiment", "topic", "shuffled", "untrained", "siamese cls", "siamese mean")
POOLINGS = ("cls", "mean")
SEEDS = (0, 1, 2, 3, 4)
COSINES = ("sts", "random")  # stored as whole numbers of 1e-5
SCALE = 100_000


class DamagedResultsError(RuntimeError):
    """The shipped results are missing or are not those that were shipped."""


@dataclass(frozen=True)
class Replications:
    """Outcomes of the shipped trainings.

    Attributes:
        seeds: of the trainings, in the order of the rows of each outcome.
    """

    seeds: tuple[int, ...]
    columns: dict[tuple[str, str, int], dict[str, np.ndarray]] = field(repr=False)

    def of(self, training: str, pooling: str) -> dict[str, np.ndarray]:
        """Outcomes (as from ``evaluate``) of one kind of training, read with one pooling: each (seeds, items).

        Args:
            training: ``"sentiment"``, ``"topic"``: ``fine_tune_classifier`` on the train split of ``reviews``; ``"shuffled"``:
                on its sentiments in random order; ``"untrained"``: an untrained encoder on its sentiments; ``"siamese cls"``,
                ``"siamese mean"``: ``train_sentence_encoder`` on ``paraphrases`` with that pooling.
            pooling: ``"cls"`` or ``"mean"``, how vectors are read from the tuned encoder.

        Raises:
            ValueError: no such training or pooling.
        """
        if not all(isinstance(value, str) for value in (training, pooling)) or not (
            training in TRAININGS and pooling in POOLINGS
        ):
            raise ValueError(
                f"There are the trainings {', '.join(TRAININGS)}, read with {' or '.join(POOLINGS)} as pooling; "
                f"not training {arguments.shown(training)} with {arguments.shown(pooling)}."
            )
        runs = [self.columns[training, pooling, seed] for seed in self.seeds]
        return {name: np.stack([run[name] for run in runs]) for name in tasks.OUTCOMES}


def replications() -> Replications:
    """The shipped results of all trainings of ``mini-bert`` with several seeds, checksum verified.

    Raises:
        DamagedResultsError: the file is missing or altered.

    >>> runs = replications()
    >>> runs.of("sentiment", "cls")["topic"].shape
    (5, 540)
    """
    return _read(verified(FOLDER / "replications.csv", DamagedResultsError, ADVICE))


def _read(path: Path) -> Replications:
    with open(path, newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    names = np.array([row[0] for row in rows])
    table = np.array([row[2:] for row in rows], dtype=np.int64)  # (items, runs)
    columns = {}
    for key, values in zip(header[2:], table.T, strict=True):
        training, pooling, seed = key.split("|")
        outcomes = {name: values[names == name] for name in tasks.OUTCOMES}
        columns[training, pooling, int(seed)] = {
            name: values / SCALE if name in COSINES else values for name, values in outcomes.items()
        }
    return Replications(tuple(sorted({seed for _, _, seed in columns})), columns)


def train(training: str, seed: int, encoder=None):
    """One of ``TRAININGS`` with a seed, as the notebooks do it: the tuned ``Encoder``.

    Args:
        encoder: where to start (``mini-bert`` if left out).

    Raises:
        TypeError: ``seed`` is not a whole number, or ``encoder`` is none.
        ValueError: no such training.
    """
    from course_utils.data import load_data
    from course_utils.models import load_encoder
    from course_utils.training import fine_tune_classifier, train_sentence_encoder

    arguments.one_of(training, "training", TRAININGS)
    arguments.seed(seed)
    encoder = load_encoder("mini-bert") if encoder is None else model_arguments.encoder(encoder)
    kind, _, pooling = training.partition(" ")
    if kind == "siamese":
        return train_sentence_encoder(encoder, load_data("paraphrases"), pooling, seed=seed).encoder
    reviews = load_data("reviews", "train")
    labels = reviews["topic" if training == "topic" else "sentiment"].to_numpy()
    if training == "shuffled":
        labels = np.random.default_rng(seed).permutation(labels)
    if training == "untrained":
        encoder = load_encoder("untrained", like=encoder, seed=seed)
    return fine_tune_classifier(encoder, reviews["text"], labels, seed=seed).encoder


def evaluate_both(encoder, outcomes=tasks.OUTCOMES) -> dict[str, dict[str, np.ndarray]]:
    """Outcomes of an encoder read with each pooling, from one pass through the model for each set of texts.

    Args:
        outcomes: which, as in ``tasks.evaluate``.

    Raises:
        TypeError: ``encoder`` is none.
        ValueError: no such outcome.
    """
    from course_utils.embedding import embed_each

    model_arguments.encoder(encoder)
    seen = {}

    def vectorise(pooling):
        def vectors(texts):
            key = (len(texts), texts[0])
            if key not in seen:
                seen[key] = dict(zip(POOLINGS, embed_each(texts, encoder, [(p, -1) for p in POOLINGS]), strict=True))
            return seen[key][pooling]

        return vectors

    return {pooling: tasks.evaluate(vectorise(pooling), outcomes) for pooling in POOLINGS}


def write(seeds=SEEDS, trainings=TRAININGS, folder: Path = FOLDER) -> None:
    """Train, evaluate, and write ``replications.csv``, its checksum and ``README.md``; what was done before a break is kept.

    Each run goes to ``folder/parts`` first; those are removed when all are there.
    """
    parts = folder / "parts"
    parts.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    for seed in seeds:
        for training in trainings:
            part = parts / f"{training}-{seed}.npz".replace(" ", "-")
            if not part.is_file():
                begun = time.perf_counter()
                outcomes = evaluate_both(train(training, seed))
                with replacing(part) as partial, open(partial, "wb") as file:  # a part that is there is taken for done
                    np.savez(file, **{f"{p}|{name}": v for p, found in outcomes.items() for name, v in found.items()})
                print(f"{training}, seed {seed}: {time.perf_counter() - begun:.0f} s", flush=True)
        _collect(parts, folder)
    _card(folder, time.perf_counter() - start)
    for part in parts.iterdir():
        part.unlink()
    parts.rmdir()


def _collect(parts: Path, folder: Path) -> None:
    """``replications.csv`` and its checksum from all parts that are complete for their seed."""
    columns = {}
    for training in TRAININGS:
        for path in sorted(parts.glob(training.replace(" ", "-") + "-[0-9]*.npz")):
            with np.load(path, allow_pickle=False) as found:
                for pooling in POOLINGS:
                    key = f"{training}|{pooling}|{path.stem.rsplit('-', 1)[1]}"
                    columns[key] = {name: _whole(name, found[f"{pooling}|{name}"]) for name in tasks.OUTCOMES}
    path = folder / "replications.csv"
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["outcome", "item", *columns])
        for name in tasks.OUTCOMES:
            table = np.stack([found[name] for found in columns.values()], 1)
            writer.writerows([name, i, *row] for i, row in enumerate(table.tolist()))
    list_checksum(path)


def _whole(name: str, values: np.ndarray) -> np.ndarray:
    return np.round(values * SCALE).astype(int) if name in COSINES else values.astype(int)


def _card(folder: Path, seconds: float) -> None:
    """What is in the folder, how it was made and on what, and the mean of each figure."""
    import inspect

    import sentence_transformers
    import torch
    import transformers

    from course_utils import __version__, scores
    from course_utils.training import fine_tune_classifier, train_sentence_encoder

    runs = _read(folder / "replications.csv")
    metrics = ("sentiment", "topic", "similarity", "hard pairs", "search", "clusters")
    rows = [
        f"| {training} | {'[CLS]' if pooling == 'cls' else 'mean'} | "
        + " | ".join(f"{scores.score(metric, runs.of(training, pooling)).value:.2f}" for metric in metrics)
        + " |"
        for training in TRAININGS
        for pooling in POOLINGS
    ]
    recipes = {
        name: ", ".join(
            f"{p.name}={p.default!r}"
            for p in inspect.signature(function).parameters.values()
            if p.default is not p.empty and p.name in ("epochs", "batch_size", "learning_rate", "scale")
        )
        for name, function in (("classifiers", fine_tune_classifier), ("siamese", train_sentence_encoder))
    }
    start = Path(__file__).parent / "assets" / "mini-bert" / "model.safetensors"
    versions = f"course_utils {__version__}, torch {torch.__version__}, transformers {transformers.__version__}, "
    versions += f"sentence-transformers {sentence_transformers.__version__}"
    text = f"""# Trainings with several seeds

`replications.csv` holds what each of {len(runs.seeds) * len(TRAININGS)} trainings gave for each item of the course's tasks, so
that every interval in notebooks 05-07 is computed from items and seeds. A row is an item, a column a run:
`training|pooling it is read with|seed`. `cu.replications()` reads it. Licence: CC BY 4.0.

* `sentiment`, `topic`: 1 where a linear probe is right on a test review; `clusters`: its k-means cluster.
* `sts`, `random`: cosines in units of 0.00001. `search`: ranks of the right passages.
* Order of the items: as in `course_utils/tasks.py`.

`claims.csv` has a row for each claim of each notebook: the verdict of its interval, and how often each verdict came out when
the study was repeated ten times, with other data, random numbers and training seeds (`python -m course_utils proof seeds`).
`cu.repeated_verdicts()` reads it.

## Provenance
| | |
|---|---|
| command | `python -m course_utils replicate` |
| start | `mini-bert`, model.safetensors SHA-256 {sha256(start)[:16]} |
| seeds | {", ".join(map(str, runs.seeds))}: of the head, the order of batches, the shuffling, the untrained weights |
| classifiers | {recipes["classifiers"]}, AdamW, 10% warm-up, linear decay |
| siamese | {recipes["siamese"]}, 10% warm-up, linear decay |
| versions | {versions} |
| machine | {platform.machine()}, {torch.get_num_threads()} threads, shared with other work; {seconds / 60:.0f} minutes |

The learning rate of the classifiers is the better of 1e-4 and 3e-4 on the dev split of `reviews` (seed 100, mean of sentiment
and topic); nothing else was tried. Another processor gives slightly other runs: notebooks 05 and 06 train seed 0 again and
hold it to these within a stated tolerance.

## Means over the seeds
| training | read with | {" | ".join(metrics)} |
|---|---|{"---|" * len(metrics)}
{chr(10).join(rows)}
"""
    (folder / "README.md").write_text(text, encoding="utf-8", newline="\n")

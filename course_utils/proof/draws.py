"""In the kernel of a notebook: the same study again, with other data, other random numbers, and other trainings.

``install`` puts it in place after the notebook's setup; ``proof.seeds`` runs the notebooks. In notebooks 05 to 07 the number of
a draw is the seed of its trainings, so that the shipped ones are among the ten.
"""

from __future__ import annotations

import json
import os
import sys
import zlib
from pathlib import Path

import numpy as np

MARK = "VERDICTS "
CORPORA = ("passages",)  # what is searched stays as it is; the questions are drawn
TRAINED = ("05", "06", "07")  # trainings again; the other notebooks: data drawn again


def tell() -> None:
    """Have ``cu.ledger`` print what it is given, as one line of JSON: claim, outcome, what was measured."""
    import course_utils as cu

    shown = cu.ledger

    def ledger(entries, again=None):
        entries = list(entries)
        print(MARK + json.dumps([[verdict.claim, verdict.outcome, verdict.measured_text] for _, verdict in entries]))
        return shown(entries, again)

    cu.ledger = ledger


def install(notebook: str, number: int, folder: str | Path) -> None:
    """Make everything that is left to chance in ``notebook`` come out as in draw ``number``.

    Notebooks 00 to 04: each split of each data set is drawn with replacement, as many rows as it has, and every random number
    and untrained network is another one. Notebooks 05 to 07: the training seed is ``number``; live trainings use it, what is
    shipped for it is taken, and then live trainings are cut short; what is not shipped is trained here and kept in ``folder``.
    Where a claim is about no training, its items are drawn with replacement.

    Args:
        notebook: its two digits.
        number: from 0.
        folder: where outcomes of trainings are kept between notebooks.
    """
    tell()
    _other_controls(number)
    if notebook in TRAINED:
        _other_trainings(number, Path(folder))
        _drawn_items(number)
    else:
        _drawn_data(number)
        _other_numbers(number)


def drawn(name: str, frame, number: int):
    """``frame`` with each split drawn with replacement, as many rows as it has; the same rows each time, in order."""
    rng = np.random.default_rng([number, zlib.crc32(name.encode())])
    splits = frame["split"].to_numpy() if "split" in frame else np.zeros(len(frame))
    rows = np.arange(len(frame))
    for split in dict.fromkeys(splits):
        there = np.flatnonzero(splits == split)
        rows[there] = np.sort(rng.choice(there, len(there)))
    return frame.iloc[rows].reset_index(drop=True)


def _drawn_data(number: int) -> None:
    from course_utils import data

    load = data.load_data

    def load_data(name, split=None, source="bundled"):
        frame = load(name, source=source)
        if source == "bundled" and name not in CORPORA:
            frame = drawn("reviews" if name == "probes" else name, frame, number)
        return frame if split is None else frame[frame["split"] == split].reset_index(drop=True)

    _everywhere("load_data", load, load_data)


def _everywhere(name: str, old, new) -> None:
    """Put ``new`` wherever a module of the course has ``old`` under ``name``."""
    for module in [m for key, m in sys.modules.items() if key.split(".")[0] == "course_utils"]:
        if getattr(module, name, None) is old:
            setattr(module, name, new)


def _other_numbers(number: int) -> None:
    """Every generator of NumPy that is given a seed gets another one."""
    made = np.random.default_rng

    def default_rng(seed=None):
        return made(seed if seed is None or not np.isscalar(seed) else [int(seed), number, 1])

    np.random.default_rng = default_rng


def _other_controls(number: int) -> None:
    """Other weights for the untrained network."""
    from course_utils import models

    load = models.load_encoder

    def load_encoder(name, *arguments, seed=0, **options):
        return load(name, *arguments, seed=seed + 100 * number if name == "untrained" else seed, **options)

    _everywhere("load_encoder", load, load_encoder)


def _other_trainings(number: int, folder: Path) -> None:
    from course_utils import replication, training

    classify, siamese = training.fine_tune_classifier, training.train_sentence_encoder
    shipped, made = replication.replications(), {}
    if number in shipped.seeds:
        os.environ["COURSE_MAX_STEPS"] = "3"  # the claims are about the shipped trainings: the live ones decide nothing

    def fine_tune_classifier(encoder, texts, labels, *arguments, seed=0, **options):
        done = classify(encoder, texts, labels, *arguments, seed=number, **options)
        if len(labels) == len(_train_split()):  # the course's trainings, not one on a few reviews
            made["topic" if len(done.classes) > 2 else "sentiment"] = done.encoder
        return done

    def train_sentence_encoder(encoder, triples, pooling="mean", *arguments, seed=0, **options):
        done = siamese(encoder, triples, pooling, *arguments, seed=number, **options)
        made[f"siamese {pooling}"] = done.encoder
        return done

    def of(kind: str, pooling: str) -> dict[str, np.ndarray]:
        if number in shipped.seeds:
            columns = shipped.columns[kind, pooling, number]
        else:
            columns = _outcomes(kind, number, folder, made)[pooling]
        return {name: values[None] for name, values in columns.items()}  # one seed

    class One(replication.Replications):
        def of(self, training, pooling):
            return of(training, pooling)

    one = One((number,), {})
    _everywhere("fine_tune_classifier", classify, fine_tune_classifier)
    _everywhere("train_sentence_encoder", siamese, train_sentence_encoder)
    _everywhere("replications", replication.replications, lambda: one)


def _train_split():
    from course_utils.data import load_data

    return load_data("reviews", "train")


def _outcomes(kind: str, number: int, folder: Path, made: dict) -> dict[str, dict[str, np.ndarray]]:
    """Outcomes by pooling of one training with seed ``number``: kept, of the live training, or trained now."""
    from course_utils import replication

    part = folder / f"{kind}-{number}.npz".replace(" ", "-")
    if not part.is_file():
        encoder = made.get(kind)
        if encoder is None:
            encoder = replication.train(kind, number)
        found = replication.evaluate_both(encoder)
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = part.with_suffix(".tmp.npz")
        np.savez(unfinished, **{f"{p}|{name}": v for p, outcomes in found.items() for name, v in outcomes.items()})
        unfinished.replace(part)
    with np.load(part, allow_pickle=False) as kept:
        return {p: {key.split("|")[1]: kept[key] for key in kept if key.startswith(f"{p}|")} for p in replication.POOLINGS}


def _drawn_items(number: int) -> None:
    """Claims about no training, and those measured by ``cu.bootstrap``: their items are drawn first."""
    import sklearn.cluster

    from course_utils import scores, statistics

    judge, counts, bootstrap, kmeans = scores.judge_scores, scores._counts, statistics.bootstrap, sklearn.cluster.KMeans
    judged = [False]

    def judge_scores(claim, metric, a, b, margin=0.0):
        judged[0] = not any(np.ndim(values) == 2 for outcomes in (a, b) for values in outcomes.values())
        try:
            return judge(claim, metric, a, b, margin)
        finally:
            judged[0] = False

    def _counts(n, resamples, seed):
        if not judged[0]:
            return counts(n, resamples, seed)
        base = np.random.default_rng([number, n]).integers(0, n, n)
        rows = base[np.random.default_rng([seed, number, 2]).integers(0, n, (resamples, n))]
        return np.stack([np.bincount(row, minlength=n) for row in [base, *rows]]).astype(float)

    def drawn_bootstrap(statistic, n, *arguments, **options):
        base = np.random.default_rng([number, n, 3]).integers(0, n, n)
        return bootstrap(lambda rows: statistic(base[rows]), n, *arguments, **options)

    def other_kmeans(*arguments, random_state=None, **options):
        return kmeans(*arguments, random_state=None if random_state is None else random_state + number, **options)

    scores._counts, sklearn.cluster.KMeans = _counts, other_kmeans
    _everywhere("judge_scores", judge, judge_scores)
    _everywhere("bootstrap", bootstrap, drawn_bootstrap)

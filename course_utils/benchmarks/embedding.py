"""``cu.embed`` against ``SentenceTransformer.encode``: the same weights, the same texts, the same vectors."""

from __future__ import annotations

import dataclasses
import os
import tempfile
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from course_utils.benchmarks import Goal, Row, compare, in_turn, seconds_of

TOLERANCE = 1e-4
THEIR_BATCH = 32  # what encode takes when nothing is said
BATCHES = (8, 16, 32, 64, 128)
TEXTS = {"mini-bert": 300, "BERT-base": 60}  # on a CPU: a few seconds a round
TEXTS_ON_GPU = 3000


def mixed_texts(n: int, seed: int = 0) -> list[str]:
    """``n`` texts of the course, short and long in random order: a third each of sentences, reviews and passages."""
    from course_utils.data import load_data

    rng = np.random.default_rng(seed)
    sentences = load_data("sts")
    sources = (
        [*sentences["sentence1"], *sentences["sentence2"]],
        load_data("reviews")["text"].tolist(),
        load_data("passages")["text"].tolist(),
    )
    texts = [sources[i % 3][rng.integers(len(sources[i % 3]))] for i in range(n)]
    return [texts[i] for i in rng.permutation(n)]


def random_bert_base(folder: Path, seed: int = 0) -> Path:
    """A BERT-base as its first checkpoint is (12 layers of 768, 30,522 entries) with random weights, saved in ``folder``.

    Its tokenizer is ``mini-bert``'s, whose vocabulary is smaller: speed does not depend on which rows are looked up.
    """
    import torch
    from transformers import BertConfig, BertModel
    from transformers.utils import logging

    from course_utils.models import load_encoder

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = BertModel(BertConfig(vocab_size=30522))
    logging.disable_progress_bar()
    model.save_pretrained(folder)
    load_encoder("mini-bert", device="cpu").tokenizer.save_pretrained(folder)
    return folder


def check_equal(ours: np.ndarray, theirs: np.ndarray, what: str, tolerance: float = TOLERANCE) -> None:
    """Compare two arrays of vectors.

    Raises:
        ValueError: another shape, a difference above ``tolerance``, or a value that is no number.

    >>> check_equal(np.zeros((2, 3)), np.full((2, 3), 1e-3), "vectors")
    Traceback (most recent call last):
        ...
    ValueError: vectors: they differ by up to 0.001, more than 0.0001. Their speed cannot be compared.
    """
    if ours.shape != theirs.shape:
        raise ValueError(f"{what}: the shapes are {ours.shape} and {theirs.shape}. Their speed cannot be compared.")
    difference = np.abs(ours - theirs).max()
    if not difference <= tolerance:
        raise ValueError(
            f"{what}: they differ by up to {difference:.3g}, more than {tolerance:g}. Their speed cannot be compared."
        )


def reduced_precisions(device: str) -> list[str]:
    """Precisions below float32 that ``device`` is fast in."""
    from course_utils.devices import has_fast_bfloat16

    return [*(["float16"] if device.startswith("cuda") else []), *(["bfloat16"] if has_fast_bfloat16(device) else [])]


def _encoding(model, texts: list[str], batch_size: int = THEIR_BATCH) -> Callable[[], np.ndarray]:
    return lambda: model.encode(texts, batch_size=batch_size, show_progress_bar=False)


def _embedding(encoder, texts: list[str]) -> Callable[[], np.ndarray]:
    from course_utils.embedding import embed

    return lambda: embed(texts, encoder, "mean")


@contextmanager
def _no_bars():
    """No progress bar, as ``encode`` shows none."""
    before = os.environ.get("TQDM_DISABLE")
    os.environ["TQDM_DISABLE"] = "1"
    try:
        yield
    finally:
        os.environ.pop("TQDM_DISABLE")
        if before is not None:
            os.environ["TQDM_DISABLE"] = before


def measure_model(source: str | Path, model: str, texts: list[str], device: str, rounds: int) -> list[Row]:
    """The rows of one model: float32 against ``encode`` as it comes and with its best batch size, then reduced precision.

    Raises:
        ValueError: ``embed`` and ``encode`` give different vectors in float32.
    """
    from course_utils.embedding import embed
    from course_utils.models import load_encoder
    from course_utils.similarity import cosine
    from course_utils.training import as_sentence_transformer

    encoder = load_encoder(source, device=device)
    for pooling in ("cls", "mean"):  # this is the warm-up too
        theirs = as_sentence_transformer(encoder, pooling)
        expected = _encoding(theirs, texts)()
        check_equal(embed(texts, encoder, pooling), expected, f"{model}, {pooling}, float32: embed and encode")

    taken = {size: seconds_of(_encoding(theirs, texts, size)) for size in BATCHES}
    best = min(taken, key=taken.get)
    ways = {"ours float32": _embedding(encoder, texts), "theirs float32": _encoding(theirs, texts)}
    if best != THEIR_BATCH:
        ways["theirs best"] = _encoding(theirs, texts, best)
    cosines: dict[str, np.ndarray] = {}
    for precision in reduced_precisions(device):
        reduced = load_encoder(source, device=device, precision=precision)
        ways[f"ours {precision}"] = _embedding(reduced, texts)
        ways[f"theirs {precision}"] = _encoding(as_sentence_transformer(reduced, "mean"), texts)
        cosines[precision] = cosine(ways[f"ours {precision}"](), expected)
        ways[f"theirs {precision}"]()

    seconds = in_turn(ways, rounds)
    names = {"part": "embedding", "model": f"{model}, {len(texts)} texts", "device": device}
    against = [("float32", "theirs float32", f"encode float32, batches of {THEIR_BATCH} (its default)")]
    if best != THEIR_BATCH:
        against.append(("float32", "theirs best", f"encode float32, batches of {best} (its fastest here)"))
    for precision in cosines:
        against += [
            (precision, "theirs float32", f"encode float32, batches of {THEIR_BATCH} (its default)"),
            (precision, f"theirs {precision}", f"encode {precision}, batches of {THEIR_BATCH} (its default)"),
        ]
    rows = []
    for precision, other, text in against:
        row = compare(
            seconds[f"ours {precision}"], seconds[other], **names, precision=precision, ours=f"embed {precision}", against=text
        )
        if precision in cosines:
            found = cosines[precision]
            row = dataclasses.replace(row, cosine_min=float(found.min()), cosine_mean=float(found.mean()))
        rows.append(row)
    return rows


def measure(device: str, rounds: int = 5) -> list[Row]:
    """The rows of ``mini-bert`` and of a random BERT-base.

    Raises:
        ValueError: as in ``measure_model``.
    """
    rows = []
    with _no_bars(), tempfile.TemporaryDirectory() as folder:
        for model, source in (("mini-bert", "mini-bert"), ("BERT-base", random_bert_base(Path(folder)))):
            texts = mixed_texts(TEXTS_ON_GPU if device.startswith("cuda") else TEXTS[model])
            rows += measure_model(source, model, texts, device, rounds)
            print(f"embedding, {model}: measured", flush=True)
    return rows


def has_amx() -> bool:
    """Whether the processor has AMX for bfloat16."""
    import torch

    return bool(hasattr(torch.cpu, "get_capabilities") and torch.cpu.get_capabilities().get("amx_bf16"))


def goals(rows: Sequence[Row], amx: bool | None = None) -> list[Goal]:
    """At least as fast in float32 and slower in no round; twice as fast in bfloat16 at a cosine above 0.999 where there is AMX.

    Args:
        amx: whether the processor has AMX; looked up, if left out.
    """
    found = []
    for row in rows:
        if row.precision == "float32":
            text = f"{row.model}: embed at least 1.0x as fast as {row.against}, slower in no round"
            found.append(
                Goal(text, f"{row.ratio:.2f}x, {row.lowest:.2f}x in the slowest round", min(row.ratio, row.lowest) >= 1)
            )
        elif row.precision == "bfloat16" and row.device == "cpu" and "float32" in row.against:
            reached = row.ratio >= 2 and row.cosine_min > 0.999
            text = f"{row.model}: bfloat16 on AMX at least 2x as fast as {row.against}, cosine above 0.999"
            applies = has_amx() if amx is None else amx
            found.append(Goal(text, f"{row.ratio:.2f}x, {row.cosine_min:.6f}", reached if applies else None))
    return found

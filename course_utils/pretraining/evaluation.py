"""What a pre-trained model knows: held-out figures, sentence similarity at each snapshot, fill-mask.

Nothing here selects anything: the models ship as their last step left them.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch

from course_utils import arguments, model_arguments
from course_utils.embedding import embed_each
from course_utils.models import Encoder
from course_utils.objectives import heads_of
from course_utils.pretraining.batches import IGNORE, BatchMaker, Phase, Plan
from course_utils.pretraining.corpus import TokenizedCorpus
from course_utils.pretraining.training import Shape, build_model
from course_utils.similarity import cosine
from course_utils.statistics import Interval, spearman, spearman_interval

Pairs = tuple[list[str], list[str], np.ndarray]  # first sentences, second sentences, gold scores

CURVES = ("cls", "mean")  # the poolings followed through training
EVERYDAY = (
    "She put the kettle on and made a cup of [MASK].",
    "The train to [MASK] leaves at nine o'clock.",
    "He opened the [MASK] and walked into the room.",
    "It was so cold that the lake had turned to [MASK].",
    "My brother plays [MASK] every Saturday.",
    "The [MASK] barked at the postman.",
    "They were married in 1921 and had three [MASK].",
    "The book was written by an American [MASK].",
    "We stayed in bed because it was [MASK] outside.",
    "The river flows into the [MASK].",
)


def read_pairs(path: Path) -> Pairs:
    """Sentence pairs from a CSV with the columns sentence1, sentence2, score (in this order where it has no header line).

    Raises:
        ValueError: a row has no score in its third column.
    """
    columns = ["sentence1", "sentence2", "score"]
    with open(path, newline="", encoding="utf-8") as file:
        rows = [row for row in csv.reader(file) if row]
    if rows and set(columns) <= set(rows[0]):
        places = [rows[0].index(column) for column in columns]
        rows = [[row[place] for place in places] for row in rows[1:]]
    try:
        first, second, gold = zip(*((a, b, float(score)) for a, b, score, *_ in rows), strict=True)
    except ValueError:
        raise ValueError(f"{path}: expected the columns sentence1, sentence2, score in every row.") from None
    return list(first), list(second), np.array(gold)


def course_pairs() -> Pairs:
    """The test pairs of the course's ``sts`` without its hard strata: what a public similarity set is like."""
    from course_utils.data import HARD_STRATA, load_data

    sts = load_data("sts", "test")
    sts = sts[~sts["stratum"].isin(HARD_STRATA)]
    return list(sts["sentence1"]), list(sts["sentence2"]), sts["score"].to_numpy()


def plan_of(settings: Mapping) -> Plan:
    """The ``Plan`` that a run's ``settings.json`` holds."""
    plan = dict(settings["plan"])
    return Plan(**{**plan, "phases": tuple(Phase(**phase) for phase in plan["phases"])})


def read_settings(run: Path) -> dict:
    """``settings.json`` of a run."""
    return json.loads((run / "settings.json").read_text(encoding="utf-8"))


def load_snapshot(run: Path, data: Path, path: Path):
    """(``BertForPreTraining`` in float32, tokenizer) of one snapshot of a run."""
    from safetensors.torch import load_file
    from transformers import AutoTokenizer

    settings = read_settings(run)
    limit = max(phase["length"] for phase in settings["plan"]["phases"])
    model = build_model(settings["vocabulary_size"], limit, Shape(**settings["shape"]), seed=0)
    weights = {name: tensor.float() for name, tensor in load_file(path).items()}
    missing, unexpected = model.load_state_dict(weights, strict=False)
    if unexpected or set(missing) - {"cls.predictions.decoder.weight"}:
        raise ValueError(f"{path} does not fit the run's settings: missing {missing}, unexpected {unexpected}.")
    model.tie_weights()
    tokenizer = AutoTokenizer.from_pretrained(data / "tokenizer")
    tokenizer.model_max_length = limit
    return model.eval(), tokenizer


def pair_cosines(encoder: Encoder, pairs: Pairs, ways: Sequence[tuple[str, int]]) -> list[np.ndarray]:
    """Cosine of the two sentences of each pair, (pairs,), for each (pooling, layer) of ``ways``."""
    first, second, _ = pairs
    n = len(first)
    return [cosine(vectors[:n], vectors[n:]) for vectors in embed_each([*first, *second], encoder, ways)]


def similarity_table(encoder: Encoder, pairs: Pairs) -> dict[str, Interval]:
    """Spearman with the gold scores, with its interval, for each way to pool."""
    ways = {
        "[CLS]": ("cls", -1),
        "pooler": ("pooler", -1),
        "mean": ("mean", -1),
        "first-last mean": ("first_last_mean", -1),
        "layer 0 mean": ("mean", 0),
    }
    if not encoder.has_pooler:
        del ways["pooler"]
    scores = pair_cosines(encoder, pairs, list(ways.values()))
    return {label: spearman_interval(score, pairs[2]) for label, score in zip(ways, scores, strict=True)}


def read_rows(path: Path) -> list[dict]:
    """The rows of a CSV with a header."""
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def joined(runs: Sequence[Path], name: str) -> list[dict]:
    """A log (``log.csv`` or ``held_out.csv``) over runs that continue one another: steps, tokens and seconds go on counting."""
    rows, offsets = [], {"step": 0, "tokens": 0, "seconds": 0.0}
    for run in runs:
        part = read_rows(run / name)
        for row in part:
            if rows and int(row["step"]) == 0:
                continue  # the end of the run before
            moved = {key: float(row[key]) + offset for key, offset in offsets.items() if key in row}
            rows.append({**row, **{key: round(value, 2) if key == "seconds" else int(value) for key, value in moved.items()}})
        offsets = {key: float(rows[-1].get(key, 0)) for key in offsets}
    return rows


def curve(runs: Sequence[Path], data: Path, sets: Mapping[str, Pairs]) -> list[dict]:
    """One row a snapshot: the held-out figures of the log and Spearman of [CLS] and of the mean on each set."""
    rows = joined(runs, "held_out.csv")
    offset = 0
    paths = {}
    for run in runs:
        paths |= {
            offset + int(path.stem.removeprefix("step_")): (run, path) for path in (run / "snapshots").glob("*.safetensors")
        }
        offset += plan_of(read_settings(run)).steps
    for row in rows:
        run, path = paths[row["step"]]
        model, tokenizer = load_snapshot(run, data, path)
        encoder = Encoder(path.stem, model.bert, tokenizer, torch.device("cpu"))
        row.setdefault("nsp_accuracy", "")
        for name, pairs in sets.items():
            for label, scores in zip(CURVES, pair_cosines(encoder, pairs, [(label, -1) for label in CURVES]), strict=True):
                row[f"{name}_{label}"] = round(spearman(scores, pairs[2]), 4)
    return rows


def loss_by_position(model, data: Path, batches: int = 6) -> tuple[float, float]:
    """MLM loss (nats a masked token) in the first and the second half of held-out inputs of the model's full length."""
    from course_utils.pretraining.training import _to_tensors, losses

    limit, size = model.config.max_position_embeddings, model.config.vocab_size
    plan = Plan((Phase(batches, limit, 4096 // limit),), seed=2, padded_rate=0.0)
    maker = BatchMaker(TokenizedCorpus.load(data / "held_out"), plan, size)
    sums, counts = np.zeros(2), np.zeros(2)
    with torch.inference_mode():
        for step in range(batches):
            batch = _to_tensors(maker[step])
            logits = losses(model, batch, nsp=False)[2]
            loss = torch.nn.functional.cross_entropy(logits, batch["masked_labels"], reduction="none")
            half = (batch["masked_positions"] % limit >= limit // 2).numpy().astype(int)
            sums += np.bincount(half, loss.numpy(), 2)
            counts += np.bincount(half, minlength=2)
    first, second = sums / counts
    return float(first), float(second)


def unigram_baseline(data: Path, batches: Sequence[Mapping[str, torch.Tensor]], vocabulary_size: int) -> dict[str, float]:
    """Loss (nats) and accuracy of guessing masked tokens by word frequency alone, counted on the training text."""
    counts = np.bincount(TokenizedCorpus.load(data / "train").tokens, minlength=vocabulary_size) + 1
    logs = np.log(counts / counts.sum())
    labels = np.concatenate([batch["masked_labels"].numpy() for batch in batches])
    labels = labels[labels != IGNORE]
    return {"mlm_loss": float(-logs[labels].mean()), "mlm_accuracy": float((labels == counts.argmax()).mean())}


def fill_mask(model, tokenizer, text: str, k: int = 3) -> list[tuple[str, float]]:
    """The ``k`` likeliest tokens for the [MASK] of ``text``, with their probabilities.

    Raises:
        TypeError: ``text`` is no text, ``model`` or ``tokenizer`` is none, or ``k`` is not a whole number.
        ValueError: ``text`` holds no [MASK] or more than one, is longer than the model takes, or ``k`` is not from 1 to the
            size
            of the vocabulary.
    """
    model_arguments.model(model)
    model_arguments.tokenizer(tokenizer)
    text, k = arguments.text(text, "text"), arguments.whole(k, "k", 1, model.config.vocab_size)
    if "MLM" not in heads_of(model):
        raise ValueError(f"model: {type(model).__name__} has no MLM head.")
    batch = tokenizer(text, return_tensors="pt").to(model.device)
    places = (batch["input_ids"][0] == tokenizer.mask_token_id).nonzero().flatten()
    if len(places) != 1:
        raise ValueError(f"The text must hold one {tokenizer.mask_token}, not {len(places)}.")
    model_arguments.token_ids(batch["input_ids"], "text", model.config.vocab_size, model.config.max_position_embeddings)
    with torch.inference_mode():
        output = model(**batch)
    logits = output.prediction_logits if "prediction_logits" in output else output.logits
    top = logits[0, places[0]].softmax(-1).topk(k)
    return [(tokenizer.convert_ids_to_tokens(int(i)), float(p)) for i, p in zip(top.indices, top.values, strict=True)]

"""Training of an encoder with the field's own trainers: for a classification, and for similarity."""

from __future__ import annotations

import contextlib
import copy
import ctypes
import gc
import math
import os
import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from course_utils import arguments, memory, model_arguments
from course_utils.embedding import check_texts, embed
from course_utils.memory import STEPS


@dataclass(frozen=True)
class ClassifierTraining:
    """What a fine-tuning gave.

    Attributes:
        encoder: the tuned ``Encoder``; the one it started from is unchanged.
        classes: the labels, sorted; row i of the head is for the i-th.
        head: ``torch.nn.Linear`` from a sentence vector to one logit a class.
        pooling: what the head reads: ``"cls"`` or ``"mean"`` of the last layer.
        seconds: wall time of the training steps.
        losses: mean training loss of each ten steps; of each step, in a training of fewer than twenty.
        watched: step to the (len(watch), dim) sentence vectors of the watched texts at that step; 0 is before training.
    """

    encoder: Any = field(repr=False)
    classes: tuple
    head: Any = field(repr=False)
    pooling: str = "cls"
    seconds: float = 0.0
    losses: tuple[float, ...] = field(default=(), repr=False)
    watched: dict[int, np.ndarray] = field(default_factory=dict, repr=False)

    def predict(self, texts) -> np.ndarray:
        """The likeliest label of each text, (n,).

        Raises:
            TypeError, ValueError: as in ``embed``.
        """
        weight, bias = (parameter.detach().cpu().numpy() for parameter in (self.head.weight, self.head.bias))
        return np.asarray(self.classes)[(embed(texts, self.encoder, self.pooling) @ weight.T + bias).argmax(1)]


def fine_tune_classifier(
    encoder,
    texts: Sequence[str],
    labels: Sequence,
    *,
    pooling: str = "cls",
    epochs: float = 4,
    batch_size: int = 32,
    learning_rate: float = 3e-4,
    seed: int = 0,
    watch: Sequence[str] = (),
    watch_at: Sequence[int] = (),
    max_steps: int | None = None,
) -> ClassifierTraining:
    """Tune a copy of ``encoder`` as a whole, with a linear head on its sentence vector, for a classification.

    Cross-entropy on the Hugging Face ``Trainer`` (AdamW, 10% warm-up, linear decay), so that several devices work through
    ``accelerate``. Source of the set-up: Devlin et al. 2019 (arXiv 1810.04805), section 4.1; here the head reads the last layer
    directly, not the pooler. The learning rate is the better of 1e-4 and 3e-4 on the dev split of ``reviews`` (seed 100).

    Args:
        encoder: from ``load_encoder``.
        texts: n strings.
        labels: n labels of at least two kinds.
        pooling: what the head reads: ``"cls"`` or ``"mean"``.
        epochs: times through the texts.
        batch_size: texts a step, on each device.
        seed: of the head's first weights, the dropout and the order of batches.
        watch: texts whose sentence vectors are kept at the steps ``watch_at`` (0 is before the first step).
        max_steps: stop after so many steps, whatever ``epochs`` says; the learning rate decays to 0 by then.

    Raises:
        TypeError: as in ``embed``, labels of several kinds, or a setting that is not a number of its kind.
        ValueError: a text that ``embed`` does not take, a setting out of range, a label missing, no texts, not one label a
            text, a single label, no such pooling, or a step to watch that never comes.
        NotEnoughMemoryError: the training would not fit into the memory that is free.

    Warns:
        UserWarning: the steps are capped by COURSE_MAX_STEPS.
    """
    import torch

    texts, encoder = check_texts(texts), model_arguments.encoder(encoder)
    labels = arguments.items(labels, "labels", "labels")
    arguments.labels(labels)
    _check_settings(epochs, batch_size, learning_rate, seed)
    watch, watch_at = arguments.texts(watch, "watch"), arguments.wholes(watch_at, "watch_at").tolist()
    max_steps = max_steps if max_steps is None else arguments.whole(max_steps, "max_steps", 1, arguments.MANY)
    classes = tuple(sorted(set(labels)))
    if len(texts) != len(labels):
        raise ValueError(f"texts and labels: One label a text: got {len(texts)} texts and {len(labels)} labels.")
    if len(classes) < 2:
        raise ValueError(f"A classification needs at least two labels, got {len(classes)}.")
    if not isinstance(pooling, str) or pooling not in ("cls", "mean"):
        raise ValueError(f"pooling must be cls or mean to be tuned, not {arguments.shown(pooling)}.")
    steps = max_steps or math.ceil(math.ceil(len(texts) / batch_size) * epochs)
    late = [step for step in watch_at if not 0 <= step <= steps]
    if late:
        raise ValueError(f"There are {steps} steps: step {late[0]} of watch_at cannot be watched.")
    steps = _capped(steps)
    watch_at = [min(step, steps) for step in watch_at]

    rows = encoder.tokenizer(texts, truncation=True, max_length=encoder.limit)["input_ids"]
    _check_memory(encoder, batch_size, rows)
    torch.manual_seed(seed)
    tuned = copy.copy(encoder)
    tuned.model = copy.deepcopy(encoder.model).float()
    tuned.name, tuned.pooling, tuned.has_pooler = f"{encoder.name} + classifier ({pooling})", None, False
    network = _network(tuned, len(classes), pooling)
    numbers = [classes.index(label) for label in labels]

    def collate(examples):
        batch = tuned.tokenizer.pad({"input_ids": [row for row, _ in examples]}, return_tensors="pt")
        return {**batch, "labels": torch.tensor([number for _, number in examples])}

    with tempfile.TemporaryDirectory() as folder:
        from transformers import Trainer, TrainingArguments

        settings = TrainingArguments(
            output_dir=folder,
            max_steps=steps,
            per_device_train_batch_size=batch_size,
            learning_rate=learning_rate,
            remove_unused_columns=False,
            **_common(seed, tuned.device, steps),
        )
        watcher = _watcher(tuned, pooling, list(watch), set(watch_at))
        trainer = Trainer(
            model=network,
            args=settings,
            train_dataset=list(zip(rows, numbers, strict=True)),
            data_collator=collate,
            callbacks=[watcher, _bar()],
        )
        trainer.remove_callback(_printer())
        seconds, losses = trainer.train().metrics["train_runtime"], _losses(trainer)
    del trainer
    _give_back()
    tuned.model.eval()
    return ClassifierTraining(tuned, classes, network.head.eval(), pooling, seconds, losses, watcher.seen)


@dataclass(frozen=True)
class SiameseTraining:
    """What a training gave.

    Attributes:
        encoder: the tuned ``Encoder``; the one it started from is unchanged.
        seconds: wall time of the training steps.
        losses: mean training loss of each ``every`` steps.
        every: 10; 1 in a training of fewer than twenty steps.
    """

    encoder: Any = field(repr=False)
    seconds: float = 0.0
    losses: tuple[float, ...] = ()
    every: int = 10


def train_sentence_encoder(
    encoder,
    triples,
    pooling: str = "mean",
    *,
    epochs: float = 2,
    batch_size: int = 64,
    learning_rate: float = 3e-4,
    scale: float = 20.0,
    seed: int = 0,
) -> SiameseTraining:
    """Tune a copy of ``encoder`` so that an anchor lies nearer to its positive than to all other texts of the batch.

    Multiple negatives ranking loss with in-batch negatives and the hard negative of each triple, on
    ``SentenceTransformerTrainer``. Sources: Reimers & Gurevych 2019 (arXiv 1908.10084) for the siamese set-up,
    Henderson et al. 2017 (arXiv 1705.00652) for the loss.

    Args:
        encoder: from ``load_encoder``.
        triples: a DataFrame with the columns anchor, positive, negative.
        pooling: ``"mean"``, ``"cls"`` or ``"max"``; the tuned model is meant to be used with the same.
        epochs: times through the triples.
        scale: factor on the cosines before the softmax (an inverse temperature).
        seed: of the order of batches.

    Raises:
        TypeError: ``encoder`` is none, ``triples`` no DataFrame of texts, or a setting that is not a number of its kind.
        ValueError: a setting out of range, a pooling that cannot be trained this way, no triples, or a column missing.
        NotEnoughMemoryError: the training would not fit into the memory that is free.

    Warns:
        UserWarning: the steps are capped by COURSE_MAX_STEPS.
    """
    import torch
    from datasets import Dataset
    from sentence_transformers import SentenceTransformerTrainer, SentenceTransformerTrainingArguments
    from sentence_transformers.sentence_transformer import losses
    from sentence_transformers.sentence_transformer.modules import Transformer
    from sentence_transformers.sentence_transformer.training_args import BatchSamplers

    from course_utils.models import Encoder

    columns = ["anchor", "positive", "negative"]
    model_arguments.encoder(encoder)
    if not isinstance(pooling, str) or pooling not in ("mean", "cls", "max"):
        raise ValueError(f"pooling must be mean, cls or max to be trained, not {arguments.shown(pooling)}.")
    arguments.table(triples, "triples", columns)
    _check_settings(epochs, batch_size, learning_rate, seed)
    arguments.real(scale, "scale", above=0)
    texts = arguments.texts([text for column in columns for text in triples[column]], "triples")
    _check_memory(encoder, 3 * batch_size, encoder.tokenizer(texts, truncation=True, max_length=encoder.limit)["input_ids"])
    steps = math.ceil(len(triples) / batch_size * epochs)
    capped = _capped(steps)
    torch.manual_seed(seed)
    # Shuffled here as well: sentence-transformers 5.7 takes the same first order for every seed.
    triples = triples.iloc[np.random.default_rng(seed).permutation(len(triples))]
    with tempfile.TemporaryDirectory() as folder:
        encoder.model.save_pretrained(folder)
        encoder.tokenizer.save_pretrained(folder)
        body = Transformer(folder)
        body.auto_model.float()
        model = _assembled(body, encoder, pooling)
        model.model_card_data.widget = [{}]  # or the trainer looks for examples for its card, with a bar of its own
        settings = SentenceTransformerTrainingArguments(
            output_dir=str(Path(folder) / "run"),
            num_train_epochs=epochs,
            max_steps=capped if capped < steps else -1,
            per_device_train_batch_size=batch_size,
            learning_rate=learning_rate,
            batch_sampler=BatchSamplers.NO_DUPLICATES,
            **_common(seed, encoder.device, capped),
        )
        trainer = SentenceTransformerTrainer(
            model=model,
            args=settings,
            train_dataset=Dataset.from_dict({column: list(triples[column]) for column in columns}),
            loss=losses.MultipleNegativesRankingLoss(model, scale=scale),
            callbacks=[_bar()],
        )
        trainer.remove_callback(_printer())
        seconds, history = trainer.train().metrics["train_runtime"], _losses(trainer)
    del trainer, model
    _give_back()
    name = f"{encoder.name} + siamese ({pooling})"
    tuned = Encoder(name, body.auto_model.eval(), encoder.tokenizer, encoder.device, False, pooling)
    return SiameseTraining(tuned, seconds, history, settings.logging_steps)


def as_sentence_transformer(encoder, pooling: str | None = None):
    """The encoder as a ``SentenceTransformer`` that pools by ``pooling``, to be saved, shared or served; it shares the weights.

    Args:
        pooling: ``"cls"``, ``"mean"`` or ``"max"``; the one that the encoder was trained with, if left out.

    Raises:
        TypeError: ``encoder`` is none.
        ValueError: no such pooling, or none given and none known.

    >>> import course_utils as cu
    >>> model = as_sentence_transformer(cu.load_encoder("mini-bert", device="cpu"), "mean")
    >>> model.encode(["Tea or coffee?"]).shape
    (1, 256)
    """
    from sentence_transformers.sentence_transformer.modules import Transformer

    model_arguments.encoder(encoder)
    pooling = encoder.pooling if pooling is None else pooling
    if not isinstance(pooling, str) or pooling not in ("mean", "cls", "max"):
        raise ValueError(f"Say how to pool {encoder.name}: pooling must be mean, cls or max, not {arguments.shown(pooling)}.")
    with tempfile.TemporaryDirectory() as folder:
        encoder.model.save_pretrained(folder)
        encoder.tokenizer.save_pretrained(folder)
        body = Transformer(folder)
    body.auto_model = encoder.model
    body.max_seq_length = encoder.limit
    return _assembled(body, encoder, pooling)


def _assembled(body, encoder, pooling: str):
    """A ``SentenceTransformer`` whose card is drafted without a network."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling

    model = SentenceTransformer(modules=[body, Pooling(encoder.dimension, pooling)], device=str(encoder.device))
    model.model_card_data.local_files_only = True
    return model


def _check_settings(epochs: float, batch_size: int, learning_rate: float, seed: int) -> None:
    """Refuse settings that are no numbers of their kind, or out of range."""
    arguments.real(epochs, "epochs", most=10_000, above=0)
    arguments.whole(batch_size, "batch_size", 1, arguments.MANY)
    arguments.real(learning_rate, "learning_rate", most=1, above=0)
    arguments.seed(seed)


def _capped(steps: int) -> int:
    """The steps to train: fewer, with a warning, where COURSE_MAX_STEPS says so (to see a large model run on a CPU).

    Raises:
        ValueError: COURSE_MAX_STEPS is no whole number from 1.
    """
    given = os.environ.get(STEPS)
    if not given:
        return steps
    if not given.isdecimal() or int(given) < 1:
        raise ValueError(f"{STEPS} must be a whole number from 1, not {given!r}. Unset it to train in full.")
    if int(given) < steps:
        warnings.warn(f"Training stops after {given} of {steps} steps ({STEPS}): its results mean nothing.", stacklevel=3)
    return min(steps, int(given))


def _check_memory(encoder, batch_size: int, rows: list[list[int]]) -> None:
    """Refuse a training that does not fit, before it begins: some batch is padded to the longest row."""
    size, longest = min(batch_size, len(rows)), max(map(len, rows))
    need = memory.training_gb(encoder.model.config, memory.parameters(encoder.model), size, longest)
    advice = 'Train "mini-bert" or another small model, take a smaller batch_size, or a larger machine.'
    memory.check(need, encoder.device, f"Training {encoder.name} with {batch_size} texts a step", advice)


def _common(seed: int, device, steps: int) -> dict:
    """What both trainers are told: schedule, seeds, when to note the loss, nothing written or reported."""
    return {
        "warmup_steps": 0.1,
        "lr_scheduler_type": "linear",
        "seed": seed,
        "data_seed": seed,
        "logging_steps": 10 if steps >= 20 else 1,
        "save_strategy": "no",
        "report_to": "none",
        "disable_tqdm": True,
        "use_cpu": device.type == "cpu",
    }


def _give_back() -> None:
    """Return the memory that a training has freed to the system, where the C library can: glibc keeps half a gigabyte."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def _losses(trainer) -> tuple[float, ...]:
    return tuple(entry["loss"] for entry in trainer.state.log_history if "loss" in entry)


def _network(encoder, classes: int, pooling: str):
    """The encoder's model with a linear head, as the ``Trainer`` takes it: a dict with the loss, if labels are given."""
    import torch

    from course_utils.pooling import pool

    class Network(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = encoder.model
            self.dropout = torch.nn.Dropout(0.1)
            self.head = torch.nn.Linear(encoder.dimension, classes).to(encoder.device)

        def forward(self, input_ids, attention_mask, labels):
            output = self.model(input_ids=input_ids, attention_mask=attention_mask, output_hidden_states=True)
            logits = self.head(self.dropout(pool(output, attention_mask, pooling)))  # (batch, classes)
            return {"loss": torch.nn.functional.cross_entropy(logits, labels), "logits": logits}

    return Network()


def _watcher(encoder, pooling: str, texts: list[str], steps: set[int]):
    """A callback that embeds ``texts`` at the named steps; they end up in its ``seen``."""
    from transformers import TrainerCallback

    class Watcher(TrainerCallback):
        seen: dict[int, np.ndarray]

        def __init__(self):
            self.seen = {}

        def look(self, state):
            if texts and state.global_step in steps:
                encoder.model.eval()
                self.seen[state.global_step] = embed(texts, encoder, pooling)
                encoder.model.train()

        def on_train_begin(self, args, state, control, **kwargs):
            self.look(state)

        def on_step_end(self, args, state, control, **kwargs):
            self.look(state)

    return Watcher()


def _bar():
    """A progress bar over the steps; none where TQDM_DISABLE is set."""
    from tqdm.auto import tqdm
    from transformers import TrainerCallback

    class Bar(TrainerCallback):
        def on_train_begin(self, args, state, control, **kwargs):
            self.bar = tqdm(total=state.max_steps, unit="step", delay=2, leave=False, disable="TQDM_DISABLE" in os.environ)

        def on_step_end(self, args, state, control, **kwargs):
            self.bar.update(1)

        def on_train_end(self, args, state, control, **kwargs):
            self.bar.close()

    return Bar()


def _printer():
    from transformers.trainer_callback import PrinterCallback

    return PrinterCallback

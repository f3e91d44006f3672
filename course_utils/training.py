"""Siamese training of a sentence encoder with the field's own trainer."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class SiameseTraining:
    """What a training gave.

    Attributes:
        encoder: the tuned ``Encoder``; the one it started from is unchanged.
        seconds: wall time of the training steps.
        losses: training loss at each logged step.
    """

    encoder: Any = field(repr=False)
    seconds: float = 0.0
    losses: tuple[float, ...] = ()


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
        ValueError: a pooling that cannot be trained this way, no triples, or a column missing.
    """
    import numpy as np
    import torch
    from datasets import Dataset
    from sentence_transformers import SentenceTransformer, SentenceTransformerTrainer, SentenceTransformerTrainingArguments
    from sentence_transformers.sentence_transformer import losses
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from sentence_transformers.sentence_transformer.training_args import BatchSamplers

    from course_utils.models import Encoder

    columns = ["anchor", "positive", "negative"]
    if pooling not in ("mean", "cls", "max"):
        raise ValueError(f"pooling must be mean, cls or max to be trained, not {pooling!r}.")
    if len(triples) == 0 or not set(columns) <= set(triples.columns):
        raise ValueError(f"triples must hold rows with the columns {', '.join(columns)}.")
    torch.manual_seed(seed)
    # Shuffled here as well: sentence-transformers 5.7 takes the same first order for every seed.
    triples = triples.iloc[np.random.default_rng(seed).permutation(len(triples))]
    with tempfile.TemporaryDirectory() as folder:
        encoder.model.save_pretrained(folder)
        encoder.tokenizer.save_pretrained(folder)
        body = Transformer(folder)
        model = SentenceTransformer(modules=[body, Pooling(encoder.dimension, pooling)], device=str(encoder.device))
        arguments = SentenceTransformerTrainingArguments(
            output_dir=str(Path(folder) / "run"),
            num_train_epochs=epochs,
            per_device_train_batch_size=batch_size,
            learning_rate=learning_rate,
            warmup_steps=0.1,
            lr_scheduler_type="linear",
            batch_sampler=BatchSamplers.NO_DUPLICATES,
            seed=seed,
            data_seed=seed,
            logging_steps=10,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            use_cpu=encoder.device.type == "cpu",
        )
        trainer = SentenceTransformerTrainer(
            model=model,
            args=arguments,
            train_dataset=Dataset.from_dict({column: list(triples[column]) for column in columns}),
            loss=losses.MultipleNegativesRankingLoss(model, scale=scale),
        )
        trainer.remove_callback(_printer())
        result = trainer.train()
    history = tuple(entry["loss"] for entry in trainer.state.log_history if "loss" in entry)
    tuned = Encoder(f"{encoder.name} + siamese ({pooling})", body.auto_model.eval(), encoder.tokenizer, encoder.device, False)
    return SiameseTraining(tuned, result.metrics["train_runtime"], history)


def _printer():
    from transformers.trainer_callback import PrinterCallback

    return PrinterCallback

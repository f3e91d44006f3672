"""Pre-training: the course's loop against a plain ``Trainer`` with the same model, data and precision."""

from __future__ import annotations

import csv
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from course_utils.benchmarks import Goal, Row, compare, in_turn
from course_utils.devices import has_fast_bfloat16
from course_utils.pretraining.batches import IGNORE, BatchMaker, Phase, Plan
from course_utils.pretraining.corpus import TokenizedCorpus
from course_utils.pretraining.training import Optimisation, Shape, build_model, pretrain

VOCABULARY, LENGTH, BATCH = 8192, 64, 128


def made_up_corpus(documents: int = 300, seed: int = 0) -> TokenizedCorpus:
    """Random tokens in sentences of 15-35 and documents of 20 sentences: speed does not depend on what they say."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(15, 36, documents * 20)
    return TokenizedCorpus(
        tokens=rng.integers(5, VOCABULARY, lengths.sum()).astype(np.uint16),
        sentences=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        documents=np.arange(documents + 1, dtype=np.int64) * 20,
    )


def _prepared(folder: Path) -> Path:
    """A folder as ``corpus.prepare`` leaves it, from made-up tokens."""
    corpus = made_up_corpus()
    for part in ("train", "held_out"):
        corpus.save(folder / part)
    (folder / "tokenizer").mkdir(parents=True)
    vocabulary = {"model": {"vocab": {str(i): i for i in range(VOCABULARY)}}}
    (folder / "tokenizer" / "tokenizer.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    return folder


def our_loop(data: Path, run: Path, steps: int, skip: int, device: str) -> float:
    """Tokens per second of ``pretrain`` after ``skip`` steps (compilation), from its own log."""
    plan = Plan((Phase(steps, LENGTH, BATCH),), seed=0, padded_rate=0.0)
    pretrain(data, run, plan, device=device, log_every=1, snapshots=2, checkpoint_seconds=1e9, progress=False)
    with open(run / "log.csv", newline="", encoding="utf-8") as file:
        seconds = [float(row["seconds"]) for row in csv.DictReader(file)]
    return (steps - skip) * LENGTH * BATCH / (seconds[-1] - seconds[skip - 1])


class _Rows(torch.utils.data.Dataset):
    """The same inputs row by row, with labels over all positions, as a plain ``Trainer`` takes them."""

    def __init__(self, maker: BatchMaker):
        self.rows = []
        for step in range(len(maker)):
            batch = maker[step]
            labels = np.full(batch["input_ids"].size, IGNORE, dtype=np.int64)
            real = batch["masked_labels"] != IGNORE
            labels[batch["masked_positions"][real]] = batch["masked_labels"][real]
            for ids, types, row, nsp in zip(
                batch["input_ids"],
                batch["token_type_ids"],
                labels.reshape(batch["input_ids"].shape),
                batch["next_sentence_label"],
                strict=True,
            ):
                self.rows.append({"input_ids": ids, "token_type_ids": types, "labels": row, "next_sentence_label": nsp})

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, i: int) -> dict:
        return self.rows[i]


def plain_trainer(corpus: TokenizedCorpus, folder: Path, steps: int, skip: int, device: str) -> float:
    """Tokens per second of the Hugging Face ``Trainer`` as it comes, same model, data and precision."""
    from transformers import Trainer, TrainerCallback, TrainingArguments
    from transformers.trainer_callback import PrinterCallback

    rows = _Rows(BatchMaker(corpus, Plan((Phase(steps, LENGTH, BATCH),), seed=0, padded_rate=0.0), VOCABULARY))
    model = build_model(VOCABULARY, LENGTH, Shape(), seed=0)
    model.set_attn_implementation("sdpa")  # the library's default
    times = []

    class Clock(TrainerCallback):
        def on_step_end(self, args, state, control, **kwargs):
            times.append(time.perf_counter())

    arguments = TrainingArguments(
        output_dir=str(folder),
        per_device_train_batch_size=BATCH,
        max_steps=steps,
        learning_rate=Optimisation().learning_rate,
        bf16=has_fast_bfloat16(device),
        use_cpu=device == "cpu",
        save_strategy="no",
        logging_strategy="no",
        report_to="none",
        disable_tqdm=True,
    )
    trainer = Trainer(model=model, args=arguments, train_dataset=rows, callbacks=[Clock()])
    trainer.remove_callback(PrinterCallback)
    trainer.train()
    return (steps - skip) * LENGTH * BATCH / (times[-1] - times[skip - 1])


def measure(device: str, rounds: int = 3, steps: int = 24, skip: int = 8) -> list[Row]:
    """The row of both loops, in tokens a second after ``skip`` of ``steps`` steps."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = _prepared(folder / "data")
        corpus = TokenizedCorpus.load(data / "train")
        runs = (folder / f"run{i}" for i in range(rounds))
        ways = {
            "ours": lambda: our_loop(data, next(runs), steps, skip, device),
            "theirs": lambda: plain_trainer(corpus, folder / "trainer", steps, skip, device),
        }
        taken = in_turn(ways, rounds, measure=lambda way: way())
    print("pretraining: measured", flush=True)
    precision = "bfloat16" if has_fast_bfloat16(device) else "float32"
    row = compare(
        taken["ours"],
        taken["theirs"],
        unit="tokens/s",
        part="pretraining",
        model=f"mini-bert's shape, {BATCH} x {LENGTH} tokens",
        device=device,
        precision=precision,
        ours=f"pretrain {precision}",
        against=f"plain Trainer {precision}",
    )
    return [row]


def goals(rows: Sequence[Row]) -> list[Goal]:
    """None: the ratio is reported."""
    return []

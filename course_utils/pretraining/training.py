"""The pre-training loop: MLM with or without NSP, on one CPU or GPU, that survives being killed."""

from __future__ import annotations

import csv
import json
import math
import os
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import DataLoader

from course_utils.devices import has_fast_bfloat16
from course_utils.pretraining.batches import IGNORE, BatchMaker, Phase, Plan
from course_utils.pretraining.corpus import TokenizedCorpus

LOG_COLUMNS = ("step", "tokens", "length", "learning_rate", "train_mlm_loss", "train_nsp_loss", "seconds")


@dataclass(frozen=True)
class Shape:
    """The shape of the encoder; the default is BERT-Mini's (Turc et al. 2019, arXiv 1908.08962)."""

    layers: int = 4
    hidden: int = 256
    heads: int = 4


@dataclass(frozen=True)
class Optimisation:
    """AdamW with linear warm-up and linear decay; ``warmup`` and ``floor`` are shares of steps and of the peak."""

    learning_rate: float = 1e-3
    warmup: float = 0.03
    floor: float = 0.02
    weight_decay: float = 0.01
    betas: tuple[float, float] = (0.9, 0.98)
    clip: float = 1.0

    def rate_at(self, step: int, steps: int) -> float:
        """Learning rate of ``step`` (from 0) out of ``steps``.

        >>> rates = [Optimisation(warmup=0.1).rate_at(step, 101) for step in (0, 9, 100)]
        >>> [round(rate, 6) for rate in rates]
        [0.0001, 0.001, 2e-05]
        """
        warm = max(1, round(self.warmup * steps))
        if step < warm:
            return self.learning_rate * (step + 1) / warm
        left = (steps - 1 - step) / max(1, steps - 1 - warm)
        return self.learning_rate * max(self.floor, self.floor + (1 - self.floor) * left)


def build_model(vocabulary_size: int, limit: int, shape: Shape, seed: int):
    """A fresh ``BertForPreTraining`` for sequences of at most ``limit`` tokens; no dropout, eager attention."""
    from transformers import BertConfig, BertForPreTraining

    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=vocabulary_size,
        hidden_size=shape.hidden,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        intermediate_size=4 * shape.hidden,
        max_position_embeddings=limit,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        pad_token_id=0,
    )
    return BertForPreTraining._from_config(config, attn_implementation="eager")  # the fastest here at 64 tokens


def losses(model, batch: dict[str, torch.Tensor], nsp: bool) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """(MLM loss, NSP loss, MLM logits, NSP logits) of a batch; the vocabulary is scored at the selected positions only."""
    encoded = model.bert(
        input_ids=batch["input_ids"],
        token_type_ids=batch["token_type_ids"],
        attention_mask=batch.get("attention_mask"),
    )
    hidden = encoded.last_hidden_state  # (batch, tokens, hidden)
    selected = hidden.flatten(0, 1)[batch["masked_positions"]]
    mlm_logits = model.cls.predictions(selected).float()  # (selected, vocabulary)
    mlm = torch.nn.functional.cross_entropy(mlm_logits, batch["masked_labels"], ignore_index=IGNORE)
    if not nsp:
        return mlm, mlm.new_zeros(()), mlm_logits, mlm.new_zeros(())
    nsp_logits = model.cls.seq_relationship(encoded.pooler_output).float()  # (batch, 2)
    return (
        mlm,
        torch.nn.functional.cross_entropy(nsp_logits, batch["next_sentence_label"], ignore_index=IGNORE),
        mlm_logits,
        nsp_logits,
    )


def _autocast(device: str, bf16: bool):
    return torch.autocast(device, torch.bfloat16) if bf16 else nullcontext()


def _to_tensors(arrays: dict[str, np.ndarray]) -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


class _Batches(torch.utils.data.Dataset):
    """A ``BatchMaker`` as a map-style dataset, built in the worker that uses it."""

    def __init__(self, folder: Path, plan: Plan, vocabulary_size: int):
        self._arguments, self._maker = (folder, plan, vocabulary_size), None

    def __len__(self) -> int:
        return self._arguments[1].steps

    def __getitem__(self, step: int) -> dict[str, torch.Tensor]:
        if self._maker is None:
            folder, plan, size = self._arguments
            self._maker = BatchMaker(TokenizedCorpus.load(folder), plan, size)
        return _to_tensors(self._maker[step])


def evaluate(model, batches: list[dict[str, torch.Tensor]], nsp: bool, bf16: bool = False) -> dict[str, float]:
    """Held-out figures: ``mlm_loss`` (nats a selected token), ``mlm_accuracy`` and, with NSP, ``nsp_accuracy`` (0-1)."""
    device = next(model.parameters()).device
    totals = {"mlm_loss": 0.0, "mlm_right": 0, "mlm": 0, "nsp_right": 0, "nsp": 0}
    model.eval()
    with torch.inference_mode(), _autocast(device.type, bf16):
        for batch in batches:
            batch = {name: tensor.to(device) for name, tensor in batch.items()}
            mlm, _, mlm_logits, nsp_logits = losses(model, batch, nsp)
            real = batch["masked_labels"] != IGNORE
            totals["mlm"] += int(real.sum())
            totals["mlm_loss"] += float(mlm) * int(real.sum())
            totals["mlm_right"] += int((mlm_logits.argmax(-1) == batch["masked_labels"])[real].sum())
            if nsp:
                paired = batch["next_sentence_label"] != IGNORE
                totals["nsp"] += int(paired.sum())
                totals["nsp_right"] += int((nsp_logits.argmax(-1) == batch["next_sentence_label"])[paired].sum())
    model.train()
    figures = {"mlm_loss": totals["mlm_loss"] / totals["mlm"], "mlm_accuracy": totals["mlm_right"] / totals["mlm"]}
    if nsp:
        figures["nsp_accuracy"] = totals["nsp_right"] / totals["nsp"]
    return figures


def held_out_batches(folder: Path, plan: Plan, vocabulary_size: int, count: int = 16) -> list[dict[str, torch.Tensor]]:
    """``count`` fixed batches of 128 x 64 tokens from the held-out documents, the same for every run that shares them."""
    held_out_plan = Plan((Phase(count, 64, 128),), seed=1, mlm_rate=plan.mlm_rate, padded_rate=plan.padded_rate)
    maker = BatchMaker(TokenizedCorpus.load(folder), held_out_plan, vocabulary_size)
    return [_to_tensors(maker[step]) for step in range(count)]


def _write_atomically(path: Path, write: Callable[[Path], None]) -> None:
    partial = path.with_suffix(path.suffix + ".partial")
    write(partial)
    os.replace(partial, path)


def _read_log(path: Path, before: int) -> list[dict]:
    """Rows of a CSV log up to and including step ``before``."""
    if not path.is_file():
        return []
    with open(path, newline="", encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if int(row["step"]) <= before]


def _write_log(path: Path, columns: tuple[str, ...], rows: list[dict]) -> None:
    def write(partial: Path) -> None:
        with open(partial, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(rows)

    _write_atomically(path, write)


def snapshot_steps(steps: int, count: int = 24) -> list[int]:
    """Steps at which the weights are kept for measuring later: 0, then denser at the start, the last one included.

    >>> snapshot_steps(1000, count=6)
    [0, 40, 160, 360, 640, 1000]
    """
    return sorted({round(steps * (i / (count - 1)) ** 2) for i in range(count)})


def pretrain(
    data: Path,
    run: Path,
    plan: Plan,
    *,
    nsp: bool = True,
    shape: Shape = Shape(),
    optimisation: Optimisation = Optimisation(),
    model_seed: int = 0,
    start_from: Path | None = None,
    device: str = "cpu",
    bf16: bool | None = None,
    compile_model: bool = True,
    workers: int = 1,
    checkpoint_seconds: float = 90.0,
    stop_after: float | None = None,
    log_every: int = 20,
    snapshots: int = 24,
    progress: bool = True,
) -> Path | None:
    """Pre-train from ``data`` (made by ``corpus.prepare``) in the folder ``run``; continue if a checkpoint is there.

    Every ``checkpoint_seconds`` the model, the optimizer and the step are written in one atomic replacement, so a
    run that is killed loses at most that time. Weights at the steps of ``snapshot_steps`` go to ``run/snapshots``
    (half precision, safetensors) for later measurements; ``run/log.csv`` holds the losses and ``run/held_out.csv``
    the held-out figures at the snapshots.

    Args:
        start_from: a finished run whose last weights to start from, with a fresh optimizer and schedule (instead of
            ``model_seed``); it must have the same shape, vocabulary and greatest length.
        stop_after: seconds after which to write a checkpoint and return; a later call goes on.
        bf16: autocast to bfloat16; ``None`` decides by the processor.

    Returns:
        The folder of the last snapshot once the plan is done, ``None`` if stopped before.

    Raises:
        ValueError: the checkpoint in ``run`` was made with other settings.
    """
    from safetensors.torch import load_file, save_file
    from tqdm.auto import tqdm

    vocabulary_size = len(json.loads((data / "tokenizer" / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"])
    limit = max(phase.length for phase in plan.phases)
    bf16 = has_fast_bfloat16(device) if bf16 is None else bf16
    settings = {
        "plan": asdict(plan),
        "nsp": nsp,
        "shape": asdict(shape),
        "optimisation": asdict(optimisation),
        "model_seed": model_seed,
        "start_from": None if start_from is None else json.loads((start_from / "settings.json").read_text(encoding="utf-8")),
        "vocabulary_size": vocabulary_size,
    }
    settings = json.loads(json.dumps(settings))
    run.mkdir(parents=True, exist_ok=True)
    (run / "snapshots").mkdir(exist_ok=True)

    model = build_model(vocabulary_size, limit, shape, model_seed).to(device)
    if start_from is not None:
        weights = load_file(max((start_from / "snapshots").glob("*.safetensors")), device=device)
        model.load_state_dict({name: tensor.float() for name, tensor in weights.items()}, strict=False)
    matrices = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": optimisation.weight_decay}, {"params": others, "weight_decay": 0.0}],
        lr=optimisation.learning_rate,
        betas=optimisation.betas,
        fused=True,
    )
    step, seconds_before = 0, 0.0
    recent: list[torch.Tensor] = []  # (MLM loss, NSP loss) of the steps since the last line of the log
    checkpoint = run / "checkpoint.pt"
    if checkpoint.is_file():
        state = torch.load(checkpoint, map_location=device, weights_only=True)
        if state["settings"] != settings:
            raise ValueError(f"{checkpoint} was made with other settings. Use another --run folder, or the same settings.")
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        step, seconds_before, recent = state["step"], state["seconds"], state["recent"]
    else:
        machine = {"device": device, "bf16": bf16, "threads": torch.get_num_threads(), "torch": torch.__version__}
        (run / "settings.json").write_text(json.dumps({**settings, "machine": machine}, indent=2), encoding="utf-8")

    log = _read_log(run / "log.csv", step)
    held_out_columns = ("step", "tokens", "mlm_loss", "mlm_accuracy", *(("nsp_accuracy",) if nsp else ()))
    held_out_log = _read_log(run / "held_out.csv", step)
    tokens = sum(phase.tokens for phase in _done(plan, step))
    held_out = held_out_batches(data / "held_out", plan, vocabulary_size)
    keep = set(snapshot_steps(plan.steps, snapshots))
    started = time.monotonic()

    def elapsed() -> float:
        return seconds_before + time.monotonic() - started

    def save_checkpoint() -> None:
        state = {
            "settings": settings,
            "step": step,
            "seconds": elapsed(),
            "recent": recent,
            "model": model.state_dict(),
            "optimizer": optimizer.state_dict(),
        }
        _write_log(run / "log.csv", LOG_COLUMNS, log)
        _write_log(run / "held_out.csv", held_out_columns, held_out_log)
        _write_atomically(checkpoint, lambda partial: torch.save(state, partial))

    def keep_snapshot() -> None:
        figures = evaluate(model, held_out, nsp, bf16)
        if not any(int(row["step"]) == step for row in held_out_log):
            held_out_log.append({"step": step, "tokens": tokens, **{k: round(v, 4) for k, v in figures.items()}})
        weights = {name: tensor.detach().to("cpu", torch.float16).contiguous() for name, tensor in _untied(model).items()}
        _write_atomically(
            run / "snapshots" / f"step_{step:06d}.safetensors", lambda partial: save_file(weights, partial, {"format": "pt"})
        )

    def forward(batch):
        with _autocast(device, bf16):
            mlm, next_sentence, _, _ = losses(model, batch, nsp)
        return mlm, next_sentence

    compiled = torch.compile(forward, dynamic=False) if compile_model else forward
    loader = DataLoader(
        _Batches(data / "train", plan, vocabulary_size),
        batch_size=None,
        sampler=range(step, plan.steps),
        num_workers=workers,
        pin_memory=device == "cuda",
    )
    if step == 0:
        keep_snapshot()
    last_checkpoint = time.monotonic()
    bar = tqdm(total=sum(p.tokens for p in plan.phases), initial=tokens, unit="tok", unit_scale=True, disable=not progress)
    for batch in loader:
        phase = plan.phase_of(step)
        rate = optimisation.rate_at(step, plan.steps)
        for group in optimizer.param_groups:
            group["lr"] = rate
        batch = {name: tensor.to(device, non_blocking=True) for name, tensor in batch.items()}
        mlm, next_sentence = compiled(batch)
        (mlm + next_sentence).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), optimisation.clip)
        optimizer.step()
        optimizer.zero_grad()
        recent.append(torch.stack([mlm.detach(), next_sentence.detach()]))
        step += 1
        tokens += phase.length * phase.batch_size
        bar.update(phase.length * phase.batch_size)

        if step % log_every == 0 or step == plan.steps:
            mean_mlm, mean_nsp = torch.stack(recent).mean(0).tolist()
            if not math.isfinite(mean_mlm):
                raise FloatingPointError(f"The loss is {mean_mlm} at step {step}. Lower the learning rate.")
            row = (step, tokens, phase.length, f"{rate:.3g}", f"{mean_mlm:.4f}", f"{mean_nsp:.4f}", round(elapsed(), 2))
            log.append(dict(zip(LOG_COLUMNS, row, strict=True)))
            bar.set_postfix(mlm=f"{mean_mlm:.3f}", nsp=f"{mean_nsp:.3f}")
            recent = []
        if step in keep:
            keep_snapshot()
        out_of_time = stop_after is not None and time.monotonic() - started > stop_after
        if out_of_time or step in keep or time.monotonic() - last_checkpoint > checkpoint_seconds:
            save_checkpoint()
            last_checkpoint = time.monotonic()
        if out_of_time:
            break
    bar.close()
    return run / "snapshots" / f"step_{step:06d}.safetensors" if step == plan.steps else None


def _done(plan: Plan, step: int):
    """The phases as far as ``step``."""
    for phase in plan.phases:
        yield type(phase)(min(step, phase.steps), phase.length, phase.batch_size)
        step = max(0, step - phase.steps)


def _untied(model) -> dict[str, torch.Tensor]:
    """The state dict without the output matrix, which is the word embedding matrix itself."""
    return {name: t for name, t in model.state_dict().items() if name != "cls.predictions.decoder.weight"}

"""``python -m course_utils.pretraining.export``: from a finished run to a folder that ships, with its model card."""

from __future__ import annotations

import argparse
import csv
import json
import platform
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from course_utils.checksums import sha256
from course_utils.models import Encoder, load_encoder
from course_utils.pretraining import evaluation
from course_utils.pretraining.training import evaluate, held_out_batches
from course_utils.statistics import judge, spearman_difference

CARD = """\
# {name}

A BERT of {layers} layers, {hidden} dimensions and {heads} heads ({parameters:.1f} million parameters; BERT-Mini's shape),
lower-cased, with a WordPiece vocabulary of {vocabulary:,}, pre-trained from scratch with {objective} for this
course. It is small on purpose: it loads in a moment and embeds hundreds of sentences a second on a laptop. It was trained with
{tasks}, on far less text. {twin}

## Data and licence
{corpus} Held out for measuring: {held_out_documents:,} documents. The text does not ship with the course.
Weights, vocabulary and this card: CC BY-SA 4.0, the licence of Wikipedia's text carried over out of caution.

## Recipe
| | |
|---|---|
{recipe}

Vocabulary, batches, loop and this card are made by `course_utils.pretraining`; the commands stand in its README.

## Held-out text
| | loss (nats a masked token) | accuracy |
|---|---|---|
{held_out}

## Sentence similarity: measured, not selected by
Spearman on STS-B dev (1,500 pairs, raw vectors, cosine), with 95% bootstrap intervals. Recipe, length of training and the
step that ships were chosen by held-out text alone (loss and NSP accuracy); this set decided nothing.

{similarity}

{reading}

## Fill-mask
The three likeliest tokens and their probabilities.

| sentence | 1 | 2 | 3 |
|---|---|---|---|
{fill}

## Known limits
* It knows grammar and frequent words; it knows little about the world. Its text is from Wikipedia (people, places, sport,
  film, up to 2018) and from novels of 1839-1930, with their views of people. It is for learning how such models behave.
* Inputs are at most {limit} tokens, the length it was trained for; {short_share:.0%} of the batches held short inputs.
* One run, one seed (n = 1): how much another seed would differ was not measured.
* {pooler}
* Weights are stored in half precision and used in float32.
"""


def _row(*cells) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


def export(
    runs: Sequence[Path], data: Path, out: Path, name: str, sets: dict[str, Path | None], corpus: str, twin: str
) -> None:
    """Write weights, tokenizer, curve, card and checksums of a finished run to ``out``.

    Args:
        runs: the run, or the runs of which each started from the one before.
        sets: CSVs of sentence pairs for the curve, by name; ``stsb_dev`` also gives the card's table, and ``None`` stands
            for the course's own pairs.

    Raises:
        ValueError: a run is not finished, or does not continue the one before.
    """
    from transformers import BertForMaskedLM

    before = None
    for run in runs:
        settings = evaluation.read_settings(run)
        last = run / "snapshots" / f"step_{evaluation.plan_of(settings).steps:06d}.safetensors"
        if not last.is_file():
            raise ValueError(f"The run in {run} is not finished: it has no {last.name}.")
        if settings.get("start_from") != before:
            raise ValueError(f"The run in {run} did not start from the one named before it.")
        before = settings
    nsp = settings["nsp"]
    model, tokenizer = evaluation.load_snapshot(runs[-1], data, last)
    pairs = {label: evaluation.read_pairs(path) if path else evaluation.course_pairs() for label, path in sets.items()}

    out.mkdir(parents=True, exist_ok=True)
    saved = model
    if not nsp:  # the pooler and the NSP head were never trained: they do not ship
        saved = BertForMaskedLM(model.config)
        saved.load_state_dict(
            {k: v for k, v in model.state_dict().items() if "pooler" not in k and "seq_relationship" not in k}
        )
    saved.half().save_pretrained(out)
    (out / "model.safetensors").chmod(0o644)
    tokenizer.save_pretrained(out)
    model = model.float()
    _write_rows(out / "training_curve.csv", evaluation.curve(runs, data, pairs))
    _write_rows(out / "training_log.csv", evaluation.joined(runs, "log.csv"))

    encoder = Encoder(name, model.bert, tokenizer, torch.device("cpu"), has_pooler=nsp)
    card = _card(runs, data, name, model, encoder, pairs["stsb_dev"], corpus, twin)
    (out / "README.md").write_text(card, "utf-8", newline="\n")
    listing = {path.name: sha256(path) for path in sorted(out.iterdir()) if path.name not in ("checksums.json", "README.md")}
    (out / "checksums.json").write_text(json.dumps(listing, indent=2) + "\n", "utf-8", newline="\n")


def _write_rows(path: Path, rows: list[dict]) -> None:
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _stage(settings: dict) -> tuple[str, str]:
    """What one run saw and how it was optimised, for the card."""
    plan, optimisation = evaluation.plan_of(settings), settings["optimisation"]
    inputs = " then ".join(f"{p.steps:,} steps of {p.batch_size} x {p.length} tokens" for p in plan.phases)
    rate = f"{optimisation['learning_rate']}, {optimisation['warmup']:.0%} warm-up, linear decay to {optimisation['floor']:.0%}"
    return inputs, f"{rate}; seed {plan.seed}"


def _card(runs, data, name, model, encoder, pairs, corpus, twin) -> str:
    stages = [evaluation.read_settings(run) for run in runs]
    settings = stages[-1]
    plan, nsp, machine = evaluation.plan_of(settings), settings["nsp"], settings["machine"]
    counts = json.loads((data / "prepared.json").read_text("utf-8"))["counts"]
    end = evaluation.joined(runs, "log.csv")[-1]
    batches = held_out_batches(data / "held_out", plan, settings["vocabulary_size"])
    figures = evaluate(model, batches, nsp)
    unigram = evaluation.unigram_baseline(data, batches, settings["vocabulary_size"])
    first_half, second_half = evaluation.loss_by_position(model, data)
    optimisation = settings["optimisation"]
    text = f"{counts['train']['tokens'] / 1e6:.1f} million"
    clip = f"weight decay {optimisation['weight_decay']}, gradient clip {optimisation['clip']}"
    threads = f"{machine['threads']} thread{'s' if machine['threads'] > 1 else ''}"
    recipe = [
        ("positions seen", f"{end['tokens'] / 1e6:.1f} million (padding included); the training text has {text} tokens"),
        *((f"run {i}: inputs", _stage(stage)[0]) for i, stage in enumerate(stages, 1)),
        *((f"run {i}: learning rate", _stage(stage)[1]) for i, stage in enumerate(stages, 1)),
        ("MLM", f"{plan.mlm_rate:.0%} selected, of these 80% [MASK], 10% random, 10% kept; special tokens never"),
        (
            "NSP",
            "50% true next, 50% from another document" if nsp else "none: the second segment is there, its label is not used",
        ),
        ("optimiser", f"AdamW, betas {tuple(optimisation['betas'])}, {clip}; batches of 8,192 positions; no dropout"),
        ("seed of the weights", stages[0]["model_seed"]),
        ("precision", "bfloat16 autocast" if machine["bf16"] else "float32"),
        ("machine", f"{machine['device']}, {threads}, shared with other work; torch {machine['torch']}, {platform.machine()}"),
        ("wall time", f"{end['seconds'] / 60:.0f} minutes"),
    ]
    held_out = [
        _row("word frequencies alone", f"{unigram['mlm_loss']:.2f}", f"{unigram['mlm_accuracy']:.1%}"),
        _row(f"{name}, MLM", f"{figures['mlm_loss']:.2f}", f"{figures['mlm_accuracy']:.1%}"),
    ]
    long = f"{name}, MLM, inputs of {encoder.limit} tokens"
    held_out.append(_row(f"{long}: first half, second half", f"{first_half:.2f}, {second_half:.2f}", ""))
    if nsp:
        held_out.append(_row(f"{name}, NSP (chance 50%)", "", f"{figures['nsp_accuracy']:.1%}"))

    control = load_encoder("untrained", like=encoder)
    tables = {
        name: evaluation.similarity_table(encoder, pairs),
        "untrained, same shape": evaluation.similarity_table(control, pairs),
    }
    ways = list(tables["untrained, same shape"])
    similarity = [_row("", *ways), _row(*["---"] * (len(ways) + 1))]
    for label, table in tables.items():
        similarity.append(_row(label, *(format(table[way], ".3f") if way in table else "not trained" for way in ways)))
    means, classes = evaluation.pair_cosines(encoder, pairs, [("mean", -1), ("cls", -1)])
    verdict = judge("raw [CLS] is below the mean", spearman_difference(means, classes, pairs[2]))
    reading = f"The claim *{verdict.claim}* is **{verdict.outcome}** on this set: mean minus [CLS] is {verdict.measured:+.3f}."
    fill = []
    for sentence in evaluation.EVERYDAY:
        top = evaluation.fill_mask(model, encoder.tokenizer, sentence)
        fill.append(_row(sentence, *(f"{token} {p:.2f}" for token, p in top)))
    return CARD.format(
        name=name,
        layers=encoder.layers,
        hidden=encoder.dimension,
        heads=model.config.num_attention_heads,
        parameters=sum(p.numel() for p in model.parameters()) / 1e6,
        vocabulary=settings["vocabulary_size"],
        objective="masked language modelling (MLM) and next sentence prediction (NSP)"
        if nsp
        else "masked language modelling (MLM) only",
        tasks="BERT's two tasks" if nsp else "the first of BERT's two tasks",
        twin=twin,
        corpus=corpus,
        held_out_documents=counts["held_out"]["documents"],
        recipe="\n".join(_row(*row) for row in recipe),
        held_out="\n".join(held_out),
        similarity="\n".join(similarity),
        reading=reading,
        fill="\n".join(fill),
        limit=encoder.limit,
        short_share=plan.padded_rate,
        pooler="`pooler_output` was trained by NSP." if nsp else "It has no trained pooler: `pooler_output` does not exist.",
    )


def main(arguments: list[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m course_utils.pretraining.export", description=__doc__)
    parser.add_argument("--run", type=Path, nargs="+", required=True, help="the run, or those that it goes on from, in order")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--pairs", nargs="+", required=True, metavar="NAME[=CSV]", help="stsb_dev=FILE; sts: the course's own")
    parser.add_argument("--corpus", default="", help="sentences on the text and its licence, for the card")
    parser.add_argument("--twin", default="", help="a sentence on the other model, for the card")
    args = parser.parse_args(arguments)
    named = (pair.partition("=") for pair in args.pairs)
    sets = {label: Path(path) if path else None for label, _, path in named}
    export(args.run, args.data, args.out, args.name, sets, args.corpus, args.twin)
    return 0


if __name__ == "__main__":
    sys.exit(main())

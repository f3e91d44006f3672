"""How ``mini-sbert`` was made: ``python -m course_utils.mini_sbert`` trains it anew, and writes its folder and card."""

from __future__ import annotations

import json
import platform
import sys
from pathlib import Path

from course_utils.checksums import sha256
from course_utils.models import ASSETS, load_encoder

NAME, POOLING, SEED = "mini-sbert", "mean", 0


def make(folder: Path = ASSETS / NAME, triples=None) -> None:
    """Train ``mini-bert`` on ``paraphrases`` with mean pooling and seed 0, and save it as sentence-transformers does.

    The weights are stored in half precision (safetensors). The card holds the recipe and what was measured.

    Args:
        triples: a DataFrame as of ``paraphrases`` (all of it, if left out).
    """
    import torch

    from course_utils.data import load_data
    from course_utils.training import as_sentence_transformer, train_sentence_encoder

    triples = load_data("paraphrases") if triples is None else triples
    start = load_encoder("mini-bert", device="cpu")
    training = train_sentence_encoder(start, triples, POOLING, seed=SEED)
    model = as_sentence_transformer(training.encoder, POOLING)
    model.to(torch.float16)
    model.save_pretrained(str(folder), create_model_card=False)
    (folder / "README.md").write_text(card(folder, start, len(triples), training.seconds), encoding="utf-8", newline="\n")
    files = sorted(
        path for path in folder.rglob("*") if path.is_file() and path.suffix != ".md" and path.name != "checksums.json"
    )
    digests = {path.relative_to(folder).as_posix(): sha256(path) for path in files}
    (folder / "checksums.json").write_text(json.dumps(digests, indent=1) + "\n", encoding="utf-8", newline="\n")


def card(folder: Path, start, triples: int, seconds: float) -> str:
    """The model card: what it is, its recipe, and figures measured on the saved files."""
    import inspect

    import sentence_transformers
    import torch

    from course_utils import scores, tasks
    from course_utils.embedding import embed
    from course_utils.training import train_sentence_encoder

    saved = load_encoder(folder, device="cpu")
    metrics = ("similarity", "hard pairs", "duplicates", "search", "clusters")
    names = ("sts", "search", "clusters")
    rows = []
    for label, encoder in (("mini-bert", start), (NAME, saved)):
        outcomes = tasks.evaluate(lambda texts, encoder=encoder: embed(texts, encoder, POOLING), names)
        rows.append(f"| {label}, mean | " + " | ".join(str(scores.score(metric, outcomes)) for metric in metrics) + " |")
    recipe = ", ".join(
        f"{parameter.name} {parameter.default}"
        for parameter in inspect.signature(train_sentence_encoder).parameters.values()
        if parameter.name in ("epochs", "batch_size", "learning_rate", "scale")
    )
    return f"""# {NAME}

`mini-bert` after siamese training: a small sentence encoder for English, made for this course. Use it with **mean pooling**,
with which it was trained; `1_Pooling/config.json` says so, and sentence-transformers obeys.

```python
encoder = cu.load_encoder("{NAME}")  # encoder.pooling is "mean"
vectors = cu.embed(texts, encoder, encoder.pooling)
```

## Recipe
| | |
|---|---|
| command | `python -m course_utils.mini_sbert` |
| start | `mini-bert`, model.safetensors SHA-256 {sha256(ASSETS / "mini-bert" / "model.safetensors")[:16]} |
| data | `paraphrases`: {triples:,} triples of anchor, paraphrase and hard negative, written by language models |
| loss | MultipleNegativesRankingLoss: negatives from the batch and the hard negative of each triple |
| settings | {recipe}; AdamW, 10% warm-up, linear decay; seed {SEED} |
| machine | {platform.machine()}, {torch.get_num_threads()} CPU threads, {seconds:.0f} s of training beside other work |
| versions | torch {torch.__version__}, sentence-transformers {sentence_transformers.__version__} |
| licence | CC BY-SA 4.0, as `mini-bert` |

It is the run that notebook 06 makes live, with seed 0. Nothing was chosen by the figures below.

## Measured on the course's data
| | {" | ".join(metrics)} |
|---|{"---|" * len(metrics)}
{chr(10).join(rows)}

Spearman on the test split of `sts` without and with only its hard strata; average precision; mean reciprocal rank; V-measure;
95% bootstrap intervals.

## Known limits
* Trained on {triples:,} triples of one kind of writer. How it ranks within the hard strata (negation, roles, numbers, places)
  stands under *hard pairs*; such pairs are its hard negatives, and notebook 06 measures how little it learnt of them.
* Not for other languages, long texts or serious use: all-MiniLM-L6-v2 is far better and still small.
"""


if __name__ == "__main__":
    import torch

    torch.set_num_threads(2)
    make()
    sys.exit(0)

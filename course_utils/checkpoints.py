"""What the folder of a saved model says about itself: its kind, its pooler, its pooling, its limit."""

from __future__ import annotations

import json
from pathlib import Path

# encoders with a token for the whole text in front, each tried with random weights (tests/test_checkpoints.py)
SUPPORTED = ("albert", "bert", "camembert", "distilbert", "electra", "modernbert", "mpnet", "roberta", "xlm-roberta")
EAGER_ONLY = ("mpnet",)  # transformers 5 has no other attention for it
WITH_POOLER = ("albert", "bert", "camembert", "mpnet", "roberta", "xlm-roberta")


def model_type(folder: Path) -> str:
    """``model_type`` of its ``config.json``; empty if there is none or it cannot be read."""
    try:
        return str(json.loads((folder / "config.json").read_text(encoding="utf-8")).get("model_type", ""))
    except (OSError, ValueError, AttributeError):
        return ""


def check_kind(folder: Path, name: str) -> None:
    """Refuse what is no BERT-like encoder.

    Raises:
        ValueError: its ``config.json`` names another type of model.
    """
    kind = model_type(folder)
    if kind not in SUPPORTED:
        raise ValueError(
            f"{name} is of type {kind or 'unknown'}, which is no encoder that the course can load. "
            f"It loads {', '.join(SUPPORTED)}."
        )


def weight_files(folder: Path) -> list[Path]:
    """The safetensors files that are loaded: ``model.safetensors``, or those that its index names; variants are not."""
    index = folder / "model.safetensors.index.json"
    if (folder / "model.safetensors").is_file() or not index.is_file():
        return [path for path in [folder / "model.safetensors"] if path.is_file()]
    named = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
    return sorted(folder / name for name in named)


def weight_names(folder: Path) -> set[str]:
    """Names of all weights in the safetensors files of ``folder``, read from their headers."""
    from safetensors import safe_open

    names: set[str] = set()
    for path in weight_files(folder):
        with safe_open(path, "pt") as file:
            names |= set(file.keys())
    return names


def has_pooler(folder: Path) -> bool:
    """Whether the weights in ``folder`` hold a trained pooler."""
    return any("pooler." in name for name in weight_names(folder))


def pretraining_class(folder: Path) -> str | None:
    """The transformers class with the heads that ``folder`` was pre-trained with; ``None`` if it was saved without.

    The configuration names a class, but BERT's own checkpoints name one without the NSP head that their weights hold.
    """
    named = (json.loads((folder / "config.json").read_text(encoding="utf-8")).get("architectures") or [""])[0]
    if named == "BertForMaskedLM" and any(name.startswith("cls.seq_relationship.") for name in weight_names(folder)):
        return "BertForPreTraining"
    return named if named.endswith(("ForPreTraining", "ForMaskedLM")) else None


def modules(folder: Path) -> list[tuple[str, dict]]:
    """(type, configuration) of each module that sentence-transformers has saved there; empty for other folders.

    Raises:
        ValueError: a module has weights of its own (a dense layer, for example), which the course would leave out.
    """
    listing = folder / "modules.json"
    if not listing.is_file():
        return []
    found = []
    for module in json.loads(listing.read_text(encoding="utf-8")):
        kind = module["type"].rsplit(".", 1)[-1]
        if kind not in ("Transformer", "Pooling", "Normalize"):
            raise ValueError(
                f"{folder} has a module {kind} behind its encoder: its sentence vectors are not a pooling of token vectors. "
                "Use it with sentence-transformers."
            )
        settings = sorted((folder / module["path"]).glob("sentence_*_config.json" if kind == "Transformer" else "config.json"))
        found.append((kind, json.loads(settings[0].read_text(encoding="utf-8")) if settings else {}))
    return found


def declared_limit(folder: Path) -> int | None:
    """The greatest number of tokens that a sentence-transformers folder declares; ``None`` if it declares none."""
    limits = [config.get("max_seq_length") for kind, config in modules(folder) if kind == "Transformer"]
    return limits[0] if limits else None


def lowercases(folder: Path) -> bool:
    """Whether sentence-transformers puts texts into lower case before the tokenizer sees them."""
    return any(config.get("do_lower_case") for kind, config in modules(folder) if kind == "Transformer")


def declared_pooling(folder: Path) -> str | None:
    """The pooling that a folder saved by sentence-transformers declares; ``None`` if it declares none.

    Raises:
        ValueError: it declares one that the course does not have, or several at once; or as in ``modules``.
    """
    for kind, config in modules(folder):
        if kind == "Pooling":
            modes = [config["pooling_mode"]] if "pooling_mode" in config else _modes(config)
            if len(modes) != 1 or modes[0] not in ("cls", "mean", "max"):
                raise ValueError(
                    f"{folder} pools by {' + '.join(map(str, modes)) or 'nothing'}; cls, mean or max can be loaded."
                )
            return modes[0]
    return None


def _modes(config: dict) -> list[str]:
    """Pooling modes as versions of sentence-transformers before 5.4 wrote them: a flag each."""
    names = {"cls_token": "cls", "mean_tokens": "mean", "max_tokens": "max"}
    flags = (
        key.removeprefix("pooling_mode_") for key, value in config.items() if key.startswith("pooling_mode_") and value is True
    )
    return [names.get(flag, flag) for flag in flags]


def attention_of(kind: str, asked: str) -> str:
    """The attention implementation to load a ``model_type`` with: the one asked for, where there is one."""
    return "eager" if kind in EAGER_ONLY else asked

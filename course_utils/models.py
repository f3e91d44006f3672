"""Models by name: the bundled ones, an untrained control, and any BERT-like folder."""

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ASSETS = Path(__file__).parent / "assets"
BUNDLED = {
    "mini-bert": "4 x 256, pre-trained with MLM and NSP",
    "mini-bert-mlm": "4 x 256, pre-trained with MLM only",
    "mini-sbert": "mini-bert after siamese training with mean pooling",
}


class DamagedModelError(RuntimeError):
    """A bundled file is missing or is not the one that was shipped."""


@dataclass
class Encoder:
    """A BERT-like encoder ready to embed with.

    Attributes:
        name: what it was loaded by.
        model: the transformers model, in evaluation mode, on ``device``.
        tokenizer: its tokenizer.
        device: ``torch.device``.
        has_pooler: whether the checkpoint holds a trained pooler (the untrained control has one as random as the rest).
        pooling: the pooling that a sentence encoder was trained with, ``None`` for other models.
    """

    name: str
    model: Any = field(repr=False)
    tokenizer: Any = field(repr=False)
    device: Any
    has_pooler: bool = True
    pooling: str | None = None

    @property
    def dimension(self) -> int:
        """Length of its vectors."""
        return self.model.config.hidden_size

    @property
    def layers(self) -> int:
        """Number of transformer layers; hidden states are numbered 0 (embeddings) to this."""
        return self.model.config.num_hidden_layers

    @property
    def limit(self) -> int:
        """Greatest number of tokens of an input, special tokens included."""
        config = self.model.config
        positions = getattr(config, "max_position_embeddings", 512)
        if config.model_type in ("roberta", "xlm-roberta", "camembert", "mpnet"):
            positions -= config.pad_token_id + 1  # their positions are counted from behind the padding's
        return min(positions, self.tokenizer.model_max_length)


def load_encoder(
    name: str | Path,
    *,
    like: Encoder | None = None,
    device: str | None = None,
    precision: str = "float32",
    attention: str = "sdpa",
    seed: int = 0,
) -> Encoder:
    """Load an encoder.

    Args:
        name: ``"mini-bert"``, ``"mini-bert-mlm"``, ``"mini-sbert"``, ``"untrained"``, or the folder of a BERT-like model saved
            with ``save_pretrained`` (safetensors), by transformers or by sentence-transformers.
        like: for ``"untrained"``: the encoder whose shape and tokenizer to take (``mini-bert`` if left out).
        device: ``"cpu"``, ``"cuda"``, ``"cuda:1"``, ``"mps"``; CUDA where there is one, else the CPU, if left out.
        precision: ``"float32"``, ``"bfloat16"``, ``"float16"``, or ``"auto"`` for what the device does best.
        attention: ``"sdpa"``, or ``"eager"`` to be able to read attention weights.
        seed: for ``"untrained"``: of its random weights.

    Raises:
        ValueError: no such name, device or precision, or ``like`` with a name that does not take it.
        DamagedModelError: a bundled file is not the one that was shipped.

    >>> load_encoder("mini-bert", device="cpu")
    Encoder(name='mini-bert', device=device(type='cpu'), has_pooler=True, pooling=None)
    """
    import torch
    from transformers import AutoModel, AutoTokenizer

    from course_utils.devices import choose_device, choose_precision

    target = choose_device(device if device or like is None else str(like.device))
    dtype = choose_precision(precision, target)
    if name == "untrained":
        like = like or load_encoder("mini-bert", device=device)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            model = AutoModel.from_config(like.model.config, attn_implementation=attention)
        return Encoder("untrained", model.to(target, dtype).eval(), like.tokenizer, target)
    if like is not None:
        raise ValueError('like= goes with load_encoder("untrained", like=encoder) only.')

    folder = locate(name)
    pooler = has_pooler(folder)
    options = {"add_pooling_layer": pooler} if _model_type(folder) in ("bert", "roberta", "mpnet") else {}
    with _quiet():
        model = AutoModel.from_pretrained(folder, dtype=dtype, attn_implementation=attention, use_safetensors=True, **options)
        tokenizer = AutoTokenizer.from_pretrained(folder)
    return Encoder(str(name), model.to(target).eval(), tokenizer, target, pooler, declared_pooling(folder))


def load_pretraining_model(name: str | Path, *, device: str | None = None, attention: str = "sdpa"):
    """Load a model with the heads it was pre-trained with, in evaluation mode.

    ``BertForPreTraining`` (MLM and NSP) for ``"mini-bert"``, ``BertForMaskedLM`` for ``"mini-bert-mlm"``, and the class that
    a folder's configuration names.

    Raises:
        ValueError: no such name or device, or a folder whose model has no pre-training heads.
        DamagedModelError: as in ``load_encoder``.
    """
    import torch
    import transformers

    from course_utils.devices import choose_device

    target = choose_device(device)
    folder = locate(name)
    architecture = json.loads((folder / "config.json").read_text(encoding="utf-8")).get("architectures", [None])[0] or ""
    if not architecture.endswith(("ForPreTraining", "ForMaskedLM")) or not hasattr(transformers, architecture):
        raise ValueError(f"{name} was saved as {architecture or 'no class'}: it has no pre-training heads. Use load_encoder.")
    with _quiet():
        model = getattr(transformers, architecture).from_pretrained(
            folder, dtype=torch.float32, attn_implementation=attention, use_safetensors=True
        )
    return model.to(target).eval()


def training_curve(name: str):
    """What was measured while a bundled model was pre-trained: a DataFrame, one row a snapshot.

    Columns: step, tokens, mlm_loss (nats), mlm_accuracy, nsp_accuracy (held-out text; empty without NSP), and Spearman
    of the cosine with the scores for [CLS] and the mean: ``stsb_dev_*`` on STS-B dev, ``sts_*`` on the test split of the
    course's ``sts`` without its hard strata.

    Raises:
        ValueError: ``name`` is not a bundled model that was pre-trained.
    """
    import pandas as pd

    pretrained = [bundled for bundled in BUNDLED if bundled != "mini-sbert"]
    if name not in pretrained:
        raise ValueError(f"There is a training curve of {', '.join(pretrained)}, not of {name!r}.")
    return pd.read_csv(locate(name) / "training_curve.csv")


def locate(name: str | Path) -> Path:
    """The folder of a bundled model, its checksums verified, or a local folder.

    Raises:
        ValueError: neither a bundled name nor a folder with a ``config.json``.
        DamagedModelError: a bundled file is missing or altered.
    """
    if name in BUNDLED:
        verify(ASSETS / name)
        return ASSETS / name
    folder = Path(name)
    if not (folder / "config.json").is_file():
        raise ValueError(
            f"No model {str(name)!r}. Use one of {', '.join(BUNDLED)}, untrained, "
            "or a folder with config.json and model.safetensors."
        )
    if not list(folder.glob("*.safetensors")):
        raise ValueError(f"{folder} holds no .safetensors file. Other weight formats are not loaded: they can run code.")
    return folder


def verify(folder: Path) -> None:
    """Compare the files of a bundled model with its ``checksums.json`` (SHA-256).

    Raises:
        DamagedModelError: one is missing or altered; it names the file and what to do.
    """
    advice = "Get it back with: git checkout -- course_utils/assets, or reinstall course_utils."
    listing = folder / "checksums.json"
    try:
        expected = json.loads(listing.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise DamagedModelError(f"{listing} is missing or cannot be read. {advice}") from None
    for name, digest in expected.items():
        path = folder / name
        if not path.is_file():
            raise DamagedModelError(f"{path} is missing. {advice}")
        if sha256(path) != digest:
            raise DamagedModelError(f"{path} is damaged: it is not the file that was shipped. {advice}")


def sha256(path: Path) -> str:
    """Hex digest of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def has_pooler(folder: Path) -> bool:
    """Whether the weights in ``folder`` hold a trained pooler."""
    from safetensors import safe_open

    for path in folder.glob("*.safetensors"):
        with safe_open(path, "pt") as file:
            if any("pooler." in key for key in list(file.keys())):
                return True
    return False


def declared_pooling(folder: Path) -> str | None:
    """The pooling that a folder saved by sentence-transformers declares; ``None`` if it declares none.

    Raises:
        ValueError: it declares one that the course does not have, or several at once.
    """
    listing = folder / "modules.json"
    if not listing.is_file():
        return None
    for module in json.loads(listing.read_text(encoding="utf-8")):
        if module["type"].endswith("Pooling"):
            config = json.loads((folder / module["path"] / "config.json").read_text(encoding="utf-8"))
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


@contextmanager
def _quiet():
    """No progress bar and no report on stderr that pre-training heads were left out: an encoder has none."""
    from transformers.utils import logging

    level = logging.get_verbosity()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)


def _model_type(folder: Path) -> str:
    return json.loads((folder / "config.json").read_text(encoding="utf-8")).get("model_type", "")

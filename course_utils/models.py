"""Models by name: the bundled ones, an untrained control, a BERT-like model from the hub, or one in a folder."""

from __future__ import annotations

import difflib
import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from course_utils import arguments, checkpoints, memory
from course_utils.checksums import sha256

ASSETS = Path(__file__).parent / "assets"
BUNDLED = {
    "mini-bert": "4 x 256, pre-trained with MLM and NSP",
    "mini-bert-mlm": "4 x 256, pre-trained with MLM only",
    "mini-sbert": "mini-bert after siamese training with mean pooling",
}


ATTENTIONS = ("sdpa", "eager")


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
        longest: the limit of tokens that a sentence encoder declares, ``None`` if it declares none.
    """

    name: str
    model: Any = field(repr=False)
    tokenizer: Any = field(repr=False)
    device: Any
    has_pooler: bool = True
    pooling: str | None = None
    longest: int | None = None

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
        if config.model_type in ("roberta", "xlm-roberta", "camembert"):
            positions -= config.pad_token_id + 1  # their positions are counted from behind the padding's
        elif config.model_type == "mpnet":
            positions -= 2  # likewise, its padding being 1 whatever the configuration says
        return min(positions, self.tokenizer.model_max_length, self.longest or positions)


def load_encoder(
    name: str | Path,
    *,
    like: Encoder | None = None,
    revision: str | None = None,
    device: str | None = None,
    precision: str = "float32",
    attention: str = "sdpa",
    seed: int = 0,
) -> Encoder:
    """Load an encoder.

    Args:
        name: ``"mini-bert"``, ``"mini-bert-mlm"``, ``"mini-sbert"``, ``"untrained"``; a name on the Hugging Face hub, such as
            ``"bert-base-uncased"`` or ``"all-MiniLM-L6-v2"`` (``hub.MODELS`` has those with a pinned commit), which is fetched
            unless it is cached; or the folder of a BERT-like model saved with ``save_pretrained`` (safetensors), by
            transformers or by sentence-transformers.
        like: for ``"untrained"``: the encoder whose shape and tokenizer to take (``mini-bert`` if left out).
        revision: commit, tag or branch of a model on the hub; the pinned one if left out, else ``main``.
        device: ``"cpu"``, ``"cuda"``, ``"cuda:1"``, ``"mps"``; CUDA where there is one, else the CPU, if left out.
        precision: ``"float32"``, ``"bfloat16"``, ``"float16"``, or ``"auto"`` for what the device does best.
        attention: ``"sdpa"``, or ``"eager"`` to be able to read attention weights.
        seed: for ``"untrained"``: of its random weights.

    Raises:
        TypeError: ``name`` is neither text nor a path, ``like`` no ``Encoder``, or ``seed`` not a whole number.
        ValueError: no such name, device, precision or attention; ``like`` or ``revision`` with a name that does not take it; no
            BERT-like
            encoder, or one without safetensors.
        FetchError: a model of the hub is neither cached nor to be had; a ``ConnectionError`` that says why and what to do.
        NotEnoughMemoryError: it would not fit into the memory that is free.
        DamagedModelError: a bundled file is not the one that was shipped.

    >>> load_encoder("mini-bert", device="cpu")
    Encoder(name='mini-bert', device=device(type='cpu'), has_pooler=True, pooling=None, longest=None)
    """
    import torch
    from transformers import AutoConfig, AutoModel, AutoTokenizer

    from course_utils.devices import choose_device, choose_precision

    name, seed = _name(name), arguments.seed(seed)
    if like is not None and not isinstance(like, Encoder):
        raise TypeError(f"like must be an Encoder, from load_encoder, not {arguments.shown(like)}.")
    arguments.one_of(attention, "attention", ATTENTIONS)
    target = choose_device(device if device is not None or like is None else str(like.device))
    dtype = choose_precision(precision, target)
    if name == "untrained":
        like = like or load_encoder("mini-bert", device=device)
        _check_memory("An untrained encoder", like.model.config, memory.parameters(like.model), dtype, target)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            config = like.model.config
            model = AutoModel.from_config(config, attn_implementation=checkpoints.attention_of(config.model_type, attention))
        return Encoder("untrained", model.to(target, dtype).eval(), like.tokenizer, target)
    if like is not None:
        raise ValueError(f'like= goes with load_encoder("untrained", like=encoder) only, not with name={str(name)!r}.')

    folder = locate(name, revision)
    checkpoints.check_kind(folder, str(name))
    pooling, longest = checkpoints.declared_pooling(folder), checkpoints.declared_limit(folder)
    pooler = checkpoints.has_pooler(folder)
    config = AutoConfig.from_pretrained(folder, trust_remote_code=False)
    _check_memory(str(name), config, memory.parameters_of(folder), dtype, target)
    options = {"attn_implementation": checkpoints.attention_of(config.model_type, attention)}
    if config.model_type in checkpoints.WITH_POOLER:
        options["add_pooling_layer"] = pooler
    with _quiet():
        model, report = AutoModel.from_pretrained(
            folder, dtype=dtype, use_safetensors=True, trust_remote_code=False, output_loading_info=True, **options
        )
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    _check_complete(str(name), config, report)
    if checkpoints.lowercases(folder) and tokenizer.tokenize("Tea") != tokenizer.tokenize("tea"):
        raise ValueError(
            f"{name} wants its texts in lower case, which the course does not do. Use it with sentence-transformers."
        )
    return Encoder(str(name), model.to(target).eval(), tokenizer, target, pooler, pooling, longest)


def _name(name: str | Path) -> str | Path:
    """The name of a model, or the path of a folder, if it can be one.

    Raises:
        TypeError: it is neither text nor a path.
        ValueError: it is empty, or holds what no path can.
    """
    return name if isinstance(arguments.path(name, "name"), Path) and isinstance(name, str) else arguments.path(name, "name")


def _check_complete(name: str, config, report: dict) -> None:
    """Refuse a model some of whose weights its folder does not hold: they would be random."""
    absent = sorted(report["missing_keys"])
    if absent:
        raise ValueError(
            f"{name} is not a whole {config.model_type}: {len(absent)} of its weights are not in its files "
            f"(such as {absent[0]}) and would be random. A model with code of its own cannot be loaded."
        )


def _check_memory(what: str, config, weights: int, dtype, device) -> None:
    """Refuse a model that does not fit, before it is loaded."""
    memory.check(
        memory.embedding_gb(config, weights, dtype.itemsize),
        device,
        f"{what}, to be loaded and to embed,",
        'Use load_encoder("mini-bert"), a smaller model, precision="bfloat16" (half the memory), or a larger machine.',
    )


def load_pretraining_model(name: str | Path, *, device: str | None = None, attention: str = "sdpa"):
    """Load a model with the heads it was pre-trained with, in evaluation mode.

    ``BertForPreTraining`` (MLM and NSP) for ``"mini-bert"`` and ``"bert-base-uncased"``, ``BertForMaskedLM`` for
    ``"mini-bert-mlm"``, and the class that the configuration of another model names.

    Raises:
        TypeError: ``name`` is neither text nor a path.
        ValueError: no such name, device or attention, or a model that was saved without pre-training heads.
        FetchError, NotEnoughMemoryError, DamagedModelError: as in ``load_encoder``.
    """
    import torch
    import transformers

    from course_utils.devices import choose_device

    arguments.one_of(attention, "attention", ATTENTIONS)
    target = choose_device(device)
    folder = locate(name)
    checkpoints.check_kind(folder, str(name))
    architecture = checkpoints.pretraining_class(folder)
    if architecture is None or not hasattr(transformers, architecture):
        raise ValueError(f"{name} has no pre-training heads in its folder. Use load_encoder.")
    config = transformers.AutoConfig.from_pretrained(folder, trust_remote_code=False)
    _check_memory(str(name), config, memory.parameters_of(folder), torch.float32, target)
    attention = checkpoints.attention_of(config.model_type, attention)
    with _quiet():
        model, report = getattr(transformers, architecture).from_pretrained(
            folder,
            dtype=torch.float32,
            attn_implementation=attention,
            use_safetensors=True,
            trust_remote_code=False,
            output_loading_info=True,
        )
        _check_complete(str(name), config, report)
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
    if not isinstance(name, str) or name not in pretrained:
        raise ValueError(f"name: There is a training curve of {', '.join(pretrained)}, not of {arguments.shown(name)}.")
    return pd.read_csv(locate(name) / "training_curve.csv")


def locate(name: str | Path, revision: str | None = None) -> Path:
    """The folder of a bundled model, its checksums verified; a local folder; or the snapshot of a model of the hub.

    Raises:
        TypeError: ``name`` is neither text nor a path, or ``revision`` no text.
        ValueError: neither a bundled name, nor a folder with a ``config.json``, nor a name that the hub could have.
        FetchError: a model of the hub is neither cached nor to be had.
        DamagedModelError: a bundled file is missing or altered.
    """
    from course_utils import hub

    name = _name(name)
    revision = revision if revision is None else arguments.text(revision, "revision")
    if name in BUNDLED:
        if revision is not None:
            raise ValueError(f"{name} ships with the course in one version: leave revision out.")
        verify(ASSETS / name)
        return ASSETS / name
    folder = Path(name).expanduser()
    known = [*BUNDLED, "untrained", *hub.MODELS]
    if not (folder / "config.json").is_file():
        _check_folder(folder)
        close = difflib.get_close_matches(str(name), [*BUNDLED, "untrained"], n=1, cutoff=0.8)
        close = close or difflib.get_close_matches(str(name), hub.MODELS, n=1, cutoff=0.95)
        close = [] if name in hub.MODELS else close
        if isinstance(name, Path) or close or not hub.is_name(name):
            meant = f" Did you mean {close[0]}?" if close else ""
            raise ValueError(
                f"No model {arguments.shown(str(name))}.{meant} Use one of {', '.join(known)}, another on the Hugging Face "
                "hub (owner/name), or a folder with config.json and model.safetensors."
            )
        return hub.fetch_model(str(name), revision)
    if revision is not None:
        raise ValueError(f"{folder} is a folder on this machine: leave revision out.")
    if not checkpoints.weight_files(folder):
        raise ValueError(f"{folder} holds no model.safetensors. Other weight formats are not loaded: they can run code.")
    return folder


def _check_folder(folder: Path) -> None:
    """Say of a folder that holds parts of a model what is missing, rather than to look for its name on the hub."""
    if (folder / "modules.json").is_file():
        raise ValueError(
            f"{folder} has no config.json: a layout of old sentence-transformers. Load it with SentenceTransformer and save it."
        )
    if folder.is_dir() and list(folder.glob("*.safetensors")):
        raise ValueError(f"{folder} has no config.json.")


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

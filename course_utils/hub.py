"""From the Hugging Face hub to a local folder: what is cached is used with no request, what is fetched is verified."""

from __future__ import annotations

import json
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from course_utils import checkpoints
from course_utils.hub_cache import Wanted, cached, differs, folder_of, forget, matches, unrecorded, write_record
from course_utils.hub_errors import PREFETCH, changed, explain, missing, no_room, truncated

SECONDS = 5  # for the hub to answer a question; a download takes as long as it takes


class FetchError(ConnectionError):
    """Something is not in the cache and could not be fetched; the message says why and what to do."""


@dataclass(frozen=True)
class PublicModel:
    """A model on the hub: its repository at a pinned commit, the size of what the course fetches, its licence, files it needs.

    Where ``revision`` is ``"main"`` no commit is pinned: the one that was fetched first stays in use.
    """

    repository: str
    revision: str
    megabytes: int
    licence: str
    note: str
    needs: tuple[str, ...] = ("config.json",)


_SENTENCE_ENCODER = ("config.json", "modules.json", "sentence_bert_config.json", "1_Pooling/config.json")
MODELS = {
    "bert-base-uncased": PublicModel(
        "google-bert/bert-base-uncased",
        "86b5e0934494bd15c9632b12f734a8a67f723594",
        441,
        "Apache 2.0",
        "12 x 768, the BERT of the papers, pre-trained with MLM and NSP",
    ),
    "all-MiniLM-L6-v2": PublicModel(
        "sentence-transformers/all-MiniLM-L6-v2",
        "c9745ed1d9f207416be6d2e6f8de32d1f16199bf",
        92,
        "Apache 2.0",
        "6 x 384, a sentence encoder with mean pooling",
        _SENTENCE_ENCODER,
    ),
    "bert-base-nli-mean-tokens": PublicModel(
        "sentence-transformers/bert-base-nli-mean-tokens",
        "main",
        439,
        "Apache 2.0",
        "12 x 768, SBERT-NLI-base of the Sentence-BERT paper",
        _SENTENCE_ENCODER,
    ),
}
MODEL_FILES = (
    "config.json", "model.safetensors", "model.safetensors.index.json", "model-*-of-*.safetensors",
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.txt", "vocab.json",
    "merges.txt", "sentencepiece.bpe.model", "spiece.model",
    "modules.json", "sentence_*_config.json", "config_sentence_transformers.json", "[0-9]_*/config.json",
)  # fmt: skip
_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*(?:/[A-Za-z0-9][\w.-]*)?")


def is_name(name: str) -> bool:
    """Whether ``name`` could be one on the hub: ``name`` or ``owner/name``."""
    return bool(_HUB_NAME.fullmatch(name))


def wanted_model(name: str, revision: str | None = None) -> Wanted:
    """What to fetch for a model by one of the names in ``MODELS``, or by any name on the hub.

    Raises:
        ValueError: ``name`` cannot be a name on the hub.
    """
    known = MODELS.get(name) or next((model for model in MODELS.values() if model.repository == name), None)
    if known is None and not is_name(name):
        raise ValueError(f"{name!r} cannot be a name on the Hugging Face hub (owner/name).")
    return Wanted(
        name=name,
        repository=known.repository if known else name,
        revision=revision or (known.revision if known else "main"),
        kind="model",
        patterns=MODEL_FILES,
        megabytes=known.megabytes if known else None,
        instead='load_encoder("mini-bert"), which ships with the course',
        prefetch=f"{PREFETCH} {name}",
        needs=known.needs if known else (),
    )


def fetch_model(name: str, revision: str | None = None) -> Path:
    """The local snapshot folder of a model: cached, else fetched at its pinned revision and verified.

    Raises:
        FetchError: it is not cached and could not be fetched; the message says why and what to do.
        ValueError: no name on the hub, or a repository that is no BERT-like encoder in safetensors.
    """
    return fetch(wanted_model(name, revision))


def cache_folder() -> Path:
    """The hub's cache folder: HF_HUB_CACHE, else ``hub`` in HF_HOME, else ``~/.cache/huggingface/hub``.

    Raises:
        FetchError: there is no home folder, and none of the two variables.
    """
    from huggingface_hub import constants

    try:
        return Path(constants.HF_HUB_CACHE).expanduser()
    except RuntimeError:
        raise FetchError(
            "There is no home folder, so no place for what is fetched. Name a folder of yours before Python starts: "
            "HF_HUB_CACHE=/a/folder."
        ) from None


def is_offline() -> bool:
    """Whether HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE forbids requests."""
    from huggingface_hub import constants

    return bool(constants.HF_HUB_OFFLINE) or is_on("HF_HUB_OFFLINE")


def is_on(variable: str) -> bool:
    """Whether an environment variable says yes: 1, true, yes or on."""
    return os.environ.get(variable, "").strip().lower() in ("1", "true", "yes", "on")


def fetch(wanted: Wanted, cache: Path | None = None) -> Path:
    """The local snapshot folder of ``wanted``: what is cached and whole is used without any request.

    What another tool has fetched of a repository that the course does not know is completed, where the hub answers. For the
    rest the hub is asked once what there is (for at most ``SECONDS``), room on the disk is checked, the files are fetched by
    ``huggingface_hub`` with its progress bar (a broken connection is resumed), and each is compared with the checksum that the
    hub states before it counts.

    Raises:
        FetchError: it could not be fetched; one clear message for each kind of failure.
        ValueError: the repository holds no encoder that the course can load.
    """
    cache = cache or cache_folder()
    folder = cached(wanted, cache)
    if folder is not None:
        return folder
    folder = unrecorded(wanted, cache)
    if folder is not None and (is_offline() or wanted.needs):
        return folder
    if is_offline():
        raise FetchError(missing(wanted, cache, "HF_HUB_OFFLINE forbids requests"))
    try:
        return _download(wanted, cache)
    except Exception as error:
        if folder is not None and not isinstance(error, FetchError) and unrecorded(wanted, cache):
            return folder  # the hub does not answer, and what is there is enough
        if isinstance(error, (FetchError, ValueError)) and not isinstance(error, json.JSONDecodeError):
            raise
        raise FetchError(explain(error, wanted, cache)) from None


def _download(wanted: Wanted, cache: Path) -> Path:
    from huggingface_hub import HfApi, snapshot_download

    info = HfApi().repo_info(
        wanted.repository, repo_type=wanted.kind, revision=wanted.revision, files_metadata=True, timeout=SECONDS
    )
    there = {file.rfilename: file for file in info.siblings or [] if matches(file.rfilename, wanted.patterns)}
    _check_listing(wanted, there, [file.rfilename for file in info.siblings or []])
    options = {"repo_id": wanted.repository, "repo_type": wanted.kind, "revision": wanted.revision, "cache_dir": str(cache)}
    cache.mkdir(parents=True, exist_ok=True)
    earlier = folder_of(wanted, cache)
    bad = [name for name in _altered(earlier, there) if (earlier / name).is_file()] if earlier else []
    if bad:  # or the client would take them as they are
        forget(earlier, bad)
    if wanted.kind == "model":  # its kind is known from small files, before the weights
        small = [name for name in there if name in ("config.json", "modules.json") or "/" in name]
        folder = Path(snapshot_download(**options, allow_patterns=small, etag_timeout=SECONDS))
        checkpoints.check_kind(folder, wanted.name)
        checkpoints.declared_pooling(folder)
    _check_room(
        wanted, cache, sum(file.size or 0 for name, file in there.items() if not (earlier and (earlier / name).is_file()))
    )
    folder = Path(snapshot_download(**options, allow_patterns=sorted(there), etag_timeout=SECONDS))
    altered = _altered(folder, there)
    if altered:
        path, stated = folder / altered[0], there[altered[0]].size
        short = path.is_file() and stated is not None and path.stat().st_size < stated
        forget(folder, altered)
        raise FetchError(truncated(altered[0], wanted) if short else changed(altered[0], wanted))
    write_record(folder, sorted(there))
    return folder


def _altered(folder: Path, stated: dict) -> list[str]:
    """Names of the files that are not as the hub states: absent, or of another size or checksum."""
    return [
        name
        for name, file in stated.items()
        if differs(folder / name, file.size, file.lfs.sha256 if file.lfs else file.blob_id)
    ]


def _check_listing(wanted: Wanted, there: dict, everything: list[str]) -> None:
    """Refuse a repository without what is needed, before anything is fetched."""
    if wanted.kind == "model":
        if "config.json" not in there:
            raise ValueError(f"{wanted.repository} holds no config.json at {wanted.revision}: it is no transformers model.")
        if not {"model.safetensors", "model.safetensors.index.json"} & set(there):
            others = [name for name in everything if name.endswith((".bin", ".pt", ".ckpt", ".h5", ".msgpack", ".safetensors"))]
            found = f"only {others[0]}" if others else "no weights at all"
            raise ValueError(
                f"{wanted.repository} holds no model.safetensors ({found}). Other formats are not loaded: they can run code. "
                "Look for a revision with safetensors: load_encoder(name, revision=...)."
            )
    elif not there:
        raise ValueError(f"{wanted.repository} holds no {wanted.patterns[0]} at {wanted.revision}.")


def _check_room(wanted: Wanted, cache: Path, need: int) -> None:
    free = shutil.disk_usage(cache).free
    if need > free:
        raise FetchError(no_room(wanted, cache, f"{need / 1e6:,.0f} MB are needed, {free / 1e6:,.0f} MB are free"))

"""What of the Hugging Face hub lies in the local cache, and whether it is whole: answered without a request."""

from __future__ import annotations

import contextlib
import fnmatch
import json
import re
from dataclasses import dataclass
from pathlib import Path

from course_utils.checksums import git_sha1, sha256
from course_utils.writing import replacing

_OF = re.compile(r"-\d{5}-of-(\d{5})\.")
_VOCABULARIES = {"tokenizer.json", "vocab.txt", "vocab.json", "sentencepiece.bpe.model", "spiece.model"}


@dataclass(frozen=True)
class Wanted:
    """What is wanted from the hub: the files of a repository at a revision that match ``patterns``.

    ``needs`` are files that must be among them, where the repository is known. ``name``, ``megabytes`` (``None`` if not known),
    ``instead`` and ``prefetch`` are for what is said when it fails.
    """

    name: str
    repository: str
    revision: str
    kind: str  # "model" or "dataset"
    patterns: tuple[str, ...]
    megabytes: int | None
    instead: str
    prefetch: str
    needs: tuple[str, ...] = ()

    def __str__(self) -> str:
        about = [self.repository] if self.name != self.repository else []
        about += [f"{self.megabytes} MB"] if self.megabytes else []
        return f"{self.name} ({', '.join(about)})" if about else self.name


def folder_of(wanted: Wanted, cache: Path) -> Path | None:
    """The folder of the wanted snapshot, whole or not; ``None`` if nothing of it was ever fetched."""
    storage = cache / f"{wanted.kind}s--{wanted.repository.replace('/', '--')}"
    reference = storage / "refs" / wanted.revision
    commit = reference.read_text(encoding="utf-8").strip() if reference.is_file() else wanted.revision
    folder = storage / "snapshots" / commit
    return folder if folder.is_dir() else None


def cached(wanted: Wanted, cache: Path) -> Path | None:
    """The snapshot folder if all that is wanted was verified and is still there with its sizes, else ``None``."""
    folder = folder_of(wanted, cache)
    record = read_record(folder) if folder else {}
    whole = record and not any(differs(folder / name, size, None) for name, (size, _) in record.items())
    return folder if whole else None


def unrecorded(wanted: Wanted, cache: Path) -> Path | None:
    """The snapshot folder if another tool has fetched what cannot be done without, else ``None``.

    The blobs of the cache are named by their checksums, and are held to them. Where a repository's files are known beforehand
    the snapshot then has a record too; of others a file may be missing that nobody has asked for yet.
    """
    folder = folder_of(wanted, cache)
    if folder is None:
        return None
    files = _files(folder, wanted.patterns)
    linked = all((folder / name).is_symlink() for name in files)
    try:
        whole = not any(_blob_differs(folder / name) for name in files) and _is_whole(folder, wanted, files)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None  # a listing that cannot be read
    if whole and linked and wanted.needs:
        write_record(folder, files)
    return folder if whole else None


def _record_path(folder: Path) -> Path:
    """Beside ``snapshots``, so that the snapshot holds the hub's files alone."""
    return folder.parent.parent / "course_utils" / f"{folder.name}.json"


def read_record(folder: Path) -> dict[str, tuple[int, str]]:
    """File name to (bytes, SHA-256) as they were when they were verified; empty if there is no record."""
    try:
        content = json.loads(_record_path(folder).read_text(encoding="utf-8"))
        return {name: (int(size), str(digest)) for name, (size, digest) in content.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def write_record(folder: Path, files: list[str]) -> None:
    """Note sizes and checksums of verified files; a cache that cannot be written goes without."""
    path = _record_path(folder)
    with contextlib.suppress(OSError):
        path.parent.mkdir(exist_ok=True)
        with replacing(path) as partial, open(partial, "w", encoding="utf-8") as file:
            # opened before the checksums, which take a while
            json.dump({name: (_size(folder / name), sha256(folder / name)) for name in files}, file, indent=1)


def damaged(folder: Path) -> list[str]:
    """Names of the recorded files of a snapshot that are missing or altered, by size and SHA-256."""
    return [
        name
        for name, (size, digest) in read_record(folder).items()
        if not (folder / name).is_file() or _size(folder / name) != size or sha256(folder / name) != digest
    ]


def forget(folder: Path, names: list[str]) -> None:
    """Remove damaged files, all blobs that are not what they are named by, and the record: they will be fetched anew."""
    _record_path(folder).unlink(missing_ok=True)
    for name in names:
        (folder / name).unlink(missing_ok=True)
    for blob in (folder.parent.parent / "blobs").glob("*"):
        if blob.is_file() and differs(blob, None, blob.name):
            blob.unlink()


def matches(name: str, patterns: tuple[str, ...]) -> bool:
    """Whether a file's name fits one of the patterns."""
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def differs(path: Path, size: int | None, digest: str | None) -> bool:
    """Whether a file is missing, or differs from a stated size or checksum (64 hex digits: SHA-256; 40: git's SHA-1)."""
    if not path.is_file() or (size is not None and _size(path) != size):
        return True
    if not digest or not re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", digest):
        return False
    return digest != (sha256(path) if len(digest) == 64 else git_sha1(path))


def _blob_differs(path: Path) -> bool:
    """Whether a cached file is not what its blob is named by; copies without links have no such name."""
    return path.is_symlink() and differs(path, None, path.resolve().name)


def _files(folder: Path, patterns: tuple[str, ...]) -> list[str]:
    names = (path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file())
    return [name for name in names if matches(name, patterns)]


def _is_whole(folder: Path, wanted: Wanted, files: list[str]) -> bool:
    """Whether nothing that is needed is missing from a snapshot that another tool has fetched."""
    if wanted.kind == "dataset":
        parts = [[name for name in files if matches(name, (pattern,))] for pattern in wanted.patterns]
        return all(names and len(names) == int(_OF.search(names[0])[1] if _OF.search(names[0]) else 1) for names in parts)
    weights = {name for name in files if name.endswith(".safetensors")}
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        weights = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
    needed = {"config.json", "tokenizer_config.json", *weights, *wanted.needs}
    if (folder / "modules.json").is_file():
        modules = json.loads((folder / "modules.json").read_text(encoding="utf-8"))
        needed |= {f"{module['path']}/config.json" for module in modules if module["type"].endswith("Pooling")}
    return bool(weights) and needed <= set(files) and bool(_VOCABULARIES & set(files))


def _size(path: Path) -> int:
    return path.stat().st_size

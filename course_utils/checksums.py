"""Checksums of files."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

LISTING = "checksums.json"  # in each folder of shipped files: name to SHA-256


def sha256(path: Path) -> str:
    """Hex digest of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def git_sha1(path: Path) -> str:
    """SHA-1 of a file as git names it: with a header that holds its length. The hub names small files by it."""
    digest = hashlib.sha1(f"blob {path.stat().st_size}\0".encode(), usedforsecurity=False)
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def verified(path: Path, error: type[Exception], advice: str) -> Path:
    """``path``, a shipped file whose checksum is that of the list beside it.

    Args:
        error: what is raised if not, with ``advice`` on how to get the file back.
    """
    try:
        found, expected = sha256(path), json.loads((path.parent / LISTING).read_text(encoding="utf-8"))[path.name]
    except (OSError, ValueError, KeyError, TypeError):
        raise error(f"{path} or its checksum is missing. {advice}") from None
    if found != expected:
        raise error(f"{path} was altered: it is not the file that was shipped. {advice}")
    return path


def list_checksum(path: Path) -> None:
    """Write the checksum of ``path`` into the list beside it, those of other files kept."""
    listing = path.parent / LISTING
    known = json.loads(listing.read_text(encoding="utf-8")) if listing.is_file() else {}
    known[path.name] = sha256(path)
    listing.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", encoding="utf-8", newline="\n")

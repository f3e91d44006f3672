"""Writing files so that what was there before is replaced as a whole or stays; what cannot be written is said in a sentence."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class CannotWriteError(OSError):
    """Something could not be written: the disk is full, say, or read-only. It says where, why, and what to do."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A name beside ``path`` to write to. Once written, it takes the place of ``path``; after an error it is removed."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        yield partial
        os.replace(partial, path)
    finally:
        with contextlib.suppress(OSError):
            partial.unlink()


@contextmanager
def explained(what: str, folder: Path, advice: str) -> Iterator[None]:
    """Errors of writing ``what`` into ``folder`` as one of ours, with ``advice``.

    Raises:
        CannotWriteError: it could not be written.
    """
    from safetensors import SafetensorError  # which is no OSError, also where the disk is full

    try:
        yield
    except (OSError, SafetensorError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise CannotWriteError(f"{what} could not be written into {folder}: {why}. {advice}") from error

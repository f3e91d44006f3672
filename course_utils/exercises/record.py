"""The learner's progress in a small local file. Losing it loses nothing else; it never leaves the machine."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

VARIABLE = "COURSE_PROGRESS"  # a path; the empty string keeps progress in memory only
_memory: dict[str, tuple[Callable[[dict], None], ...]] = {}  # by exercise name, the changes that are in no file yet


def path() -> Path | None:
    """Where progress is kept: ``COURSE_PROGRESS``, else ``.course_utils/progress.json`` in the home folder, else ``None``."""
    named = os.environ.get(VARIABLE)
    if named is not None:
        return Path(named) if named else None
    try:
        return Path.home() / ".course_utils" / "progress.json"
    except RuntimeError:  # no home folder
        return None


def read() -> dict[str, dict]:
    """Everything recorded: a dictionary by exercise name. What cannot be read counts as empty."""
    return _with_memory(_from_file(path()))


def _with_memory(entries: dict[str, dict]) -> dict[str, dict]:
    for name, changes in _memory.items():
        for change in changes:
            change(entries.setdefault(name, {}))
    return entries


def _from_file(file: Path | None) -> dict[str, dict]:
    if file is None:
        return {}
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(content, dict):
        return {}
    return {str(name): entry for name, entry in content.items() if isinstance(entry, dict)}


def update(name: str, change: Callable[[dict], None]) -> None:
    """Apply ``change`` to the entry of exercise ``name`` and keep it; in memory where the file cannot be written.

    Two kernels may do this at once: the file is locked, read anew, and replaced as a whole. What is in memory is written
    with the next change that the file takes, on top of what others have written meanwhile: so ``change`` may be called again.
    A damaged file is kept beside it as ``progress.damaged.json``.
    """
    from filelock import FileLock, Timeout

    file = path()
    if file is not None:
        with contextlib.suppress(OSError, Timeout, NotImplementedError):
            file.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(f"{file}.lock", timeout=2):
                _keep_damaged(file)
                entries = _with_memory(_from_file(file))
                change(entries.setdefault(name, {}))
                _replace(file, entries)
                _memory.clear()
                return
    _memory[name] = (*_memory.get(name, ()), change)


def _keep_damaged(file: Path) -> None:
    if not file.exists():
        return
    try:
        sound = isinstance(json.loads(file.read_text(encoding="utf-8")), dict)
    except (ValueError, RecursionError):
        sound = False
    if not sound:
        os.replace(file, file.with_suffix(".damaged.json"))


def _replace(file: Path, entries: dict[str, Any]) -> None:
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=".progress-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            json.dump(entries, out, indent=1, sort_keys=True)
        os.replace(name, file)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def count(entry: dict, key: str) -> int:
    """A whole number from 0 kept under ``key``; 0 if what stands there is something else."""
    value = entry.get(key, 0)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0

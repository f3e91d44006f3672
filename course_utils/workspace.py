"""The learner's copies: made from the originals, never overwritten, brought back on request."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RECORD = ".originals.json"
VARIABLE = "COURSE_WORK"


def work_folder(root: Path = ROOT) -> Path:
    """Where the learner's copies are: ``COURSE_WORK``; else ``work`` beside the notebooks; else ``cls-course`` at home.

    At home where the course's folder cannot be written, as where one copy of it serves a class.
    """
    if os.environ.get(VARIABLE):
        return Path(os.environ[VARIABLE]).expanduser().resolve()
    work = root / "work"
    return work if os.access(work if work.is_dir() else root, os.W_OK) else Path.home() / "cls-course"


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _read_record(work: Path) -> dict[str, str]:
    """Which original each copy was made from; empty if that is not known."""
    try:
        record = json.loads((work / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def update(root: Path = ROOT, report=print) -> Path:
    """Copy to the work folder every notebook of ``notebooks/`` that is missing there, and refresh copies never touched.

    A copy that the learner changed is left alone; if its original has a newer version, one line says how to get it.

    Returns:
        The work folder.
    """
    work = work_folder(root)
    work.mkdir(parents=True, exist_ok=True)
    record = _read_record(work)
    for original in sorted((root / "notebooks").glob("*.ipynb")):
        copy, digest = work / original.name, _digest(original)
        if not copy.exists():
            shutil.copyfile(original, copy)
            record[original.name] = digest
        elif record.get(original.name) != digest:
            if _digest(copy) == record.get(original.name):
                shutil.copyfile(original, copy)
                record[original.name] = digest
                report(f"{original.name}: updated (you had not changed it)")
            elif _digest(copy) == digest:
                record[original.name] = digest
            else:
                report(
                    f"{original.name}: there is a newer original; yours is kept. "
                    f"make reset NOTEBOOK={original.name[:2]} takes it."
                )
    (work / RECORD).write_text(json.dumps(record, indent=2), encoding="utf-8")
    return work


def reset(notebook: str, root: Path = ROOT, now: datetime | None = None) -> tuple[Path, Path | None]:
    """Bring one copy back to its original; the learner's is kept beside it under a name with the time.

    Args:
        notebook: the beginning of its name, such as ``"03"``.

    Returns:
        The fresh copy, and where the learner's was put (``None`` if there was none or it was unchanged).

    Raises:
        ValueError: no notebook, or more than one, begins so.
    """
    originals = sorted((root / "notebooks").glob("*.ipynb"))
    found = [path for path in originals if notebook and path.name.startswith(notebook)]
    if len(found) != 1:
        names = ", ".join(path.name for path in found or originals)
        raise ValueError(f"NOTEBOOK={notebook!r} names {len(found)} notebooks. Give the beginning of one: {names}")
    original = found[0]
    work = work_folder(root)
    work.mkdir(parents=True, exist_ok=True)
    copy, kept = work / original.name, None
    if copy.exists() and _digest(copy) != _digest(original):
        stamp = (now or datetime.now()).strftime("%Y-%m-%d_%H%M%S")
        kept = copy.with_name(f"{copy.stem}.mine_{stamp}.ipynb")
        number = 2
        while kept.exists():
            kept = copy.with_name(f"{copy.stem}.mine_{stamp}_{number}.ipynb")
            number += 1
        copy.rename(kept)
    shutil.copyfile(original, copy)
    record = _read_record(work)
    record[original.name] = _digest(original)
    (work / RECORD).write_text(json.dumps(record, indent=2), encoding="utf-8")
    return copy, kept

"""The learner's copies: made from the originals, never overwritten, brought back on request."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from datetime import datetime
from pathlib import Path

from course_utils.writing import CannotWriteError, explained, replacing

ROOT = Path(__file__).resolve().parent.parent
RECORD = ".originals.json"
VARIABLE = "COURSE_WORK"
ADVICE = f"Free some space there, or name a folder of yours in the variable {VARIABLE}. What you had is as it was."


def work_folder(root: Path = ROOT) -> Path:
    """Where the learner's copies are: ``COURSE_WORK``; else ``work`` beside the notebooks; else ``cls-course`` at home.

    At home where the course's folder cannot be written, as where one copy of it serves a class.

    Raises:
        CannotWriteError: the course's folder cannot be written and there is no home folder.
    """
    if os.environ.get(VARIABLE):
        return Path(os.environ[VARIABLE]).expanduser().resolve()
    work = root / "work"
    if os.access(work if work.is_dir() else root, os.W_OK):
        return work
    try:
        return Path.home() / "cls-course"
    except RuntimeError:
        raise CannotWriteError(f"{root} cannot be written, and there is no home folder. {ADVICE}") from None


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

    Raises:
        CannotWriteError: it cannot be written. Every copy in it is whole.
    """
    work = work_folder(root)
    with explained("The notebooks", work, ADVICE):
        work.mkdir(parents=True, exist_ok=True)
        _update(root, work, report)
    return work


def _update(root: Path, work: Path, report) -> None:
    record = _read_record(work)
    before = dict(record)
    for original in sorted((root / "notebooks").glob("*.ipynb")):
        copy, digest = work / original.name, _digest(original)
        if not copy.exists():
            _copy(original, copy)
            record[original.name] = digest
        elif record.get(original.name) != digest:
            if _digest(copy) == record.get(original.name):
                _copy(original, copy)
                record[original.name] = digest
                report(f"{original.name}: updated (you had not changed it)")
            elif _digest(copy) == digest:
                record[original.name] = digest
            else:
                report(
                    f"{original.name}: there is a newer original; yours is kept. "
                    f"make reset NOTEBOOK={original.name[:2]} takes it."
                )
    if record != before:
        _write_record(work, record)


def _copy(original: Path, copy: Path) -> None:
    with replacing(copy) as partial:
        shutil.copyfile(original, partial)


def _write_record(work: Path, record: dict[str, str]) -> None:
    with replacing(work / RECORD) as partial:
        partial.write_text(json.dumps(record, indent=2), encoding="utf-8")


def reset(notebook: str, root: Path = ROOT, now: datetime | None = None) -> tuple[Path, Path | None]:
    """Bring one copy back to its original; the learner's is kept beside it under a name with the time.

    Args:
        notebook: the beginning of its name, such as ``"03"``.

    Returns:
        The fresh copy, and where the learner's was put (``None`` if there was none or it was unchanged).

    Raises:
        ValueError: no notebook, or more than one, begins so.
        CannotWriteError: it cannot be written. Yours is then where it was.
    """
    originals = sorted((root / "notebooks").glob("*.ipynb"))
    found = [path for path in originals if notebook and path.name.startswith(notebook)]
    if len(found) != 1:
        names = ", ".join(path.name for path in found or originals)
        raise ValueError(f"NOTEBOOK={notebook!r} names {len(found)} notebooks. Give the beginning of one: {names}")
    original = found[0]
    work = work_folder(root)
    copy, kept = work / original.name, None
    with explained("The notebook", work, ADVICE):
        work.mkdir(parents=True, exist_ok=True)
        record = _read_record(work)
        record[original.name] = _digest(original)
        with replacing(work / RECORD) as listing, replacing(copy) as partial:  # both are written before yours is moved
            shutil.copyfile(original, partial)
            listing.write_text(json.dumps(record, indent=2), encoding="utf-8")
            if copy.exists() and _digest(copy) != _digest(original):
                stamp = (now or datetime.now()).strftime("%Y-%m-%d_%H%M%S")
                kept = copy.with_name(f"{copy.stem}.mine_{stamp}.ipynb")
                number = 2
                while kept.exists():
                    kept = copy.with_name(f"{copy.stem}.mine_{stamp}_{number}.ipynb")
                    number += 1
                copy.rename(kept)
    return copy, kept

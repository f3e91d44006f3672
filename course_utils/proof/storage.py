"""Storage that fails: a full disk, a read-only one, no home folder, and several kernels that write one file at once."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

from course_utils import workspace
from course_utils.exercises import record
from course_utils.proof import Outcome, Steps
from course_utils.proof.cells import compare
from course_utils.publishing import chosen
from course_utils.workspace import ROOT
from course_utils.writing import CannotWriteError

DISK_MB = 120
SHARES = (0, 0.25, 0.5, 0.75, 0.95)  # of the space that is needed, what is free on the full disk
NOT_SHOWN = Outcome(False, "not shown: no namespace with mounts of its own can be made here", {"namespace": False})
NOBODY = 54321  # a user that the machine does not know

COUNT = """
from course_utils.exercises import record
from course_utils.proof.storage import once_more
"""
COMMANDS = {  # what is run, and what it must print
    "doctor": ("from course_utils.__main__ import main; main(['doctor'])", r"All is well|to look at. To report"),
    "load_encoder": ("import course_utils as cu; print(cu.load_encoder('mini-bert').dimension)", r"^256$"),
    "progress": (COUNT + "record.update('a', once_more); print(record.read())", r"^\{'a': \{'checks': 1\}\}$"),
}
LAB = "import sys, course_utils.__main__ as m; m.subprocess.call = lambda *a, **k: 0; sys.exit(m.main(['lab']))"
Found = dict[str, Any]  # "faults": what was not as it should be; besides, what was seen


def steps() -> Steps:
    """The full disk by what is written there, the other two disks by what is run on them, and progress of many kernels."""
    full = [(f"full disk: {call.__name__}", lambda call=call: on_full_disk(call)) for call in (progress, index, copies, model)]
    places = {"read-only disk": read_only, "no home folder": no_home, "a user without a name": lambda: no_home(named=False)}
    return [
        *full,
        *((f"{name}: commands", lambda place=place: commands(place)) for name, place in places.items()),
        *((f"{name}: notebook 00", lambda place=place: notebook(place)) for name, place in places.items()),
        ("two kernels, one progress file", together),
        ("a kernel killed while it writes", killed),
    ]


@cache
def namespace() -> bool:
    """Whether a process can be given mounts of its own here."""
    with tempfile.TemporaryDirectory() as folder:
        return _runs(behind(f"mount -t tmpfs none {shlex.quote(folder)}"))


def _runs(wrapper: Sequence[str]) -> bool:
    return bool(shutil.which(wrapper[0])) and subprocess.run([*wrapper, "true"], capture_output=True).returncode == 0


def behind(mounts: str) -> list[str]:
    """The beginning of a command in a mount namespace of its own, after the shell commands ``mounts``."""
    return ["unshare", "--map-root-user", "--mount", "sh", "-ec", f'{mounts}\nexec "$@"', "sh"]


def python(code: str, wrapper: Sequence[str]) -> subprocess.CompletedProcess:
    """Run ``code`` behind ``wrapper``, with the course importable and without requests to the hub."""
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"}
    command = [*wrapper, sys.executable, "-c", code]
    return subprocess.run(command, env=variables, cwd=tempfile.gettempdir(), capture_output=True, text=True, timeout=900)


# A full disk


@contextmanager
def filled(folder: Path, free: float = 0) -> Iterator[None]:
    """The small disk that ``folder`` is on, with ``free`` bytes left.

    Raises:
        ValueError: that disk is not small.
    """
    state, ballast = os.statvfs(folder), folder / "ballast"
    if state.f_blocks * state.f_frsize > 2 * DISK_MB * 1e6:
        raise ValueError(f"{folder} is on no small disk: it is not filled.")
    with open(ballast, "wb") as file:
        file.write(bytes(max(0, state.f_bavail * state.f_frsize - int(free))))
    try:
        yield
    finally:
        ballast.unlink()


def on_full_disk(call: Callable[[Path], Found], prepare: str = "") -> Outcome:
    """``call`` with a folder on a small disk of its own, in a process of its own.

    Args:
        prepare: code that the process runs first.
    """
    if not namespace():
        return NOT_SHOWN
    with tempfile.TemporaryDirectory() as folder:
        imports = "import json, pathlib\nfrom course_utils.proof import storage"
        code = f"{imports}\n{prepare}\nprint(json.dumps(storage.{call.__name__}(pathlib.Path({folder!r}))))"
        done = python(code, behind(f"mount -t tmpfs -o size={DISK_MB}m none {shlex.quote(folder)}"))
    if done.returncode:
        return Outcome(False, done.stderr.strip().rpartition("\n")[2])
    found = json.loads(done.stdout.splitlines()[-1])
    counts = ", ".join(f"{value} {key}" for key, value in found.items() if isinstance(value, int))
    return Outcome(not found["faults"], f"{counts}, {len(found['faults'])} faults", found)


def once_more(entry: dict) -> None:
    """Count one more check."""
    entry["checks"] = record.count(entry, "checks") + 1


def progress(folder: Path) -> Found:
    """Checks of exercises before, while and after the disk is full: the file stays whole, all are counted in the end."""
    file, faults = folder / "progress.json", []
    with mock.patch.dict(os.environ, {record.VARIABLE: str(file)}), mock.patch.dict(record._memory, clear=True):
        for _ in range(3):
            record.update("earlier", once_more)
        before = file.read_bytes()
        with filled(folder):
            for name in ["earlier", "new"] * 5:
                record.update(name, once_more)
            if file.read_bytes() != before:
                faults.append("the file was changed")
            if record.read() != {"earlier": {"checks": 8}, "new": {"checks": 5}}:
                faults.append(f"in memory: {record.read()}")
        record.update("new", once_more)
        after = json.loads(file.read_text("utf-8"))
        if after != {"earlier": {"checks": 8}, "new": {"checks": 6}}:
            faults.append(f"in the file afterwards: {after}")
    return {"checks before": 3, "on the full disk": 10, "in the file afterwards": 14, "faults": faults}


def refused(call: Callable[[], object], faults: list[str], errors: set[str]) -> int:
    """1 if ``call`` ended with an error of ours, which is noted; 0 if it went through."""
    try:
        call()
    except CannotWriteError as error:
        errors.add(str(error))
        return 1
    except Exception as error:
        faults.append(f"{type(error).__name__}: {error}")
    return 0


def index(folder: Path) -> Found:
    """A search index saved over another: refused with an error of ours, and the other still loads."""
    import numpy as np

    import course_utils as cu

    encoder = cu.load_encoder("mini-bert", device="cpu")
    rng, checksum = np.random.default_rng(0), cu.model_checksum(encoder)

    def made(word: str, count: int) -> cu.SearchIndex:
        vectors = rng.normal(size=(count, encoder.dimension)).astype("float16")
        return cu.SearchIndex([f"{word} {row} " * 50 for row in range(count)], vectors, encoder, "mean", checksum)

    earlier, later = made("former", 1000), made("latter", 2000)
    place = earlier.save(folder / "index")
    names = sorted(path.name for path in place.iterdir())
    size = 2 * sum(path.stat().st_size for path in place.iterdir())  # what the later one needs, or less
    faults, errors, count = [], set(), 0
    for share in SHARES:
        with filled(folder, share * size):
            for target in (place, folder / "new"):
                count += refused(lambda target=target: later.save(target), faults, errors)
            if (folder / "new").is_dir() and list((folder / "new").iterdir()):
                faults.append(f"{share}: something was left in a new folder")
        faults += [f"{share}: {fault}" for fault in _other_index(place, encoder, earlier, names)]
    later.save(place)
    faults += _other_index(place, encoder, later, names)
    tries = 2 * len(SHARES)
    if count != tries:
        faults.append(f"{count} of {tries} were refused")
    return {"saves": tries, "refused": count, "errors": _without(folder, errors), "faults": faults}


def _other_index(place: Path, encoder, wanted, names: list[str]) -> list[str]:
    """What is wrong with the index in ``place``, if it should be ``wanted``."""
    there = sorted(path.name for path in place.iterdir())
    faults = [] if there == names else [f"files: {', '.join(there)}"]
    try:
        loaded = type(wanted).load(place, encoder)
    except ValueError as error:
        return [*faults, str(error)]
    same = loaded.texts == wanted.texts and (loaded.vectors == wanted.vectors).all()
    return faults if same else [*faults, "another index was loaded"]


def copies(folder: Path) -> Found:
    """The learner's copies brought up to date and reset: refused with an error of ours, each whole, the learner's untouched."""
    root, work = folder / "course", folder / "work"
    (root / "notebooks").mkdir(parents=True)
    for path in chosen([]):
        shutil.copyfile(path, root / "notebooks" / path.name)
    originals = sorted((root / "notebooks").iterdir())
    faults, errors, count = [], set(), 0
    with mock.patch.dict(os.environ, {workspace.VARIABLE: str(work)}):
        workspace.update(root, report=lambda line: None)
        (work / originals[0].name).write_text("mine", "utf-8")
        (work / originals[1].name).unlink()
        for path in originals:
            path.write_bytes(path.read_bytes() + b"\n")  # a newer version of each
        before = _contents(work)
        new = {**_contents(root / "notebooks"), originals[0].name: b"mine"}
        smallest = min(path.stat().st_size for path in originals[:2])
        for share in SHARES:
            with filled(folder, share * smallest):
                count += refused(lambda: workspace.update(root, report=lambda line: None), faults, errors)
                count += refused(lambda: workspace.reset(originals[0].name, root), faults, errors)
                there = _contents(work)
                faults += [f"{share}: {name}" for name, held in there.items() if held not in (before.get(name), new.get(name))]
                faults += [f"{share}: {name} is gone" for name in before.keys() - there.keys()]
        workspace.update(root, report=lambda line: None)
        if _contents(work) != new:
            faults.append("not up to date afterwards")
        kept = workspace.reset(originals[0].name, root)[1]
        if kept is None or kept.read_text("utf-8") != "mine":
            faults.append("what the learner wrote was not kept")
    if count != 2 * len(SHARES):
        faults.append(f"{count} of {2 * len(SHARES)} were refused")
    return {"updates and resets": 2 * len(SHARES), "refused": count, "errors": _without(folder, errors), "faults": faults}


def _contents(folder: Path) -> dict[str, bytes]:
    """The notebooks in ``folder``, and whatever else was left there, but for the record."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != workspace.RECORD}


def model(folder: Path) -> Found:
    """A model saved over another by sentence-transformers: an error, and then one of the two loads as a whole, or none."""
    import course_utils as cu

    encoders = [cu.load_encoder(name, device="cpu") for name in ("mini-bert", "untrained")]
    models = [cu.as_sentence_transformer(encoder, "mean") for encoder in encoders]
    wanted = {cu.model_checksum(encoder): name for encoder, name in zip(encoders, ("earlier", "later"), strict=True)}
    faults, errors, seen = [], set(), {"earlier": 0, "later": 0, "refused": 0}
    for number, share in enumerate(SHARES):
        place = folder / str(number)
        models[0].save_pretrained(str(place))
        with filled(folder, share * sum(path.stat().st_size for path in place.rglob("*"))):
            try:
                models[1].save_pretrained(str(place))
                faults.append(f"{share}: saved on a full disk")
            except Exception as error:
                errors.add(f"{type(error).__name__}: {error}")
        try:
            seen[wanted.get(cu.model_checksum(cu.load_encoder(place, device="cpu")), "other")] += 1
        except KeyError:
            faults.append(f"{share}: neither of the two was loaded")
        except Exception as error:
            seen["refused"] += 1
            errors.add(f"loaded: {type(error).__name__}: {error}")
        shutil.rmtree(place)
    return {"saves": len(SHARES), **seen, "errors": _without(folder, errors), "faults": faults}


def _without(folder: Path, errors: set[str]) -> list[str]:
    """The errors with ``folder`` left out, which has another name each time."""
    return sorted(error.replace(str(folder), "DISK") for error in errors)


# A read-only disk, and no home folder


@contextmanager
def read_only() -> Iterator[list[str]]:
    """The beginning of a command for which neither the course nor the home folder can be written."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        home.mkdir()
        places = [shlex.quote(str(place)) for place in (ROOT, home)]
        mounts = [f"mount --bind {place} {place}\nmount -o remount,bind,ro {place}" for place in places]
        yield [*behind("\n".join(mounts)), *_settings(folder, home)]


@contextmanager
def no_home(named: bool = True) -> Iterator[list[str]]:
    """The beginning of a command without a home folder.

    Args:
        named: ``HOME`` names a folder that is not there and cannot be made; else there is no ``HOME``, and the machine does
            not know the user.
    """
    with tempfile.TemporaryDirectory() as folder:
        unknown = [] if named else ["unshare", f"--map-user={NOBODY}"]
        yield [*unknown, *_settings(folder, Path(os.devnull, "home") if named else None)]


def _settings(folder: str, home: Path | None) -> list[str]:
    """A command that starts another with ``home``, without any variable that names another place to write to.

    But for one: Jupyter writes down there how a kernel is reached.
    """
    known = [
        "HOME",
        "USERPROFILE",
        "HF_HOME",
        "HF_HUB_CACHE",
        "MPLCONFIGDIR",
        "IPYTHONDIR",
        record.VARIABLE,
        workspace.VARIABLE,
    ]
    others = [name for name in os.environ if name.startswith(("XDG_", "JUPYTER_"))]
    left_out = [word for name in known + others for word in ("-u", name)]
    return ["env", *left_out, *([f"HOME={home}"] if home else []), f"JUPYTER_RUNTIME_DIR={folder}/runtime"]


def notebook(place: Callable[[], contextlib.AbstractContextManager[list[str]]], path: Path | None = None) -> Outcome:
    """A notebook (00, if none is given) under strict nbval in ``place``."""
    with place() as wrapper:
        if not _runs(wrapper):
            return NOT_SHOWN
        found = compare(path or chosen(["00"])[0], wrapper=wrapper)
    what = f"{found.passed} cells passed, {len(found.failed)} failed"
    return Outcome(not found.failed, what, {"passed": found.passed, "failed": {str(n): why for n, why in found.failed.items()}})


def commands(place: Callable[[], contextlib.AbstractContextManager[list[str]]]) -> Outcome:
    """``COMMANDS`` in ``place``, none of which may end in a traceback; ``lab`` too, where no copies can be made."""
    faults = []
    with place() as wrapper:
        if not _runs(wrapper):
            return NOT_SHOWN
        looked_at = dict(COMMANDS)
        if place is read_only:
            write = f"import pathlib\nfor p in ({str(ROOT)!r}, pathlib.Path.home()): pathlib.Path(p, 'x').touch()"
            if "Read-only" not in python(write, wrapper).stderr:
                return Outcome(False, "the disk is not read-only")
            looked_at["lab"] = (LAB, r"^The notebooks could not be written into .*: Read-only.*COURSE_WORK")
        for name, (code, wanted) in looked_at.items():
            done = python(code, wrapper)
            if "Traceback" in done.stderr or not re.search(wanted, done.stdout + done.stderr, re.M):
                faults.append(f"{name}: {(done.stdout + done.stderr)[-300:]}")
            faults += [f"{name}: {line}" for line in done.stdout.splitlines() if re.match(r"LOOK .*Error:", line)]
    what = f"{len(looked_at)} commands, {len(faults)} faults"
    return Outcome(not faults, what, {"commands": list(looked_at), "faults": faults})


# Several kernels


def together(processes: int = 4, updates: int = 100, prepare: str = "") -> Outcome:
    """Processes that each count on one common and one own exercise: all is in the file in the end, or in memory and named.

    The file is locked until each has given up its first change, so that each has something in memory to write later.

    Args:
        prepare: code that each runs first.
    """
    from filelock import FileLock

    code = f"""{COUNT}
import sys
{prepare}
for number in range({updates}):
    record.update("common", once_more)
    if not number:
        print(flush=True)
    record.update(sys.argv[1], once_more)
print(sum(map(len, record._memory.values())))"""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "progress.json"
        variables = {**os.environ, "PYTHONPATH": str(ROOT), record.VARIABLE: str(file)}
        with FileLock(f"{file}.lock"):
            started = [
                subprocess.Popen([sys.executable, "-c", code, str(i)], env=variables, stdout=subprocess.PIPE, text=True)
                for i in range(processes)
            ]
            for process in started:
                process.stdout.readline()
        in_memory = sum(int(process.communicate(timeout=600)[0]) for process in started)
        there = {name: entry["checks"] for name, entry in json.loads(file.read_text("utf-8")).items()}
    made, kept = 2 * processes * updates, sum(there.values())
    lost = made - kept - in_memory
    what = f"{processes} processes, {made} updates, {kept} in the file, {in_memory} in memory at the end, {lost} lost"
    return Outcome(not lost, what, {"made": made, "in memory": in_memory, **there})


def killed(times: int = 20, prepare: str = "") -> Outcome:
    """A process killed while it counts, again and again: each time the file reads whole and holds all it said it had counted.

    Args:
        prepare: code that it runs first.
    """
    code = f"""{COUNT}
{prepare}
while True:
    record.update("one", once_more)
    print(record.read()["one"]["checks"], flush=True)"""
    faults, count = [], 0
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "progress.json"
        others = {f"other {number}": {"checks": 1} for number in range(2000)}  # so that writing takes a while
        file.write_text(json.dumps(others), "utf-8")
        variables = {**os.environ, "PYTHONPATH": str(ROOT), record.VARIABLE: str(file)}
        for number in range(times):
            process = subprocess.Popen([sys.executable, "-c", code], env=variables, stdout=subprocess.PIPE, text=True)
            first = process.stdout.readline()
            time.sleep(0.02 + 0.0037 * number)
            process.kill()
            said = int((first + process.communicate()[0]).split()[-1])
            try:
                count = json.loads(file.read_text("utf-8"))["one"]["checks"]
            except (OSError, ValueError, KeyError) as error:
                faults.append(f"{type(error).__name__}: {error}")
                continue
            if count not in (said, said + 1):
                faults.append(f"{count} in the file, {said} said")
        left = len(list(Path(folder).glob(".progress-*")))
    what = f"killed {times} times in {count} updates, {len(faults)} faults, {left} half-written files left beside"
    return Outcome(not faults, what, {"kills": times, "updates": count, "left beside": left, "faults": faults})

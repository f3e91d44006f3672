"""Runs parts of the proof step by step, goes on after a break, and writes what was run when, on which commit.

Each step that is done is a line of JSON in ``build/proof/PART.jsonl``; ``build/proof/report.md`` is made from these lines.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import importlib
import json
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from course_utils.proof import PARTS, Outcome, Steps
from course_utils.workspace import ROOT

FOLDER = ROOT / "build" / "proof"


def main(arguments: list[str]) -> int:
    """Run the named parts (all, if none is named); 1 if a step failed.

    Raises:
        ValueError: there is no such part.
    """
    parser = argparse.ArgumentParser(prog="python -m course_utils proof", description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"{', '.join(PARTS)} (all)")
    parser.add_argument("--only", default="", metavar="TEXT", help="only steps whose names hold this")
    parser.add_argument("--again", action="store_true", help="run also what has passed on this commit already")
    options = parser.parse_args(arguments)
    unknown = [part for part in options.parts if part not in PARTS]
    if unknown:
        raise ValueError(f"There is no part {', '.join(unknown)}. There are: {', '.join(PARTS)}.")
    passed = True
    for part in options.parts or PARTS:
        steps = importlib.import_module(f"course_utils.proof.{part}").steps()
        steps = [step for step in steps if options.only in step[0]]
        passed = run(part, steps, FOLDER, again=options.again) and passed
    return 0 if passed else 1


def run(part: str, steps: Steps, folder: Path = FOLDER, again: bool = False, state: Callable[[], str] | None = None) -> bool:
    """Run the steps of one part, a printed line each; those that have passed in the same state of the code are skipped.

    Args:
        state: names the state of the code; ``commit`` if left out.

    Returns:
        Whether every step passed, now or before.
    """
    folder.mkdir(parents=True, exist_ok=True)
    now = (state or commit)()
    latest = {} if again else {line["step"]: line for line in read(folder / f"{part}.jsonl")}
    passed = True
    for number, (name, call) in enumerate(steps, 1):
        head = f"[{part} {number}/{len(steps)}] {name}: "
        before = latest.get(name, {})
        if now and before.get("commit") == now and before.get("passed"):
            print(f"{head}done before, {before['what']}", flush=True)
            continue
        begun, start = datetime.datetime.now(datetime.UTC), time.perf_counter()
        outcome = _outcome(call)
        line = {
            "part": part, "step": name, "commit": now, "when": begun.isoformat(timespec="seconds"),
            "seconds": round(time.perf_counter() - start, 1), "passed": outcome.passed, "what": outcome.what,
            "figures": outcome.figures,
        }  # fmt: skip
        with open(folder / f"{part}.jsonl", "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        write_report(folder)
        print(f"{head}{'passed' if outcome.passed else 'FAILED'}, {outcome.what} ({line['seconds']:.0f} s)", flush=True)
        passed = passed and outcome.passed
    write_report(folder)
    return passed


def _outcome(call: Callable[[], Outcome]) -> Outcome:
    try:
        return call()
    except Exception as error:  # a step that breaks has failed; the others are run all the same
        return Outcome(False, f"{type(error).__name__}: {error}")


def commit(root: Path = ROOT) -> str:
    """The commit of the working tree, with a mark of what is changed in it; empty without git: then nothing is skipped."""

    def git(*arguments: str) -> bytes:
        return subprocess.run(["git", *arguments], cwd=root, capture_output=True, check=True).stdout

    try:
        head = git("rev-parse", "--short=12", "HEAD").decode().strip()
        changed = git("diff", "HEAD")
        for name in git("ls-files", "--others", "--exclude-standard", "-z").split(b"\0"):
            if name and (root / name.decode()).is_file():
                changed += name + (root / name.decode()).read_bytes()
    except (OSError, subprocess.CalledProcessError):
        return ""
    return f"{head}+{hashlib.sha256(changed).hexdigest()[:8]}" if changed else head


def read(file: Path) -> list[dict[str, Any]]:
    """The lines of one part, oldest first; a line that a break left unfinished is passed over."""
    lines = []
    for text in file.read_text(encoding="utf-8").splitlines() if file.exists() else ():
        try:
            line = json.loads(text)
        except ValueError:
            continue
        if isinstance(line, dict) and {"step", "commit", "when", "seconds", "passed", "what", "figures"} <= set(line):
            lines.append(line)
    return lines


def write_report(folder: Path = FOLDER) -> Path:
    """``report.md``: a table for each part with the latest run of each step, and the lists among its figures below it."""
    text = ["# Proof", "What was run last, step by step. `commit+mark` is a working tree with changes.", ""]
    for file in sorted(folder.glob("*.jsonl")):
        latest = {line["step"]: line for line in read(file)}
        failed = sum(not line["passed"] for line in latest.values())
        text += [f"## {file.stem}", f"{len(latest)} steps, {failed} failed.", ""]
        text += ["| step | commit | when | seconds | result | what |", "|---|---|---|---:|---|---|"]
        for name, line in latest.items():
            cells = (name, line["commit"] or "not known", line["when"], line["seconds"])
            shown = " | ".join(_shown(str(cell)) for cell in cells)
            text.append(f"| {shown} | {'passed' if line['passed'] else '**failed**'} | {_shown(line['what'])} |")
        text.append("")
        for name, line in latest.items():
            text += _listed(name, line["figures"])
    path = folder / "report.md"
    path.write_text("\n".join(text).rstrip() + "\n", encoding="utf-8")
    return path


def _shown(text: str) -> str:
    """``text`` on one line, with what means something to Markdown inside a table or a list made harmless."""
    return re.sub(r"([\\`*_\[\]|<])", r"\\\1", " ".join(text.split()))


def _listed(step: str, figures: dict[str, Any]) -> list[str]:
    """The figures of one step that are no single numbers, as Markdown."""
    lines = []
    for key, value in figures.items():
        if isinstance(value, dict):
            value = [f"{name}: {item}" for name, item in value.items()]
        if isinstance(value, list) and value:
            lines += [f"{_shown(f'{step}, {key}')}:", "", *(f"* {_shown(str(item))}" for item in value), ""]
    return lines

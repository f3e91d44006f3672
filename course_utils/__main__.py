"""``python -m course_utils``: the commands behind the Makefile, for people without make."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from course_utils import workspace
from course_utils.writing import CannotWriteError

TAKE_MORE = ("lab", "test", "notebooks", "budget", "bench", "proof", "site", "slides")  # commands with arguments of their own


def lab(arguments: list[str]) -> int:
    """Open JupyterLab on the learner's copies; Jupyter prints the URL with its token."""
    work = workspace.update()
    served = work.parent  # the course's folder, so that the originals are seen, unless the copies are elsewhere
    command = [sys.executable, "-m", "jupyter", "lab", f"--ServerApp.root_dir={served}"]
    return subprocess.call([*command, f"--LabApp.default_url=/lab/tree/{work.name}", *arguments], cwd=served)


def test(arguments: list[str]) -> int:
    """Run the tests and, at the same time, every notebook with its stored outputs compared; no network is used.

    Each of the two has half of the processors, two at most; what the notebooks say is printed after the tests.
    """
    from course_utils.publishing import NBVAL, clean_environment
    from course_utils.session import THREADS

    compare = "--nbval-lax" if "--lax" in arguments else "--nbval"
    arguments = [a for a in arguments if a != "--lax"]
    threads = str(min(2, max(1, (os.cpu_count() or 1) // 2)))
    settings = {"TOKENIZERS_PARALLELISM": "false", THREADS: threads, "OMP_NUM_THREADS": threads}

    def start(*part, **options):
        command = [sys.executable, "-m", "pytest", "-q", "--durations=5", *part, *arguments]
        return subprocess.Popen(command, cwd=workspace.ROOT, env={**os.environ, **settings}, **options)

    with clean_environment(), tempfile.TemporaryFile() as said:
        print("== pytest tests", flush=True)
        notebooks = start("notebooks", compare, *NBVAL, stdout=said, stderr=subprocess.STDOUT)
        try:
            codes = [start("tests", "course_utils").wait(), notebooks.wait()]
        finally:
            notebooks.kill()
        said.seek(0)
        print(f"== pytest notebooks\n{said.read().decode(errors='replace')}", flush=True)
    return max(map(abs, codes))  # killed by a signal is below 0


def main(arguments: list[str] | None = None) -> int:
    """Command line; 2 for a mistake in the call, with one sentence on it."""
    parser = argparse.ArgumentParser(prog="python -m course_utils", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("lab", help="open JupyterLab on your copies of the notebooks")
    commands.add_parser("test", help="run all tests (--lax: compare only marked cells)")
    commands.add_parser("reset", help="bring a notebook back to the original").add_argument("notebook")
    fetch = commands.add_parser("prefetch", help="fetch models and public data sets, so that they load without a network")
    fetch.add_argument("names", nargs="*", help="bert-base-uncased, all-MiniLM-L6-v2, sts, ..., or a model as owner/name (all)")
    fetch.add_argument("--to", type=Path, help="a folder to fetch into, to be copied to other machines")
    fetch.add_argument("--verify", action="store_true", help="fetch nothing: compare what is there with its checksums")
    commands.add_parser("doctor", help="what a bug report needs, with advice for what fails")
    place = commands.add_parser("repository", help="write owner/name and the tag into every file that says so")
    place.add_argument("name")
    place.add_argument("--tag", help="the release that badges and first cells point to")
    commands.add_parser("notebooks", help="execute and normalise the notebooks for committing")
    commands.add_parser("budget", help="measure time and memory of the notebooks, for their cards")
    commands.add_parser("slides", help="build the slides of the 90-minute format (--run: run their cells)", add_help=False)
    commands.add_parser("replicate", help="train and evaluate everything with five seeds (about 40 minutes)")
    commands.add_parser(
        "site", help="make the course's website in build/site (--check-links: ask every address whether it answers)"
    )
    commands.add_parser("bench", help="measure speed as ratios", add_help=False)
    commands.add_parser("proof", help="the long checks, in parts that can be resumed", add_help=False)
    options, rest = parser.parse_known_args(arguments)
    if rest and options.command not in TAKE_MORE:
        parser.error(f"unknown arguments: {' '.join(rest)}")
    try:
        if options.command == "lab":
            return lab(rest)
        if options.command == "test":
            return test(rest)
        if options.command == "reset":
            copy, kept = workspace.reset(options.notebook)
            print(f"{copy.name} is the original again." + (f" Yours is kept as {kept.name}." if kept else ""))
        elif options.command == "repository":
            from course_utils import repository

            changed = repository.change(options.name, options.tag)
            print(f"{options.name} written into: {', '.join(changed) or 'nothing (it was there)'}")
        elif options.command == "prefetch":
            from course_utils import prefetch

            return (prefetch.verify if options.verify else prefetch.fetch)(options.names, options.to)
        elif options.command == "doctor":
            from course_utils import doctor

            return doctor.main()
        elif options.command == "notebooks":
            from course_utils import publishing

            publishing.main(rest)
        elif options.command == "budget":
            from course_utils import budgets

            (budgets.with_model if "--model" in rest else budgets.write)(rest)
        elif options.command == "slides":
            from course_utils import slides

            return slides.main(rest)
        elif options.command == "replicate":
            import torch

            from course_utils import replication

            torch.set_num_threads(2)
            replication.write()
        elif options.command == "site":
            from course_utils import site

            site.main(rest)
        elif options.command == "bench":
            from course_utils import benchmarks

            benchmarks.main(rest)
        elif options.command == "proof":
            from course_utils.proof import runner

            return runner.main(rest)
    except (ValueError, ConnectionError, CannotWriteError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Set up the course on a fresh machine: ``python3 -m course_utils.install``.

Needs nothing but Python's standard library, and runs far enough on an old Python to say that it is too old.
Makes ``.venv``, installs torch (the CPU build unless there is an NVIDIA GPU) and the locked packages, and
does nothing when all is there.
"""

import argparse
import hashlib
import os
import platform
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LOCK = "requirements.lock"
OLDEST = (3, 11)
TORCH = "2.13.0"  # apart from the lock: its wheels differ by platform
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
NEED_GB = {"cpu": 4, "gpu": 12}


class Stop(Exception):
    """Setting up cannot go on; the message says why and what to do."""


def check_python():
    """Raise ``Stop`` where Python is too old or cannot make a virtual environment."""
    if sys.version_info < OLDEST:
        raise Stop(
            "Python %d.%d or later is needed; this is %s. Install a newer one (https://www.python.org/downloads/) "
            "and run: make lab PYTHON=python3.12" % (*OLDEST, platform.python_version())
        )
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        raise Stop(
            "This Python has no venv module. On Debian or Ubuntu: sudo apt install python3-venv. Then run the command again."
        ) from None


def has_nvidia_gpu():
    """Whether a working NVIDIA driver answers."""
    tool = shutil.which("nvidia-smi")
    if not tool:
        return False
    try:
        return subprocess.run([tool, "-L"], capture_output=True, timeout=20, check=False).stdout.startswith(b"GPU ")
    except (OSError, subprocess.TimeoutExpired):
        return False


def can_reach(url, seconds=5):
    """Whether a server answers at ``url`` within ``seconds``, whatever it says."""
    import urllib.error
    import urllib.request

    try:
        urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=seconds).close()
    except urllib.error.HTTPError:
        return True
    except (OSError, ValueError):
        return False
    return True


def torch_sources(system, machine, gpu, index=None):
    """The ways to install torch, best first, as lists of pip arguments.

    ``index`` (from TORCH_INDEX_URL) comes before all others. On Linux without a GPU the plain package of PyPI is not
    among them: it would fetch gigabytes of CUDA libraries.
    """
    ways = [["torch==" + TORCH, "--index-url", index]] if index else []
    if system == "Darwin":
        return [*ways, ["torch==" + TORCH]]
    if gpu:
        cuda = [["torch==" + TORCH, "--index-url", "https://download.pytorch.org/whl/cu130"]] if system == "Windows" else []
        return [*ways, *cuda, ["torch==" + TORCH]]
    cpu = "torch==" + TORCH + "+cpu"
    ways += [[cpu, "--index-url", CPU_INDEX], [cpu]]
    return [*ways, ["torch==" + TORCH]] if system == "Windows" else ways  # on Windows PyPI has the CPU build


def python_of(environment):
    """The Python of a virtual environment."""
    return os.path.join(environment, "Scripts", "python.exe") if os.name == "nt" else os.path.join(environment, "bin", "python")


def fingerprint(gpu):
    """What the environment is made from; a change means installing again."""
    digest = hashlib.sha256(("%s %s %s %s" % (TORCH, gpu, sys.version, ROOT)).encode())
    for name in (LOCK, "pyproject.toml"):
        with open(os.path.join(ROOT, name), "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def run(command, failure):
    """Run ``command`` with its output shown; raise ``Stop(failure)`` if it fails."""
    try:
        code = subprocess.call(command, cwd=ROOT)
    except OSError as error:
        raise Stop("%s (%s)" % (failure, error)) from None
    if code != 0:
        raise Stop(failure)


def install_torch(python, gpu):
    """Install torch from the first source that works; a server that does not answer is left after seconds."""
    pip = [
        python,
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--progress-bar",
        "on",
        "--retries",
        "1",
        "--timeout",
        "15",
    ]
    for way in torch_sources(platform.system(), platform.machine(), gpu, os.environ.get("TORCH_INDEX_URL")):
        if "--index-url" in way and not can_reach(way[way.index("--index-url") + 1] + "/torch/"):
            print("  %s does not answer: trying the next source." % way[-1], flush=True)
            continue
        if subprocess.call(pip + way, cwd=ROOT) == 0:
            return
    raise Stop(
        "torch %s could not be installed: no source answered or the disk is full (see above). Check the network, or name "
        "a mirror: TORCH_INDEX_URL=https://... make lab" % TORCH
    )


def install(environment, force=False):
    """Make ``environment`` ready; return whether anything had to be done."""
    check_python()
    gpu = has_nvidia_gpu()
    stamp = os.path.join(environment, ".installed")
    wanted = fingerprint(gpu)
    if not force and os.path.isfile(stamp):
        with open(stamp) as file:
            if file.read() == wanted:
                return False
    need = NEED_GB["gpu" if gpu else "cpu"]
    free = shutil.disk_usage(ROOT).free / 1e9
    if free < need and not os.path.isfile(stamp):
        raise Stop(
            "%.1f GB of disk are free at %s, about %d GB are needed. Free some and run the command again." % (free, ROOT, need)
        )

    python = python_of(environment)
    if not os.path.isfile(python):
        print("[1/4] making %s" % environment, flush=True)
        run([sys.executable, "-m", "venv", environment], "The virtual environment could not be made: is the folder writable?")
    print("[2/4] installing torch %s (%s)" % (TORCH, "GPU build" if gpu else "CPU build"), flush=True)
    install_torch(python, gpu)
    pip = [python, "-m", "pip", "install", "--disable-pip-version-check", "--progress-bar", "on", "-q"]
    print("[3/4] installing the locked packages (some minutes)", flush=True)
    advice = "Check the network and the disk, then run the same command: it goes on from here."
    run([*pip, "--no-deps", "--require-hashes", "-r", LOCK], "The packages could not be installed. " + advice)
    print("[4/4] installing course_utils", flush=True)
    run([*pip, "--no-deps", "--no-build-isolation", "-e", "."], "course_utils could not be installed. " + advice)
    with open(stamp, "w") as file:
        file.write(wanted)
    return True


def main(arguments=None):
    """Command line; 0 when the environment is ready, 1 with one sentence on what is wrong."""
    parser = argparse.ArgumentParser(prog="python3 -m course_utils.install", description=__doc__)
    parser.add_argument("--environment", default=os.path.join(ROOT, ".venv"), help="folder of the environment (.venv)")
    parser.add_argument("--force", action="store_true", help="install again although all seems to be there")
    options = parser.parse_args(arguments)
    try:
        done = install(os.path.abspath(options.environment), options.force)
    except Stop as stop:
        print("\nStopped: %s" % stop, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. The same command goes on.", file=sys.stderr)
        return 1
    if done:
        print("Ready: %s" % options.environment, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

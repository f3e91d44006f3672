"""``python -m course_utils doctor``: what a bug report needs, and advice for each line that fails."""

from __future__ import annotations

import importlib.metadata
import platform
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Line:
    """One thing that was looked at: what was found, whether it is as it should be, and what to do if it is not."""

    name: str
    found: str
    good: bool = True
    advice: str = ""

    def __str__(self) -> str:
        text = f"{'ok  ' if self.good else 'LOOK'}  {self.name:<12} {self.found}"
        return text if self.good else f"{text}\n{'':<19}{self.advice}"


def examine() -> list[Line]:
    """All lines, in order; never raises, so that a broken installation can be reported too."""
    steps = (_system, _packages, _device, _memory, _disk, _models, _data, _cache, _hub)
    lines: list[Line] = []
    for step in steps:
        try:
            lines += step()
        except Exception as error:  # whatever is broken, the other lines still help
            found = f"{type(error).__name__}: {error}"
            lines.append(Line(step.__name__.strip("_"), found, False, "Please put this into a report."))
    return lines


def main() -> int:
    """Print all lines; 1 if one needs a look."""
    lines = examine()
    for line in lines:
        print(line)
    bad = sum(not line.good for line in lines)
    print("All is well." if not bad else f"{bad} to look at. To report a problem, copy all of this.")
    return 1 if bad else 0


def _system() -> list[Line]:
    from course_utils import __version__
    from course_utils.install import OLDEST

    where = f"{platform.system()} {platform.release()} {platform.machine()}"
    old = sys.version_info < OLDEST
    wanted = ".".join(map(str, OLDEST))
    return [
        Line("course_utils", f"{__version__}, in {Path(__file__).parent}"),
        Line("Python", f"{platform.python_version()}, {where}", not old, f"Use Python {wanted} or later."),
    ]


def _packages() -> list[Line]:
    """Versions of what matters, and whether all requirements are met."""
    from course_utils import requirements

    shown = "torch transformers sentence-transformers huggingface_hub numpy matplotlib ipywidgets jupyterlab".split()
    versions = []
    for name in shown:
        try:
            versions.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            versions.append(f"{name} -")
    unmet = [f"{requirement.name}{requirement.specifier}" for requirement, _ in requirements.missing()]
    advice = f"Install: python -m pip install {' '.join(map(repr, unmet))}"
    return [Line("packages", ", ".join(versions), not unmet, advice)]


def _device() -> list[Line]:
    import torch

    from course_utils import devices

    device = devices.choose_device()
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.processor() or platform.machine()
    fast = devices.choose_precision("auto", device)
    threads = f", {torch.get_num_threads()} threads" if device.type == "cpu" else ""
    found = f"{device} ({name}{threads}); float32 unless asked, precision='auto' takes {str(fast).removeprefix('torch.')}"
    return [Line("device", f"{found}; to be had: {', '.join(devices.available_devices())}")]


def _memory() -> list[Line]:
    from course_utils import devices, memory, publishing

    free, total = devices.memory_gb("cpu")
    peaks = [peak for _, peak in publishing.budgets().values()]
    need = max(peaks, default=0) + memory.RESERVE_GB
    advice = f"Notebooks need up to {need:.1f} GB: shut other kernels down, close programs, or take a larger machine."
    return [Line("memory", f"{free:.1f} of {total:.1f} GB free", free >= need, advice)]


def _disk() -> list[Line]:
    from course_utils import data, hub

    try:
        cache = hub.cache_folder()
    except hub.FetchError as error:
        return [Line("disk", "no folder for what is fetched; the course works without it", False, str(error))]
    there = next(folder for folder in (cache, *cache.parents) if folder.is_dir())
    free = shutil.disk_usage(there).free / 1e9
    need = sum(public.megabytes for public in [*hub.MODELS.values(), *data.PUBLIC.values()]) / 1000
    advice = f"What the course can fetch needs {need:.1f} GB: free some, or name another folder in HF_HUB_CACHE."
    return [Line("disk", f"{free:.1f} GB free for {cache}", free >= need, advice)]


def _models() -> list[Line]:
    from course_utils import models

    lines = []
    for name in models.BUNDLED:
        try:
            models.verify(models.ASSETS / name)
            lines.append(Line("bundled", f"{name}: checksums right"))
        except models.DamagedModelError as error:
            lines.append(Line("bundled", f"{name}: damaged", False, str(error)))
    return lines


def _data() -> list[Line]:
    from course_utils import data

    try:
        sizes = ", ".join(f"{name} {len(data.load_data(name)):,}" for name in data.SCHEMAS)
    except data.DamagedDataError as error:
        return [Line("data", "damaged", False, str(error))]
    return [Line("data", f"{sizes}: checksums right")]


def _cache() -> list[Line]:
    """What of the hub is cached; nothing of it is needed, so only damage is a fault."""
    from course_utils import hub, prefetch

    try:
        cache = hub.cache_folder()
    except hub.FetchError:
        return []  # said of the disk
    lines = []
    for name, want in prefetch.wanted([]).items():
        state = prefetch.state_of(want, cache)
        lines.append(Line("cached", f"{name}: {state}", not state.startswith("DAMAGED"), f"Fetch it anew: {want.prefetch}"))
    return lines


def _hub() -> list[Line]:
    """Whether the hub answers within ``hub.SECONDS``; without it all works but what is not cached."""
    from huggingface_hub import constants

    from course_utils import hub
    from course_utils.install import can_reach

    if hub.is_offline():
        return [Line("hub", "not asked: HF_HUB_OFFLINE is set")]
    start = time.monotonic()
    reached = can_reach(constants.ENDPOINT, hub.SECONDS)
    took = f"answers in {time.monotonic() - start:.1f} s" if reached else f"no answer within {hub.SECONDS} s"
    advice = (
        "The course works without it. For models by name: check the network, set HTTPS_PROXY for a proxy or HF_ENDPOINT for a "
        f"mirror, or copy a folder from a machine with network: {hub.PREFETCH} --to FOLDER."
    )
    return [Line("hub", f"{constants.ENDPOINT}: {took}", reached, advice)]

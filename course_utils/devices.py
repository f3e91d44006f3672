"""Which device and precision to compute with, and how much memory there is."""

from __future__ import annotations

import os
from pathlib import Path

from course_utils import arguments

PRECISIONS = ("float32", "bfloat16", "float16", "auto")


def available_devices() -> list[str]:
    """Names of the devices that torch can use here, the fastest first; ``mps`` is listed but never chosen unasked.

    >>> available_devices()[-1]
    'cpu'
    """
    import torch

    cuda = [f"cuda:{i}" for i in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    mps = ["mps"] if torch.backends.mps.is_available() else []
    return [*cuda, *mps, "cpu"]


def choose_device(device: str | None = None):
    """The ``torch.device`` to use: what was asked for, else CUDA, else the CPU.

    MPS (Apple) is used only when asked for: some operations differ slightly from the CPU's there.

    Raises:
        TypeError: ``device`` is no text.
        ValueError: there is no such device here.
    """
    import torch

    found = available_devices()
    if device is not None and not isinstance(device, (str, torch.device)):
        raise TypeError(f"device must be the name of a device, such as {found[0]!r}, not {type(device).__name__}.")
    if device is None or device == "auto":
        return torch.device("cuda:0" if "cuda:0" in found else "cpu")
    try:
        wanted = torch.device(device)
    except RuntimeError:
        wanted = None
    name = wanted and (f"cuda:{wanted.index or 0}" if wanted.type == "cuda" else wanted.type)
    if name not in found:
        raise ValueError(f"No device {device!r} on this machine. Use one of {', '.join(found)}, or leave device out.")
    return torch.device(name)


def has_fast_bfloat16(device) -> bool:
    """Whether ``device`` computes in bfloat16 faster than in float32.

    CUDA: compute capability 8 and later. CPU: x86 with AMX or AVX512-BF16.
    """
    import torch

    device = torch.device(device)
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type == "cpu":
        found = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
        return bool(found.get("amx_bf16") or found.get("avx512_bf16"))
    return False


def choose_precision(precision: str, device):
    """The ``torch.dtype`` for ``precision``; ``"auto"`` takes bfloat16 where it is fast, float16 on other CUDA cards.

    Raises:
        ValueError: ``precision`` is not one of ``PRECISIONS``.
    """
    import torch

    arguments.one_of(precision, "precision", PRECISIONS)
    if precision == "auto":
        other = "float16" if torch.device(device).type == "cuda" else "float32"
        precision = "bfloat16" if has_fast_bfloat16(device) else other
    return getattr(torch, precision)


def memory_gb(device) -> tuple[float, float]:
    """(free, total) memory of ``device`` in GB (1e9 bytes); of the machine where the device has none of its own.

    A container's limit counts as the machine: its cgroup (version 2 or 1), or MEM_LIMIT, which JupyterHub and Binder set.
    """
    import psutil
    import torch

    device = torch.device(device)
    if device.type == "cuda":
        free, total = torch.cuda.mem_get_info(device)
        free += torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)  # torch's own, to be used again
    else:
        memory = psutil.virtual_memory()
        limits = [(memory.available, memory.total), *_container_limits()]
        free, total = min(free for free, _ in limits), min(total for _, total in limits)
    return free / 1e9, total / 1e9


CGROUPS = Path("/sys/fs/cgroup")
OWN_CGROUP = Path("/proc/self/cgroup")
_VERSIONS = (  # limit, use, and how the pages of files are named
    ("memory.max", "memory.current", ("inactive_file", "active_file", "file_mapped")),
    ("memory.limit_in_bytes", "memory.usage_in_bytes", ("total_inactive_file", "total_active_file", "total_mapped_file")),
)


def _cgroup_folders() -> list[Path]:
    """The folders that may hold a limit of this process: the roots of both versions, and its own with their parents."""
    folders = [CGROUPS, CGROUPS / "memory"]
    try:
        lines = OWN_CGROUP.read_text().splitlines()
    except OSError:
        lines = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers in ("", "memory"):
            base = CGROUPS / controllers
            own = base / path.strip("/")
            folders += [folder for folder in (own, *own.parents) if base in folder.parents]
    return folders


def _container_limits() -> list[tuple[int, int]]:
    """(free, total) bytes under each limit that is set for this container; pages of files that can be dropped count as free."""
    import psutil

    found = []
    for folder in _cgroup_folders():
        for limit, usage, (inactive, active, mapped) in _VERSIONS:
            try:
                total, used = int((folder / limit).read_text()), int((folder / usage).read_text())
                pages = {name: int(count) for name, count in map(str.split, (folder / "memory.stat").read_text().splitlines())}
            except (OSError, ValueError):
                continue  # no such version, or "max"
            droppable = pages.get(inactive, 0) + pages.get(active, 0) - pages.get(mapped, 0)
            found.append((total - used + max(0, droppable), total))
    if os.environ.get("MEM_LIMIT", "").isdigit() and int(os.environ["MEM_LIMIT"]) > 0:
        total = int(os.environ["MEM_LIMIT"])
        found.append((total - _resident(psutil.Process()), total))
    return found


def _resident(process) -> int:
    """Bytes of this process and its user's others, which share a container's limit; libraries that all share are left out."""
    import psutil

    used, user = 0, process.uids().real if hasattr(process, "uids") else process.username()
    for other in psutil.process_iter():
        try:
            same = other.uids().real == user if hasattr(other, "uids") else other.username() == user
            memory = other.memory_info()
            used += memory.rss - getattr(memory, "shared", 0) if same else 0
        except psutil.Error:
            continue
    return used

"""Other processors: strict nbval under other vector instructions and numbers of threads, each pair of settings met once."""

from __future__ import annotations

from pathlib import Path

from course_utils.proof import Outcome, Steps
from course_utils.proof.cells import compare
from course_utils.publishing import chosen

# torch's kernels, oneDNN and MKL are limited alike, as on a processor that has no more. MKL heeds its limit on Intel only; what
# it heeds on every processor is COMPATIBLE, sums in the order of the oldest
INSTRUCTIONS = {
    "default": {
        "ATEN_CPU_CAPABILITY": "default",
        "ONEDNN_MAX_CPU_ISA": "SSE41",
        "MKL_ENABLE_INSTRUCTIONS": "SSE4_2",
        "MKL_CBWR": "COMPATIBLE",
    },
    "avx2": {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"},
    "avx512": {"ATEN_CPU_CAPABILITY": "avx512", "ONEDNN_MAX_CPU_ISA": "AVX512_CORE", "MKL_ENABLE_INSTRUCTIONS": "AVX512"},
}
# both factors have three values: each value with each other would be nine runs; six meet every value twice, most pairs once
SETTINGS = [("default", 1), ("default", 2), ("avx2", 2), ("avx2", 4), ("avx512", 1), ("avx512", 4)]


def steps() -> Steps:
    """A step for each setting and notebook."""
    return [
        (f"{instructions}, {threads} threads: {path.stem}", lambda path=path, i=instructions, t=threads: under(path, i, t))
        for instructions, threads in SETTINGS
        for path in chosen([])
    ]


def variables(instructions: str, threads: int) -> dict[str, str]:
    """What a kernel is started with."""
    count = str(threads)
    return {**INSTRUCTIONS[instructions], "COURSE_THREADS": count, "OMP_NUM_THREADS": count, "MKL_NUM_THREADS": count}


def under(path: Path, instructions: str, threads: int) -> Outcome:
    """One notebook under strict nbval with these instructions and threads; what moved is listed."""
    outcome = compare(path, variables(instructions, threads), timeout=3600)
    return Outcome(
        passed=not outcome.failed,
        what=f"{outcome.passed} cells passed, {len(outcome.failed)} failed",
        figures={"passed": outcome.passed, "failed": {str(number): why for number, why in outcome.failed.items()}},
    )

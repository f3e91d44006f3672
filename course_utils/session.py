"""``setup``: one call at the top of a notebook that makes it repeatable and quiet."""

from __future__ import annotations

import os
import random

from course_utils import arguments, requirements

THREADS = "COURSE_THREADS"  # a variable: the CPU threads of every ``setup``, to see results on another machine


def setup(seed: int = 0, threads: int | None = 2) -> None:
    """Make a notebook ready: install what is missing, fix the seeds, quiet the libraries, set the style of figures and tables.

    Prints one line about the machine.

    Args:
        seed: for ``random``, numpy and torch.
        threads: CPU threads for torch. Two by default, so that sums are added up in the same order on every
            machine; ``None`` leaves torch's own choice. The variable COURSE_THREADS, where it is set, comes first.

    Raises:
        TypeError: ``seed`` or ``threads`` is not a whole number.
        ValueError: ``threads`` or COURSE_THREADS is not from 1 to 1024, or ``seed`` not from 0 to 4,294,967,295.
        Stop: something that the course needs is missing and could not be installed; it says what to do.
    """
    seed = arguments.seed(seed)
    if threads is not None and not 1 <= (threads := arguments.whole(threads, "threads")) <= 1024:
        raise ValueError(f"threads must be from 1 to 1024, or None for torch's choice; not {arguments.shown(threads)}.")
    given = os.environ.get(THREADS)
    if given:
        if not given.isdecimal() or not 1 <= int(given) <= 1024:
            raise ValueError(
                f"{THREADS} must be a whole number from 1 to 1024, not {given!r}. Unset it for the course's own choice."
            )
        threads = int(given)
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    requirements.complete()

    import numpy as np
    import pandas as pd
    import torch
    import transformers

    from course_utils import __version__, devices, plots

    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    if threads is not None:
        torch.set_num_threads(threads)
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    plots.use_style()
    pd.set_option("display.max_colwidth", None)  # no claim in a table is cut

    device = devices.choose_device()
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else f"{torch.get_num_threads()} threads"
    free, total = devices.memory_gb(device)
    print(
        f"course_utils {__version__} | {device} ({name}) | float32 | {free:.1f} of {total:.1f} GB free"
        f" | torch {torch.__version__} | transformers {transformers.__version__}"
    )

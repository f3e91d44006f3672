"""How much memory a step will need, said before it is taken: a sentence instead of a kernel that dies."""

from __future__ import annotations

import math
from pathlib import Path

# Floats a token and dimension that a layer keeps for the backward pass, and that a forward pass holds at once, fitted to peaks
# measured on a CPU in float32 with attention="sdpa": 20 in trainings on texts of 16 to 128 tokens, up to 60 while embedding.
KEPT_FOR_BACKWARD = 22
HELD_IN_FORWARD = 60
STEPS = "COURSE_MAX_STEPS"  # a variable: the most steps a training takes, to see a large model run where it cannot be trained
TOKENS = 1024  # embedded at once, the least that is
RESERVE_GB = 0.15  # the kernel, its libraries and its data go on growing


class NotEnoughMemoryError(MemoryError):
    """A step would need more memory than is free; the message says how much, and what to do."""


def parameters_of(folder: Path) -> int:
    """Number of weights in the safetensors files of ``folder``, read from their headers."""
    from safetensors import safe_open

    from course_utils.checkpoints import weight_files

    count = 0
    for path in weight_files(folder):
        with safe_open(path, "pt") as file:
            count += sum(math.prod(file.get_slice(name).get_shape()) for name in list(file.keys()))
    return count


def parameters(model) -> int:
    """Number of weights of a torch model."""
    return sum(weight.numel() for weight in model.parameters())


def embedding_gb(config, weights: int, width: int = 4, tokens: int = TOKENS) -> float:
    """GB (1e9 bytes) to hold ``weights`` of ``width`` bytes each and to embed ``tokens`` tokens at once."""
    return (weights + HELD_IN_FORWARD * tokens * config.hidden_size) * width / 1e9


def training_gb(config, weights: int, rows: int, length: int) -> float:
    """GB to train a copy of an encoder with AdamW in float32 on ``rows`` texts a step, padded to ``length`` tokens.

    Four floats a weight (the copy, its gradient, two moments), and what each layer keeps for the backward pass.
    """
    kept = KEPT_FOR_BACKWARD * rows * length * config.num_hidden_layers * config.hidden_size
    return (4 * weights + kept) * 4 / 1e9


def check(need_gb: float, device, what: str, advice: str) -> None:
    """Refuse a step that does not fit.

    Args:
        need_gb: what it is estimated to need.
        device: ``torch.device``.
        what: what needs it, to begin a sentence with.
        advice: what to do instead, a sentence.

    Raises:
        NotEnoughMemoryError: ``need_gb`` and a reserve are more than what is free on ``device``.
    """
    from course_utils.devices import memory_gb

    free, total = memory_gb(device)
    if need_gb + RESERVE_GB > free:
        raise NotEnoughMemoryError(
            f"{what} needs about {need_gb:.1f} GB, and {max(free, 0):.1f} of {total:.1f} GB are free ({device}). {advice} "
            "Other running kernels hold memory too: shut them down (Kernel, Shut Down All Kernels)."
        )

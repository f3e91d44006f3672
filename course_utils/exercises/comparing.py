"""Is an answer the right one, and if not, what differs? Every type a learner may use is brought to one form first."""

from __future__ import annotations

from typing import Any

import numpy as np

from course_utils.exercises.results import clean

TOLERANCE = 1e-4


def to_array(value: Any) -> np.ndarray:
    """Numbers, nested lists, numpy arrays and torch tensors as a float64 array.

    Raises:
        TypeError: it holds something that is not a number.
    """
    if type(value).__module__.split(".")[0] == "torch" and hasattr(value, "detach"):
        value = value.detach().cpu().double().numpy()
    if isinstance(value, (list, tuple)):
        value = [to_array(item) for item in value]
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise TypeError(type(value).__name__)
    return array.astype(np.float64)


def plain(value: Any) -> Any:
    """``value`` in built-in types only: tensors and arrays as lists, tuples as lists, numpy scalars as Python's.

    Raises:
        TypeError: a type that an answer cannot have.
    """
    if type(value).__module__.split(".")[0] == "torch" and hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    if isinstance(value, (np.ndarray, np.generic)):
        value = value.tolist()
    if value is None or isinstance(value, bool):
        return value
    for kind, convert in ((str, str.__str__), (int, int.__int__), (float, float.__float__), (bytes, bytes.hex)):
        if isinstance(value, kind):
            return convert(value)
    if isinstance(value, dict):
        return {plain(key) if not isinstance(key, tuple) else str(key): plain(item) for key, item in dict.items(value)}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted((plain(item) for item in value), key=repr)
    if type(value).__name__ in ("BatchEncoding", "Encoding", "Series", "Index"):
        return plain(dict(value) if hasattr(value, "keys") and not hasattr(value, "iloc") else list(value))
    raise TypeError(type(value).__name__)


def close_difference(answer: Any, expected: Any, tolerance: float = TOLERANCE) -> str | None:
    """``None`` if ``answer`` is numerically ``expected`` in shape and values; else what differs, in one sentence."""
    wanted = to_array(expected)
    if answer is None:
        return "It gave None: is the return missing?"
    try:
        given = to_array(answer)
    except (TypeError, ValueError, OverflowError):
        return f"Expected numbers of shape {wanted.shape}, got {clean(type(answer).__name__, 40)}."
    if wanted.shape == () and given.size == 1:
        given = given.reshape(())
    if given.shape != wanted.shape:
        return f"The shape is {given.shape}, expected {wanted.shape}."
    bad = ~np.isfinite(given) & np.isfinite(wanted)
    if bad.any():
        return f"It holds NaN or infinity{_place(bad)}: a division by zero, or infinity left in?"
    wrong = ~np.isclose(given, wanted, rtol=tolerance, atol=tolerance, equal_nan=True)
    if not wrong.any():
        return None
    first = tuple(np.argwhere(wrong)[0])
    return f"{_place(wrong).strip().capitalize() or 'The value'}: yours is {given[first]:.4g}, expected {wanted[first]:.4g}."


def _place(wrong: np.ndarray) -> str:
    if wrong.ndim == 0:
        return ""
    first = [int(i) for i in np.argwhere(wrong)[0]]
    return f" at position {first[0] if len(first) == 1 else tuple(first)}"


def equal_difference(answer: Any, expected: Any) -> str | None:
    """``None`` if ``answer`` is ``expected`` exactly (lists, tuples and arrays count alike); else what differs."""
    wanted = plain(expected)
    if answer is None and wanted is not None:
        return "It gave None: is the return missing?"
    try:
        given = plain(answer)
    except TypeError:
        return f"Expected {_kind(wanted)}, got {clean(type(answer).__name__, 40)}."
    if given == wanted:
        return None
    if isinstance(wanted, list) and isinstance(given, list):
        if len(given) != len(wanted):
            return f"It has {len(given)} items, expected {len(wanted)}: {_show(given)}"
        i = next(i for i, (a, b) in enumerate(zip(given, wanted, strict=True)) if a != b)
        return f"Item {i}: yours is {_show(given[i])}, expected {_show(wanted[i])}."
    if _kind(given) != _kind(wanted):
        return f"Expected {_kind(wanted)}, got {_kind(given)}: {_show(given)}"
    return f"Yours is {_show(given)}, expected {_show(wanted)}."


def _kind(value: Any) -> str:
    names = {list: "a list", dict: "a dict", str: "a text", bool: "True or False", type(None): "None"}
    return names.get(type(value), "a number")


def _show(value: Any) -> str:
    return clean(repr(value), 80)


DIFFERENCES = {"close": close_difference, "equal": equal_difference}

"""Checks of what public functions are given: each returns the value as it is computed with, or says what to pass.

A value of another kind is a ``TypeError``, one out of range or of the wrong shape a ``ValueError``; the message begins with the
name of the argument or holds it. Arrays are not copied for a check. Models and batches: see ``model_arguments``.
"""

from __future__ import annotations

import numbers as kinds
import operator
import reprlib
from collections.abc import Collection, Iterable, Mapping, Set
from pathlib import Path
from typing import Any

import numpy as np

LARGEST = 1e100  # the square of a greater number may no longer be one
MANY = 1_000_000  # resamples, draws or pairs: more would run for hours or not fit into memory
SEEDS = 2**32


def shown(value: Any) -> str:
    """``value`` in a few characters, for a message.

    >>> shown("x" * 200), shown(None)
    ("'xxxxxxxxxxxx...xxxxxxxxxxxxx'", 'None')
    """
    if isinstance(getattr(value, "shape", None), tuple):
        return f"{type(value).__name__} of shape {tuple(value.shape)}"
    return reprlib.repr(value) if isinstance(value, (str, bytes, int, float, type(None))) else type(value).__name__


def texts(value: Iterable[str], name: str = "texts", least: int = 0) -> list[str]:
    """``value`` as a list of at least ``least`` ``str``.

    Raises:
        TypeError: a bare string, a dict, set or table, no iterable, or an item that is not a string.
        ValueError: an item holds a lone surrogate, which is not a character; or there are too few.
    """
    if isinstance(value, (str, bytes)):
        raise TypeError(f'Pass a list of texts as {name}: ["..."], not one {type(value).__name__}. Each becomes one vector.')
    if isinstance(value, (Mapping, Set)) or hasattr(value, "columns") or not isinstance(value, Iterable):
        raise TypeError(f"Pass a list of texts as {name}, not {type(value).__name__}.")
    if getattr(value, "shape", None) == ():
        raise TypeError(f"Pass a list of texts as {name}, not an array of shape ().")
    value = list(value)
    for i, item in enumerate(value):
        if not isinstance(item, str):
            raise TypeError(f"Every item of {name} must be a str; item {i} is {type(item).__name__}. Convert or drop it.")
        if not is_encodable(item):
            raise ValueError(f"Item {i} holds a lone surrogate, in {name}. Clean it: text.encode('utf-8', 'replace').decode().")
    if len(value) < least:
        raise ValueError(f"{name} must hold at least {least} text{'s' * (least > 1)}, got {len(value)}.")
    return value


def is_encodable(text: str) -> bool:
    """Whether ``text`` holds characters only, no lone surrogates: whether it can be written as UTF-8."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def text(value: str, name: str = "text") -> str:
    """``value``, one ``str``.

    Raises:
        TypeError: it is not one.
        ValueError: it holds a lone surrogate.
    """
    if not isinstance(value, str):
        raise TypeError(f"{name} must be one str, not {type(value).__name__}.")
    if not is_encodable(value):
        raise ValueError(f"{name} holds a lone surrogate. Clean it: text.encode('utf-8', 'replace').decode().")
    return value


def one_of(value: str, name: str, choices: Collection[str]) -> str:
    """``value``, one of the named ``choices``.

    Raises:
        ValueError: it is not.
    """
    if not isinstance(value, str) or value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}; not {shown(value)}.")
    return value


def whole(value: int, name: str, least: int | None = None, most: int | None = None) -> int:
    """``value`` as an ``int`` from ``least`` to ``most``.

    Raises:
        TypeError: it is not a whole number (``True`` and 2.0 are none).
        ValueError: it is out of range.
    """
    try:
        number = None if isinstance(value, (bool, np.bool_)) else operator.index(value)
    except (TypeError, ValueError):
        number = None
    if number is None:
        raise TypeError(f"{name} must be a whole number, not {shown(value)}.")
    if (least is not None and number < least) or (most is not None and number > most):
        raise ValueError(f"{name} must be {_range(least, most)}, not {shown(number)}.")
    return number


def _range(least, most) -> str:
    if most is None:
        return f"{least:,} or more"
    return f"at most {most:,}" if least is None else f"from {least:,} to {most:,}"


def seed(value: int, name: str = "seed") -> int:
    """``value``, a whole number from 0 to 4,294,967,295, which numpy and torch both take; errors as in ``whole``."""
    return whole(value, name, 0, SEEDS - 1)


def real(value: float, name: str, least: float | None = None, most: float | None = None, above: float | None = None) -> float:
    """``value``, a finite number from ``least`` (or greater than ``above``) to ``most``.

    Raises:
        TypeError: it is not a number.
        ValueError: it is NaN, infinite or out of range.
    """
    if isinstance(value, bool) or not isinstance(value, kinds.Real):
        raise TypeError(f"{name} must be a number, not {shown(value)}.")
    if not -LARGEST <= value <= LARGEST:
        raise ValueError(f"{name} must be a finite number, not {shown(value)}.")
    if above is not None and value <= above:
        raise ValueError(f"{name} must be greater than {above}, not {shown(value)}.")
    if (least is not None and value < least) or (most is not None and value > most):
        raise ValueError(f"{name} must be {_range(least, most)}, not {shown(value)}.")
    return value


def level(value: float) -> float:
    """``value``, the level of an interval.

    Raises:
        TypeError: it is not a number.
        ValueError: it does not lie between 0 and 1.
    """
    if not 0 < real(value, "level") < 1:
        raise ValueError(f"level must lie between 0 and 1, not {value}.")
    return value


def yes_or_no(value: bool, name: str) -> bool:
    """``value``, ``True`` or ``False``; one of numpy's or torch's, too.

    Raises:
        TypeError: it is neither.
    """
    if getattr(value, "shape", None) == () and str(value.dtype) in ("bool", "torch.bool"):
        return bool(value)
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} must be True or False, not {shown(value)}.")
    return value


def array(value, name: str, shape: str = "") -> np.ndarray:
    """``value`` as a numpy array of numbers, of any shape and precision; tensors of torch are taken off their device.

    Args:
        shape: what is expected, for the message.

    Raises:
        TypeError: it does not hold numbers.
        ValueError: rows of different lengths.
    """
    expected = f"{name} must be an array of numbers{' of shape ' * bool(shape)}{shape}"
    try:
        found = np.asarray(_off_device(value))
    except ValueError:
        raise ValueError(f"{expected}: its rows are not equally long, or not numbers.") from None
    if found.dtype.kind == "O" and found.ndim and not any(isinstance(item, (str, bytes)) for item in found.flat):
        try:
            found = found.astype(np.float64)
        except (TypeError, ValueError, OverflowError):
            raise TypeError(f"{expected}, not of other things.") from None
    if found.dtype.kind not in "biuf":
        raise TypeError(f"{expected}, not {shown(value)}.")
    return found


def _off_device(value):
    """``value``; where it is a tensor of torch, as numpy can read it."""
    if not hasattr(value, "detach"):
        return value
    value = value.detach().cpu()
    return (value.float() if str(value.dtype) == "torch.bfloat16" else value).numpy()


def finite(values: np.ndarray, name: str) -> np.ndarray:
    """``values``, an array of numbers, none of which is NaN, infinite, or so large that its square would be.

    Raises:
        ValueError: one of them is.
    """
    if values.size and values.dtype.kind == "f":
        low, high = float(values.min()), float(values.max())  # no copy; NaN comes through
        if not (np.isfinite(low) and np.isfinite(high)):
            raise ValueError(f"{name} holds NaN or infinity. Find where: np.isfinite({name}).")
        if max(-low, high) > LARGEST:
            raise ValueError(f"{name} holds numbers beyond {LARGEST:.0e}, too large to compute with. Scale them.")
    return values


def vectors(value, name: str = "vectors", least: int = 0) -> np.ndarray:
    """``value`` as a finite float64 array (n, dim) of at least ``least`` rows.

    Raises:
        TypeError: it does not hold numbers.
        ValueError: another shape, too few rows, or a value that is not finite.
    """
    found = array(value, name, "(n, dim)")
    if found.ndim != 2 or found.shape[1] == 0:
        raise ValueError(f"{name} must be vectors of shape (n, dim), got shape {found.shape}.")
    if len(found) < least:
        raise ValueError(f"{name} must hold at least {_number(least)} vectors, got {len(found)}.")
    return finite(found.astype(np.float64, copy=False), name)


def _number(n: int) -> str:
    return {1: "one", 2: "two", 3: "three", 4: "four"}.get(n, str(n))


def column(value, name: str, least: int = 0) -> np.ndarray:
    """``value`` as a finite float64 array (n,) of at least ``least`` numbers.

    Raises:
        TypeError: it does not hold numbers.
        ValueError: another shape, too few, or a value that is not finite.
    """
    found = array(value, name, "(n,)")
    if found.ndim != 1:
        raise ValueError(f"{name} must be one number a row, (n,), got shape {found.shape}.")
    if len(found) < least:
        raise ValueError(f"{name} must hold at least {_number(least)} numbers, got {len(found)}.")
    return finite(found.astype(np.float64, copy=False), name)


def yes_or_nos(value, name: str) -> np.ndarray:
    """``value`` as an array (n,) of booleans, from booleans or from 1 and 0.

    Raises:
        TypeError: it does not hold numbers.
        ValueError: another shape, or other numbers.
    """
    found = column(value, name)
    if ((found != 0) & (found != 1)).any():
        raise ValueError(f"{name} must be True or False for each row.")
    return found.astype(bool)


def wholes(value, name: str, ndim: int = 1, least: int | None = None, most: int | None = None) -> np.ndarray:
    """``value`` as an array of whole numbers from ``least`` to ``most`` with ``ndim`` axes; an empty one is int64.

    Raises:
        TypeError: it does not hold whole numbers.
        ValueError: another number of axes, or out of range.
    """
    found = array(value, name)
    if found.ndim != ndim:
        raise ValueError(f"{name} must have {ndim} {'axis' if ndim == 1 else 'axes'}, got shape {found.shape}.")
    if found.size == 0:
        return found.astype(np.int64)
    if found.dtype.kind not in "iu":
        raise TypeError(f"{name} must hold whole numbers, not {found.dtype}.")
    if (least is not None and found.min() < least) or (most is not None and found.max() > most):
        raise ValueError(f"Every number of {name} must be {_range(least, most)}; they go from {found.min()} to {found.max()}.")
    return found


def labels(value, name: str = "labels", n: int | None = None) -> np.ndarray:
    """``value`` as an array (n,) of labels of one kind, none of them missing.

    Raises:
        TypeError: labels of kinds that cannot be put in order.
        ValueError: another shape or number, or a label that is None or NaN.
    """
    if isinstance(value, (str, bytes, Mapping, Set)) or not isinstance(value, Iterable):
        raise TypeError(f"{name} must be one label a text, (n,), not {shown(value)}.")
    try:
        found = np.asarray(_off_device(value))
    except ValueError:
        raise ValueError(f"{name} must be one label a text, (n,), not rows of several.") from None
    if found.ndim != 1 or (n is not None and len(found) != n):
        raise ValueError(f"{name} must be one label a text, ({'n' if n is None else n},), got shape {found.shape}.")
    given = found.tolist() if found.dtype.kind in "Ofc" else []
    if any(label is None or (isinstance(label, (float, complex)) and label != label) for label in given):
        raise ValueError(f"{name} must have no gap: a label is None or NaN.")
    kinds_given = {str if isinstance(label, str) else kinds.Real if isinstance(label, kinds.Real) else None for label in given}
    if None in kinds_given or len(kinds_given) > 1:
        raise TypeError(f"{name} must be text or numbers, of one kind, to be put in order.")
    return found


def mapping(value: Mapping, name: str, what: str, text_keys: bool = True) -> Mapping:
    """``value``, a mapping of text, or else of anything, to something.

    Args:
        what: that it maps, for the message.
        text_keys: whether the keys must be text.

    Raises:
        TypeError: it is none, or a key of it is not a string.
        ValueError: it is empty.
    """
    if not isinstance(value, Mapping):
        raise TypeError(f"{name} must be a dict of {what}, not {shown(value)}.")
    if text_keys and not all(isinstance(key, str) for key in value):
        raise TypeError(f"{name} must be a dict of {what}: a key is not a str.")
    if not value:
        raise ValueError(f"{name} must be a dict of {what}; it is empty.")
    return value


def items(value: Iterable, name: str, what: str) -> list:
    """``value`` as a list, of ``what``.

    Raises:
        TypeError: a string, a dict, or no iterable.
    """
    if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable) or getattr(value, "shape", None) == ():
        raise TypeError(f"{name} must be a list of {what}, not {shown(value)}.")
    return list(value)


def table(value, name: str, columns: Collection[str]):
    """``value``, a DataFrame with at least one row and these ``columns``.

    Raises:
        TypeError: it is no DataFrame.
        ValueError: it has no rows, or a column is missing.
    """
    if not hasattr(value, "columns") or not hasattr(value, "iloc"):
        raise TypeError(f"{name} must be a DataFrame with the columns {', '.join(columns)}, not {shown(value)}.")
    if len(value) == 0 or not set(columns) <= set(value.columns):
        raise ValueError(f"{name} must hold rows with the columns {', '.join(columns)}.")
    return value


def path(value: str | Path, name: str) -> Path:
    """``value`` as a path.

    Raises:
        TypeError: it is neither text nor a path.
        ValueError: it is empty, or holds what no path can.
    """
    if not isinstance(value, (str, Path)):
        raise TypeError(f"{name} must be a path, as text or pathlib.Path, not {shown(value)}.")
    if not str(value) or "\0" in str(value) or not is_encodable(str(value)):
        raise ValueError(f"{name} must be a path; {shown(str(value))} cannot be one.")
    return Path(value)


def function(value, name: str, what: str):
    """``value``, which can be called.

    Args:
        what: that it does, for the message.

    Raises:
        TypeError: it cannot.
    """
    if not callable(value):
        raise TypeError(f"{name} must be a function, {what}; not {shown(value)}.")
    return value

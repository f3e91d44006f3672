"""Has the learner begun? A stub still holds its ``...``."""

from __future__ import annotations

import dis
from types import CodeType, FunctionType
from typing import Any

_SILENT = {"RESUME", "NOP", "CACHE", "COPY_FREE_VARS", "MAKE_CELL", "NOT_TAKEN"}
_STORES = ("STORE_", "RETURN_VALUE")


def untouched(answer: Any) -> bool:
    """Whether ``answer`` is a placeholder: ``...`` itself, a list that holds it, or a function with ``...`` for a value.

    ``x[..., 0]`` is no placeholder.

    >>> def stub(x):
    ...     ...
    >>> untouched(stub), untouched(lambda x: x[..., 0])
    (True, False)
    """
    if answer is Ellipsis:
        return True
    if type(answer) in (list, tuple):
        return any(item is Ellipsis for item in answer)
    if type(answer) is dict:
        return any(item is Ellipsis for item in answer.values())
    return isinstance(answer, FunctionType) and (_does_nothing(answer.__code__) or _assigns_ellipsis(answer.__code__))


def _does_nothing(code: CodeType) -> bool:
    names = [(step.opname, step.argval) for step in dis.get_instructions(code) if step.opname not in _SILENT]
    return names in ([("LOAD_CONST", None), ("RETURN_VALUE", None)], [("RETURN_CONST", None)])


def _assigns_ellipsis(code: CodeType) -> bool:
    steps = [step for step in dis.get_instructions(code) if step.opname not in _SILENT]
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        if step.argval is Ellipsis and step.opname == "RETURN_CONST":
            return True
        if step.argval is Ellipsis and step.opname == "LOAD_CONST" and following and following.opname.startswith(_STORES):
            return True
    return any(_assigns_ellipsis(constant) for constant in code.co_consts if isinstance(constant, CodeType))

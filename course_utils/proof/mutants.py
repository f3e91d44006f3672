"""Mutants: copies of a function with one small mistake each, made from its syntax tree.

A check that accepts a mutant accepts a wrong answer, unless the mutant does the same as the original.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from course_utils.proof.operators import variants


@dataclass(frozen=True)
class Mutant:
    """A function with one change.

    Attributes:
        key: line in the bare source (no docstring, no comments; the ``def`` is line 1) and change, ``"2: + => -"``; a second
            change of the same kind in that line ends in ``#2``, and so on.
        change: the lines that differ, before and after.
        source: the whole function.
        function: compiled, with the globals of the original.
    """

    key: str
    change: str
    source: str
    function: Callable


def tree_of(function: Callable) -> ast.FunctionDef:
    """The syntax tree of a function without docstring and comments, numbered as it is printed.

    Raises:
        ValueError: the source is not one ``def``.
    """
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    if not isinstance(definition, ast.FunctionDef):
        raise ValueError(f"{function} is not defined by one def.")
    if ast.get_docstring(definition) is not None:
        definition.body = definition.body[1:]
    (bare,) = ast.parse(ast.unparse(definition)).body
    return bare


def mutants_of(function: Callable) -> list[Mutant]:
    """All mutants of ``function`` that compile and differ, in the order of its source."""
    tree = tree_of(function)
    original = ast.unparse(tree)
    made: list[Mutant] = []
    seen, keys = {original}, Counter()
    for place, label, mutated in _mutated(tree):
        source = ast.unparse(ast.fix_missing_locations(mutated))
        if source in seen:
            continue
        seen.add(source)
        compiled = _compiled(source, function)
        if compiled is None:
            continue
        name = f"{place}: {label}"
        keys[name] += 1
        key = name if keys[name] == 1 else f"{name}#{keys[name]}"
        made.append(Mutant(key, _changed_lines(original, source), source, compiled))
    return made


def _mutated(tree: ast.FunctionDef) -> Iterator[tuple[int, str, ast.FunctionDef]]:
    """(line, what was changed, the changed tree) for each change that is possible at one node."""
    source = ast.unparse(tree)
    parameters = [argument.arg for argument in tree.args.args]
    for number, (node, parent) in enumerate(_nodes(tree)):
        for label, change in variants(node, parent, parameters):
            (mutated,) = ast.parse(source).body  # a copy, sooner than copy.deepcopy makes one
            target, above = list(_nodes(mutated))[number]
            _replace(above, target, change(target))
            yield getattr(node, "lineno", getattr(parent, "lineno", 1)), label, mutated


def _nodes(tree: ast.AST, parent: ast.AST | None = None) -> Iterator[tuple[ast.AST, ast.AST | None]]:
    """Every node with its parent, in the order of the source."""
    yield tree, parent
    for child in ast.iter_child_nodes(tree):
        yield from _nodes(child, tree)


def _replace(parent: ast.AST, old: ast.AST, new: ast.AST) -> None:
    """Put ``new`` where ``old`` stands in ``parent``."""
    for name, value in ast.iter_fields(parent):
        if value is old:
            setattr(parent, name, new)
        elif isinstance(value, list):
            setattr(parent, name, [new if item is old else item for item in value])


def _compiled(source: str, function: Callable) -> Callable | None:
    """The function that ``source`` defines, in the globals of ``function``; ``None`` if it is no Python."""
    names = dict(function.__globals__)
    try:
        exec(compile(source, f"<mutant of {function.__name__}>", "exec"), names)
    except (SyntaxError, ValueError):
        return None
    return names[function.__name__]


def _changed_lines(before: str, after: str) -> str:
    lines, others = before.splitlines(), after.splitlines()
    while lines and others and lines[0] == others[0]:
        lines, others = lines[1:], others[1:]
    while lines and others and lines[-1] == others[-1]:
        lines, others = lines[:-1], others[:-1]
    return " => ".join("; ".join(line.strip() for line in part) or "(nothing)" for part in (lines, others))

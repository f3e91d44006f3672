"""Which cells of a notebook a cell depends on, by the names that it uses: read from the code, nothing is run."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

ALWAYS_THERE = {*dir(builtins), "display", "get_ipython", "__name__", "__file__"}
CHANGING_METHODS = {"append", "add", "update", "extend", "insert", "setdefault", "pop", "remove", "clear", "discard", "sort"}


@dataclass
class CellNames:
    """The names of one cell.

    Attributes:
        uses: what the cell needs from cells before it.
        binds: what it assigns, imports or defines.
        changes: what it changes in place: ``x[...] = ...``, ``x.y = ...``, ``x.append(...)``, ``del x[...]``.
        effects: for each function that the cell defines, the names of the notebook that a call changes in place.
        calls: names that it calls.
    """

    uses: set[str] = field(default_factory=set)
    binds: set[str] = field(default_factory=set)
    changes: set[str] = field(default_factory=set)
    effects: dict[str, set[str]] = field(default_factory=dict)
    calls: set[str] = field(default_factory=set)


def cell_names(source: str) -> CellNames:
    """What one cell uses, binds and changes.

    A name that is bound before it is used is no use. What a function's body takes from outside counts as used by the cell that
    defines the function, unless that cell binds it. Both branches of an ``if`` count as taken.

    Raises:
        ValueError: the code cannot be parsed (a magic, for example).

    >>> names = cell_names("total = 0\\nfor row in rows:\\n    total += row\\nfound['sum'] = total")
    >>> sorted(names.uses), sorted(names.binds), sorted(names.changes)
    (['found', 'rows'], ['row', 'total'], ['found'])
    """
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise ValueError(f"line {error.lineno} is no Python code: {error.msg}") from None
    names, later = CellNames(), set()
    _walk(tree.body, names, later)
    names.uses |= later - names.binds  # bodies of functions: run later, when all of the cell is bound
    names.uses -= ALWAYS_THERE
    return names


def needed(sources: Sequence[str], shown: Iterable[int], first: Iterable[int] = ()) -> list[int]:
    """The numbers of the cells to run so that the cells ``shown`` work, in the order of the notebook.

    For each name that a cell uses: the last cell before it that binds the name, and those in between that change it in place,
    by themselves or through a function that does. So there may be more cells than strictly needed, for example all that
    add an entry to a dictionary of which one is used; never fewer, as far as names tell.

    Args:
        sources: the code of each code cell.
        shown: numbers of the cells that are wanted.
        first: numbers of cells that are run in any case (the setup).

    Raises:
        ValueError: no cell before a needed one binds a name that it uses, or a needed cell cannot be parsed.

    >>> needed(["import math", "x = 1", "x = 2", "y = 3", "print(math.sqrt(x))"], [4])
    [0, 2, 4]
    """
    known: dict[int, CellNames] = {}
    effects: dict[str, set[str]] = {}
    for number, source in enumerate(sources):
        try:
            known[number] = names = cell_names(source)
        except ValueError as error:
            if number in set(shown) | set(first):
                raise ValueError(f"code cell {number + 1}: {error}") from None
            continue  # a cell with a magic that nothing needs
        effects.update(names.effects)
        names.changes |= {name for called in names.calls for name in effects.get(called, ())}
    wanted, todo = set(), [*first, *shown]
    while todo:
        number = todo.pop()
        if number in wanted:
            continue
        wanted.add(number)
        for name in sorted(known[number].uses | (known[number].changes - known[number].binds)):
            todo += _sources_of(name, number, known)
    return sorted(wanted)


def _sources_of(name: str, user: int, known: dict[int, CellNames]) -> list[int]:
    """The cell before ``user`` that binds ``name``, and those in between that change it."""
    changing = []
    for number in range(user - 1, -1, -1):
        names = known.get(number, CellNames())
        if name in names.binds:
            return [number, *changing]
        if name in names.changes:
            changing.append(number)
    raise ValueError(f"code cell {user + 1} uses the name {name}, which no cell before it defines")


def _walk(statements: Iterable[ast.stmt], names: CellNames, later: set[str]) -> None:
    for node in statements:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            _definition(node, names, later)
        elif isinstance(node, ast.For | ast.AsyncFor):
            _simple([node.iter], names)
            _bind(node.target, names)
            _walk([*node.body, *node.orelse], names, later)
        elif isinstance(node, ast.While | ast.If):
            _simple([node.test], names)
            _walk([*node.body, *node.orelse], names, later)
        elif isinstance(node, ast.With | ast.AsyncWith):
            for item in node.items:
                _simple([item.context_expr], names)
                if item.optional_vars:
                    _bind(item.optional_vars, names)
            _walk(node.body, names, later)
        elif isinstance(node, ast.Try):
            _walk(node.body, names, later)
            for handler in node.handlers:
                if handler.type:
                    _simple([handler.type], names)
                names.binds |= {handler.name} if handler.name else set()
                _walk(handler.body, names, later)
            _walk([*node.orelse, *node.finalbody], names, later)
        else:
            _simple([node], names)


def _definition(node, names: CellNames, later: set[str]) -> None:
    """A function or a class: its body uses what it takes from outside, and may change it when it is called."""
    outside = _referenced([node]) - {node.name}
    now = _referenced([*node.decorator_list, *_defaults(node)])
    names.uses |= now - names.binds
    later |= outside - now
    names.effects[node.name] = _changed([node]) & outside
    names.binds.add(node.name)


def _defaults(node) -> list[ast.expr]:
    if isinstance(node, ast.ClassDef):
        return node.bases
    return [*node.args.defaults, *(default for default in node.args.kw_defaults if default)]


def _simple(nodes: Sequence[ast.AST], names: CellNames) -> None:
    """Statements without a body: what is used and not bound yet, then what is bound."""
    names.uses |= _referenced(nodes) - names.binds
    names.changes |= _changed(nodes)
    names.calls |= {n.func.id for part in nodes for n in ast.walk(part) if isinstance(n, ast.Call) and _named(n.func)}
    for node in nodes:
        if isinstance(node, ast.Import | ast.ImportFrom):
            names.binds |= _imported(node)
        _bind(node, names)


def _bind(node: ast.AST, names: CellNames) -> None:
    inner = {n for part in ast.walk(node) if isinstance(part, ast.comprehension) for n in ast.walk(part.target)}
    stored = (n for n in ast.walk(node) if _named(n) and isinstance(n.ctx, ast.Store) and n not in inner)
    names.binds |= {n.id for n in stored}


def _referenced(nodes: Iterable[ast.AST]) -> set[str]:
    """Names that the nodes read from outside: not those of a function's or a comprehension's own."""
    return set().union(*map(_outside, nodes))


def _outside(node: ast.AST) -> set[str]:
    if _named(node):
        return {node.id} if isinstance(node.ctx, ast.Load) else set()
    found = _referenced(ast.iter_child_nodes(node))
    if isinstance(node, ast.AugAssign) and _named(node.target):
        return found | {node.target.id}
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        arguments = {part.arg for part in ast.walk(node.args) if isinstance(part, ast.arg)}
        return found - arguments - _own(node)
    if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
        return found - {part.id for loop in node.generators for part in ast.walk(loop.target) if _named(part)}
    return found


def _own(function: ast.AST) -> set[str]:
    """What a function assigns, imports or defines for itself."""
    body, own, shared = list(ast.iter_child_nodes(function)), set(), set()
    while body:
        node = body.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            own.add(node.name)
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            own |= _imported(node)
        elif isinstance(node, ast.Global):
            shared |= set(node.names)
        elif _named(node) and isinstance(node.ctx, ast.Store):
            own.add(node.id)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            own.add(node.name)
        body += ast.iter_child_nodes(node) if not isinstance(node, ast.Lambda) else []
    return own - shared


def _imported(node: ast.Import | ast.ImportFrom) -> set[str]:
    return {(alias.asname or alias.name).split(".")[0] for alias in node.names}


def _changed(nodes: Sequence[ast.AST]) -> set[str]:
    """Names of what is changed in place, anywhere in the statements."""
    changed = set()
    for node in (n for part in nodes for n in ast.walk(part)):
        if isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store | ast.Del):
            changed.add(_root(node))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGING_METHODS:
            changed.add(_root(node.func))
    return changed - {None}


def _root(node: ast.AST) -> str | None:
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return node.id if _named(node) else None


def _named(node: ast.AST) -> bool:
    return isinstance(node, ast.Name)

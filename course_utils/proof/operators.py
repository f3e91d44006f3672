"""What may go wrong at one place of a function: each node of a syntax tree with the mistakes that are made there."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

Change = tuple[str, Callable[[ast.AST], ast.AST]]

_BINARY: dict[type, tuple[type, ...]] = {
    ast.Add: (ast.Sub,), ast.Sub: (ast.Add,), ast.Mult: (ast.Div,), ast.Div: (ast.Mult,), ast.MatMult: (ast.Mult,),
    ast.Pow: (ast.Mult,), ast.FloorDiv: (ast.Div,), ast.BitAnd: (ast.BitOr,), ast.BitOr: (ast.BitAnd,),
}  # fmt: skip
_COMPARISONS: dict[type, tuple[type, ...]] = {
    ast.Lt: (ast.LtE, ast.Gt), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.Lt), ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.In: (ast.NotIn,), ast.NotIn: (ast.In,), ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}  # fmt: skip
_SIGNS = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.MatMult: "@", ast.Pow: "**", ast.FloorDiv: "//",
    ast.BitAnd: "&", ast.BitOr: "|", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==",
    ast.NotEq: "!=", ast.In: "in", ast.NotIn: "not in", ast.Is: "is", ast.IsNot: "is not", ast.And: "and", ast.Or: "or",
}  # fmt: skip
_NAMES = {
    "mean": ("sum", "max"), "sum": ("mean", "max"), "max": ("min", "sum"), "min": ("max",), "amax": ("amin", "sum"),
    "argmax": ("argmin",), "any": ("all",), "std": ("var",), "eye": ("ones",),
    "triu_indices": ("tril_indices",),
}  # fmt: skip


def variants(node: ast.AST, parent: ast.AST | None, parameters: list[str]) -> Iterator[Change]:
    """(label, change) for each mistake at ``node``; ``change`` takes a copy of the node and gives what stands there then."""
    for kind, mistakes in _MISTAKES.items():
        if isinstance(node, kind):
            yield from mistakes(node, parent)
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in parameters:
        for other in parameters:
            if other != node.id:
                yield f"{node.id} => {other}", lambda n, other=other: ast.Name(other, ast.Load())


def _with(**fields) -> Callable[[ast.AST], ast.AST]:
    """A change that sets fields of the node."""

    def change(node: ast.AST) -> ast.AST:
        for name, value in fields.items():
            setattr(node, name, value(node) if callable(value) and not isinstance(value, type) else value)
        return node

    return change


def _binary(node: ast.BinOp, parent) -> Iterator[Change]:
    sign = _SIGNS.get(type(node.op), "?")
    for other in _BINARY.get(type(node.op), ()):
        yield f"{sign} => {_SIGNS[other]}", _with(op=other())
    yield f"{sign} without right", lambda n: n.left
    yield f"{sign} without left", lambda n: n.right
    if not isinstance(node.op, (ast.Add, ast.Mult, ast.BitAnd, ast.BitOr)):
        yield f"{sign} turned", lambda n: ast.BinOp(n.right, n.op, n.left)


def _comparison(node: ast.Compare, parent) -> Iterator[Change]:
    for other in _COMPARISONS.get(type(node.ops[0]), ()):
        yield (
            f"{_SIGNS[type(node.ops[0])]} => {_SIGNS[other]}",
            lambda n, other=other: ast.Compare(n.left, [other(), *n.ops[1:]], n.comparators),
        )


def _boolean(node: ast.BoolOp, parent) -> Iterator[Change]:
    other = ast.Or if isinstance(node.op, ast.And) else ast.And
    yield f"{_SIGNS[type(node.op)]} => {_SIGNS[other]}", _with(op=other())
    for i in range(len(node.values)):
        yield f"without condition {i + 1}", lambda n, i=i: ast.BoolOp(n.op, n.values[:i] + n.values[i + 1 :])


def _unary(node: ast.UnaryOp, parent) -> Iterator[Change]:
    yield f"without {type(node.op).__name__.lower()}", lambda n: n.operand


def _constant(node: ast.Constant, parent) -> Iterator[Change]:
    value, others = node.value, ()
    if isinstance(value, bool):
        others = (not value,)
    elif isinstance(value, int):
        others = (value + 1, value - 1)
    elif isinstance(value, float):
        others = (round(value * 1.1, 15), round(value * 0.9, 15), 2 * value)
    elif isinstance(value, str) and value:
        others = ("",)
    for other in others:
        yield f"{value!r} => {other!r}", lambda n, other=other: ast.Constant(other)


def _call(node: ast.Call, parent) -> Iterator[Change]:
    name = ast.unparse(node.func) if not isinstance(node.func, ast.Attribute) else f".{node.func.attr}"
    module = isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) in _MODULES
    if isinstance(node.func, ast.Attribute) and not module:
        yield f"without {name}()", lambda n: n.func.value
    elif len(node.args) >= 1:
        yield f"without {name}()", lambda n: n.args[0]
    for i, keyword in enumerate(node.keywords):
        yield f"{name}() without {keyword.arg}", _with(keywords=lambda n, i=i: n.keywords[:i] + n.keywords[i + 1 :])
    if node.args and (len(node.args) > 1 or (isinstance(node.func, ast.Attribute) and not module)):
        yield f"{name}() without last argument", _with(args=lambda n: n.args[:-1])
    if len(node.args) > 1:
        yield f"{name}() arguments turned", _with(args=lambda n: [n.args[1], n.args[0], *n.args[2:]])


_MODULES = {"np", "np.linalg", "torch", "torch.nn.functional", "torch.optim", "subwords"}


def _attribute(node: ast.Attribute, parent) -> Iterator[Change]:
    if node.attr == "T":
        yield "without .T", lambda n: n.value
    if isinstance(parent, ast.Call) and parent.func is node:
        for other in _NAMES.get(node.attr, ()):
            yield f".{node.attr} => .{other}", _with(attr=other)


def _name(node: ast.Name, parent) -> Iterator[Change]:
    if isinstance(parent, ast.Call) and parent.func is node:
        for other in _NAMES.get(node.id, ()):
            if other in ("sum", "max", "min"):
                yield f"{node.id} => {other}", _with(id=other)


def _subscript(node: ast.Subscript, parent) -> Iterator[Change]:
    if not isinstance(node.ctx, ast.Load):
        return
    yield "without []", lambda n: n.value
    if isinstance(node.slice, ast.Tuple) and len(node.slice.elts) == 2:
        yield "[] turned", lambda n: ast.Subscript(n.value, ast.Tuple(n.slice.elts[::-1], ast.Load()), ast.Load())
    if isinstance(node.slice, (ast.Name, ast.Attribute, ast.BinOp)) and isinstance(node.value, ast.Name):
        for sign, step in (("+", ast.Add()), ("-", ast.Sub())):
            yield (
                f"[i] => [i {sign} 1]",
                lambda n, step=step: ast.Subscript(n.value, ast.BinOp(n.slice, step, ast.Constant(1)), ast.Load()),
            )


def _slice(node: ast.Slice, parent) -> Iterator[Change]:
    if node.lower is None and node.upper is None:
        return
    for end in ("lower", "upper"):
        bound = getattr(node, end)
        if bound is None:
            yield f"{end} end shifted", _with(**{end: ast.Constant(1 if end == "lower" else -1)})
            continue
        yield f"without {end} end", _with(**{end: None})
        for sign, step in (("+", ast.Add()), ("-", ast.Sub())):
            yield (
                f"{end} end {sign} 1",
                lambda n, end=end, step=step: _with(**{end: ast.BinOp(getattr(n, end), step, ast.Constant(1))})(n),
            )


def _loop(node: ast.For | ast.comprehension, parent) -> Iterator[Change]:
    def over(change):
        return _with(iter=lambda n: change(ast.Call(ast.Name("list", ast.Load()), [n.iter], [])))

    def cut(lower, upper, step=None):
        return over(lambda items: ast.Subscript(items, ast.Slice(lower, upper, step), ast.Load()))

    yield "loop backwards", cut(None, None, ast.Constant(-1))
    yield "loop without first", cut(ast.Constant(1), None)
    yield "loop without last", cut(None, ast.Constant(-1))
    if isinstance(node, ast.comprehension):
        for i in range(len(node.ifs)):
            yield "without if", _with(ifs=lambda n, i=i: n.ifs[:i] + n.ifs[i + 1 :])


def _condition(node: ast.If | ast.IfExp, parent) -> Iterator[Change]:
    yield "if not", _with(test=lambda n: ast.UnaryOp(ast.Not(), n.test))
    yield "if always", _with(test=ast.Constant(True))
    yield "if never", _with(test=ast.Constant(False))


def _statement(node: ast.stmt, parent) -> Iterator[Change]:
    yield "without the line", lambda n: ast.Pass()
    if isinstance(node, ast.AugAssign):
        yield "+= => =", lambda n: ast.Assign([_stored(n.target)], n.value)
        if isinstance(node.op, ast.Add):
            yield "+= => -=", _with(op=ast.Sub())


def _stored(target: ast.expr) -> ast.expr:
    target.ctx = ast.Store()
    return target


def _return(node: ast.Return, parent) -> Iterator[Change]:
    yield "without return", lambda n: ast.Expr(n.value)
    if isinstance(node.value, ast.Tuple):
        yield "return turned", _with(value=lambda n: ast.Tuple(n.value.elts[::-1], ast.Load()))
        yield "return first only", _with(value=lambda n: n.value.elts[0])


_MISTAKES: dict[type | tuple, Callable] = {
    ast.BinOp: _binary, ast.Compare: _comparison, ast.BoolOp: _boolean, ast.UnaryOp: _unary, ast.Constant: _constant,
    ast.Call: _call, ast.Attribute: _attribute, ast.Name: _name, ast.Subscript: _subscript, ast.Slice: _slice,
    (ast.For, ast.comprehension): _loop, (ast.If, ast.IfExp): _condition,
    (ast.Expr, ast.Assign, ast.AugAssign): _statement, ast.Return: _return,
}  # fmt: skip

"""What functions of a plugin change in variables of its modules: it outlives the request, and its switch."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from core.host.checks.rules import Finding

HOLDS = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
MAKES = frozenset({"list", "dict", "set", "defaultdict", "deque", "Counter", "OrderedDict", "bytearray"})
CHANGES = frozenset({"append", "appendleft", "extend", "insert", "add", "update", "setdefault", "pop", "popleft",
                     "popitem", "remove", "discard", "clear"})


def check(tree: ast.Module, shown: str) -> Iterator[Finding]:
    """Name each line that changes one. What is called while the module is imported (a register) may."""
    held = {target.id for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign) and _holds(node.value)
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            if isinstance(target, ast.Name)}
    at_import = {_root(node) for top in tree.body for node in _outside(top)} - {""}
    for function in tree.body:
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and function.name not in at_import:
            own = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)
                   and isinstance(node.ctx, ast.Store)} | {one.arg for one in ast.walk(function)
                                                           if isinstance(one, ast.arg)}
            for node in ast.walk(function):
                for name in _changed(node, held - own):
                    place = f"{shown}:{getattr(node, 'lineno', 0)}"
                    yield Finding("PC08", place, f"It changes '{name}', a variable of the module: that lasts "
                                  "beyond the request, in this process alone.")


def _holds(value: ast.AST | None) -> bool:
    return isinstance(value, HOLDS) or (isinstance(value, ast.Call) and _root(value.func) in MAKES)


def _root(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _outside(top: ast.stmt) -> Iterator[ast.AST]:
    """Give what runs when the module is imported: not the bodies of functions, but their decorators."""
    if isinstance(top, ast.FunctionDef | ast.AsyncFunctionDef):
        for decorator in top.decorator_list:
            yield from ast.walk(decorator)
    else:
        yield from ast.walk(top)


def _changed(node: ast.AST, held: set[str]) -> Iterator[str]:
    """Give which of the variables a part of a function changes."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGES:
        yield from {_root(node.func.value)} & held
    elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
        yield from {_root(node.value)} & held
    elif isinstance(node, ast.Global):
        yield from node.names

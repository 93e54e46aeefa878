"""Functions of three or more arguments say in a section what every one of them is, with shapes and units."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import microtann as mt

PACKAGE = Path(mt.__file__).parent
LACKING = 61
"""Functions that do not today: the number may only go down."""
TOLD = ("equilibrium", "fem", "training", "numbers", "system", "materials")
TOLD += ("forms/published", "forms/residual", "forms/classical")
"""Rooms without any."""


def functions(node: ast.AST) -> Iterator[ast.FunctionDef]:
    """Yield the public functions and methods of a module, but not those inside of functions."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef):
            yield from functions(child)
        elif isinstance(child, ast.FunctionDef) and not child.name.startswith("_"):
            yield child


def lacks_parameters(function: ast.FunctionDef) -> bool:
    arguments = function.args
    names = [a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    told = "\nParameters\n---" in (ast.get_docstring(function) or "")
    return len([name for name in names if name not in ("self", "cls")]) >= 3 and not told


def lacking() -> list[str]:
    """Return where a section is missing; kernels, whose arguments numba sees alone, are left out."""
    return [
        f"{path.relative_to(PACKAGE).as_posix()}: {function.name}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if not path.stem.endswith(("_kernel", "_kernels"))
        for function in functions(ast.parse(path.read_text(encoding="utf-8")))
        if lacks_parameters(function)
    ]


def test_what_has_no_section_becomes_less() -> None:
    found = lacking()
    assert len(found) <= LACKING, "\n".join(found)


def test_rooms_that_tell_all_arguments_go_on_to_do_so() -> None:
    assert [place for place in lacking() if place.startswith(TOLD)] == []


def test_a_missing_section_is_seen() -> None:
    code = 'def add(a, b, c):\n    """Return the sum."""\n'
    assert [lacks_parameters(f) for f in functions(ast.parse(code))] == [True]
    told = code.replace('sum."""', 'sum.\n\n    Parameters\n    ----------\n    a, b, c : float\n    """')
    assert [lacks_parameters(f) for f in functions(ast.parse(told))] == [False]

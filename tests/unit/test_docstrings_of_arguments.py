"""Functions of three or more arguments say in a section what every one of them is, with shapes and units.

Two kinds need none: kernels, whose arguments numba sees alone, and commands, whose help tells every argument.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import microtann as mt
from microtann.cli.commands import PLACES, Commands

PACKAGE = Path(mt.__file__).parent


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
    described = "\nParameters\n---" in (ast.get_docstring(function) or "")
    return len([name for name in names if name not in ("self", "cls")]) >= 3 and not described


def is_command(function: ast.FunctionDef, path: Path) -> bool:
    """Whether typer calls a function: `PLACES` names it, or it is registered by a decorator ``@app.command``."""
    if path.parent != PACKAGE / "cli":
        return False
    decorators = [ast.unparse(decorator) for decorator in function.decorator_list]
    return (path.stem, function.name) in {(place.module, place.function) for place in PLACES.values()} or any(
        decorator.startswith("app.command(") for decorator in decorators
    )


def test_functions_of_three_arguments_describe_them() -> None:
    lacking = [
        f"{path.relative_to(PACKAGE).as_posix()}: {function.name}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if not path.stem.endswith(("_kernel", "_kernels"))
        for function in functions(ast.parse(path.read_text(encoding="utf-8")))
        if lacks_parameters(function) and not is_command(function, path)
    ]
    assert lacking == []


def test_commands_describe_their_arguments_in_their_help() -> None:
    for name, command in Commands().items():
        nested = getattr(command, "commands", {}).items()
        for place, one in [(name, command), *((f"{name} {inner}", c) for inner, c in nested)]:
            for parameter in one.params:
                assert getattr(parameter, "help", ""), f"{place}: {parameter.name}"


def test_a_missing_section_is_seen() -> None:
    code = 'def add(a, b, c):\n    """Return the sum."""\n'
    assert [lacks_parameters(f) for f in functions(ast.parse(code))] == [True]
    described = code.replace('sum."""', 'sum.\n\n    Parameters\n    ----------\n    a, b, c : float\n    """')
    assert [lacks_parameters(f) for f in functions(ast.parse(described))] == [False]

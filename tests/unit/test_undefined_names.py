"""No function reads a name that its module does not have: shapes in annotations keep linters from seeing it."""

from __future__ import annotations

import ast
import builtins
import symtable
from collections.abc import Iterator
from pathlib import Path

import pytest

import microtann as mt

PACKAGE = Path(mt.__file__).parent
KNOWN = {*vars(builtins), "__file__", "__name__", "__doc__", "__path__", "__annotations__"}


def tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    """Yield a scope and all scopes inside of it."""
    yield table
    for child in table.get_children():
        yield from tables(child)


class WithoutAnnotations(ast.NodeTransformer):
    """Takes the annotations from a module, which nothing evaluates when it runs."""

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        node.annotation = ast.Constant(None)
        return self.generic_visit(node)


def undefined(source: str, name: str) -> set[str]:
    """Return the global names that some scope of a module reads and nothing defines."""
    plain = ast.unparse(WithoutAnnotations().visit(ast.parse(source)))
    module = symtable.symtable(plain, name, "exec")
    defined = {
        symbol.get_name() for symbol in module.get_symbols() if symbol.is_assigned() or symbol.is_imported()
    }
    defined |= {
        symbol.get_name()
        for table in tables(module)
        for symbol in table.get_symbols()
        if symbol.is_declared_global() and symbol.is_assigned()
    }
    return {
        symbol.get_name()
        for table in tables(module)
        for symbol in table.get_symbols()
        if symbol.is_referenced() and (table is module or (symbol.is_global() and not symbol.is_local()))
    } - (defined | KNOWN)


@pytest.mark.parametrize("folder", sorted(path.name for path in PACKAGE.iterdir() if path.is_dir()))
def test_every_name_is_defined(folder: str) -> None:
    for path in sorted((PACKAGE / folder).rglob("*.py")):
        assert not undefined(path.read_text(encoding="utf-8"), path.name), path


def test_a_name_that_is_not_defined_is_seen() -> None:
    code = "import math\n\ndef area(r: Float[Array, 'n']) -> Length:\n    return math.pi * r * heigth\n"
    assert undefined(code, "area.py") == {"heigth"}

"""Kernels are not compiled again for arguments that are written out: each is a type of its own for numba."""

import ast
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "src" / "microtann"


def compiled_functions(tree: ast.Module) -> list[ast.FunctionDef]:
    """Return the functions of a module that numba compiles."""
    return [
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and any("njit" in ast.unparse(d) for d in node.decorator_list)
    ]


def inlined(function: ast.FunctionDef) -> bool:
    """Return whether a function is compiled as a part of its callers."""
    return any("inline='always'" in ast.unparse(d) for d in function.decorator_list)


def test_no_number_and_no_truth_is_handed_on_as_it_is_written() -> None:
    modules = {path: ast.parse(path.read_text(encoding="utf-8")) for path in PACKAGE.rglob("*.py")}
    functions = [(path, f) for path, tree in modules.items() for f in compiled_functions(tree)]
    called = {f.name for _, f in functions if not inlined(f)}
    assert len(called) > 100
    literal = [
        f"{path.relative_to(PACKAGE)}:{call.lineno} {ast.unparse(call)}"
        for path, function in functions
        for call in ast.walk(function)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in called
        if any(isinstance(a, ast.Constant) and isinstance(a.value, int) for a in call.args)
    ]
    assert not literal, "write np.int64(0) for 0, and a truth as a comparison:\n" + "\n".join(literal)

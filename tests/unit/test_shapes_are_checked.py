"""Shapes in the signatures of the whole package are checked while the tests run, kernels excepted."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import sys
from pathlib import Path

import jaxtyping
import numpy as np
import pytest

import microtann
from microtann.equilibrium.rigid import rigid_modes
from microtann.evaluation.protocol_paths import walks


def all_modules() -> list[str]:
    """Return the names of all modules of the package, those included that only some commands import."""
    return ["microtann", *(m.name for m in pkgutil.walk_packages(microtann.__path__, "microtann."))]


def is_kernel(name: str) -> bool:
    return name.endswith(("_kernel", "_kernels"))


def test_every_module_but_kernels_is_loaded_by_the_hook() -> None:
    for name in all_modules():
        if not name.endswith("__main__"):
            importlib.import_module(name)
    loaded = {name: module for name, module in sys.modules.items() if name.split(".")[0] == "microtann"}
    assert len(loaded) > 250
    unchecked = {
        name
        for name, module in loaded.items()
        if type(module.__spec__.loader).__module__.split(".")[0] != "jaxtyping"
    }
    assert unchecked == {name for name in loaded if is_kernel(name)}


@pytest.mark.parametrize("call", [lambda: rigid_modes(np.zeros(3)), lambda: walks("three", 1, 2, 0.1, 0)])
def test_a_wrong_shape_or_type_does_not_pass(call) -> None:
    with pytest.raises(jaxtyping.TypeCheckError):
        call()


def test_no_shape_of_an_array_of_numpy_is_read_before_it_is_checked() -> None:
    """From NumPy 2.5 on NDArray is an alias that jaxtyping cannot read: outside of annotations modules break."""
    package = Path(microtann.__file__).parent
    for path in sorted(package.rglob("*.py")):
        body = ast.parse(path.read_text(encoding="utf-8")).body
        values = {node.targets[0].id: node.value for node in body if is_alias(node)}
        aliases = {name for name, value in values.items() if ast.unparse(value).startswith("NDArray[")}
        for name, value in values.items():
            shaped = [ast.unparse(node) for node in ast.walk(value) if isinstance(node, ast.Subscript)]
            found = [
                text for text in shaped for alias in aliases if re.match(rf"(Float|Int|Bool)\[{alias},", text)
            ]
            assert not found, f"{path}: {name} = {found[0]}"


def is_alias(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)

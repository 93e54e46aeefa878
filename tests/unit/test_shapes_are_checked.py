"""Shapes in the signatures of the whole package are checked while the tests run, kernels excepted."""

from __future__ import annotations

import importlib
import pkgutil
import sys

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

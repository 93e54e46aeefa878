"""How the tests check the shapes of the package: beartype on every function that is not compiled.

A function is decorated when it is first called. Most of those of a module that a test imports it never calls, and
a decorator costs more than most calls; and by then all that annotations name is there, such as the class that a
method returns, where names that are missing when a function is defined pass for `Any`.
"""

from __future__ import annotations

import dataclasses
import functools
import sys
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any, get_args

import jaxtyping
import typer
from beartype import BeartypeConf, FrozenDict, beartype
from numpy.typing import ArrayLike

# NumPy describes nested sequences by a protocol that lists have and tuples have not; both are array-like.
# From NumPy 2.5 on ArrayLike is a named alias, to be replaced whole.
_ARRAY_LIKE: dict[object, object] = (
    {ArrayLike: object}
    if hasattr(ArrayLike, "__value__")
    else {hint: Sequence for hint in get_args(ArrayLike) if "NestedSequence" in repr(hint)}
)
# A group of commands gets the class of contexts that typer's own is made from.
_OVERRIDES = FrozenDict(_ARRAY_LIKE | {typer.Context: object})

# PEP 484: a float fits where complex is asked
check = beartype(conf=BeartypeConf(is_pep484_tower=True, hint_overrides=_OVERRIDES))
_jaxtyped = jaxtyping.jaxtyped


def jaxtyped(function: Any = None, *, typechecker: Callable[..., Any]) -> Any:
    """Decorate a function, or the constructor of a dataclass, as `jaxtyping.jaxtyped` does, at its first call."""
    if function is None:
        return functools.partial(jaxtyped, typechecker=typechecker)
    if isinstance(function, type):
        if dataclasses.is_dataclass(function) and function.__init__.__globals__ is not globals():
            function.__init__ = jaxtyped(function.__init__, typechecker=typechecker)
        return function
    checked = None

    @functools.wraps(function)
    def checking(*args: Any, **keywords: Any) -> Any:
        __tracebackhide__ = True
        nonlocal checked
        if checked is None:
            checked = _jaxtyped(function, typechecker=typechecker)
        return checked(*args, **keywords)

    return checking


def check_shapes() -> None:
    """Check the shapes of whatever is imported of the package from now on."""
    jaxtyping.jaxtyped = jaxtyped
    jaxtyping.install_import_hook("microtann", "shape_checker.check")
    sys.meta_path.insert(0, CompiledKernels())


class CompiledKernels(MetaPathFinder):
    """Find modules named ``*_kernel`` or ``*_kernels`` before the import hook does.

    numba cannot compile decorated functions.
    """

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the plain specification of a kernel module, and None for any other."""
        if fullname.startswith("microtann.") and fullname.endswith(("_kernel", "_kernels")):
            return PathFinder.find_spec(fullname, path, target)
        return None

"""How the tests check the shapes of the package: beartype on every function that is not compiled."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import get_args

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

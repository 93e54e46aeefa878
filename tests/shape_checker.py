"""How the tests check the shapes of the package: beartype on every function that is not compiled."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

from beartype import BeartypeConf, beartype

check = beartype(conf=BeartypeConf(is_pep484_tower=True))  # PEP 484: a float fits where complex is asked


class CompiledKernels(MetaPathFinder):
    """Find modules named ``*_kernel`` before the import hook does: numba cannot compile decorated functions."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the plain specification of a kernel module, and None for any other."""
        if fullname.startswith("microtann.") and fullname.endswith("_kernel"):
            return PathFinder.find_spec(fullname, path, target)
        return None

"""Shapes in signatures are checked by beartype while the tests run."""

import sys

from jaxtyping import install_import_hook

from shape_checker import CompiledKernels

with install_import_hook("microtann", "shape_checker.check"):
    sys.meta_path.insert(0, CompiledKernels())
    import microtann  # noqa: F401

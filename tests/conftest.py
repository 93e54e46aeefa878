"""Shapes in signatures are checked by beartype while the tests run; a skip that nobody expects is a failure."""

import sys

from jaxtyping import install_import_hook

from shape_checker import CompiledKernels

pytest_plugins = ["expected_skips"]

with install_import_hook("microtann", "shape_checker.check"):
    sys.meta_path.insert(0, CompiledKernels())
    import microtann  # noqa: F401

"""Shapes in signatures are checked by beartype while the tests run."""

from jaxtyping import install_import_hook

with install_import_hook("microtann", "beartype.beartype"):
    import microtann  # noqa: F401

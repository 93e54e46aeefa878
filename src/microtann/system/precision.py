"""JAX in float64 for the whole process, whether it has been imported yet or not.

JAX takes a while to import and lattices do without it, so importing microtann does not import it: JAX reads the
wanted precision from the environment when it is imported, by microtann or by anyone else. Processes that this one
starts inherit the choice.
"""

from __future__ import annotations

import os
import sys
import warnings

PRECISION_VARIABLE = "JAX_ENABLE_X64"


def switch_to_float64() -> None:
    """Let JAX compute in float64 from now on, or from its import on; it is told to those who use it already."""
    os.environ[PRECISION_VARIABLE] = "true"
    if "jax" not in sys.modules:
        return
    import jax

    if not jax.config.read("jax_enable_x64"):
        warnings.warn(
            "microtann switches JAX to float64 for this whole process: arrays that you make from now on are "
            "float64 unless you say otherwise. docs/getting-started.md shows how to compute in float32 beside it; "
            'jax.config.update("jax_enable_x64", True) before the import says that you know',
            stacklevel=3,
        )
    jax.config.update("jax_enable_x64", True)

"""microtann: from an inelastic microstructure to a fast, trustworthy material for finite elements.

Importing the package switches JAX to float64, in which all mechanics and recall are done, for the whole process.
"""

import sys
import warnings

_jax_was_there = "jax" in sys.modules

from microtann import interrupt  # noqa: E402

interrupt.begin()  # before anything that takes time

import jax  # noqa: E402

if _jax_was_there and not jax.config.read("jax_enable_x64"):
    warnings.warn(
        "microtann switches JAX to float64 for this whole process: arrays that you make from now on are float64 "
        "unless you say otherwise. docs/getting-started.md shows how to compute in float32 beside it; "
        'jax.config.update("jax_enable_x64", True) before the import says that you know',
        stacklevel=2,
    )
jax.config.update("jax_enable_x64", True)

from microtann.kernel_cache import provide_cache  # noqa: E402

provide_cache()

from microtann import fem, forms  # noqa: E402
from microtann.homogenisation.driver import DrivenResponse, drive_cell  # noqa: E402
from microtann.homogenisation.limit_load import limit_load  # noqa: E402
from microtann.homogenisation.programme import CellStep, read_programme  # noqa: E402
from microtann.homogenisation.solve import CellResponse, solve_cell  # noqa: E402
from microtann.lattice.bar import ElastoplasticBar  # noqa: E402
from microtann.lattice.body_centred import body_centred_cell  # noqa: E402
from microtann.lattice.cell import UnitCell  # noqa: E402
from microtann.lattice.cell_file import read_bar, read_cell, write_cell  # noqa: E402
from microtann.lattice.generators import cube_cell, square_cell  # noqa: E402
from microtann.lattice.octet import octet_cell  # noqa: E402
from microtann.structure.structure import Structure, StructureResult  # noqa: E402
from microtann.tann import TANN, load  # noqa: E402

__version__ = "0.1.0"

__all__ = [
    "TANN",
    "CellResponse",
    "CellStep",
    "DrivenResponse",
    "ElastoplasticBar",
    "Structure",
    "StructureResult",
    "UnitCell",
    "body_centred_cell",
    "cube_cell",
    "drive_cell",
    "fem",
    "forms",
    "limit_load",
    "load",
    "octet_cell",
    "read_bar",
    "read_cell",
    "read_programme",
    "solve_cell",
    "square_cell",
    "write_cell",
]

"""microtann: from an inelastic microstructure to a fast, trustworthy material for finite elements.

Importing the package switches JAX to float64, in which all mechanics and recall are done, for the whole process.
What the package offers is imported when it is first asked for, so that the import itself takes no time.
"""

import importlib
from typing import TYPE_CHECKING, Any

from microtann import interrupt
from microtann.kernel_cache import provide_cache
from microtann.precision import switch_to_float64

if TYPE_CHECKING:
    from microtann import fem, forms, plotting
    from microtann.data.file import read_dataset
    from microtann.data.generate_data import generate_data
    from microtann.data.walks import WalkPlan
    from microtann.evaluation.recall import evaluate
    from microtann.forms.variational.reduce import reduce_lattice
    from microtann.homogenisation.driver import DrivenResponse, drive_cell
    from microtann.homogenisation.limit_load import limit_load
    from microtann.homogenisation.programme import CellStep, read_programme
    from microtann.homogenisation.solve import CellResponse, solve_cell
    from microtann.lattice.bar import ElastoplasticBar
    from microtann.lattice.body_centred import body_centred_cell
    from microtann.lattice.cell import UnitCell
    from microtann.lattice.cell_file import read_bar, read_cell, write_cell
    from microtann.lattice.generators import cube_cell, square_cell
    from microtann.lattice.octet import octet_cell
    from microtann.structure.structure import Structure, StructureResult
    from microtann.tann.hybrid import Hybrid
    from microtann.tann.model import TANN
    from microtann.tann.shipped import load, model_card, shipped_models
    from microtann.training.train import train

interrupt.begin()  # before anything that takes time
provide_cache()
switch_to_float64()

__version__ = "0.1.0"

__all__ = [
    "TANN",
    "CellResponse",
    "CellStep",
    "DrivenResponse",
    "ElastoplasticBar",
    "Hybrid",
    "Structure",
    "StructureResult",
    "UnitCell",
    "WalkPlan",
    "body_centred_cell",
    "cube_cell",
    "drive_cell",
    "evaluate",
    "fem",
    "forms",
    "generate_data",
    "limit_load",
    "load",
    "model_card",
    "octet_cell",
    "plotting",
    "read_bar",
    "read_cell",
    "read_dataset",
    "read_programme",
    "reduce_lattice",
    "shipped_models",
    "solve_cell",
    "square_cell",
    "train",
    "write_cell",
]

_PLACES = {
    "data.file": ("read_dataset",),
    "data.generate_data": ("generate_data",),
    "data.walks": ("WalkPlan",),
    "evaluation.recall": ("evaluate",),
    "forms.variational.reduce": ("reduce_lattice",),
    "homogenisation.driver": ("DrivenResponse", "drive_cell"),
    "homogenisation.limit_load": ("limit_load",),
    "homogenisation.programme": ("CellStep", "read_programme"),
    "homogenisation.solve": ("CellResponse", "solve_cell"),
    "lattice.bar": ("ElastoplasticBar",),
    "lattice.body_centred": ("body_centred_cell",),
    "lattice.cell": ("UnitCell",),
    "lattice.cell_file": ("read_bar", "read_cell", "write_cell"),
    "lattice.generators": ("cube_cell", "square_cell"),
    "lattice.octet": ("octet_cell",),
    "structure.structure": ("Structure", "StructureResult"),
    "tann.hybrid": ("Hybrid",),
    "tann.model": ("TANN",),
    "tann.shipped": ("load", "model_card", "shipped_models"),
    "training.train": ("train",),
}
"""The modules below the package that define the names of `__all__`; the other names are sub-packages."""
_PLACE_OF = {name: place for place, names in _PLACES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Import what is asked for the first time."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name not in _PLACE_OF:
        return importlib.import_module(f"{__name__}.{name}")
    value = getattr(importlib.import_module(f"{__name__}.{_PLACE_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

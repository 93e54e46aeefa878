"""microtann: from an inelastic microstructure to a fast, trustworthy material for finite elements.

Importing the package switches JAX to float64, in which all mechanics and recall are done, for the whole process.
What the package offers is imported when it is first asked for, so that the import itself takes no time.
"""

import importlib
from typing import TYPE_CHECKING, Any

from microtann.system import interrupt
from microtann.system.jax_messages import leave_out_missing_tpus
from microtann.system.kernel_cache import provide_cache
from microtann.system.precision import switch_to_float64

if TYPE_CHECKING:
    from microtann import export, fem, forms, plotting, reproduction, studies
    from microtann.data.check import check_file
    from microtann.data.file import read_dataset, write_dataset
    from microtann.data.generate_data import generate_data
    from microtann.data.heated_walks import generate_heated
    from microtann.data.imported.averaged_path import AveragedPath
    from microtann.data.imported.cluster_means import ClusterMeans
    from microtann.data.imported.found_clusters import clustered_paths
    from microtann.data.imported.import_choice import ImportChoice
    from microtann.data.imported.import_data import import_data
    from microtann.data.imported.path_writer import dataset_of_paths, write_paths
    from microtann.data.increments import Dataset, Increments
    from microtann.data.walks import WalkPlan
    from microtann.evaluation.audit import audit
    from microtann.evaluation.both_scales import Microscale
    from microtann.evaluation.closed_loop import evaluate
    from microtann.evaluation.laws import examine_laws
    from microtann.evaluation.localisation import coordinates_at
    from microtann.evaluation.simulation import simulate
    from microtann.explorer.explore import explore
    from microtann.forms.variational.reduce import reduce
    from microtann.job.example import job_example
    from microtann.job.job_file import StructureJob, read_job
    from microtann.microstructure.bars.cells.bar import ElastoplasticBar
    from microtann.microstructure.bars.cells.body_centred import body_centred_cell
    from microtann.microstructure.bars.cells.cell import UnitCell
    from microtann.microstructure.bars.cells.cell_file import read_bar, read_cell, write_cell
    from microtann.microstructure.bars.cells.generators import cube_cell, square_cell
    from microtann.microstructure.bars.cells.octet import octet_cell
    from microtann.microstructure.bars.condensed.solve import CellResponse, solve_cell
    from microtann.microstructure.bars.driven.driver import DrivenResponse, drive_cell
    from microtann.microstructure.bars.driven.limit_load import limit_load
    from microtann.microstructure.bars.full.structure import Structure, StructureResult
    from microtann.microstructure.bars.lattice import Lattice
    from microtann.microstructure.continuum.heated_solid import HeatedSolid
    from microtann.microstructure.continuum.image_file import read_image
    from microtann.microstructure.continuum.random_cells import random_inclusions
    from microtann.microstructure.continuum.solid import Solid
    from microtann.microstructure.continuum.solid_cells import inclusion_cell, voided_cell
    from microtann.microstructure.continuum.voxel_cells import solid_of_function, solid_of_image
    from microtann.microstructure.cosserat.cosserat_frame import CosseratFrame
    from microtann.microstructure.cosserat.cosserat_layer import CosseratLayer
    from microtann.microstructure.driven.drive import DrivenPath, drive, drive_many
    from microtann.microstructure.driven.programme import CellStep, read_programme
    from microtann.microstructure.frames.cross_section import CrossSection
    from microtann.microstructure.frames.frame import Frame
    from microtann.microstructure.frames.frame_errors import FrameError, frame_errors
    from microtann.microstructure.frames.frame_file import read_frame, read_frame_structure
    from microtann.microstructure.frames.full.frame_structure import FrameStructure, FrameStructureResult
    from microtann.microstructure.frames.kelvin import kelvin_cell
    from microtann.microstructure.frames.plane_cells import (
        honeycomb_cell,
        reentrant_cell,
        square_grid_cell,
        triangular_cell,
    )
    from microtann.microstructure.material_point.solid_point import SolidPoint
    from microtann.microstructure.protocol import Microstructure
    from microtann.microstructure.registry import register_microstructure
    from microtann.microstructure.repeated_solves import RepeatedSolves
    from microtann.microstructure.surfaces import elastic_stiffness, limit_surface, yield_surface
    from microtann.refinement.refine import refine
    from microtann.refinement.refinement_choice import RefinementChoice
    from microtann.reproduction.reproduce import reproduce
    from microtann.tann.hybrid import Hybrid
    from microtann.tann.shipped import load, model_card, shipped_models
    from microtann.tann.trained_model import TANN
    from microtann.training.train import train

interrupt.leave_on_interrupt()  # before anything that takes time
provide_cache()
switch_to_float64()
leave_out_missing_tpus()

__version__ = "0.1.0"

__all__ = [
    "TANN",
    "AveragedPath",
    "CellResponse",
    "CellStep",
    "ClusterMeans",
    "CosseratFrame",
    "CosseratLayer",
    "CrossSection",
    "Dataset",
    "DrivenPath",
    "DrivenResponse",
    "ElastoplasticBar",
    "Frame",
    "FrameError",
    "FrameStructure",
    "FrameStructureResult",
    "HeatedSolid",
    "Hybrid",
    "ImportChoice",
    "Increments",
    "Lattice",
    "Microscale",
    "Microstructure",
    "RefinementChoice",
    "RepeatedSolves",
    "Solid",
    "SolidPoint",
    "Structure",
    "StructureJob",
    "StructureResult",
    "UnitCell",
    "WalkPlan",
    "audit",
    "body_centred_cell",
    "check_file",
    "clustered_paths",
    "coordinates_at",
    "cube_cell",
    "dataset_of_paths",
    "drive",
    "drive_cell",
    "drive_many",
    "elastic_stiffness",
    "evaluate",
    "examine_laws",
    "explore",
    "export",
    "fem",
    "forms",
    "frame_errors",
    "generate_data",
    "generate_heated",
    "honeycomb_cell",
    "import_data",
    "inclusion_cell",
    "job_example",
    "kelvin_cell",
    "limit_load",
    "limit_surface",
    "load",
    "model_card",
    "octet_cell",
    "plotting",
    "random_inclusions",
    "read_bar",
    "read_cell",
    "read_dataset",
    "read_frame",
    "read_frame_structure",
    "read_image",
    "read_job",
    "read_programme",
    "reduce",
    "reentrant_cell",
    "refine",
    "register_microstructure",
    "reproduce",
    "reproduction",
    "shipped_models",
    "simulate",
    "solid_of_function",
    "solid_of_image",
    "solve_cell",
    "square_cell",
    "square_grid_cell",
    "studies",
    "train",
    "triangular_cell",
    "voided_cell",
    "write_cell",
    "write_dataset",
    "write_paths",
    "yield_surface",
]

_PLACES = {
    "data.check": ("check_file",),
    "data.file": ("read_dataset", "write_dataset"),
    "data.generate_data": ("generate_data",),
    "data.heated_walks": ("generate_heated",),
    "data.imported.averaged_path": ("AveragedPath",),
    "data.imported.cluster_means": ("ClusterMeans",),
    "data.imported.found_clusters": ("clustered_paths",),
    "data.imported.import_choice": ("ImportChoice",),
    "data.imported.import_data": ("import_data",),
    "data.imported.path_writer": ("dataset_of_paths", "write_paths"),
    "data.increments": ("Dataset", "Increments"),
    "data.walks": ("WalkPlan",),
    "evaluation.audit": ("audit",),
    "evaluation.both_scales": ("Microscale",),
    "evaluation.laws": ("examine_laws",),
    "evaluation.localisation": ("coordinates_at",),
    "evaluation.closed_loop": ("evaluate",),
    "evaluation.simulation": ("simulate",),
    "explorer.explore": ("explore",),
    "forms.variational.reduce": ("reduce",),
    "job.example": ("job_example",),
    "job.job_file": ("StructureJob", "read_job"),
    "microstructure.bars.cells.bar": ("ElastoplasticBar",),
    "microstructure.bars.cells.body_centred": ("body_centred_cell",),
    "microstructure.bars.cells.cell": ("UnitCell",),
    "microstructure.bars.cells.cell_file": ("read_bar", "read_cell", "write_cell"),
    "microstructure.bars.cells.generators": ("cube_cell", "square_cell"),
    "microstructure.bars.cells.octet": ("octet_cell",),
    "microstructure.bars.condensed.solve": ("CellResponse", "solve_cell"),
    "microstructure.bars.driven.driver": ("DrivenResponse", "drive_cell"),
    "microstructure.bars.driven.limit_load": ("limit_load",),
    "microstructure.driven.drive": ("DrivenPath", "drive", "drive_many"),
    "microstructure.driven.programme": ("CellStep", "read_programme"),
    "microstructure.bars.full.structure": ("Structure", "StructureResult"),
    "microstructure.bars.lattice": ("Lattice",),
    "microstructure.material_point.solid_point": ("SolidPoint",),
    "microstructure.continuum.heated_solid": ("HeatedSolid",),
    "microstructure.continuum.image_file": ("read_image",),
    "microstructure.continuum.random_cells": ("random_inclusions",),
    "microstructure.continuum.solid": ("Solid",),
    "microstructure.continuum.solid_cells": ("inclusion_cell", "voided_cell"),
    "microstructure.continuum.voxel_cells": ("solid_of_function", "solid_of_image"),
    "microstructure.frames.frame_errors": ("FrameError", "frame_errors"),
    "microstructure.cosserat.cosserat_frame": ("CosseratFrame",),
    "microstructure.cosserat.cosserat_layer": ("CosseratLayer",),
    "microstructure.frames.frame": ("Frame",),
    "microstructure.frames.frame_file": ("read_frame", "read_frame_structure"),
    "microstructure.frames.full.frame_structure": ("FrameStructure", "FrameStructureResult"),
    "microstructure.frames.kelvin": ("kelvin_cell",),
    "microstructure.frames.plane_cells": (
        "honeycomb_cell",
        "reentrant_cell",
        "square_grid_cell",
        "triangular_cell",
    ),
    "microstructure.frames.cross_section": ("CrossSection",),
    "microstructure.protocol": ("Microstructure",),
    "microstructure.registry": ("register_microstructure",),
    "microstructure.repeated_solves": ("RepeatedSolves",),
    "microstructure.surfaces": ("elastic_stiffness", "limit_surface", "yield_surface"),
    "refinement.refine": ("refine",),
    "refinement.refinement_choice": ("RefinementChoice",),
    "reproduction.reproduce": ("reproduce",),
    "tann.hybrid": ("Hybrid",),
    "tann.trained_model": ("TANN",),
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
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})

"""Finite elements with any material at the Gauss points."""

from microtann.equilibrium.record import Record, Restart
from microtann.equilibrium.rotation import rigid_rotation
from microtann.equilibrium.solver_options import Progress, SolverOptions
from microtann.equilibrium.steps import NodalForce, Prescribed, Step
from microtann.fem.box import box
from microtann.fem.mesh import Mesh
from microtann.fem.mesh_file import read_mesh
from microtann.fem.model import Model, Result
from microtann.fem.pressure import Pressure
from microtann.fem.traction import Shear, Traction
from microtann.materials.linear_elastic import LinearElastic
from microtann.materials.plane_stress import PlaneStress
from microtann.materials.protocol import LearntMaterial, Material, PlaneMaterial, State
from microtann.materials.von_mises import VonMises

__all__ = [
    "LearntMaterial",
    "LinearElastic",
    "Material",
    "Mesh",
    "Model",
    "NodalForce",
    "PlaneMaterial",
    "PlaneStress",
    "Prescribed",
    "Pressure",
    "Progress",
    "Record",
    "Restart",
    "Result",
    "Shear",
    "SolverOptions",
    "State",
    "Step",
    "Traction",
    "VonMises",
    "box",
    "read_mesh",
    "rigid_rotation",
]


def __dir__() -> list[str]:
    return [*__all__, *(name for name in globals() if name.startswith("__"))]

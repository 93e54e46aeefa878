"""A finite-element model: a mesh, a material, loading steps, and the result."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann import voigt
from microtann.equilibrium.body import Body
from microtann.equilibrium.history import History
from microtann.fem.assembly import FiniteElements, GaussState
from microtann.fem.mesh import Mesh
from microtann.materials.protocol import Material, State
from microtann.paraview import Frame, write_series

Array = NDArray[np.float64]
TENSORS: tuple[Literal["strain", "stress"], ...] = ("strain", "stress")
"""Fields that are symmetric tensors."""


@dataclass(frozen=True, eq=False)
class Result(History):
    """Response of a finite-element model; see also `microtann.equilibrium.history.History`.

    Parameters
    ----------
    mesh : Mesh
    strain, stress : array, shape (E, G, 6)
        At the Gauss points at the end.
    state : dict of arrays
        Material state at the end, leading axes (E, G).

    Notes
    -----
    ``fields`` holds "strain" and "stress" (E, 6), "energy" and "dissipation" (E,), averages over every cell per
    volume; the dissipation is that of the last increment (or of the last part of one that was cut). With a
    learnt material, "training_reach" (E,) is how far the farthest Gauss point of every cell reached in the range
    of its training data.
    """

    mesh: Mesh
    strain: Float[Array, "E G 6"]
    stress: Float[Array, "E G 6"]
    state: State

    def __repr__(self) -> str:
        return self._line("Result", f"{len(self.mesh.cells)} cells")

    def write(self, folder: str | os.PathLike[str], name: str = "fe") -> Path:
        """Write the fields for ParaView: ``name.pvd`` with true times and one VTU file per increment.

        Stress and strain are symmetric tensors in VTK's order XX, YY, ZZ, XY, YZ, XZ; the shear strains are those
        of the tensor, half the engineering ones.

        Returns
        -------
        Path
            The PVD file.
        """
        mesh = self.mesh
        return write_series(folder, name, mesh.points, mesh.kind, mesh.cells, self.frames())[0]

    def frames(self) -> Iterator[Frame]:
        """Yield the fields of the increments for ParaView, with stress and strain as symmetric tensors of VTK."""
        for frame in super().frames():
            tensors: dict[str, Array] = {
                kind: voigt.to_order(frame.cell_data[kind], "vtk", kind) for kind in TENSORS
            }
            yield replace(frame, cell_data={**frame.cell_data, **tensors})


@dataclass(frozen=True, eq=False)
class Model(Body[Result]):
    """A mesh and the material at its Gauss points.

    Parameters
    ----------
    mesh : Mesh
    material : Material
        Anything that follows `microtann.fem.Material`.
    chunk : int
        Gauss points given to the material at a time.

    Examples
    --------
    >>> import microtann as mt
    >>> mesh = mt.fem.box((1, 1, 1), (2, 2, 2))
    >>> material = mt.fem.ExactCell(mt.cube_cell(), mt.ElastoplasticBar())
    >>> bottom, top = (lambda x: x[:, 2] == 0), (lambda x: x[:, 2] == 1)
    >>> held = [mt.fem.Prescribed(bottom, axis, 0.0) for axis in "xyz"]
    >>> step = mt.fem.Step([*held, mt.fem.Prescribed(top, "z", 0.5)], increments=2)
    >>> result = mt.fem.Model(mesh, material).solve([step])
    >>> result.displacement.shape, bool(result.axial_force(top)[-1] > 0)
    ((2, 27, 3), True)
    """

    mesh: Mesh
    material: Material
    chunk: int = 1024

    def __repr__(self) -> str:
        material = repr(self.material) if type(self.material).__repr__ is not object.__repr__ else ""
        return f"Model({self.mesh!r}, {material or type(self.material).__name__})"

    _every_field = True

    def _system(self) -> FiniteElements:
        return FiniteElements(self.mesh, self.material, self.chunk)

    def _result(self, history: History, state: GaussState) -> Result:
        shape = self.mesh.weights.shape
        return Result(
            **vars(history),
            mesh=self.mesh,
            strain=state.strain.reshape(*shape, 6),
            stress=state.stress.reshape(*shape, 6),
            state={name: value.reshape(*shape, *value.shape[1:]) for name, value in state.material.items()},
        )

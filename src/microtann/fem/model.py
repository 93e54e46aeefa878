"""A finite-element model: a mesh, its materials, loading steps, and the result."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import NDArray

from microtann.equilibrium.body import Body
from microtann.equilibrium.equilibrium_error import EquilibriumError
from microtann.equilibrium.history import History
from microtann.errors import InputError, LockingWarning
from microtann.fem.assembly import FiniteElements, GaussState
from microtann.fem.failure import failed_point, remark
from microtann.fem.locking import locking
from microtann.fem.mesh import Mesh
from microtann.fem.out_of_plane import tensors_in_space
from microtann.fem.region_result import RegionResult
from microtann.fem.regions import Materials, MeanDilatation, averaged_cells, own_state, regions_of
from microtann.materials.protocol import Material, State
from microtann.system.paraview import Snapshot, write_series

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Result(History):
    """Response of a finite-element model; see also `microtann.equilibrium.history.History`.

    Parameters
    ----------
    mesh : Mesh
    strain, stress : array, shape (E, G, v)
        At the Gauss points at the end.
    dissipated : array, shape (E, G)
        What every Gauss point has dissipated since the start, per volume.
    state : dict of arrays
        Material state at the end, leading axes (E, G). With several materials the names are those of the region
        and of the variable, as in "steel:plastic_strain", with E the cells of the region; see `region`.
    mean_dilatation : mask, shape (E,)
        Cells whose change of volume is its mean, as their strain is.
    materials : tuple of str
        Names of the regions that have their own material; empty where one material fills the mesh.

    Notes
    -----
    Where the mesh has several kinds of cells, the axes (E, G) are one, of all Gauss points cell by cell.

    ``fields`` holds "strain" and "stress" (E, v), "energy" and "dissipation" (E,), averages over every cell per
    volume; the dissipation is that of the last increment (or of the last part of one that was cut), and
    "dissipated" (E,) all since the start. With several materials, "region" (E,) is the number of the region among
    them. In the plane, "strain 33" and "stress 33" (E,) are there where a material knows them, and "out_of_plane"
    (E,) is 1 in its cells, 0 in others. With a learnt material, "training_reach" (E,) is how far the farthest
    Gauss point of every cell reached in the range of its training data.
    """

    mesh: Mesh
    strain: Float[Array, "*EG v"]
    stress: Float[Array, "*EG v"]
    dissipated: Float[Array, "*EG"]
    state: State
    mean_dilatation: Bool[NDArray[np.bool_], "E"]
    materials: tuple[str, ...] = field(default=(), kw_only=True)

    def __repr__(self) -> str:
        return self._line("Result", f"{self.mesh.cell_count} cells")

    @property
    def _sets(self) -> Mapping[str, Int[NDArray[np.int64], "_"]]:
        return self.mesh.sets

    def region(self, name: str) -> RegionResult:
        """Return strain, stress, state, energy and dissipation of a region that has its own material.

        Raises
        ------
        InputError
            If no region of that name has one.
        """
        if name not in self.materials:
            names = ", ".join(map(repr, self.materials)) or "none: one material fills the mesh"
            raise InputError(f"there is no region {name!r} with its own material; there are: {names}")
        cells = self.mesh.regions[name]
        own = cells if len(self.mesh.blocks) == 1 else self.mesh.gauss_points(cells)
        return RegionResult(
            name,
            cells,
            self.mesh.weights[own],
            self.strain[own],
            self.stress[own],
            self.dissipated[own],
            own_state(name, self.state),
        )

    def _region_columns(self) -> dict[str, Array]:
        if len(self.fields) != len(self.time):
            return {}
        volume = self.mesh.weights.sum(axis=1)
        columns = {}
        for name, cells in self.mesh.regions.items():
            for column, kind in (("energy", "energy"), ("dissipation", "dissipated")):
                columns[f"{column} {name}"] = np.array(
                    [float(volume[cells] @ fields[kind][cells]) for fields in self.fields]
                )
        return columns

    def write(self, folder: str | os.PathLike[str], name: str = "fe") -> Path:
        """Write the fields for ParaView: ``name.pvd`` with true times and one VTU file per increment.

        Stress and strain are symmetric tensors in VTK's order XX, YY, ZZ, XY, YZ, XZ; the shear strains are those
        of the tensor, half the engineering ones. In the plane ZZ is what the material says of it; a cell of two
        dimensions has nothing there: ZZ is 0, as is the field "out_of_plane", which is 1 elsewhere.

        Returns
        -------
        Path
            The PVD file.
        """
        blocks = [(block.kind, block.cells) for block in self.mesh.blocks]
        return write_series(folder, name, self.mesh.points, blocks, self.frames())[0]

    def frames(self) -> Iterator[Snapshot]:
        """Yield the fields of the increments for ParaView, with stress and strain as symmetric tensors of VTK."""
        for frame in super().frames():
            yield replace(frame, cell_data=tensors_in_space(frame.cell_data))


@dataclass(frozen=True, eq=False)
class Model(Body[Result]):
    """A mesh and the materials at its Gauss points.

    Parameters
    ----------
    mesh : Mesh
    material : Material, or mapping from names of regions to materials
        Anything that follows `microtann.fem.Material`; one for the whole mesh, or one for each of the
        ``mesh.regions`` that are named, which then cover every cell once.
    chunk : int
        Gauss points given to the material at a time.
    mean_dilatation : bool, or mapping from names of regions to bool, optional
        Whether linear quadrilaterals, hexahedra, wedges and pyramids have the mean of their change of volume at
        all their Gauss points ("B-bar"), so that they do not lock where the volume must not change. Where nothing
        is said it is so if the material has ``isochoric_flow``, as `VonMises` has.
    threads : int, optional
        Threads that call the material and assemble, chunk by chunk, side by side; they change no bit of the
        result. As the environment variable MICROTANN_THREADS says if left out, else one. The material is then
        called by several threads at once, and gains where it releases the interpreter's lock, as compiled ones do.

    Raises
    ------
    InputError
        If the mesh has no region of a name, a cell has no material or two of them, or there are no threads.

    Warns
    -----
    LockingWarning
        If the flow of a material keeps the volume, and its elements lock.

    Examples
    --------
    >>> import microtann as mt
    >>> mesh = mt.fem.box((1, 1, 1), (2, 2, 2))
    >>> material = mt.Lattice(mt.cube_cell())
    >>> bottom, top = (lambda x: x[:, 2] == 0), (lambda x: x[:, 2] == 1)
    >>> held = [mt.fem.Prescribed(bottom, axis, 0.0) for axis in "xyz"]
    >>> step = mt.fem.Step([*held, mt.fem.Prescribed(top, "z", 0.5)], increments=2)
    >>> result = mt.fem.Model(mesh, material).solve([step])
    >>> result.displacement.shape, bool(result.axial_force(top)[-1] > 0)
    ((2, 27, 3), True)
    """

    mesh: Mesh
    material: Materials
    chunk: int = 1024
    mean_dilatation: MeanDilatation = None
    threads: int | None = None

    def __post_init__(self) -> None:
        for sentence in locking(self.mesh, regions_of(self.mesh, self.material, self.mean_dilatation)):
            warnings.warn(sentence, LockingWarning, stacklevel=3)

    def __repr__(self) -> str:
        names = [
            (f"{region.name!r}: " if region.name else "") + _name(region.material)
            for region in regions_of(self.mesh, self.material)
        ]
        return f"Model({self.mesh!r}, {', '.join(names)})"

    _every_field = True

    def _system(self) -> FiniteElements:
        return FiniteElements(self.mesh, self.material, self.chunk, self.mean_dilatation, self.threads)

    def _located(self, system: FiniteElements, error: EquilibriumError, file: Path | None) -> EquilibriumError:
        point = failed_point(system, error)
        if point is None:
            return error
        text = ". ".join(part for part in (str(error), remark(point)) if part)
        if file is not None:
            point.write(file)
            text += f". {file} holds {point}: microtann replay tries it alone"
        return EquilibriumError(text, error.attempt, error.worst, point)

    def _result(self, history: History, state: GaussState) -> Result:
        mesh, several = self.mesh, len(self.mesh.blocks) > 1
        regions = regions_of(mesh, self.material, self.mean_dilatation)
        per_cell = mesh.blocks[0].element.gauss_points
        return Result(
            **vars(history),
            mesh=mesh,
            strain=mesh.shaped(state.strain),
            stress=mesh.shaped(state.stress),
            dissipated=mesh.shaped(state.dissipated),
            state={
                k: value if several else value.reshape(-1, per_cell, *value.shape[1:])
                for k, value in state.material.items()
            },
            mean_dilatation=averaged_cells(mesh, regions),
            materials=tuple(region.name for region in regions if region.name),
        )


def _name(material: Material) -> str:
    """Return a material in words, by its class if it has none of its own."""
    return repr(material) if type(material).__repr__ is not object.__repr__ else type(material).__name__

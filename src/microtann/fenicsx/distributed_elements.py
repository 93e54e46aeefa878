"""A mesh spread over processes, with its materials, as a discrete system; FEniCSx assembles."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from scipy import sparse

from microtann.equilibrium.system import Response
from microtann.errors import ConvergenceError, InputError, TrainingRangeError
from microtann.fem.assembly import TANGENT_SYMMETRY, FiniteElements, GaussState
from microtann.fem.material_call import PointError
from microtann.fem.regions import Materials, MeanDilatation
from microtann.fenicsx.distributed_vectors import DistributedVectors
from microtann.fenicsx.partition import Partition
from microtann.fenicsx.petsc_solver import PetscModel
from microtann.fenicsx.quadrature_forms import QuadratureForms
from microtann.fenicsx.shared_nodes import SharedNodes
from microtann.fenicsx.temporaries import destroyed_after

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PetscTangent:
    """An assembled tangent, rows of which every process owns.

    Parameters
    ----------
    matrix : PETSc matrix
    symmetric : bool
    """

    matrix: Any
    symmetric: bool

    def __matmul__(self, vector: Float[Array, "n"]) -> Float[Array, "n"]:
        """Return the forces due to small displacements, of the nodes that this process owns."""
        with destroyed_after(*self.matrix.createVecs()) as (image, given):
            given.array[:] = vector
            self.matrix.mult(given, image)
            return np.array(image.array_r)

    def blocks(self) -> sparse.bsr_array[Any]:
        """Return the rows that this process owns, with the columns of all, in d × d blocks."""
        pointers, columns, values = self.matrix.getValuesCSR()
        rows, size = self.matrix.getLocalSize()[0], self.matrix.getBlockSize()
        csr = sparse.csr_array((values, columns, pointers), shape=(rows, self.matrix.getSize()[1]))
        return sparse.bsr_array(csr, blocksize=(size, size))


class DistributedElements(FiniteElements):
    """The part of a mesh that a process has, as a discrete system; see `microtann.equilibrium.system.System`.

    Vectors are of the nodes that the process owns; energy and dissipation are those of the whole mesh. Where
    FEniCSx has no such elements, or the change of volume is its mean over every cell, our own elements give
    forces and stiffness, and PETSc adds up.

    Parameters
    ----------
    partition : Partition
    materials : Material, or mapping from names of regions to materials
    chunk : int
        Gauss points given to the material at a time.
    mean_dilatation : bool, or mapping from names of regions to bool, optional
    inside_only : bool
        Whether to leave the range of a material's training data is an error.
    """

    def __init__(
        self,
        partition: Partition,
        materials: Materials,
        chunk: int = 1024,
        mean_dilatation: MeanDilatation = None,
        inside_only: bool = False,
    ) -> None:
        own = partition.mesh.regions
        if isinstance(materials, Mapping):
            materials = {name: material for name, material in materials.items() if name in own}
        if isinstance(mean_dilatation, Mapping):
            mean_dilatation = {name: said for name, said in mean_dilatation.items() if name in own}
        super().__init__(partition.mesh, materials, chunk, mean_dilatation)
        self.partition, self._inside_only = partition, inside_only
        unknown = partition.space is None
        self._forms: Any = SharedNodes(partition) if unknown else QuadratureForms(partition)
        self.vectors = DistributedVectors(partition.comm, partition.own_nodes)
        """Products and norms of vectors of which the process has a part."""
        self._ours = unknown or self.vectors.largest(self.mean_dilatation.astype(np.float64)) > 0.0
        self._matrices: list[Any] = []

    @property
    def points(self) -> Float[Array, "m d"]:
        """Positions of the nodes that this process owns."""
        return self.mesh.points[: self.partition.owned]

    @property
    def moduli(self) -> Float[Array, "P v v"]:
        """Tangents of the materials at the Gauss points of this process, as FEniCSx assembled them last."""
        moduli: Array = self._forms.moduli
        return moduli

    def evaluate(
        self,
        state: GaussState,
        displacement: Float[Array, "n"],
        increment: Float[Array, "n"],
        dt: float,
        tangent: bool,
    ) -> Response:
        """Integrate the materials over an increment of displacement and assemble; see `System.evaluate`.

        Parameters
        ----------
        state : GaussState
            At the start of the increment.
        displacement, increment : array, shape (n,)
            Of the nodes of this process at the end of the increment, and its change over the increment.
        dt : float
            Duration of the increment.
        tangent : bool
            Whether the tangent is wanted.
        """
        started = time.process_time()
        if self._ours:
            moved = self._forms.local_motion(increment)
            answer = self._together(
                lambda: super(DistributedElements, self).evaluate(state, moved, moved, dt, tangent)
            )
            force, material = self._forms.summed(answer.force), answer.material_seconds
            found: Any = answer.tangent
            differs = 0.0 if found is None or found.symmetric else 1.0
            matrix = None if found is None else self._forms.inserted(self._matrix(), found.blocks())
            energy, dissipation, new = answer.energy, answer.dissipation, answer.state
        else:
            strain = self._forms.strains(increment)
            new, energy, dissipation, skew, material = self._together(
                lambda: self._integrate(state, strain, dt, tangent)
            )
            force = self._forms.forces()
            matrix = self._forms.stiffness(self._matrix()) if tangent else None
            differs = float(skew > TANGENT_SYMMETRY)
        comm = self.partition.comm
        energy, dissipation, differs = comm.allreduce(np.array([energy, dissipation, differs])).tolist()
        return Response(
            force=force,
            tangent=None if matrix is None else PetscTangent(matrix, differs == 0.0),
            energy=energy,
            dissipation=dissipation,
            state=new,
            calls=self.mesh.weights.size,
            material_seconds=material,
            assembly_seconds=time.process_time() - started - material,
        )

    def _integrate(
        self, state: GaussState, strain: Float[Array, "P v"], dt: float, tangent: bool
    ) -> tuple[GaussState, float, float, float, float]:
        """Return state, energy, dissipation, relative asymmetry of the tangents, and seconds of the materials."""
        forms, started = self._forms, time.process_time()
        dissipated, every = np.empty(len(strain)), dict[str, Array]()
        skew = size = energy = dissipation = 0.0
        for region, call, chunks in zip(self.regions, self._calls, self._chunks, strict=True):
            before, after = region.own(state.material), dict[str, Array]()
            points = len(self.mesh.gauss_points(region.cells))
            for chunk in chunks:
                weights = self.mesh.blocks[chunk.block].weights[chunk.cells].ravel()
                stress, moduli, part = call(strain[chunk.points], before, chunk, dt, tangent)
                for name, value in part.items():
                    if name not in after:
                        after[name] = np.empty((points, *value.shape[1:]), dtype=value.dtype)
                    after[name][chunk.place] = value
                forms.stress[chunk.points], dissipated[chunk.points] = stress, part["dissipation"]
                energy += float(weights @ part["energy"])
                dissipation += float(weights @ part["dissipation"])
                if moduli is not None:
                    forms.moduli[chunk.points] = moduli
                    skew = max(skew, float(np.abs(moduli - np.swapaxes(moduli, 1, 2)).max()))
                    size = max(size, float(np.abs(moduli).max()))
            every |= region.named(after)
        seconds = time.process_time() - started
        new = GaussState(state.strain + strain, forms.stress.copy(), state.dissipated + dissipated, every)
        return new, energy, dissipation, skew / size if size > 0.0 else 0.0, seconds

    def _together(self, work: Callable[[], Any]) -> Any:
        """Return what work of every process gives; an error of one of them is raised by all.

        Raises
        ------
        ConvergenceError
            If a material failed on some process.
        """
        answer, failure = None, None
        try:
            answer = work()
        except Exception as error:
            failure = self._in_whole(error) if isinstance(error, PointError) else error
        told = None if failure is None else (isinstance(failure, ConvergenceError), str(failure))
        first = next((said for said in self.partition.comm.allgather(told) if said is not None), None)
        if failure is not None:
            raise failure
        if first is not None:
            ours, text = first
            raise ConvergenceError(text) if ours else InputError(text)
        return answer

    def _in_whole(self, error: PointError) -> ConvergenceError:
        """Return the failure of a material with the numbers that the whole mesh has."""
        local = int(self.mesh.cells_of(np.array(error.points[:1]))[0][0])
        text = str(error).replace(f"element {local}", f"element {self.partition.cells[local]}", 1)
        return ConvergenceError(text, worst=self.partition.nodes[list(error.worst)].tolist())

    def _matrix(self) -> Any:
        """Return a matrix to assemble into: the first one, the elastic tangent, is kept, the second one reused."""
        if len(self._matrices) < 2:
            self._matrices.append(self._forms.new_matrix())
        return self._matrices[-1]

    def training_reach(self, before: GaussState, after: GaussState) -> Float[Array, "P"] | None:
        """Return how far the Gauss points of this process reach in the range of their material's data.

        Parameters
        ----------
        before, after : GaussState
            At the start and at the end of an increment.

        Raises
        ------
        TrainingRangeError
            If points of any process leave it and that is an error.
        """
        reach = super().training_reach(before, after)
        if self._inside_only:
            farthest = self.vectors.largest(np.zeros(0) if reach is None else reach)
            if farthest > 1.0:
                raise TrainingRangeError(
                    "material points leave the range of the model's training data, the farthest reaching "
                    f"{farthest:.3g} times as far; the model's errors are not known there"
                )
        return reach

    def linear_model(self, elastic: PetscTangent, held: NDArray[np.bool_]) -> PetscModel:
        """Return the preconditioner of the elastic tangent for held components."""
        return PetscModel.of(self, elastic, held.ravel())

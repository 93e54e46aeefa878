"""A solid as a microstructure: a periodic cell of phases, voids and inclusions, solved by finite elements."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike, NDArray

from microtann.errors import CellError, LockingWarning
from microtann.fem.locking import locking, told_before
from microtann.fem.mesh import Mesh
from microtann.fem.regions import Materials, MeanDilatation, regions_of
from microtann.materials.plane_stress import NORMAL_STRAIN
from microtann.materials.protocol import State
from microtann.microstructure.continuum.cell_equations import CellEquations
from microtann.microstructure.continuum.cell_newton import CellsBefore, advance_cells
from microtann.microstructure.continuum.deviators import COMPONENTS_OF, DEVIATORS
from microtann.microstructure.continuum.gauss_plasticity import ACCUMULATED, PLASTIC_STRAIN, GaussPlasticity
from microtann.microstructure.continuum.mesh_arrays import mesh_arrays, mesh_of_arrays
from microtann.microstructure.continuum.periodic_mesh import periodic_nodes, periods_of
from microtann.microstructure.continuum.phase_files import files_keep, phase_arrays, phases_of_bytes
from microtann.microstructure.continuum.phase_response import (
    is_quadratic,
    locking_of_phases,
    require_components,
    virgin_phases,
)
from microtann.microstructure.continuum.solid_picture import solid_frames, solid_picture
from microtann.microstructure.picture import Picture
from microtann.microstructure.protocol import SHARED_STATE, Groups, Microstructure
from microtann.microstructure.registry import register_microstructure
from microtann.microstructure.strain_metric import UNIT_YIELD, MetricName
from microtann.numbers import voigt
from microtann.numbers.checks import check_increment
from microtann.system.paraview import write_series
from microtann.system.threads import one_blas_thread

Array = NDArray[np.float64]
DIRECTIONS = 200
"""Directions of strain over which the first yield of a solid is averaged."""
INSTANT = 1e-60
"""Duration of an increment in which nothing moves."""
FLUCTUATION = "fluctuation"
"""State variable of a solid: what its nodes move beside the average strain."""


@register_microstructure
@dataclass(frozen=True, eq=False)
class Solid(Microstructure):
    """A periodic cell of a solid: phases of any material, voids being where there is no mesh.

    As a material (`microtann.fem.Material`) its state holds the fluctuation of the nodes and the state of the
    phases at all integration points.

    Parameters
    ----------
    mesh : microtann.fem.Mesh
        In the plane or in space; nodes on opposite faces of the cell match.
    phases : Material, or mapping from names of regions to materials
        As of `microtann.fem.Model`: elastic, `microtann.fem.VonMises`, or any other with a symmetric tangent.
    periods : array, shape (d,) or (d, d), optional
        Edges of the cell, or lattice vectors as rows; by default the box around the mesh.
    mean_dilatation : bool, or mapping from names of regions to bool, optional
        As of `microtann.fem.Model`.

    Raises
    ------
    CellError
        If the faces do not match, the cell has parts that nothing joins, or a phase does not fit the mesh.
    InputError
        If the phases do not cover the mesh once.

    Warns
    -----
    LockingWarning
        If elements lock where a phase hardly changes its volume.

    Examples
    --------
    >>> import numpy as np, microtann as mt
    >>> square = mt.fem.box((1, 1), (4, 4))
    >>> layers = square.named(regions={"a": lambda x: x[:, 0] < 0.5, "b": lambda x: x[:, 0] > 0.5})
    >>> hard = mt.fem.LinearElastic.isotropic(10.0, 0.3, plane="strain")
    >>> solid = mt.Solid(layers, {"a": mt.fem.VonMises(plane="strain"), "b": hard})
    >>> stress, tangent, state = solid.update(np.array([[0.5, 0.0, 0.0]]), solid.initial_state(1))
    >>> tangent.shape, solid.decode(state)["plastic_strain"].shape
    ((1, 3, 3), (1, 32, 3))
    """

    kind: ClassVar[str] = "solid"
    usual_metric: ClassVar[MetricName] = "stiffness"
    fields: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "mesh": ("points", "cells", "types", "periods"),
        "phases": ("of_cell", "laws", "mean_dilatation"),
    }

    mesh: Mesh
    phases: Materials
    periods: Float[Array, "d d"]
    mean_dilatation: MeanDilatation
    equations: CellEquations

    def __init__(
        self,
        mesh: Mesh,
        phases: Materials,
        periods: ArrayLike | None = None,
        mean_dilatation: MeanDilatation = None,
    ) -> None:
        vectors = periods_of(mesh, periods)
        vectors.setflags(write=False)
        regions = regions_of(mesh, phases, mean_dilatation)
        for region in regions:
            require_components(region.name, region.material, voigt.components(mesh.dimension))
        for sentence in (*locking(mesh, regions), *locking_of_phases(mesh, regions)):
            warnings.warn(sentence, LockingWarning, stacklevel=2)
        volume = abs(float(np.linalg.det(vectors)))
        equations = CellEquations(mesh, regions, periodic_nodes(mesh, vectors), volume)
        made = {"mesh": mesh, "phases": phases, "periods": vectors, "mean_dilatation": mean_dilatation}
        for name, value in (made | {"equations": equations}).items():
            object.__setattr__(self, name, value)

    def __reduce__(self) -> tuple[Callable[..., Solid], tuple[Any, ...]]:
        return Solid._again, (self.mesh, self.phases, self.periods, self.mean_dilatation)  # factors stay behind

    @classmethod
    def _again(cls, *made: Any) -> Solid:
        with told_before():
            return cls(*made)

    @property
    def components(self) -> int:
        """Strain components of the cell."""
        return self.equations.components

    @property
    def rate_independent(self) -> bool:  # type: ignore[override]
        """Whether durations do not matter to any phase; one that does not say so does not depend on them."""
        return all(getattr(region.material, "rate_independent", True) for region in self.equations.regions)

    @property
    def durations_by_point(self) -> bool:  # type: ignore[override]
        """Whether every point may have its own duration: where all phases are of this package."""
        return all(files_keep(region.material) for region in self.equations.regions)

    @property
    def quadratic(self) -> bool:  # type: ignore[override]
        """Whether the energy is quadratic, and the force never outside of the elastic domain."""
        return all(is_quadratic(region.material) for region in self.equations.regions)

    @cached_property
    def plasticity(self) -> GaussPlasticity | None:
        """The integration points of the phases under von Mises; None if there is no such phase."""
        return GaussPlasticity.of(self.equations)

    def plastic_points(self) -> GaussPlasticity | None:
        """Return the integration points of the phases under von Mises; None if there is no such phase."""
        return self.plasticity

    @property
    def coordinate_shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Nodal displacements (N, d), and plastic strains (p, a) of the integration points that may flow.

        Where their strength grows, the accumulated ones (p,) too.
        """
        own: dict[str, tuple[int, ...]] = {"displacement": self.mesh.points.shape}
        if self.plasticity is not None:
            own[PLASTIC_STRAIN] = (len(self.plasticity.points), self.plasticity.components)
            if any(phase.remembers for _, phase in self.plasticity.phases):
                own[ACCUMULATED] = (len(self.plasticity.points),)
        return own

    @property
    def volume_fractions(self) -> dict[str, float]:
        """Volume of every phase over that of the cell, by name."""
        equations = self.equations
        pairs = zip(equations.regions, equations.points, strict=True)
        return {region.name: float(equations.weights[own].sum()) for region, own in pairs}

    @property
    def description(self) -> str:
        """The numbers of elements and integration points, in words."""
        elements, points = self.mesh.cell_count, self.mesh.weights.size
        filled = f"fills {sum(self.volume_fractions.values()):.3g} of its cell"
        return f"a solid of {elements} elements with {points} integration points that {filled}"

    @cached_property
    def strain_scale(self) -> float:
        """Median strain at first yield over directions of strain, over that of the reference bar, 1/3."""
        if self.plasticity is None or not (self.plasticity.resistance > 0.0).all():
            return 1.0
        directions = np.random.default_rng(0).standard_normal((DIRECTIONS, self.components))
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        return float(np.median(self.first_yield(directions)) / UNIT_YIELD)

    def first_yield(self, strain: Float[Array, "n v"]) -> Float[Array, "n"]:
        """Return by which factors average strains would have to be multiplied for the first point to flow.

        They follow from the elastic cell where all phases are of this package and have an elastic domain, else
        from trials.

        Parameters
        ----------
        strain : array, shape (n, v)
            Not zero.
        """
        plasticity = self.plasticity
        known = all(files_keep(region.material) for region in self.equations.regions)
        if plasticity is None or not known or not (plasticity.resistance > 0.0).all():
            return super().first_yield(strain)
        return plasticity.first_yield(strain)

    def groups(self) -> Groups:
        """Return the arrays of the mesh and of the phases.

        Raises
        ------
        CellError
            If a phase is of a material that files cannot keep.
        """
        equations = self.equations
        phases = phase_arrays(equations.regions, equations.phase_of_cell)
        return {"mesh": mesh_arrays(self.mesh) | {"periods": self.periods}, "phases": phases}

    @classmethod
    def of_groups(cls, groups: Groups) -> Solid:
        """Return the solid of arrays from a file.

        Raises
        ------
        InputError
            If something is missing or not well defined.
        """
        missing = next((name for name in cls.fields if name not in groups), None)
        if missing:
            raise CellError(f"a solid has a {missing}, which is missing")
        mesh, phases = groups["mesh"], groups["phases"]
        laws = phases_of_bytes(phases["laws"])
        plain = mesh_of_arrays(mesh)
        if list(laws) == [""]:
            return cls._again(plain, laws[""], mesh["periods"], bool(phases["mean_dilatation"][0]))
        of_cell = np.asarray(phases["of_cell"])
        named = plain.named(regions={name: of_cell == number for number, name in enumerate(laws)})
        averaged = {name: bool(one) for name, one in zip(laws, phases["mean_dilatation"], strict=True)}
        return cls._again(named, laws, mesh["periods"], averaged)

    def initial_state(self, n: int) -> State:
        """Return the virgin state: strain, fluctuation, what the phases remember, energy and dissipation."""
        return {
            "strain": np.zeros((n, self.components)),
            FLUCTUATION: np.zeros((n, self.equations.unknowns)),
            **virgin_phases(self.equations, n),
            "energy": np.zeros(n),
            "dissipation": np.zeros(n),
        }

    def update(
        self,
        strain_increment: Float[Array, "n v"],
        state: State,
        dt: float | Float[Array, "n"] = 1.0,
        tangent: bool = True,
    ) -> tuple[Float[Array, "n v"], Float[Array, "n v v"] | None, State]:
        """Advance all points by one increment; see `microtann.materials.protocol.Material.update`.

        Parameters
        ----------
        strain_increment : array, shape (n, v)
            Voigt order, engineering shear.
        state : dict of arrays
            State at the beginning of the increment, leading axis n; it is never modified.
        dt : float or array, shape (n,)
            Duration of the increment, for all points, or for each where all phases take as much.
        tangent : bool
            Whether the consistent tangent is wanted; without it None is returned in its place.

        Raises
        ------
        InputError
            If a strain increment is not finite.
        CellError
            If the cell is a mechanism or has no stiffness in some direction of strain.
        ConvergenceError
            If a cell found no equilibrium; it names the point.
        """
        check_increment(strain_increment)
        own = {k: value for k, value in state.items() if k not in (*SHARED_STATE, FLUCTUATION)}
        before = CellsBefore(state["strain"], state[FLUCTUATION], own)
        strain = state["strain"] + strain_increment
        with one_blas_thread():
            self.equations.elasticity  # noqa: B018 - a cell that carries nothing is refused before it is solved
            found = advance_cells(self.equations, strain, before, dt, tangent)
        new_state = {
            "strain": strain,
            FLUCTUATION: found.fluctuation,
            **found.state,
            "energy": found.energy,
            "dissipation": found.dissipation,
        }
        return found.stress, found.tangent, new_state

    def decode(self, state: Mapping[str, Array]) -> dict[str, Array]:
        """Return the internal coordinates of states.

        Parameters
        ----------
        state : mapping of arrays, shape (..., *)
            "strain", "fluctuation" and what the phases remember.

        Returns
        -------
        dict of arrays
            "displacement" (..., N, d) of the nodes of the mesh, and, where a phase flows under von Mises,
            "plastic_strain" (..., p, a) of the integration points that may flow: orthonormal components of the
            deviator, so that its norm is that of the tensor. Where the strength of one grows,
            "accumulated_plastic_strain" (..., p) too.
        """
        moves = state[FLUCTUATION]
        moves = moves.reshape(*moves.shape[:-1], -1, self.mesh.dimension)[..., self.equations.distinct.of_node, :]
        affine = np.einsum("...ij,nj->...ni", voigt.strain_tensor(state["strain"]), self.mesh.points)
        found = {"displacement": affine + moves}
        if self.plasticity is None:
            return found
        own = [self.equations.regions[number].own(dict(state)) for number, _ in self.plasticity.phases]
        plastic = [one[PLASTIC_STRAIN] for one in own]
        found[PLASTIC_STRAIN] = np.concatenate(plastic, axis=-2) @ COMPONENTS_OF[self.mesh.dimension]
        if ACCUMULATED in self.coordinate_shapes:
            pairs = zip(own, plastic, strict=True)
            lengths = [one.get(ACCUMULATED, np.zeros(part.shape[:-1])) for one, part in pairs]
            found[ACCUMULATED] = np.concatenate(lengths, axis=-1)
        return found

    def state_of(self, coordinates: Mapping[str, Array], strain: Float[Array, "n v"]) -> State | None:
        """Return states that have given plastic strains; None where these do not tell the state.

        They do where all phases are of this package.

        Parameters
        ----------
        coordinates : mapping of arrays, shape (n, *group)
        strain : array, shape (n, v)
        """
        plasticity, n = self.plasticity, len(strain)
        if plasticity is None or not set(self.coordinate_shapes) <= {*coordinates, "displacement"}:
            return None
        if not all(files_keep(region.material) for region in self.equations.regions):
            return None
        plastic = np.asarray(coordinates[PLASTIC_STRAIN], dtype=np.float64).reshape(n, -1, plasticity.components)
        state = self.initial_state(n)
        for place, (number, phase) in enumerate(plasticity.phases):
            here, region = plasticity.phase_of == place, self.equations.regions[number]
            state |= region.named({PLASTIC_STRAIN: plastic[:, here] @ DEVIATORS[self.mesh.dimension]})
            if phase.remembers:
                state |= region.named({ACCUMULATED: np.asarray(coordinates[ACCUMULATED]).reshape(n, -1)[:, here]})
        with one_blas_thread():
            fluctuation = plasticity.fluctuation(strain, plastic)
        before = {**state, "strain": strain, FLUCTUATION: fluctuation}
        # no strain in no time: the energy, and what is strained out of the plane, are those of the state
        _, _, resting = self.update(np.zeros_like(strain), before, INSTANT, tangent=False)
        across = {name: value for name, value in resting.items() if name.endswith(NORMAL_STRAIN)}
        return {**before, **across, "energy": resting["energy"]}

    def picture(self, state: Mapping[str, Array] | None = None) -> Picture:
        """Return the elements with their mean equivalent plastic strain, or undeformed with their phases.

        In space half of the cell is cut away, so that one sees into it.
        """
        return solid_picture(self.equations, self.plasticity, None if state is None else self.decode(state))

    def write(self, folder: str | os.PathLike[str], coordinates: Mapping[str, Array], name: str = "cell") -> Path:
        """Write states for ParaView: ``name.pvd`` and one VTU file each, with phases and plastic strains.

        Parameters
        ----------
        folder : path
        coordinates : mapping of arrays, shape (T, *group)
            Internal coordinates, solved or decoded by a model.
        name : str

        Returns
        -------
        Path
            The PVD file.
        """
        frames = solid_frames(self.equations, self.plasticity, coordinates)
        blocks = [(block.kind, block.cells) for block in self.mesh.blocks]
        return write_series(folder, name, self.mesh.points, blocks, frames)[0]

    def elastic_stiffness(self) -> Float[Array, "v v"]:
        """Return the elastic stiffness of the cell."""
        return self.equations.elasticity

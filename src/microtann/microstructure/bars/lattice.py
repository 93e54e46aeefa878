"""A lattice as a microstructure: a periodic cell of elastoplastic bars, condensed and solved exactly.

At the Gauss points of finite elements it is the exact homogenised material (FE²), batched; of regular cells of one
unit it is the closed form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import ArrayLike, NDArray

from microtann.errors import InputError
from microtann.materials.protocol import State
from microtann.microstructure.bars.bar_identities import IDENTITIES, identity_misses
from microtann.microstructure.bars.cells.bar import ElastoplasticBar
from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.bars.condensed.cell_flow import advance
from microtann.microstructure.bars.condensed.condensation import CondensedCell, condense, distinct_properties
from microtann.microstructure.bars.condensed.solve import CellResponse, affine_displacement, follow_cell
from microtann.microstructure.bars.condensed.stability import NO_BENDING
from microtann.microstructure.bars.driven.limit_load import largest_factor
from microtann.microstructure.bars.lattice_inside import LatticeInside
from microtann.microstructure.bars.real_bars import made_of
from microtann.microstructure.decoded_lines import DecodedLines
from microtann.microstructure.identities import Identity, StoredStates
from microtann.microstructure.picture import Picture
from microtann.microstructure.protocol import Groups, Microstructure
from microtann.microstructure.real_material import RealMaterial, UnitFactors
from microtann.microstructure.registry import register_microstructure
from microtann.numbers.checks import check_increment
from microtann.slips.problem import SlipProblem
from microtann.system.threads import one_blas_thread

Array = NDArray[np.float64]


@register_microstructure
@dataclass(frozen=True, eq=False)
class Lattice(Microstructure):
    """A periodic lattice of elastoplastic bars.

    As a material (`microtann.fem.Material`) its state holds the plastic strains of the distinct bars.

    Parameters
    ----------
    cell : UnitCell
    bar : ElastoplasticBar, optional
        By default the dimensionless reference material. With None the cell only says where the internal
        coordinates are, as a file may do, and nothing can be solved.

    Examples
    --------
    >>> import numpy as np, microtann as mt
    >>> lattice = mt.Lattice(mt.square_cell((2, 2), perturbation=0.2))
    >>> stress, tangent, state = lattice.update(np.array([[0.5, 0.0, 0.0]]), lattice.initial_state(1))
    >>> tangent.shape, lattice.decode(state)["force"].shape
    ((1, 3, 3), (1, 20))
    """

    kind: ClassVar[str] = "lattice"
    fields: ClassVar[Mapping[str, tuple[str, ...]]] = {"cell": UnitCell.ARRAYS, "bar": ElastoplasticBar.ARRAYS}
    quadratic: ClassVar[bool] = True
    fills_structures: ClassVar[bool] = True
    without_stiffness: ClassVar[str] = f"{NO_BENDING}: prescribe the strain or add bars"

    cell: UnitCell
    bar: ElastoplasticBar | None = field(default_factory=ElastoplasticBar)

    def __reduce__(self) -> tuple[type[Lattice], tuple[UnitCell, ElastoplasticBar | None]]:
        return Lattice, (self.cell, self.bar)  # what was condensed stays behind

    @property
    def components(self) -> int:
        """Strain components of the cell."""
        return self.cell.components

    @property
    def coordinate_shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Nodal displacements (N, d) and bar forces (M,)."""
        return {"displacement": self.cell.nodes.shape, "force": (len(self.cell.bars),)}

    @property
    def solvable(self) -> bool:
        """Whether the bar material is known."""
        return self.bar is not None

    @property
    def strain_scale(self) -> float:
        """That of the bars; 1 if they are not known."""
        return 1.0 if self.bar is None else self.bar.strain_scale

    @property
    def description(self) -> str:
        """The numbers of nodes and bars, in words."""
        cell = self.cell
        return f"a cell of {len(cell.nodes)} nodes and {len(cell.bars)} bars ({cell.distinct_bars.count} distinct)"

    @property
    def exact_states(self) -> int:
        """The plastic strain of every distinct bar."""
        return self.cell.distinct_bars.count

    @cached_property
    def condensed(self) -> CondensedCell:
        """The cell without its fluctuation, which follows from strain and plastic strains.

        Raises
        ------
        InputError
            If the bar material is not known.
        CellError
            If the cell is a mechanism or the bar material does not fit it.
        """
        if self.bar is None:
            raise InputError("the bar material of the lattice is not known, so that it cannot be solved")
        with one_blas_thread():  # its last bits decide those of all that is solved with it
            return condense(self.cell, self.bar)

    def groups(self) -> Groups:
        """Return the arrays of the cell and of the bars."""
        return {"cell": self.cell.arrays()} | ({} if self.bar is None else {"bar": self.bar.arrays()})

    @classmethod
    def of_groups(cls, groups: Groups) -> Lattice:
        """Return the lattice of arrays from a file.

        Raises
        ------
        InputError
            If there is no cell, or cell or bars are not well defined.
        """
        if "cell" not in groups:
            raise InputError("a lattice has a cell, which is missing")
        return cls(UnitCell(**groups["cell"]), ElastoplasticBar(**groups["bar"]) if "bar" in groups else None)

    def initial_state(self, n: int) -> State:
        """Return the virgin state: strain, plastic strains of the distinct bars, energy and dissipation."""
        return {
            "strain": np.zeros((n, self.components)),
            "plastic_strain": np.zeros((n, self.exact_states)),
            "energy": np.zeros(n),
            "dissipation": np.zeros(n),
        }

    def update(
        self,
        strain_increment: Float[Array, "n v"],
        state: State,
        dt: float = 1.0,
        tangent: bool = True,
    ) -> tuple[Float[Array, "n v"], Float[Array, "n v v"] | None, State]:
        """Advance all points by one increment; see `microtann.materials.protocol.Material.update`.

        Parameters
        ----------
        strain_increment : array, shape (n, v)
            Voigt order, engineering shear.
        state : dict of arrays
            State at the beginning of the increment, leading axis n; it is never modified.
        dt : float
            Duration of the increment.
        tangent : bool
            Whether the consistent tangent is wanted; without it None is returned in its place.

        Raises
        ------
        InputError
            If a strain increment is not finite.
        ConvergenceError
            If the flow of a cell was not found; it names the point.
        """
        check_increment(strain_increment)
        condensed = self.condensed
        strain = state["strain"] + strain_increment
        flow = advance(condensed, strain, state["plastic_strain"], tangent)
        new_state = {
            "strain": strain,
            "plastic_strain": flow.plastic_strain,
            "energy": flow.energy,
            "dissipation": flow.dissipation,
        }
        return condensed.stress(strain, flow.plastic_strain), flow.tangent, new_state

    def solve(self, strain: ArrayLike, dt: ArrayLike = 1.0) -> CellResponse:
        """Return the exact response along strain paths; see `microtann.solve_cell`.

        Raises
        ------
        InputError
            If the bar material is not known, or the strain is no strain path.
        CellError
            If the cell is a mechanism or the bar material does not fit it.
        ConvergenceError
            If the flow of some increment was not found.
        """
        return follow_cell(self.cell, self.condensed, strain, dt)

    def elastic_stiffness(self) -> Float[Array, "v v"]:
        """Return the elastic stiffness of the cell."""
        return self.condensed.elasticity

    def decode(self, state: Mapping[str, Array]) -> dict[str, Array]:
        """Return the internal coordinates of states.

        Parameters
        ----------
        state : mapping of arrays, shape (..., *)
            "strain" and "plastic_strain", as in the state of a finite-element result.

        Returns
        -------
        dict of arrays
            "displacement" (..., N, d) of the nodes and "force" (..., M) of the bars of the cell.
        """
        strain, plastic_strain = state["strain"], state["plastic_strain"]
        bars, nodes, condensed = self.cell.distinct_bars, self.cell.distinct_nodes, self.condensed
        fluctuation = condensed.fluctuation(strain, plastic_strain)[..., nodes.of_node, :]
        stress = condensed.point_stress(strain, plastic_strain)
        return {
            "displacement": affine_displacement(self.cell, strain) + fluctuation,
            "force": stress[..., bars.of_bar] * self.cell.areas,
        }

    def state_of(self, coordinates: Mapping[str, Array], strain: Float[Array, "n v"]) -> State | None:
        """Return states that have given displacements and forces: α = ε − σ/E in every distinct bar.

        Parameters
        ----------
        coordinates : mapping of arrays
            "displacement" (n, N, d) and "force" (n, M); None is returned where one is missing.
        strain : array, shape (n, v)
        """
        if self.bar is None or not set(self.coordinate_shapes) <= set(coordinates):
            return None
        young = distinct_properties(self.cell, self.bar)[0]
        bars = self.cell.distinct_bars.representative
        first, second = self.cell.bars[bars].T
        displacement, force = coordinates["displacement"], coordinates["force"]
        moved = displacement[..., second, :] - displacement[..., first, :]
        stretch = (moved * self.cell.directions[bars]).sum(axis=-1) / self.cell.lengths[bars]
        plastic = stretch - force[..., bars] / self.cell.areas[bars] / young
        return {
            "strain": strain,
            "plastic_strain": plastic,
            "energy": self.condensed.energy(strain, plastic),
            "dissipation": np.zeros(len(strain)),
        }

    def largest_load_factor(
        self,
        by_stress: Bool[NDArray[np.bool_], "v"],
        start: Float[Array, "v"],
        change: Float[Array, "v"],
    ) -> float:
        """Return the largest λ for which bars carry the stress ``start + λ · change``; see `limit_load`.

        Parameters
        ----------
        by_stress : array of bool, shape (v,)
            The components that count; the others take any stress.
        start, change : array, shape (v,)
        """
        return largest_factor(self.condensed, by_stress, start, change)

    def slip_problem(self) -> SlipProblem:
        """Return the condensed cell: every distinct bar is a slip."""
        condensed = self.condensed
        return SlipProblem(
            condensed.elasticity, condensed.coupling, condensed.hessian, condensed.resistance, "plastic_strain"
        )

    def picture(self, state: Mapping[str, Any] | None = None) -> Picture | None:
        """Return the bars with their forces in the state of one point, or undeformed with their areas."""
        cell = self.cell
        if state is None:
            unit = "size²" if cell.dimension == 3 else "size"
            still = np.zeros_like(cell.nodes)
            return Picture(cell.nodes, still, cell.bars, cell.areas, f"bar area [{unit}]")
        decoded = self.decode(state)
        bars = cell.distinct_bars
        whole = decoded["force"] * bars.area[bars.of_bar] / cell.areas  # a shared bar with all its force
        return Picture(
            cell.nodes, decoded["displacement"], cell.bars, whole, "force of the bar (tension +)", signed=True
        )

    def decoded_lines(self) -> DecodedLines:
        """Return the bars, moved by the displacements of their nodes and coloured by their forces."""
        cell, bars = self.cell, self.cell.distinct_bars
        whole = bars.area[bars.of_bar]
        young = None if self.bar is None else self.bar.per_bar(len(cell.bars))[0]
        return DecodedLines(
            cell.nodes, cell.bars, cell.periods, cell.areas, whole, "force", "force of the bars", young
        )

    def in_structure(self, cell_size: float, origin: ArrayLike) -> LatticeInside:
        """Return the lattice that copies of the cell make in a structure.

        Parameters
        ----------
        cell_size : float
            Length of the first lattice vector of the cell in the structure.
        origin : array, shape (d,)
            Where the coordinate origin of the cell lies in the structure, up to lattice vectors.
        """
        return LatticeInside(self.cell, cell_size, origin)

    def in_units(self, material: RealMaterial) -> tuple[Lattice, UnitFactors] | None:
        """Return the lattice made of a real material, and by what its quantities are multiplied.

        Raises
        ------
        InputError
            If its bars are of several materials, or their ratio of hardening is another.
        """
        if self.bar is None:
            return None
        cell, bar, factors = made_of(self.cell, self.bar, material)
        return Lattice(cell, bar), factors

    @property
    def identities(self) -> Mapping[str, Identity]:
        """Averages, equilibrium, and with the bars known their energy, yield limit and flow."""
        return IDENTITIES

    def misses(
        self,
        before: StoredStates,
        after: StoredStates,
        dissipation: Float[Array, "n"],
        scale: Mapping[str, float],
    ) -> dict[str, Float[Array, "n"]]:
        """Return by how much increments miss the identities of the cell; none without displacements and forces.

        Parameters
        ----------
        before, after : StoredStates
            At the ends of n increments.
        dissipation : array, shape (n,)
            Of every increment, per unit volume.
        scale : mapping of float
            Largest size of "strain", "stress", "energy" and of every group of coordinates in the whole file.
        """
        if not set(self.coordinate_shapes) <= set(after.coordinates):
            return {}
        return identity_misses(self.cell, self.bar, before, after, dissipation, scale)


def require_lattice(microstructure: Microstructure | None) -> Lattice:
    """Return a lattice whose bars are known, where nothing else will do.

    Raises
    ------
    InputError
        If it is none.
    """
    if not isinstance(microstructure, Lattice) or microstructure.bar is None:
        raise InputError("a lattice with its bars is needed here, and the model or the data stand for none")
    return microstructure

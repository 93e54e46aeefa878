"""Static condensation of the cell problem: the periodic fluctuation is eliminated once and for all.

The bars' elastic operator never changes, so the fluctuation w is a fixed linear function of the average strain E
and of the plastic strains α of the distinct bars (one per set of periodic copies). What remains of the cell
problem (paper, Appendix A, Eqs. 16-17) is an energy per unit volume that is quadratic in (E, α)::

    Ψ(E, α) = ½ (G E − α) · Q (G E − α) + ½ α · diag(c H) α

with the elongations G E of the bars under the affine motion, their volume fractions c = A L / V, and
Q = D − D B (Bᵀ D B)⁻¹ Bᵀ D, D = diag(c Young), where B maps the fluctuation to bar strains.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray
from scipy import linalg

from microtann.errors import CellError, ReadingNote
from microtann.microstructure.bars.cells.bar import ElastoplasticBar
from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.bars.condensed.elimination import Elimination, eliminate
from microtann.microstructure.bars.condensed.problems import (
    PROXIMAL_PART,
    ElasticStiffness,
    FluctuationProblem,
)
from microtann.microstructure.bars.condensed.stability import check_contrast, told_freedom, told_parts
from microtann.microstructure.condensed_points import CondensedPoints
from microtann.numbers import voigt
from microtann.system.memory import require_memory

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CondensedCell(CondensedPoints):
    """The points are the distinct bars of a lattice.

    Parameters
    ----------
    volume_fraction, young, yield_stress, hardening, elongation, stiffness
        See `CondensedPoints`; c = A L / V of every distinct bar.
    fluctuation_of_strain : array, shape (n, d, v)
        w of the n distinct nodes due to the average strain; zero mean.
    fluctuation_of_plastic_strain : array, shape (n, d, m)
        w due to the plastic strains; zero mean.
    ends : integer array, shape (m, 2)
        Distinct nodes at the ends of every bar.
    gradient : array, shape (m, d)
        Strain of every bar per relative displacement of its ends.
    held : integer array, shape (k,)
        Degrees of freedom of the distinct nodes, one for every free motion, that solvers hold.
    """

    fluctuation_of_strain: Float[Array, "n d v"]
    fluctuation_of_plastic_strain: Float[Array, "n d m"]
    ends: Int[NDArray[np.int64], "m 2"]
    gradient: Float[Array, "m d"]
    held: Int[NDArray[np.int64], "k"]

    @cached_property
    def fluctuation_mapping(self) -> Float[Array, "m nd"]:
        """B: strain of every bar per displacement of the distinct nodes."""
        return _fluctuation_strain(self.ends, self.gradient, len(self.fluctuation_of_strain))

    @cached_property
    def fluctuation_stiffness(self) -> Float[Array, "nd nd"]:
        """Elastic stiffness Bᵀ D B of the fluctuation of all distinct nodes, per unit volume of the cell.

        One degree of freedom of every free motion is held by a spring. Forces of bars do no work in free motions,
        so that the spring bears nothing and no equilibrium changes.
        """
        mapping = self.fluctuation_mapping
        stiffness = mapping.T @ ((self.volume_fraction * self.young)[:, None] * mapping)
        d = self.gradient.shape[1]
        largest = np.diag(stiffness).reshape(-1, d).max(axis=1)  # of every node
        stiffness[self.held, self.held] += largest[self.held // d]
        return stiffness

    @cached_property
    def elimination(self) -> Elimination:
        """Order in which the nodes are eliminated from the stiffness of the fluctuation."""
        return eliminate(self.ends, len(self.fluctuation_of_strain))

    @cached_property
    def fluctuation_problem(self) -> FluctuationProblem:
        """The incremental problem in the fluctuation."""
        n, d, v = self.fluctuation_of_strain.shape
        return FluctuationProblem(
            start=np.ascontiguousarray(self.ends[:, 0]),
            end=np.ascontiguousarray(self.ends[:, 1]),
            gradient=self.gradient,
            elongation=self.elongation,
            fraction=self.volume_fraction,
            young=self.young,
            limit=self.yield_stress,
            hardening=self.hardening,
            elastic=self.fluctuation_stiffness,
            of_strain=np.ascontiguousarray(self.fluctuation_of_strain.reshape(n * d, v)),
            of_plastic_strain=np.ascontiguousarray(self.fluctuation_of_plastic_strain.reshape(n * d, -1)),
            steepest=float(np.abs(self.gradient).max()),
            proximal=PROXIMAL_PART if self.close_to_singular else 0.0,
        )

    @cached_property
    def elastic_stiffness(self) -> ElasticStiffness:
        """The elastic stiffness in the parts that tangents are made of."""
        weighted = (self.volume_fraction * self.young)[:, None] * self.elongation
        n, d, _ = self.fluctuation_of_strain.shape
        order = self.elimination
        blocks = np.zeros((len(order.rows) + n, d, d))
        matrix = self.fluctuation_stiffness.reshape(n, d, n, d).swapaxes(1, 2)
        row, column = np.nonzero(order.place[:, None] >= order.place)
        blocks[order.block[order.place[row], order.place[column]]] = matrix[row, column]
        blocks[-1] = 0.0
        return ElasticStiffness(
            affine=self.elongation.T @ weighted,
            condensed=self.elasticity,
            mixed=self.fluctuation_mapping.T @ weighted,
            blocks=blocks.ravel() if d == 3 else np.empty(0),
        )

    def fluctuation(
        self, strain: Float[Array, "*batch v"], plastic_strain: Float[Array, "*batch m"]
    ) -> Float[Array, "*batch n d"]:
        """Return the zero-mean periodic fluctuation w of the distinct nodes."""
        n, d, _ = self.fluctuation_of_strain.shape
        # Path by path: one product over the whole batch would give a path other last bits beside other paths.
        flat = strain @ self.fluctuation_of_strain.reshape(n * d, -1).T
        flat = flat + plastic_strain @ self.fluctuation_of_plastic_strain.reshape(n * d, -1).T
        return flat.reshape(*flat.shape[:-1], n, d)


def condense(cell: UnitCell, bar: ElastoplasticBar) -> CondensedCell:
    """Eliminate the fluctuation of a cell.

    Parameters
    ----------
    cell : UnitCell
    bar : ElastoplasticBar
        One material, or one value per listed bar; copies of one bar must agree.

    Returns
    -------
    CondensedCell

    Raises
    ------
    CellError
        If copies of a bar have different properties, a part of the cell that no bar joins to the rest carries
        nothing, or the whole cell has no stiffness at all.
    InputError
        If its dense operators would not fit into the memory of the machine.

    Notes
    -----
    Nodes may be free to move without stretching any bar, as the nodes amid bars in several pieces are. Stress,
    energy and dissipation are unique all the same; displacements are given without these motions. A `ReadingNote`
    names them, and strains against which the cell has no stiffness.
    """
    distinct = cell.distinct_bars
    m, unknowns = distinct.count, cell.distinct_nodes.count * cell.dimension
    require_memory(
        f"the condensed operators of a cell of {m} distinct bars",
        8.0 * (9 * m**2 + 5 * m * unknowns + unknowns**2),
        "use a cell of fewer units, or a full lattice (microtann.Structure)",
    )
    young, yield_stress, hardening = distinct_properties(cell, bar)
    chosen = distinct.representative
    length = cell.lengths[chosen]
    fraction = distinct.area * length / cell.volume
    elongation = voigt.projection(cell.directions[chosen])
    ends = cell.distinct_nodes.of_node[cell.bars[chosen]]
    gradient = cell.free_motions.exact_gradients(ends, cell.directions[chosen] / length[:, None])
    mapping = _fluctuation_strain(ends, gradient, cell.distinct_nodes.count)
    weight = fraction * young
    stiffness, to_strain, to_plastic = _eliminate(cell, mapping, weight, elongation)
    n, d = cell.distinct_nodes.count, cell.dimension
    condensed = CondensedCell(
        volume_fraction=fraction,
        young=young,
        yield_stress=yield_stress,
        hardening=hardening,
        elongation=elongation,
        stiffness=stiffness,
        fluctuation_of_strain=to_strain.reshape(n, d, -1),
        fluctuation_of_plastic_strain=to_plastic.reshape(n, d, -1),
        ends=ends,
        gradient=gradient,
        held=cell.free_motions.held,
    )
    affine = elongation.T @ (weight[:, None] * elongation)
    notes = [told_parts(cell, elongation, stiffness, weight), told_freedom(cell, condensed.elasticity, affine)]
    if any(notes):
        warnings.warn("; ".join(filter(None, notes)), ReadingNote, stacklevel=3)
    return condensed


def distinct_properties(cell: UnitCell, bar: ElastoplasticBar) -> tuple[Array, Array, Array]:
    """Return (young, yield_stress, hardening) of the distinct bars.

    Raises
    ------
    CellError
        If copies of one bar have different properties.
    """
    distinct = cell.distinct_bars
    values = []
    for name, listed in zip(("young", "yield_stress", "hardening"), bar.per_bar(len(cell.bars)), strict=True):
        value = listed[distinct.representative]
        differs = np.flatnonzero(value[distinct.of_bar] != listed)
        if differs.size:
            one, other = int(differs[0]), int(distinct.representative[distinct.of_bar[differs[0]]])
            raise CellError(f"bars {other} and {one} are periodic copies of one bar but differ in {name}")
        values.append(value)
    return values[0], values[1], values[2]


def _fluctuation_strain(ends: Int[NDArray[np.int64], "m 2"], gradient: Float[Array, "m d"], nodes: int) -> Array:
    """Return B, shape (m, n d): strain of the distinct bars due to the fluctuation of the distinct nodes."""
    m, d = gradient.shape
    mapping = np.zeros((m, nodes, d))
    mapping[np.arange(m), ends[:, 1]] += gradient
    mapping[np.arange(m), ends[:, 0]] -= gradient  # a bar between two images of one node feels no fluctuation
    return mapping.reshape(m, -1)


def _eliminate(cell: UnitCell, mapping: Array, weight: Array, elongation: Array) -> tuple[Array, Array, Array]:
    """Return Q and the fluctuation due to average strain and to plastic strain."""
    m, unknowns = mapping.shape
    motions = cell.free_motions
    resting = np.zeros(unknowns, dtype=bool)
    resting[: cell.dimension] = resting[motions.held] = True  # the first node; the mean is removed afterwards
    if resting.all():
        return np.diag(weight), np.zeros((unknowns, elongation.shape[1])), np.zeros((unknowns, m))
    moving = mapping[:, ~resting]
    check_contrast(moving.T @ (weight[:, None] * moving))
    # An orthogonal basis of the strains that D^½ B can produce keeps Q symmetric and exactly dissipative.
    scaled = np.sqrt(weight)[:, None] * moving
    basis, triangle = linalg.qr(scaled, mode="economic")
    residual = np.eye(m) - basis @ basis.T
    stiffness = np.sqrt(weight)[:, None] * residual * np.sqrt(weight)
    stiffness = 0.5 * (stiffness + stiffness.T)
    moved = np.zeros((unknowns, m))  # w due to α
    moved[~resting] = linalg.solve_triangular(triangle, basis.T * np.sqrt(weight))
    nodal = moved.reshape(-1, cell.dimension, m)
    to_plastic = (nodal - nodal.mean(axis=0)).reshape(unknowns, m)
    if motions.count:
        to_plastic = motions.without(to_plastic)
    return stiffness, -to_plastic @ elongation, to_plastic

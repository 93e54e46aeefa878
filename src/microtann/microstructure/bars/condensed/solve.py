"""Exact response of a periodic cell along strain paths (paper, Appendix A)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike, NDArray

from microtann.microstructure.bars.cells.bar import ElastoplasticBar
from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.bars.condensed.cell_flow import follow_strains
from microtann.microstructure.bars.condensed.condensation import CondensedCell, condense
from microtann.numbers import voigt
from microtann.numbers.checks import check_dt, check_strain_paths
from microtann.system.threads import one_blas_thread

Array = NDArray[np.float64]


@dataclass(frozen=True)
class CellResponse:
    """Response of a cell at the end of every increment; "..." is (T,) or (B, T), as in the strain given.

    Parameters
    ----------
    strain, stress : array, shape (..., v)
        Average strain and stress, Voigt order, engineering shear.
    energy : array, shape (...)
        Free energy Ψ per unit volume of the cell.
    dissipation : array, shape (...)
        Dissipation of the increment, D Δt ≥ 0, per unit volume.
    displacement : array, shape (..., N, d)
        u = E · x + w at ``cell.nodes``, with E symmetric and w of zero mean over the distinct nodes.
    force : array, shape (..., M)
        Bar stress × ``cell.areas``; tension is positive.
    plastic_strain : array, shape (..., M)
    """

    strain: Float[Array, "*batch v"]
    stress: Float[Array, "*batch v"]
    energy: Float[Array, "*batch"]
    dissipation: Float[Array, "*batch"]
    displacement: Float[Array, "*batch N d"]
    force: Float[Array, "*batch M"]
    plastic_strain: Float[Array, "*batch M"]

    def __repr__(self) -> str:
        shape = "×".join(str(n) for n in self.energy.shape)
        return f"CellResponse({shape} increments, {self._size()})"

    def _size(self) -> str:
        counts = f"{self.displacement.shape[-2]} nodes, {self.force.shape[-1]} bars"
        return f"{self.strain.shape[-1]} strain components, {counts}"

    @property
    def coordinates(self) -> dict[str, Array]:
        """Internal coordinates by the name of their group: nodal displacements and bar forces."""
        return {"displacement": self.displacement, "force": self.force}


@one_blas_thread()
def solve_cell(cell: UnitCell, bar: ElastoplasticBar, strain: ArrayLike, dt: ArrayLike = 1.0) -> CellResponse:
    """Solve a periodic cell exactly along strain paths that start in the virgin state.

    Parameters
    ----------
    cell : UnitCell
    bar : ElastoplasticBar
    strain : array, shape (T, v) or (B, T, v)
        Total average strain at the end of each increment; the paths of a batch are solved together.
    dt : float or array
        Duration of the increments; the material does not depend on the rate, so only its sign is checked.

    Returns
    -------
    CellResponse

    Raises
    ------
    InputError
        If the strain has the wrong shape or is not finite.
    CellError
        If the cell is a mechanism or the material does not fit it.
    ConvergenceError
        If the equilibrium of an increment was not found. It exists at any average strain.

    Notes
    -----
    Each increment is the minimisation ½ α · K α − b(E) · α + Σ c k |Δα| over the plastic strains of the
    distinct bars, with the fluctuation condensed (`condensation` beside this module). It is solved by active
    sets to round-off; nothing is iterated to a tolerance.

    Examples
    --------
    >>> import numpy as np, microtann as mt
    >>> strain = np.linspace(0.0, 0.6, 5)[1:, None] * np.array([1.0, 0.0, 0.0])
    >>> response = mt.solve_cell(mt.square_cell(), mt.ElastoplasticBar(), strain)
    >>> response.stress.shape, bool((response.dissipation >= 0).all())
    ((4, 3), True)
    """
    return follow_cell(cell, condense(cell, bar), strain, dt)


@one_blas_thread()
def follow_cell(cell: UnitCell, condensed: CondensedCell, strain: ArrayLike, dt: ArrayLike = 1.0) -> CellResponse:
    """Solve a condensed cell along strain paths; see `solve_cell`.

    Parameters
    ----------
    cell : UnitCell
    condensed : CondensedCell
        What `condense` makes of it.
    strain : array, shape (T, v) or (B, T, v)
    dt : float or array
    """
    strain = check_strain_paths(strain, cell.components)
    check_dt(dt, strain.shape[:-1])
    paths = strain.reshape(-1, *strain.shape[-2:])
    start = np.zeros((len(paths), len(condensed.young)))
    plastic = follow_strains(condensed, paths, start)
    before = np.concatenate([start[:, None], plastic[:, :-1]], axis=1)
    plastic = plastic.reshape(*strain.shape[:-1], -1)
    return cell_response(cell, condensed, strain, before.reshape(plastic.shape), plastic)


def cell_response(
    cell: UnitCell,
    condensed: CondensedCell,
    strain: Float[Array, "*batch v"],
    before: Float[Array, "*batch m"],
    plastic: Float[Array, "*batch m"],
) -> CellResponse:
    """Assemble the response from strains and the plastic strains of the distinct bars before and after.

    Parameters
    ----------
    cell : UnitCell
    condensed : CondensedCell
        Of this cell and its bars.
    strain : array, shape (..., v)
        Average strain at the end of the increments.
    before, plastic : array, shape (..., m)
        Plastic strains of the distinct bars before and after the increments.
    """
    bars, nodes = cell.distinct_bars, cell.distinct_nodes
    stress = condensed.point_stress(strain, plastic)
    return CellResponse(
        strain=strain,
        stress=condensed.stress(strain, plastic),
        energy=condensed.energy(strain, plastic),
        dissipation=np.abs(plastic - before) @ condensed.resistance,
        displacement=affine_displacement(cell, strain)
        + condensed.fluctuation(strain, plastic)[..., nodes.of_node, :],
        force=stress[..., bars.of_bar] * cell.areas,
        plastic_strain=plastic[..., bars.of_bar],
    )


def affine_displacement(cell: UnitCell, strain: Float[Array, "*batch v"]) -> Float[Array, "*batch N d"]:
    """Return E · x at the nodes of the cell."""
    return np.einsum("...ij,nj->...ni", voigt.strain_tensor(strain), cell.nodes)

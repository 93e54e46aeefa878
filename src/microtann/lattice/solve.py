"""Exact response of a periodic cell along strain paths (paper, Appendix A)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike, NDArray

from microtann import voigt
from microtann.checks import check_dt, check_strain_paths
from microtann.errors import ConvergenceError
from microtann.lattice.bar import ElastoplasticBar
from microtann.lattice.cell import UnitCell
from microtann.lattice.condensation import CondensedCell, condense
from microtann.lattice.flow_kernel import follow_paths

Array = NDArray[np.float64]
PROXIMAL_WEIGHT = 1e-3
"""Proximal term of bars without hardening, relative to their elastic stiffness; it does not change the result."""


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
        If no equilibrium exists: bars without hardening beyond their limit load.

    Notes
    -----
    Each increment is the minimisation ½ α · K α − b(E) · α + Σ c k |Δα| over the plastic strains of the
    distinct bars, with the fluctuation condensed (see `microtann.lattice.condensation`). It is solved by active
    sets to round-off; nothing is iterated to a tolerance.

    Examples
    --------
    >>> import numpy as np, microtann as mt
    >>> strain = np.linspace(0.0, 0.6, 5)[1:, None] * np.array([1.0, 0.0, 0.0])
    >>> response = mt.solve_cell(mt.square_cell(), mt.ElastoplasticBar(), strain)
    >>> response.stress.shape, bool((response.dissipation >= 0).all())
    ((4, 3), True)
    """
    strain = check_strain_paths(strain, cell.components)
    check_dt(dt, strain.shape[:-1])
    condensed = condense(cell, bar)
    paths = strain.reshape(-1, *strain.shape[-2:])
    start = np.zeros((len(paths), len(condensed.young)))
    plastic = follow(condensed, paths, start)
    before = np.concatenate([start[:, None], plastic[:, :-1]], axis=1)
    plastic = plastic.reshape(*strain.shape[:-1], -1)
    return cell_response(cell, condensed, strain, before.reshape(plastic.shape), plastic)


def proximal_floor(condensed: CondensedCell) -> Float[Array, "m"]:
    """Return the proximal weights of the flow problem: zero unless some bar has no hardening."""
    stiffness = condensed.volume_fraction * condensed.young
    return np.where((condensed.hardening <= 1e-8 * condensed.young).any(), PROXIMAL_WEIGHT, 0.0) * stiffness


def follow(
    condensed: CondensedCell, strain: Float[Array, "B T v"], start: Float[Array, "B m"]
) -> Float[Array, "B T m"]:
    """Return the plastic strains of the distinct bars along strain paths from given plastic strains.

    Raises
    ------
    ConvergenceError
        If the flow of some increment is unbounded or was not found.
    """
    plastic = np.empty((*strain.shape[:2], len(condensed.young)))
    path, step, failure = follow_paths(
        condensed.hessian,
        condensed.coupling,
        condensed.resistance,
        proximal_floor(condensed),
        np.ascontiguousarray(strain),
        np.ascontiguousarray(start),
        plastic,
    )
    if failure:
        raise ConvergenceError(
            f"no equilibrium of the cell was found in increment {step} of path {path}: "
            + ("the flow of bars without hardening does not settle" if failure == -2 else "the active set cycles")
            + "; use smaller increments or a positive hardening",
            increment=step,
            worst=[path],
        )
    return plastic


def cell_response(
    cell: UnitCell,
    condensed: CondensedCell,
    strain: Float[Array, "*batch v"],
    before: Float[Array, "*batch m"],
    plastic: Float[Array, "*batch m"],
) -> CellResponse:
    """Assemble the response from strains and the plastic strains of the distinct bars before and after."""
    bars, nodes = cell.distinct_bars, cell.distinct_nodes
    stress = condensed.young * (condensed.bar_strain(strain, plastic) - plastic)
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

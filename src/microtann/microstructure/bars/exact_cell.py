"""The exact cell as a material: FE² with a batched, condensed cell at every Gauss point."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.materials.protocol import State
from microtann.microstructure.bars.cells.bar import ElastoplasticBar
from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.bars.condensed.condensation import condense
from microtann.microstructure.bars.condensed.flow import advance
from microtann.microstructure.bars.condensed.solve import affine_displacement
from microtann.numbers.checks import check_increment

Array = NDArray[np.float64]


class ExactCell:
    """Exact homogenised material of a lattice cell (FE²); for regular one-unit cells it is the closed form.

    Parameters
    ----------
    cell : UnitCell
    bar : ElastoplasticBar

    Raises
    ------
    CellError
        If the cell is a mechanism or the bar material does not fit it.
    """

    def __init__(self, cell: UnitCell, bar: ElastoplasticBar) -> None:
        self.cell = cell
        self.bar = bar
        self._condensed = condense(cell, bar)

    def __repr__(self) -> str:
        return f"ExactCell({self.cell!r}, {self.bar!r})"

    def initial_state(self, n: int) -> State:
        """Return the virgin state: strain, plastic strains of the distinct bars, energy and dissipation."""
        m, v = self._condensed.elongation.shape
        return {
            "strain": np.zeros((n, v)),
            "plastic_strain": np.zeros((n, m)),
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

        Raises
        ------
        InputError
            If a strain increment is not finite.
        ConvergenceError
            If the flow of a cell was not found; it names the point.
        """
        check_increment(strain_increment)
        condensed = self._condensed
        strain = state["strain"] + strain_increment
        found = advance(condensed, strain, state["plastic_strain"], tangent)
        new_state = {
            "strain": strain,
            "plastic_strain": found.plastic_strain,
            "energy": found.energy,
            "dissipation": found.dissipation,
        }
        return condensed.stress(strain, found.plastic_strain), found.tangent, new_state

    def decode(
        self, plastic_strain: Float[Array, "*batch m"], strain: Float[Array, "*batch v"]
    ) -> dict[str, Array]:
        """Return the internal coordinates of given states, as a TANN does (`microtann.TANN.decode`).

        Parameters
        ----------
        plastic_strain : array, shape (..., m)
            Of the distinct bars, as in ``state["plastic_strain"]`` of a finite-element result.
        strain : array, shape (..., v)

        Returns
        -------
        dict of arrays
            "displacement" (..., N, d) of the nodes and "force" (..., M) of the bars of the cell.
        """
        bars, nodes, condensed = self.cell.distinct_bars, self.cell.distinct_nodes, self._condensed
        fluctuation = condensed.fluctuation(strain, plastic_strain)[..., nodes.of_node, :]
        stress = condensed.young * (condensed.bar_strain(strain, plastic_strain) - plastic_strain)
        return {
            "displacement": affine_displacement(self.cell, strain) + fluctuation,
            "force": stress[..., bars.of_bar] * self.cell.areas,
        }

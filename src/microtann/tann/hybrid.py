"""A TANN within the range of its training data, and the exact cell outside of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.errors import InputError
from microtann.materials.protocol import State
from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.bars.condensed.condensation import distinct_properties
from microtann.microstructure.bars.exact_cell import ExactCell
from microtann.microstructure.protocol import Microstructure
from microtann.tann.decoded_bars import decoded_plastic_strain
from microtann.tann.model import TANN

Array = NDArray[np.float64]


class Hybrid:
    """A TANN that hands Gauss points over to the exact cell where they leave the range of its training data.

    Parameters
    ----------
    tann : TANN
        Of a lattice, with displacements and forces to decode, and with a known training range.
    margin : float
        Width, inside the border of the range, over which the exact cell takes over: its share grows from 0 where
        the reach is 1 − margin to 1 where it is 1, so that the stress is continuous.

    Raises
    ------
    InputError
        If the model does not say what the exact cell needs, or the margin is not between 0 and 1.

    Notes
    -----
    The share of the exact cell, ``state["exact_share"]``, never falls again: what the network says after a point
    was outside rests on states that it has not seen. The plastic strains from which the exact cell starts are
    those of the decoded displacements and forces, which is exact in the virgin state and as good as the decoder
    elsewhere. Energy and dissipation are mixed as the stress is; while a share grows, their balance is met up to
    the difference of the two materials. The tangent leaves out how the share grows with strain, so that it stays
    symmetric; Newton's method takes more iterations for it. A state takes as much memory as one of the exact cell.

    Examples
    --------
    >>> import microtann as mt
    >>> mesh = mt.fem.box((1, 1, 1), (2, 2, 2))
    >>> bottom, top = (lambda x: x[:, 2] == 0), (lambda x: x[:, 2] == 1)
    >>> held = [mt.fem.Prescribed(bottom, axis, 0.0) for axis in "xyz"]
    >>> model = mt.fem.Model(mesh, mt.Hybrid(mt.load("cube")))
    >>> result = model.solve([mt.fem.Step([*held, mt.fem.Prescribed(top, "z", 0.7)])])
    >>> int((result.state["exact_share"] == 1.0).sum())
    0
    """

    point_fields: ClassVar[tuple[str, ...]] = ("exact_share",)
    """State variables that finite elements write as fields, the largest in every cell."""

    def __init__(self, tann: TANN, margin: float = 0.1) -> None:
        if tann.cell is None or tann.bar is None:
            raise InputError("a hybrid needs a model of a lattice with its bars, which the exact cell is made of")
        if tann.information.training_range is None:
            raise InputError("a hybrid needs a model that knows the range of its training data; train it again")
        if not {"displacement", "force"} <= set(tann.information.coordinate_shapes):
            raise InputError("a hybrid needs a model that decodes displacements and forces")
        if tann.information.extra_names:
            raise InputError("a hybrid needs a model without extra state variables")
        if not 0.0 < margin < 1.0:
            raise InputError(f"the margin of a hybrid lies between 0 and 1, got {margin!r}")
        self.tann = tann
        self.margin = margin
        self.exact = ExactCell(tann.cell, tann.bar)
        self._cell: UnitCell = tann.cell
        self._young: Array = distinct_properties(tann.cell, tann.bar)[0]

    def __repr__(self) -> str:
        return f"Hybrid({self.tann!r}, margin={self.margin:g})"

    @property
    def microstructure(self) -> Microstructure | None:
        """What both materials stand for."""
        return self.tann.microstructure

    def initial_state(self, n: int) -> State:
        """Return the virgin state of the model, with plastic strains and share of the exact cell, both zero."""
        plastic = self.exact.initial_state(n)["plastic_strain"]
        return self.tann.initial_state(n) | {"plastic_strain": plastic, "exact_share": np.zeros(n)}

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
        names = self.tann.initial_state(0)
        before = {name: state[name] for name in names}
        stress, moduli, after = self.tann.update(strain_increment, before, dt, tangent)
        reach = self.tann.training_reach(before, after)
        assert reach is not None
        share = np.clip((reach - 1.0) / self.margin + 1.0, state["exact_share"], 1.0)
        new = after | {"plastic_strain": state["plastic_strain"], "exact_share": share}
        chosen = np.flatnonzero(share > 0.0)
        if not len(chosen):
            return stress, moduli, new
        part = {name: value[chosen] for name, value in state.items()}
        fresh = part["exact_share"] == 0.0
        if fresh.any():
            part["plastic_strain"][fresh] = self._decoded_plastic_strain({k: v[fresh] for k, v in part.items()})
        exact_stress, exact_moduli, exact = self.exact.update(strain_increment[chosen], part, dt, tangent)
        weight = share[chosen]
        stress = _mixed(stress, exact_stress, chosen, weight)
        if moduli is not None and exact_moduli is not None:
            moduli = _mixed(moduli, exact_moduli, chosen, weight)
        for name in ("energy", "dissipation"):
            new[name] = _mixed(after[name], exact[name], chosen, weight)
        new["plastic_strain"] = state["plastic_strain"].copy()
        new["plastic_strain"][chosen] = exact["plastic_strain"]
        return stress, moduli, new

    def decode(self, state: Mapping[str, Array]) -> dict[str, Array]:
        """Return the internal coordinates of given states: decoded, and those of the exact cell at its share.

        Parameters
        ----------
        state : mapping of arrays, shape (..., *)
            "isv", "strain", "plastic_strain" and "exact_share", as in the state of a finite-element result.

        Returns
        -------
        dict of arrays
            "displacement" (..., N, d) of the nodes and "force" (..., M) of the bars of the cell.

        Examples
        --------
        >>> import microtann as mt
        >>> hybrid = mt.Hybrid(mt.load("cube"))
        >>> hybrid.decode(hybrid.initial_state(5))["force"].shape
        (5, 28)
        """
        share = np.asarray(state["exact_share"])
        coordinates = self.tann.decode(state["isv"], state["strain"])
        flat = {name: value.reshape(share.size, *value.shape[share.ndim :]) for name, value in coordinates.items()}
        chosen = np.flatnonzero(share.ravel() > 0.0)
        if len(chosen):
            plastic, strain = (state[k].reshape(share.size, -1)[chosen] for k in ("plastic_strain", "strain"))
            for name, exact in self.exact.decode(plastic, strain).items():
                flat[name] = _mixed(flat[name], exact, chosen, share.ravel()[chosen])
        return {name: value.reshape(share.shape + value.shape[1:]) for name, value in flat.items()}

    def _decoded_plastic_strain(self, state: State) -> Float[Array, "k m"]:
        decoded = self.tann.decode(state["isv"], state["strain"])
        return decoded_plastic_strain(self._cell, self._young, decoded["displacement"], decoded["force"])


def _mixed(
    model: Float[Array, "n *k"], exact: Float[Array, "c *k"], chosen: NDArray[np.int64], share: Float[Array, "c"]
) -> Float[Array, "n *k"]:
    """Return values of the model with those of the exact cell mixed in at the chosen points."""
    result = np.array(model)
    weight = share.reshape(-1, *(1,) * (model.ndim - 1))
    result[chosen] = (1.0 - weight) * model[chosen] + weight * exact
    return result

"""A TANN within the range of its training data, and its exact microstructure outside of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.errors import InputError
from microtann.materials.protocol import State
from microtann.microstructure.protocol import SHARED_STATE, Microstructure
from microtann.tann.trained_model import TANN

Array = NDArray[np.float64]


class Hybrid:
    """A TANN that hands Gauss points over to its microstructure where they leave the range of its training data.

    Parameters
    ----------
    tann : TANN
        Of a microstructure that can be solved and whose state follows from the internal coordinates that the model
        decodes (of a lattice displacements and forces), and with a known training range.
    margin : float
        Width, inside the border of the range, over which the exact microstructure takes over: its share grows from
        0 where the reach is 1 − margin to 1 where it is 1, so that the stress is continuous.

    Raises
    ------
    InputError
        If the model does not say what the exact microstructure needs, or the margin is not between 0 and 1.

    Notes
    -----
    The share of the exact answer, ``state["exact_share"]``, never falls again: what the network says after a point
    was outside rests on states that it has not seen. The state from which the exact microstructure starts is that
    of the decoded internal coordinates, which is exact in the virgin state and as good as the decoder elsewhere.
    Energy and dissipation are mixed as the stress is; while a share grows, their balance is met up to the
    difference of the two materials. The tangent leaves out how the share grows with strain, so that it stays
    symmetric; Newton's method takes more iterations for it. States of the exact microstructure take memory, and
    room in a record, where points were handed over.

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
        exact = tann.microstructure
        if exact is None or not exact.solvable:
            raise InputError(
                "a hybrid needs a model of a microstructure that can be solved, such as a lattice's bars"
            )
        if tann.information.training_range is None:
            raise InputError("a hybrid needs a model that knows the range of its training data; train it again")
        if tann.information.extra_names:
            raise InputError("a hybrid needs a model without extra state variables")
        if not 0.0 < margin < 1.0:
            raise InputError(f"the margin of a hybrid lies between 0 and 1, got {margin!r}")
        missing = [name for name in exact.coordinate_shapes if name not in tann.information.coordinate_shapes]
        if missing:
            raise InputError(f"a hybrid needs a model that decodes {' and '.join(missing)}")
        virgin = exact.initial_state(1)
        if exact.state_of(exact.decode(virgin), virgin["strain"]) is None:
            raise InputError(
                f"a hybrid needs a microstructure whose state follows from its internal coordinates: the kind "
                f"{exact.kind!r} does not tell it (state_of)"
            )
        self.tann = tann
        self.margin = margin
        self.exact: Microstructure = exact
        self._own = tuple(name for name in virgin if name not in SHARED_STATE)
        self._virgin = {name: virgin[name] for name in self._own}
        self.mostly_zero = tuple(name for name, value in self._virgin.items() if not value.any())

    def __repr__(self) -> str:
        return f"Hybrid({self.tann!r}, margin={self.margin:g})"

    @property
    def microstructure(self) -> Microstructure | None:
        """What both materials stand for."""
        return self.tann.microstructure

    @property
    def components(self) -> int:
        """Number of strain components, v."""
        return self.tann.components

    @property
    def coordinate_shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Name and shape of each group of internal coordinates that it decodes, in their order."""
        return self.tann.coordinate_shapes

    def initial_state(self, n: int) -> State:
        """Return the virgin states of the model and of the exact microstructure, whose share is zero."""
        exact = self.exact.initial_state(n)
        own = {name: exact[name] for name in self._own}
        return own | self.tann.initial_state(n) | {"exact_share": np.zeros(n)}

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
        names = self.tann.initial_state(0)
        before = {name: state[name] for name in names}
        stress, moduli, after = self.tann.update(strain_increment, before, dt, tangent)
        reach = self.tann.training_reach(before, after)
        assert reach is not None
        share = np.clip((reach - 1.0) / self.margin + 1.0, state["exact_share"], 1.0)
        own = {name: state[name] for name in self._own}
        new = own | after | {"exact_share": share}
        chosen = np.flatnonzero(share > 0.0)
        if not len(chosen):
            for name, value in self._virgin.items():  # one row in place of so many alike
                new[name] = np.broadcast_to(value, own[name].shape)
            return stress, moduli, new
        part = {name: value[chosen] for name, value in state.items()}
        exact_before = {name: part[name] for name in (*SHARED_STATE, *self._own)}
        fresh = part["exact_share"] == 0.0
        if fresh.any():
            decoded = self._decoded_state({name: value[fresh] for name, value in part.items()})
            for name in self._own:
                exact_before[name][fresh] = decoded[name]
        exact_stress, exact_moduli, exact = self.exact.update(strain_increment[chosen], exact_before, dt, tangent)
        weight = share[chosen]
        stress = _mixed(stress, exact_stress, chosen, weight)
        if moduli is not None and exact_moduli is not None:
            moduli = _mixed(moduli, exact_moduli, chosen, weight)
        for name in ("energy", "dissipation"):
            new[name] = _mixed(after[name], exact[name], chosen, weight)
        for name in self._own:
            new[name] = state[name].copy()
            new[name][chosen] = exact[name]
        return stress, moduli, new

    def shares(self, state: State) -> list[tuple[TANN | Microstructure, Array]]:
        """Return the materials that a state is made of, each with its share at every point."""
        share = np.asarray(state["exact_share"])
        return [(self.tann, 1.0 - share), (self.exact, share)]

    def decode(self, state: Mapping[str, Array]) -> dict[str, Array]:
        """Return the internal coordinates of given states: decoded, and those of the exact states at their share.

        Parameters
        ----------
        state : mapping of arrays, shape (..., *)
            As in the state of a finite-element result.

        Returns
        -------
        dict of arrays, shape (..., *group)
            For lattices "displacement" (..., N, d) of the nodes and "force" (..., M) of the bars of the cell.

        Examples
        --------
        >>> import microtann as mt
        >>> hybrid = mt.Hybrid(mt.load("cube"))
        >>> hybrid.decode(hybrid.initial_state(5))["force"].shape
        (5, 28)
        """
        share = np.asarray(state["exact_share"])
        coordinates = self.tann.decode(state)
        flat = {name: value.reshape(share.size, *value.shape[share.ndim :]) for name, value in coordinates.items()}
        chosen = np.flatnonzero(share.ravel() > 0.0)
        if len(chosen):
            own = {k: np.asarray(state[k]) for k in ("strain", *self._own)}
            exact = self.exact.decode(
                {k: v.reshape(share.size, *v.shape[share.ndim :])[chosen] for k, v in own.items()}
            )
            for name, values in exact.items():
                flat[name] = _mixed(flat[name], values, chosen, share.ravel()[chosen])
        return {name: value.reshape(share.shape + value.shape[1:]) for name, value in flat.items()}

    def _decoded_state(self, state: State) -> State:
        """Return the states of the exact microstructure that have the decoded internal coordinates."""
        decoded = self.exact.state_of(self.tann.decode(state), state["strain"])
        assert decoded is not None
        return decoded


def _mixed(
    model: Float[Array, "n *k"], exact: Float[Array, "c *k"], chosen: NDArray[np.int64], share: Float[Array, "c"]
) -> Float[Array, "n *k"]:
    """Return values of the model with those of the exact cell mixed in at the chosen points."""
    result = np.array(model)
    weight = share.reshape(-1, *(1,) * (model.ndim - 1))
    result[chosen] = (1.0 - weight) * model[chosen] + weight * exact
    return result

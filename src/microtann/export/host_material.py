"""A compiled material of a host as a material in Python, called point by point as the host would."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.errors import ConvergenceError
from microtann.export.compiled_model import CompiledModel
from microtann.export.host_places import HostPlaces
from microtann.materials.protocol import State
from microtann.numbers.checks import check_increment

Array = NDArray[np.float64]


class PointAnswer(NamedTuple):
    """What a host hears of a point, in its own components.

    Parameters
    ----------
    stress : array, shape (n,)
    tangent : array, shape (n, n)
        ``tangent[i, j]`` is ∂stress[i]/∂strain[j].
    states : array, shape (z + 2,)
        Counted from the virgin material, then energy and dissipation.
    refused : str or None
        Why the increment is refused, which may be left unsaid; None if it is not.
    """

    stress: Float[Array, "n"]
    tangent: Float[Array, "n n"]
    states: Float[Array, "s"]
    refused: str | None


class HostMaterial(ABC):
    """A shared library of a model that was exported for a host (`microtann.fem.Material`).

    Parameters
    ----------
    plain : CompiledModel
        The model in the library.
    host : HostPlaces
        Where the host has the components of the model.
    """

    def __init__(self, plain: CompiledModel, host: HostPlaces) -> None:
        self.plain, self.host, self.library = plain, host, plain.library

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.plain.description['name']})"

    def initial_state(self, n: int) -> State:
        """Return the virgin state of ``n`` material points."""
        return self.plain.initial_state(n)

    @abstractmethod
    def answer(
        self,
        start: Float[Array, "n"],
        increment: Float[Array, "n"],
        states: Float[Array, "s"],
        dt: float,
        tangent: bool,
    ) -> PointAnswer:
        """Return what the host hears of a point.

        Parameters
        ----------
        start, increment : array, shape (n,)
            Strain at the beginning and its increment, in components of the host.
        states : array, shape (z + 2,)
        dt : float
            Duration of the increment.
        tangent : bool
            Whether the tangent is wanted.
        """

    def update(
        self,
        strain_increment: Float[Array, "n v"],
        state: State,
        dt: float = 1.0,
        tangent: bool = True,
    ) -> tuple[Float[Array, "n v"], Float[Array, "n v v"] | None, State]:
        """Advance ``n`` material points by one increment, one after the other.

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
        ConvergenceError
            If increments are refused; it names the points, and why the first of them is if the host says so.
        """
        check_increment(strain_increment)
        virgin = self.plain.initial_state(1)["isv"][0]
        strains, increments = self.host.to_host(state["strain"]), self.host.to_host(strain_increment)
        counted = np.column_stack([state["isv"] - virgin, state["energy"], np.zeros(len(strains))])
        points = [self.answer(*point, dt, tangent) for point in zip(strains, increments, counted, strict=True)]
        refused = [p for p, point in enumerate(points) if point.refused is not None]
        if refused:
            why = points[refused[0]].refused
            raise ConvergenceError(
                f"{len(refused)} of {len(points)} material points refuse the increment, the first of them point "
                f"{refused[0]}{f' ({why})' if why else ''}: use smaller increments",
                worst=refused,
            )
        stress, stiffness, after, _ = (np.array(values) for values in zip(*points, strict=True))
        changed = {
            "strain": state["strain"] + strain_increment,
            "isv": after[:, :-2] + virgin,
            "energy": after[:, -2],
            "dissipation": after[:, -1],
        }
        moduli = self.host.tangent_from_host(stiffness) if tangent else None
        return self.host.from_host(stress), moduli, state | changed

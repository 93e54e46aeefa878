"""A compiled user material as a material in Python, called point by point as its host would."""

from __future__ import annotations

import ctypes
import os
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.errors import ConvergenceError
from microtann.export.compiled_model import CompiledModel
from microtann.export.host_places import PLANE_STRAIN, SPACE, THIN, HostPlaces
from microtann.materials.protocol import State
from microtann.numbers.checks import check_increment

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class HostPoint:
    """What a user material returns for a point, in the order of components of the host.

    Parameters
    ----------
    stress : array, shape (n,)
    tangent : array, shape (n, n)
        ``tangent[i, j]`` is ∂stress[i]/∂strain[j].
    statev : array, shape (z + 2,)
    next_time : float
        PNEWDT: below 1 if the increment is refused.
    """

    stress: Float[Array, "n"]
    tangent: Float[Array, "n n"]
    statev: Float[Array, "s"]
    next_time: float


class UserMaterial:
    """A shared library of a model that was exported as a user material (`microtann.fem.Material`).

    What hosts leave undefined, SSE, SPD and the name of the material, is undefined here too. A deck that the
    material refuses ends the process, as it ends the analysis of a host.

    Parameters
    ----------
    path : path
        What `microtann.export.compile_source` has written.
    order : {"abaqus", "kratos"}
        Order of components that it was exported for.
    thin : bool
        Whether a model of the plane is called as elements in plane stress do, and not as those in plane strain.
    """

    def __init__(self, path: str | os.PathLike[str], order: str = "abaqus", thin: bool = False) -> None:
        self.plain = CompiledModel(path)
        plane = THIN if thin else PLANE_STRAIN
        self.host = HostPlaces(SPACE[order] if self.plain.components == 6 else plane)
        self._call = self.plain.library.umat_
        self._call.restype = None

    def __repr__(self) -> str:
        return f"UserMaterial({self.plain.description['name']})"

    def initial_state(self, n: int) -> State:
        """Return the virgin state of ``n`` material points."""
        return self.plain.initial_state(n)

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
            Whether the tangent is returned; it is always computed.

        Raises
        ------
        ConvergenceError
            If increments are refused; it names the points.
        """
        check_increment(strain_increment)
        virgin = self.plain.initial_state(1)["isv"][0]
        strains, increments = self.host.to_host(state["strain"]), self.host.to_host(strain_increment)
        points = []
        for p, (strain, increment) in enumerate(zip(strains, increments, strict=True)):
            statev = np.concatenate([state["isv"][p] - virgin, [state["energy"][p], 0.0]])
            points.append(self.call(strain, increment, statev, dt))
        refused = [p for p, point in enumerate(points) if point.next_time < 1.0]
        if refused:
            raise ConvergenceError(
                f"{len(refused)} of {len(points)} material points refuse the increment, the first of them point "
                f"{refused[0]}: use smaller increments",
                worst=refused,
            )
        after = np.array([point.statev for point in points])
        changed = {
            "strain": state["strain"] + strain_increment,
            "isv": after[:, :-2] + virgin,
            "energy": after[:, -2],
            "dissipation": after[:, -1],
        }
        stress = self.host.from_host(np.array([point.stress for point in points]))
        stiffness = self.host.tangent_from_host(np.array([point.tangent for point in points])) if tangent else None
        return stress, stiffness, state | changed

    def call(
        self,
        strain: Float[Array, "n"],
        increment: Float[Array, "n"],
        statev: Float[Array, "s"],
        dt: float = 1.0,
    ) -> HostPoint:
        """Call the user material for a point, all in the order of components of the host.

        Parameters
        ----------
        strain, increment : array, shape (n,)
            At the beginning, and of the increment; engineering shear.
        statev : array, shape (z + 2,)
            Of the beginning; it is not modified.
        dt : float
            Duration of the increment.
        """
        n, direct = len(strain), self.host.direct
        given = (np.ascontiguousarray(values, dtype=np.float64) for values in (strain, increment))
        start, step = (_at(values) for values in given)
        kept, stress, tangent = np.array(statev, dtype=np.float64), np.zeros(n), np.zeros((n, n))
        undefined = np.full(9, np.nan)
        scrap, counts = _at(undefined), [ctypes.byref(ctypes.c_int(m)) for m in (direct, n - direct, n, len(kept))]
        next_time, time = ctypes.c_double(1.0), ctypes.byref(ctypes.c_double(dt))
        self._call(
            *(_at(stress), _at(kept), _at(tangent), *[scrap] * 7, start, step, scrap, time, *[scrap] * 4, None),
            *(*counts, None, None, None, None, ctypes.byref(next_time), *[None] * 9),
        )
        return HostPoint(stress, tangent.T.copy(), kept, next_time.value)


def _at(values: Float[Array, "..."]) -> ctypes.c_void_p:
    return values.ctypes.data_as(ctypes.c_void_p)

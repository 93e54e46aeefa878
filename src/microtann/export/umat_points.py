"""A compiled user material as a material in Python, called point by point as its host would."""

from __future__ import annotations

import ctypes
import os
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.export.compiled_model import CompiledModel
from microtann.export.host_material import HostMaterial, PointAnswer
from microtann.export.host_places import PLANE_STRAIN, SPACE, THIN, HostPlaces

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


class UserMaterial(HostMaterial):
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
        plain, plane = CompiledModel(path), THIN if thin else PLANE_STRAIN
        super().__init__(plain, HostPlaces(SPACE[order] if plain.components == 6 else plane))
        self._call = self.plain.library.umat_
        self._call.restype = None

    def answer(
        self,
        start: Float[Array, "n"],
        increment: Float[Array, "n"],
        states: Float[Array, "s"],
        dt: float,
        tangent: bool,
    ) -> PointAnswer:
        """Return what the host hears of a point; the tangent is always computed.

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
        point = self.call(start, increment, states, dt)
        return PointAnswer(point.stress, point.tangent, point.statev, "" if point.next_time < 1.0 else None)

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

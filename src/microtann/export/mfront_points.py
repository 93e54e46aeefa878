"""A compiled behaviour of MFront's generic interface as a material in Python, called as its hosts do."""

from __future__ import annotations

import ctypes
import os
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.export.compiled_model import CompiledModel
from microtann.export.host_material import HostMaterial, PointAnswer
from microtann.export.host_places import PLANE_STRAIN, SPACE, HostPlaces

Array = NDArray[np.float64]

CONSISTENT = 4.0
"""What asks for stresses and the consistent tangent; 0 asks for stresses alone, -1 and -3 for a tangent alone."""
_Numbers = ctypes.POINTER(ctypes.c_double)


class _State(ctypes.Structure):
    _fields_ = [
        (name, _Numbers)
        for name in ("gradients", "forces", "density", "properties", "states", "stored", "dissipated", "external")
    ]


class _Data(ctypes.Structure):
    _fields_ = [
        ("message", ctypes.c_char_p),
        ("duration", ctypes.c_double),
        ("tangent", _Numbers),
        ("rdt", _Numbers),
        ("speed_of_sound", _Numbers),
        ("before", _State),
        ("after", _State),
    ]


@dataclass(frozen=True, eq=False)
class BehaviourPoint:
    """What a behaviour returns for a point, with Mandel's shears.

    Parameters
    ----------
    success : int
        1, or -1 if the increment is refused.
    message : str
        Why; empty if it is not.
    next_time : float
        Factor of the next time increment.
    stress : array, shape (n,)
    tangent : array, shape (n, n)
    states : array, shape (z + 2,)
    stored, dissipated : float
        Energies per volume, dissipated since the beginning.
    """

    success: int
    message: str
    next_time: float
    stress: Float[Array, "n"]
    tangent: Float[Array, "n n"]
    states: Float[Array, "s"]
    stored: float
    dissipated: float


class GenericBehaviour(HostMaterial):
    """A shared library of a model that was exported for MFront's generic interface (`microtann.fem.Material`).

    Parameters
    ----------
    path : path
        What `microtann.export.compile_source` has written.
    hypothesis : str, optional
        "Tridimensional", or "PlaneStrain" for models of the plane; that of the model by default.
    """

    def __init__(self, path: str | os.PathLike[str], hypothesis: str | None = None) -> None:
        plain = CompiledModel(path)
        space = plain.components == 6
        hypothesis = hypothesis or ("Tridimensional" if space else "PlaneStrain")
        places = PLANE_STRAIN if not space else SPACE["abaqus"] if hypothesis == "Tridimensional" else (0, 1, 2, 5)
        super().__init__(plain, HostPlaces(places, np.sqrt(2.0)))
        self._call = getattr(plain.library, f"{plain.description['prefix']}_{hypothesis}")
        self._call.restype = ctypes.c_int

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
            Strain at the beginning and its increment, with Mandel's shears.
        states : array, shape (z + 2,)
        dt : float
            Duration of the increment.
        tangent : bool
            Whether the tangent is wanted.
        """
        point = self.call(start, start + increment, states, dt, CONSISTENT if tangent else 0.0)
        return PointAnswer(point.stress, point.tangent, point.states, point.message if point.success < 0 else None)

    def call(
        self,
        start: Float[Array, "n"],
        end: Float[Array, "n"],
        states: Float[Array, "s"],
        dt: float = 1.0,
        wanted: float = CONSISTENT,
    ) -> BehaviourPoint:
        """Call the behaviour for a point, all with Mandel's shears.

        Parameters
        ----------
        start, end : array, shape (n,)
            Strains at the beginning and at the end.
        states : array, shape (z + 2,)
            Of the beginning; they are not modified.
        dt : float
            Duration of the increment.
        wanted : float
            What is written into the first entry of the tangent.
        """
        n = len(start)
        arrays = {
            "start": np.array(start, dtype=np.float64),
            "end": np.array(end, dtype=np.float64),
            "old": np.array(states, dtype=np.float64),
            "new": np.array(states, dtype=np.float64),
            "stress": np.full(n, np.nan),
            "tangent": np.zeros((n, n)),
            "rdt": np.ones(1),
            "energies": np.array([states[-2], states[-1], 0.0, 0.0]),
        }
        arrays["tangent"][0, 0] = wanted
        at = {name: values.ctypes.data_as(_Numbers) for name, values in arrays.items()}
        energies = [arrays["energies"][i:].ctypes.data_as(_Numbers) for i in range(4)]
        message = ctypes.create_string_buffer(512)
        before = _State(gradients=at["start"], states=at["old"], stored=energies[0], dissipated=energies[1])
        after = _State(
            gradients=at["end"],
            forces=at["stress"],
            states=at["new"],
            stored=energies[2],
            dissipated=energies[3],
        )
        data = _Data(
            message=ctypes.cast(message, ctypes.c_char_p),
            duration=dt,
            tangent=at["tangent"],
            rdt=at["rdt"],
            before=before,
            after=after,
        )
        success = self._call(ctypes.byref(data))
        stored, dissipated = arrays["energies"][2:]
        return BehaviourPoint(
            int(success),
            message.value.decode(),
            float(arrays["rdt"][0]),
            arrays["stress"],
            arrays["tangent"],
            arrays["new"],
            float(stored),
            float(dissipated),
        )

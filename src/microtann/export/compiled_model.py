"""A compiled model as a material in Python: the same calls as any other, through the library."""

from __future__ import annotations

import ctypes
import json
import os
import re
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.errors import ConvergenceError, InputError
from microtann.export.exported_model import INTERFACE
from microtann.export.written_digest import check_written
from microtann.materials.protocol import State
from microtann.numbers.checks import check_increment
from microtann.tann.trained_model import TANN

Array = NDArray[np.float64]

_DESCRIPTION = re.compile(rb'\{"microtann":"[^\0]*\}(?=\0)')
_NUMBERS = ctypes.POINTER(ctypes.c_double)


class CompiledModel:
    """A shared library of an exported model (`microtann.fem.Material`).

    States are counted as the model itself counts them, so that its own `decode` takes them; the library counts
    them from the virgin material.

    Parameters
    ----------
    path : path
        What `compile_source` has written.
    model : TANN, optional
        The model that it should be; it is refused if it has changed since the library was written.

    Raises
    ------
    InputError
        If the file is no library of an exported model, or one of another model.

    Examples
    --------
    >>> import microtann as mt
    >>> sources = mt.export.write("cube", "exported")
    >>> material = mt.export.CompiledModel(mt.export.compile_source(sources[0]))
    """

    def __init__(self, path: str | os.PathLike[str], model: TANN | None = None) -> None:
        self.path = Path(path)
        self.description = described_library(self.path)
        if model is not None:
            check_written(model, self.path)
        self.library = library = load_anew(self.path)
        prefix = self.description["prefix"]
        self._update = getattr(library, f"{prefix}_update")
        self._update.restype = ctypes.c_int
        self._update.argtypes = [ctypes.c_size_t, ctypes.c_double, *[_NUMBERS] * 8]
        self._reach = getattr(library, f"{prefix}_reach")
        self._reach.restype = None
        self._reach.argtypes = [ctypes.c_size_t, *[_NUMBERS] * 4]
        self._virgin = np.empty(self.states)
        getattr(library, f"{prefix}_virgin")(_at(self._virgin))

    def __repr__(self) -> str:
        return (
            f"CompiledModel({self.description['name']}, {self.states} ISVs, {self.components} strain components)"
        )

    @property
    def components(self) -> int:
        """Number of strain components, v."""
        return len(self.description["components"])

    @property
    def states(self) -> int:
        """Number of internal state variables, z."""
        return int(self.description["states"])

    def initial_state(self, n: int) -> State:
        """Return the virgin state of ``n`` material points."""
        return {
            "strain": np.zeros((n, self.components)),
            "isv": np.tile(self._virgin, (n, 1)),
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
        """Advance ``n`` material points by one increment.

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
            If an increment is not finite or an array has another shape than the model asks for.
        ConvergenceError
            If points fail; it names them.
        """
        check_increment(strain_increment)
        result = self.call(strain_increment, state["strain"], state["isv"] - self._virgin, dt, tangent)
        stress, after, stiffness, energy, dissipation, failed = result
        if failed:
            points = np.flatnonzero(np.isnan(energy)).tolist()
            raise ConvergenceError(
                f"{failed} of {len(energy)} material points fail, the first of them at point {points[0]}: their "
                "strain is far outside of the range of the training, Δt is not positive, or their flow is not "
                "found; use smaller increments",
                worst=points,
            )
        changed = {
            "strain": state["strain"] + strain_increment,
            "isv": after + self._virgin,
            "energy": energy,
            "dissipation": dissipation,
        }
        return stress, stiffness, state | changed

    def call(
        self,
        strain_increment: Float[Array, "n v"],
        strain: Float[Array, "n v"],
        state: Float[Array, "n z"],
        dt: float = 1.0,
        tangent: bool = True,
    ) -> tuple[
        Float[Array, "n v"],
        Float[Array, "n z"],
        Float[Array, "n v v"] | None,
        Float[Array, "n"],
        Float[Array, "n"],
        int,
    ]:
        """Call the function of the library as it is: states count from the virgin material, failed points are NaN.

        Parameters
        ----------
        strain_increment, strain : array, shape (n, v)
            The increment, and the strain at its beginning.
        state : array, shape (n, z)
            Zeros are virgin.
        dt : float
            Duration of the increment.
        tangent : bool

        Returns
        -------
        stress, state, tangent, energy, dissipation, failed
            At the end of the increment; the last is the number of points that failed.

        Raises
        ------
        InputError
            If an array has another shape than the model asks for.
        """
        n, v, z = len(strain_increment), self.components, self.states
        given = self._checked(n, strain=(strain, v), increment=(strain_increment, v), state=(state, z))
        stress, after, energy, dissipation = np.empty((n, v)), np.empty((n, z)), np.empty(n), np.empty(n)
        stiffness = np.empty((n, v, v)) if tangent else None
        arrays = [*given, stress, after, stiffness, energy, dissipation]
        failed = self._update(n, float(dt), *map(_at, arrays))
        return stress, after, stiffness, energy, dissipation, int(failed)

    def training_reach(self, before: State, after: State) -> Float[Array, "n"] | None:
        """Return how far increments of ``n`` material points reach in the range of the training data.

        Parameters
        ----------
        before, after : dict of arrays
            States of the points before and after `update`.

        Returns
        -------
        array, shape (n,), or None
            1 on the border of the range; None if the model does not know its range.
        """
        if not self.description["ranged"]:
            return None
        n, v, z = len(before["strain"]), self.components, self.states
        increment, isv = after["strain"] - before["strain"], after["isv"] - self._virgin
        given = self._checked(n, strain=(before["strain"], v), increment=(increment, v), isv=(isv, z))
        reach = np.empty(n)
        self._reach(n, *map(_at, given), _at(reach))
        return reach

    def _checked(self, n: int, **arrays: tuple[Array, int]) -> list[Array]:
        """Return arrays as the library takes them; refuse those of another shape."""
        for name, (values, width) in arrays.items():
            if np.shape(values) != (n, width):
                called, shape = self.description["name"], np.shape(values)
                raise InputError(f"{name} of {called} must have the shape {(n, width)}, got {shape}")
        return [np.ascontiguousarray(values, dtype=np.float64) for values, _ in arrays.values()]


def load_anew(path: Path) -> ctypes.CDLL:
    """Load a library from a copy: of the same path, the system would give one that was loaded before.

    Raises
    ------
    InputError
        If it is for another system.
    """
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:  # systems that keep files in use keep the copy
        try:
            return ctypes.CDLL(shutil.copy(path, folder))
        except OSError as error:
            raise InputError(f"{path} does not load here ({error}): compile it for this system") from error


def described_library(path: Path) -> dict[str, Any]:
    """Return what a library says of the model in it, without loading it.

    Raises
    ------
    InputError
        If it is no library of an exported model, or one whose functions are called otherwise.
    """
    if not path.is_file():
        raise InputError(f"there is no library {path}: compile it with microtann.export.compile_source")
    found = _DESCRIPTION.search(path.read_bytes())
    if found is None:
        raise InputError(f"{path} is no library of a model that microtann has exported")
    described: dict[str, Any] = json.loads(found[0])
    if described["interface"] != INTERFACE:
        raise InputError(
            f"{path} was written by microtann {described['microtann']}, with other functions: export again"
        )
    return described


def _at(values: Array | None) -> Any:
    return None if values is None else values.ctypes.data_as(_NUMBERS)

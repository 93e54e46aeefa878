"""Calls of a material for some Gauss points, with a check of what a user's object may return; where it fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import MethodType
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.errors import ConvergenceError, InputError, MicrotannError
from microtann.fem.mesh import Mesh
from microtann.fem.regions import Chunk, Region
from microtann.materials.protocol import LearntMaterial, Material, State
from microtann.numbers.voigt import components

Array = NDArray[np.float64]


class PointError(ConvergenceError):
    """A material that failed, or returned what is not finite.

    Parameters
    ----------
    message : str
    points : sequence of int
        Numbers of the Gauss points, counted cell by cell.
    nodes : sequence of int
        Of the cell of the first of them.
    """

    def __init__(self, message: str, points: Sequence[int], nodes: Sequence[int]) -> None:
        super().__init__(message, worst=nodes)
        self.points = tuple(int(point) for point in points)


class MaterialCall:
    """Calls a material for the Gauss points of its region of a mesh.

    Parameters
    ----------
    region : Region
    mesh : Mesh

    Raises
    ------
    InputError
        If the material does not follow the `Material` protocol.
    """

    def __init__(self, region: Region, mesh: Mesh) -> None:
        material = region.material
        if not (hasattr(material, "initial_state") and hasattr(material, "update")):
            raise InputError(
                "a material has the methods initial_state(n) and update(increment, state, dt, tangent)"
            )
        self._material, self._mesh, self._called = material, mesh, False
        self._update = _plain(material.update)
        self._count = len(mesh.gauss_points(region.cells))
        self.mostly_zero: tuple[str, ...] = getattr(material, "mostly_zero", ())
        self._where = f"{{}} of region {region.name!r}" if region.name else "{}"

    @property
    def points(self) -> int:
        """Number of Gauss points of the region."""
        return self._count

    def virgin(self) -> State:
        """Return the virgin state of all Gauss points of the region."""
        state = self._material.initial_state(self._count)
        check_state(state, self._count)
        _require_components(self._material, state, components(self._mesh.dimension))
        return state

    def __call__(
        self, strain: Float[Array, "n v"], state: State, chunk: Chunk, dt: float, tangent: bool
    ) -> tuple[Float[Array, "n v"], Float[Array, "n v v"] | None, State]:
        """Advance the points of a chunk by one increment; ``state`` is that of all points of the region.

        Raises
        ------
        InputError
            If the material breaks its protocol: the wrong number or shape of results, or a change of its input.
        PointError
            If the material raises an error, or returns what is not finite; it names the element and the point.
        """
        self._require_finite("strain", strain, chunk)
        given = {name: value[chunk.place] for name, value in state.items()}
        kept = None if self._called else (strain.copy(), {name: value.copy() for name, value in given.items()})
        try:
            answer: Any = self._update(strain, given, dt, tangent)
        except Exception as error:  # a user's material may raise anything
            ours = isinstance(error, ConvergenceError)
            if isinstance(error, MemoryError) or (isinstance(error, MicrotannError) and not ours):
                raise
            kind = "" if ours else f"{type(error).__name__}: "
            where = getattr(error, "worst", ())[:1] or [self._failing(strain, given, dt, tangent)]
            raise self._failure(f"the material failed in {{}}: {kind}{error}", chunk, where) from error
        if kept is not None:
            _require_unchanged(strain, given, *kept)
            self._called = True
        stress, moduli, new = _results(answer, strain.shape, tangent)
        self._require_finite("stress that the material returned", stress, chunk)
        self._require_finite("energy that the material returned", new["energy"], chunk)
        self._require_finite("dissipation that the material returned", new["dissipation"], chunk)
        if moduli is not None and not np.isfinite(moduli.sum()):
            self._require_finite("tangent that the material returned", moduli, chunk)
        return stress, moduli, new

    def training_reach(self, before: State, after: State) -> Float[Array, "p"] | None:
        """Return how far the points of the region reach in the range of the data behind the material.

        Returns
        -------
        array, shape (p,), or None
            None for a material that does not say it.

        Raises
        ------
        InputError
            If the answer is not one number per point.
        """
        if not isinstance(self._material, LearntMaterial):
            return None
        answer: Any = self._material.training_reach(before, after)
        if answer is None:
            return None
        if np.shape(answer) != (self._count,) or not np.issubdtype(np.asarray(answer).dtype, np.number):
            raise InputError(f"the material's training_reach must be None or numbers of shape ({self._count},)")
        return np.asarray(answer, dtype=np.float64)

    def _require_finite(self, what: str, values: Array, chunk: Chunk) -> None:
        finite = np.isfinite(values)
        if not finite.all():
            places = np.unique(np.argwhere(~finite)[:, 0])
            raise self._failure(f"the {what} is not finite in {{}}", chunk, places.tolist())

    def _failing(self, strain: Float[Array, "n v"], state: State, dt: float, tangent: bool) -> int:
        """Return the place in a chunk of a point at which the material raises an error, by halving the chunk."""
        first, last = 0, len(strain)
        while last - first > 1:
            middle = (first + last) // 2
            half = slice(first, middle)
            try:
                self._update(strain[half], {k: value[half] for k, value in state.items()}, dt, tangent)
            except Exception:
                last = middle
            else:
                first = middle
        return first

    def _failure(self, sentence: str, chunk: Chunk, places: Sequence[int]) -> PointError:
        """Return an error that names the element and the Gauss point of the first of some points of a chunk."""
        chosen = np.asarray(places)
        points = chunk.points.start + chosen if isinstance(chunk.points, slice) else chunk.points[chosen]
        element, number = (int(which[0]) for which in self._mesh.cells_of(points[:1]))
        where = self._where.format(f"element {element}") + f", Gauss point {number}"
        where += f" (and {len(points) - 1} other points)" if len(points) > 1 else ""
        return PointError(sentence.replace("{}", where, 1), points.tolist(), self._mesh.nodes_of(element).tolist())


def _plain(method: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method as Python's own: that of a model is an array tree, which every call puts together again."""
    function, owner = (getattr(method, name, None) for name in ("__func__", "__self__"))
    return method if function is None or owner is None else MethodType(function, owner)


def _require_components(material: Material, state: State, wanted: int) -> None:
    """Refuse a material whose strain has another number of components than that of the mesh, or is none.

    Raises
    ------
    InputError
    """
    others = getattr(getattr(material, "microstructure", None), "strain_names", ())
    if others:
        raise InputError(
            f"the material is driven by {', '.join(others)}, and finite elements of meshes know the strain alone"
        )
    known = getattr(material, "components", None)
    if known is None and "strain" in state and state["strain"].ndim == 2:
        known = state["strain"].shape[1]
    if isinstance(known, int) and known != wanted:
        where, other = ("in space", "in the plane") if wanted == 6 else ("in the plane", "in space")
        raise InputError(
            f"the material has {known} strain components, but finite elements are {where} and need {wanted}: "
            f"use a cell {where}, or a mesh {other}"
        )


def check_state(state: Any, count: int) -> None:
    """Refuse a material state without energy or dissipation, or with arrays of another length.

    Raises
    ------
    InputError
    """
    if not isinstance(state, dict):
        raise InputError(f"a material's state is a dict of arrays, got {type(state).__name__}")
    for name in ("energy", "dissipation"):
        if name not in state or np.shape(state[name]) != (count,):
            got = f"shape {np.shape(state[name])}" if name in state else "none"
            raise InputError(f"a material's state holds {name!r} of shape ({count},), got {got}")
    for name, value in state.items():
        if np.ndim(value) < 1 or len(value) != count:
            raise InputError(f"the material's state {name!r} must have {count} entries along its first axis")


def _results(answer: Any, shape: tuple[int, int], tangent: bool) -> tuple[Array, Array | None, State]:
    """Return stress, tangent and state as arrays of the right shapes."""
    n, v = shape
    if not isinstance(answer, tuple) or len(answer) != 3:
        raise InputError("the material's update returns three values: stress, tangent (or None) and the new state")
    stress, moduli, new = answer
    try:
        stress = np.asarray(stress, dtype=np.float64)
        moduli = np.asarray(moduli, dtype=np.float64) if tangent and moduli is not None else None
    except (TypeError, ValueError):
        raise InputError("the material's stress and tangent must be arrays of numbers") from None
    if stress.shape != (n, v):
        raise InputError(f"the material's stress must have shape ({n}, {v}), got {stress.shape}")
    if tangent and (moduli is None or moduli.shape != (n, v, v)):
        got = "none" if moduli is None else str(moduli.shape)
        raise InputError(f"the material's tangent must have shape ({n}, {v}, {v}), got {got}")
    check_state(new, n)
    return stress, moduli, {name: np.asarray(value) for name, value in new.items()}


def _require_unchanged(strain: Array, state: State, strain_before: Array, state_before: State) -> None:
    if not np.array_equal(strain, strain_before, equal_nan=True):
        raise InputError("the material changed the strain increment that it was given: it must work on a copy")
    for name, before in state_before.items():
        if name not in state or not np.array_equal(state[name], before, equal_nan=True):
            raise InputError(f"the material changed {name!r} of the state it was given: it must return a new one")

"""What a trained model and a data set say about the microstructure that they stand for.

A lattice (`microtann.microstructure.bars.lattice.Lattice`) is one kind; another simulator's microstructure is one
more subclass. Files keep its arrays by group and name.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Protocol, TypeVar, runtime_checkable

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike, NDArray

from microtann.errors import InputError

Array = NDArray[np.float64]
Groups = Mapping[str, Mapping[str, NDArray[Any]]]
"""Arrays by the name of their group and their own."""


@runtime_checkable
class MicroResponse(Protocol):
    """Response of a microstructure along strain paths; "..." is (T,) or (B, T), as in the strain given."""

    @property
    def stress(self) -> Float[Array, "*batch v"]:
        """Average stress."""
        ...

    @property
    def energy(self) -> Float[Array, "*batch"]:
        """Free energy per unit volume."""
        ...

    @property
    def dissipation(self) -> Float[Array, "*batch"]:
        """Dissipation of every increment, per unit volume."""
        ...

    @property
    def coordinates(self) -> Mapping[str, Array]:
        """Internal coordinates by the name of their group, shape (..., *group)."""
        ...


class Microstructure(ABC):
    """A microstructure whose exact response can be computed and which can be kept in a file."""

    kind: ClassVar[str]
    """Name of the kind in files."""
    fields: ClassVar[Mapping[str, tuple[str, ...]]]
    """Names of the arrays of every group in files; a group may be absent."""

    @property
    def strain_scale(self) -> float:
        """Strain at first yield over 1/3, that of the reference material, by which strain paths are scaled."""
        return 1.0

    @abstractmethod
    def groups(self) -> Groups:
        """Return the arrays that make up the microstructure."""

    @classmethod
    @abstractmethod
    def of_groups(cls, groups: Groups) -> Microstructure:
        """Return the microstructure that the arrays make up.

        Raises
        ------
        InputError
            If they are not well defined.
        """

    @abstractmethod
    def solve(self, strain: ArrayLike, dt: ArrayLike = 1.0) -> MicroResponse:
        """Return the exact response along strain paths (T, v) or (B, T, v) from the virgin state."""


MICROSTRUCTURES: dict[str, type[Microstructure]] = {}
"""Kinds of microstructures by name."""

M = TypeVar("M", bound=type[Microstructure])


def register(kind: M) -> M:
    """Make a kind of microstructure known to the files; a class decorator."""
    MICROSTRUCTURES[kind.kind] = kind
    return kind


def microstructure_class(kind: str) -> type[Microstructure]:
    """Return the class of a kind of microstructure.

    Raises
    ------
    InputError
        If it is not known.
    """
    if kind not in MICROSTRUCTURES:
        known = ", ".join(sorted(MICROSTRUCTURES))
        raise InputError(
            f"the kind of microstructure {kind!r} is not known (known: {known}): import what defines it"
        )
    return MICROSTRUCTURES[kind]

"""Kinds of microstructures by name: those of this package, of installed ones, and what a file says of others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import ClassVar, NoReturn, TypeVar

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.errors import InputError
from microtann.materials.protocol import State
from microtann.microstructure.protocol import Groups, Microstructure
from microtann.system.entry_points import load_entry_points

Array = NDArray[np.float64]
MICROSTRUCTURE_ENTRY_POINTS = "microtann.microstructures"
"""Entry points by which an installed package makes its kinds known: each names a kind, or a module with some."""
OWN_MICROSTRUCTURES = (
    "microtann.microstructure.bars.lattice",
    "microtann.microstructure.frames.frame",
    "microtann.microstructure.cosserat.cosserat_frame",
    "microtann.microstructure.material_point.solid_point",
    "microtann.microstructure.continuum.solid",
)
"""Where the kinds of this package are, imported when one is first looked for."""
DEFAULT_KIND = "lattice"
"""Kind of the microstructure in files that name none."""
MICROSTRUCTURES: dict[str, type[Microstructure]] = {}
"""Kinds of microstructures by name."""

M = TypeVar("M", bound=type[Microstructure])


def register_microstructure(kind: M) -> M:
    """Make a kind of microstructure known to files and to the command line; a class decorator."""
    MICROSTRUCTURES[kind.kind] = kind
    return kind


def known_microstructures() -> dict[str, type[Microstructure]]:
    """Return all kinds by name, those of installed packages included.

    Raises
    ------
    ConfigurationError
        If an installed package names a kind that cannot be imported.
    """
    for module in OWN_MICROSTRUCTURES:
        import_module(module)
    for loaded in load_entry_points(MICROSTRUCTURE_ENTRY_POINTS, "microstructure"):
        if isinstance(loaded, type) and issubclass(loaded, Microstructure):
            register_microstructure(loaded)
    return dict(sorted(MICROSTRUCTURES.items()))


def microstructure_class(kind: str) -> type[Microstructure] | None:
    """Return the class of a kind of microstructure; None if it is not known."""
    if kind not in MICROSTRUCTURES:
        known_microstructures()
    return MICROSTRUCTURES.get(kind)


@dataclass(frozen=True, eq=False)
class UnknownMicrostructure(Microstructure):
    """A microstructure from a file whose kind is not known here; its arrays are kept as they are.

    Training, recall and evaluation on data need no more. Whatever needs the microstructure itself says that its
    kind is to be imported.

    Parameters
    ----------
    kind : str
    arrays : mapping
        Arrays by group and name.
    shapes : mapping
        Internal coordinates of the data or the model.
    count : int
        Strain components.
    """

    fields: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    kind: str  # type: ignore[misc]
    arrays: Groups
    shapes: Mapping[str, tuple[int, ...]]
    count: int

    @property
    def components(self) -> int:
        """Number of strain components."""
        return self.count

    @property
    def coordinate_shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Internal coordinates of the file."""
        return self.shapes

    @property
    def solvable(self) -> bool:
        """False: nothing is known of it."""
        return False

    @property
    def exact_states(self) -> int:
        """Zero: it is not known."""
        return 0

    def groups(self) -> Groups:
        """Return the arrays as the file held them."""
        return self.arrays

    @classmethod
    def of_groups(cls, groups: Groups) -> Microstructure:
        """Refuse, since arrays alone do not say which kind they belong to."""
        raise InputError("the kind of the microstructure is not known")

    def initial_state(self, n: int) -> State:
        """Refuse, as its kind is not known."""
        self._refuse()

    def update(
        self,
        strain_increment: Float[Array, "n v"],
        state: State,
        dt: float = 1.0,
        tangent: bool = True,
    ) -> tuple[Float[Array, "n v"], Float[Array, "n v v"] | None, State]:
        """Refuse, as its kind is not known.

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
        """
        self._refuse()

    def decode(self, state: Mapping[str, Array]) -> dict[str, Array]:
        """Refuse, as its kind is not known."""
        self._refuse()

    @property
    def unknown(self) -> str:
        """A sentence on what is not known, and what to do."""
        known = ", ".join(sorted(MICROSTRUCTURES))
        return (
            f"the kind of microstructure {self.kind!r} is not known here (known: {known}): import what defines "
            f"it, or install a package with the entry point {MICROSTRUCTURE_ENTRY_POINTS!r}, to solve it"
        )

    def _refuse(self) -> NoReturn:
        raise InputError(self.unknown)


def microstructure_of(
    kind: str, groups: Groups, shapes: Mapping[str, tuple[int, ...]], components: int
) -> Microstructure:
    """Return the microstructure that arrays from a file make up, of a known kind or not.

    Parameters
    ----------
    kind : str
    groups : mapping
        Arrays by group and name.
    shapes : mapping
        Internal coordinates of the file, for a kind that is not known.
    components : int
        Strain components of the file.

    Raises
    ------
    InputError
        If the arrays are not well defined.
    """
    known = microstructure_class(kind)
    return UnknownMicrostructure(kind, groups, shapes, components) if known is None else known.of_groups(groups)

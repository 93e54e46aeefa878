"""What the equilibrium solver asks of a discrete system: forces, tangent and energy for nodal displacements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import NDArray
from scipy import sparse

from microtann.equilibrium.nodal_vectors import NodalVectors

Array = NDArray[np.float64]


@runtime_checkable
class Tangent(Protocol):
    """A stiffness as a linear operator on displacements, flattened node by node."""

    @property
    def symmetric(self) -> bool:
        """Whether it is symmetric, so that conjugate gradients may be used."""
        ...

    def __matmul__(self, vector: Float[Array, "n"]) -> Float[Array, "n"]:
        """Return the forces due to small displacements."""
        ...

    def blocks(self) -> sparse.bsr_array[Any]:
        """Return the assembled matrix in d × d blocks, as a copy that the caller may change."""
        ...


@dataclass(frozen=True, eq=False)
class Response:
    """Answer of a system to an increment of displacement.

    Parameters
    ----------
    force : array, shape (N d,)
        Internal forces on the nodes.
    tangent : Tangent or None
        Consistent tangent ∂force/∂displacement, where it was asked for.
    energy, dissipation : float
        Energy Ψ at the end of the increment and dissipation of the increment, over the whole system.
    state : object
        State at the end of the increment; the system alone knows what is in it.
    calls : int
        Constitutive evaluations this took: one for a bar or a Gauss point.
    material_seconds, assembly_seconds : float
        CPU time of the material and of the rest.
    """

    force: Float[Array, "n"]
    tangent: Tangent | None
    energy: float
    dissipation: float
    state: Any
    calls: int
    material_seconds: float
    assembly_seconds: float


@runtime_checkable
class System(Protocol):
    """Nodes joined by elements or bars; it holds no state of its own."""

    convex: bool
    """Whether equilibrium minimises energy + dissipation − work, a convex function: then a line search uses it."""

    @property
    def points(self) -> Float[Array, "N d"]:
        """Positions of the nodes."""
        ...

    @property
    def parts(self) -> Int[NDArray[np.int32], "N"]:
        """Number, from 0, of the connected part that every node is in; usually there is one."""
        ...

    def virgin(self) -> Any:
        """Return the virgin state."""
        ...

    def evaluate(
        self,
        state: Any,
        displacement: Float[Array, "n"],
        increment: Float[Array, "n"],
        dt: float,
        tangent: bool,
    ) -> Response:
        """Answer to an increment of displacement.

        Parameters
        ----------
        state : object
            State at the start of the increment; it is never modified, which is what makes roll-back possible.
        displacement, increment : array, shape (N d,)
            Displacement at the end of the increment, and its change over the increment.
        dt : float
            Duration of the increment.
        tangent : bool
            Whether the tangent is wanted. For a zero increment of the virgin state it is the elastic one, on which
            the preconditioner is built.

        Raises
        ------
        ConvergenceError
            If a material found no answer; the increment is then cut.
        """
        ...

    def training_reach(self, before: Any, after: Any) -> Float[Array, "P"] | None:
        """Return how far an increment of every material point reaches in the range of the data it was learnt from.

        Parameters
        ----------
        before, after : object
            States at the start and at the end of an increment.

        Returns
        -------
        array, shape (P,), or None
            1 on the border of the range, more outside; None for what was not learnt.
        """
        ...

    def fields(self, state: Any, reach: Float[Array, "P"] | None = None) -> dict[str, Array]:
        """Return fields of the elements or bars for output, one row each, with what `training_reach` said."""
        ...


@runtime_checkable
class Spread(Protocol):
    """A system of which every process has a part: it solves linear systems, and knows products, of the whole."""

    @property
    def vectors(self) -> NodalVectors:
        """Products and norms of vectors of which the process has a part."""
        ...

    def linear_model(self, elastic: Any, held: Bool[NDArray[np.bool_], "N u"]) -> Any:
        """Return what solves linear systems of its tangents for one set of held components, as `LinearModel`."""
        ...

"""States of the microstructure at nodes of a mesh, from those that the material keeps at Gauss points.

The state at a node is the volume average over the Gauss points around it. A hybrid has two kinds of states, those
of its network and those of the exact microstructure; each is averaged over its own share of the points, and
decoded on its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.errors import InputError
from microtann.fem.model import Result
from microtann.materials.protocol import Material, State
from microtann.microstructure.protocol import Microstructure

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]
RESULTS = ("energy", "dissipation")
"""State variables that are results of an increment; nothing is decoded from them."""


@runtime_checkable
class DecodingMaterial(Material, Protocol):
    """A material whose states tell the internal coordinates of its microstructure: exact, a TANN, or a hybrid."""

    @property
    def microstructure(self) -> Microstructure | None:
        """What it stands for, if that is known."""
        ...

    @property
    def coordinate_shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Name and shape of each group of internal coordinates that it decodes."""
        ...

    def decode(self, state: Mapping[str, Array]) -> dict[str, Array]:
        """Return the internal coordinates of states (..., *)."""
        ...


@runtime_checkable
class MixedMaterial(DecodingMaterial, Protocol):
    """A material whose states are made of those of several, each with a share."""

    def shares(self, state: State) -> Sequence[tuple[DecodingMaterial, Array]]:
        """Return the materials, each with its share at every point."""
        ...


def require_decoding(material: object) -> DecodingMaterial:
    """Return a material whose states tell internal coordinates.

    Raises
    ------
    InputError
        If it does not decode, or names no microstructure.
    """
    if not isinstance(material, DecodingMaterial) or material.microstructure is None:
        raise InputError(
            "what is inside a structure is told by a microstructure, or by a model that decodes the internal "
            f"coordinates of one, not by {type(material).__name__}"
        )
    return material


@dataclass(frozen=True, eq=False)
class NodalShare:
    """States of one kind at some nodes.

    Parameters
    ----------
    decode : callable
        Gives internal coordinates (k, *group) of states.
    weight : array, shape (k,)
        Share of this kind in the volume around every node; those of all kinds add up to one.
    state : dict of arrays, shape (k, *)
        Average over that share, the strain among them; zero where there is no share.
    """

    decode: Callable[[Mapping[str, Array]], dict[str, Array]]
    weight: Float[Array, "k"]
    state: State


@runtime_checkable
class NodalStates(Protocol):
    """States at the nodes of a mesh."""

    def at(self, nodes: Int[IntArray, "k"]) -> Sequence[NodalShare]:
        """Return the states at some nodes."""
        ...


class KeptStates:
    """The states that a result keeps.

    Parameters
    ----------
    result : Result
    material : DecodingMaterial
        That of the result.
    """

    def __init__(self, result: Result, material: DecodingMaterial) -> None:
        mesh, state = result.mesh, {**result.state, "strain": result.strain}
        whole = [(material, np.ones(mesh.weights.shape))]
        shares = material.shares(state) if isinstance(material, MixedMaterial) else whole
        self._shares = []
        for part, weight in shares:
            names = [name for name in part.initial_state(0) if name not in RESULTS]
            sums = {name: mesh.at_nodes(_spread(weight, state[name]) * state[name]) for name in names}
            self._shares.append((part.decode, mesh.at_nodes(weight), sums))

    def at(self, nodes: Int[IntArray, "k"]) -> list[NodalShare]:
        """Return the states at some nodes."""
        return [
            NodalShare(
                decode, weight[nodes], {name: _ratio(value[nodes], weight[nodes]) for name, value in sums.items()}
            )
            for decode, weight, sums in self._shares
        ]


def _ratio(value: Float[Array, "k *z"], weight: Float[Array, "k"]) -> Float[Array, "k *z"]:
    """Return values per weight; zero where there is no weight."""
    divisor = np.broadcast_to(_spread(weight, value), value.shape)
    return np.divide(value, divisor, out=np.zeros_like(value), where=divisor > 0.0)


def _spread(weight: Float[Array, "*n"], value: Float[Array, "*k"]) -> Float[Array, "*m"]:
    """Return weights with axes behind their own, so that they multiply values."""
    return weight.reshape(*weight.shape, *(1,) * (value.ndim - weight.ndim))

"""Internal coordinates of a lattice cell at nodes of a mesh, from the states that the material keeps.

The state at a node is the volume average over the Gauss points around it. A hybrid has two kinds of states, those
of its network and those of the exact cell; each is averaged over its own share of the points, and decoded on its
own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.fem.model import Result
from microtann.microstructure.bars.exact_cell import ExactCell
from microtann.tann.hybrid import Hybrid
from microtann.tann.model import TANN

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]
Decoder = Callable[[Array, Array], dict[str, Array]]
"""Gives "displacement" and "force" of states (p, z) and strains (p, v)."""


@dataclass(frozen=True, eq=False)
class Share:
    """States of one kind at some nodes.

    Parameters
    ----------
    decode : callable
    weight : array, shape (k,)
        Share of this kind in the volume around every node; those of all kinds add up to one.
    state : array, shape (k, z)
        Average over that share; not defined where it is zero.
    strain : array, shape (k, v)
    """

    decode: Decoder
    weight: Float[Array, "k"]
    state: Float[Array, "k z"]
    strain: Float[Array, "k v"]


class NodalStates(Protocol):
    """States at the nodes of a mesh."""

    def at(self, nodes: Int[IntArray, "k"]) -> Sequence[Share]:
        """Return the states at some nodes."""
        ...


class KeptStates:
    """The states that a result keeps.

    Parameters
    ----------
    result : Result
    material : TANN, Hybrid or ExactCell
        That of the result.
    """

    def __init__(self, result: Result, material: TANN | Hybrid | ExactCell) -> None:
        state, mesh = result.state, result.mesh
        whole = np.ones(mesh.weights.shape)
        kinds: list[tuple[Decoder, Array, Array]]
        if isinstance(material, ExactCell):
            kinds = [(material.decode, whole, state["plastic_strain"])]
        elif isinstance(material, TANN):
            kinds = [(material.decode, whole, state["isv"])]
        else:
            share = state["exact_share"]
            kinds = [
                (material.tann.decode, 1.0 - share, state["isv"]),
                (material.exact.decode, share, state["plastic_strain"]),
            ]
        self._shares = [
            (decode, mesh.at_nodes(weight), mesh.at_nodes(weight[..., None] * value), mesh.at_nodes(weighted))
            for decode, weight, value in kinds
            for weighted in [weight[..., None] * result.strain]
        ]

    def at(self, nodes: Int[IntArray, "k"]) -> list[Share]:
        """Return the states at some nodes."""
        return [
            Share(decode, weight[nodes], *(_ratio(value[nodes], weight[nodes]) for value in (state, strain)))
            for decode, weight, state, strain in self._shares
        ]


def _ratio(value: Float[Array, "k z"], weight: Float[Array, "k"]) -> Float[Array, "k z"]:
    """Return values per weight; zero where there is no weight."""
    divisor = np.broadcast_to(weight[:, None], value.shape)
    return np.divide(value, divisor, out=np.zeros_like(value), where=divisor > 0.0)

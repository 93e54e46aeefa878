"""Sections of beams, their joints and their materials, as decks say them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class BeamProfile:
    """A section of beams.

    Parameters
    ----------
    shape : str
        As Abaqus names it: "RECT", "CIRC", "PIPE", "I", ...; empty for bars, of which only the area is known.
    numbers : tuple of float
        That describe the shape.
    direction : tuple of float, or None
        The first axis of the section, n1.
    material : str
    place, written : str
        Where it stands, and its keyword.
    """

    shape: str
    numbers: tuple[float, ...]
    direction: tuple[float, ...] | None
    material: str
    place: str
    written: str


@dataclass(frozen=True, eq=False)
class BeamRelease:
    """Moments that vanish at an end of some beams.

    Parameters
    ----------
    cells : integer array
        The beams.
    end : int
        0 for their first node, 1 for their last one.
    code : str
        Which moments, as Abaqus names them: "ALLM" for all.
    place : str
    """

    cells: Int[NDArray[np.int64], "_"]
    end: int
    code: str
    place: str


@dataclass(eq=False)
class DeckMaterial:
    """A material of a deck.

    Parameters
    ----------
    name, place : str
    young, poisson : float
        Not a number where it is not elastic.
    yield_stress : float
        Infinite where it never yields.
    hardening : float
        Linear kinematic hardening modulus: stress over plastic strain.
    """

    name: str
    place: str
    young: float = float("nan")
    poisson: float = 0.0
    yield_stress: float = float("inf")
    hardening: float = 0.0

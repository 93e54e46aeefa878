"""Nodes, elements and names of a part, of an instance or of the model itself, by the numbers of the deck."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.mesh_files.abaqus.element_types import ElementType
from microtann.mesh_files.abaqus.node_coordinates import Motion
from microtann.mesh_files.beam_profiles import BeamProfile

NumberInPart = int | tuple[str, int]
"""A number in the part itself, or the key of an instance and a number in it."""


class Element(NamedTuple):
    """An element: its type and its nodes."""

    type: ElementType
    nodes: tuple[NumberInPart, ...]


class Members(NamedTuple):
    """Nodes or elements by number.

    Parameters
    ----------
    instance : str or None
        Key of the instance in which they are numbered; None for the part that names them.
    numbers : sequence of int
    listed : bool
        Whether each must exist; of a range, those that exist are meant.
    place : str
        Where they are named.
    """

    instance: str | None
    numbers: Sequence[int]
    listed: bool
    place: str


@dataclass(eq=False)
class NamedSet:
    """A set of nodes or elements.

    Parameters
    ----------
    name : str
        As it was first written.
    members : list of Members
    unsorted : bool
        Whether its order is that of the deck; else that of the numbers.
    """

    name: str
    members: list[Members] = field(default_factory=list)
    unsorted: bool = False


class SurfacePatch(NamedTuple):
    """Faces of some elements: S1, S2, ... by their number from 0, or as `ForeignMesh` has them."""

    members: list[Members]
    face: int
    place: str


@dataclass(eq=False)
class DeckSurface:
    """A surface of faces of elements."""

    name: str
    patches: list[SurfacePatch] = field(default_factory=list)


class DeckSection(NamedTuple):
    """What a section says of the elements of a set.

    Parameters
    ----------
    elements : str
        Name of the set.
    area : float
        Area of bars, nan if it is not known.
    thickness : float
        That of elements in the plane.
    place : str
    written : str
        What it is, in words.
    profile : BeamProfile
    """

    elements: str
    area: float
    thickness: float
    place: str
    written: str
    profile: BeamProfile


class DeckRelease(NamedTuple):
    """Moments that vanish at an end of the beams of a set.

    Parameters
    ----------
    elements : str
        An element, or the name of the set.
    end : int
        0 or 1.
    code : str
        Which moments, as Abaqus names them.
    place : str
    """

    elements: str
    end: int
    code: str
    place: str


@dataclass(eq=False)
class DeckPart:
    """Nodes, elements and names that share their numbers; upper and lower case make no difference in names.

    Parameters
    ----------
    name : str
        That of the part or instance; empty for the model itself.
    points : dict of lists
        Coordinates by number.
    elements : dict of Element
    node_sets, cell_sets : dict of NamedSet
    surfaces : dict of DeckSurface
    sections : list of DeckSection
    releases : list of DeckRelease
    system : Motion
        Where the coordinates of nodes that follow are given.
    motion : Motion
        Where all nodes are taken in the end.
    moved_nodes : int
        Nodes that were given once more, at another place.
    """

    name: str = ""
    points: dict[int, list[float]] = field(default_factory=dict)
    elements: dict[int, Element] = field(default_factory=dict)
    node_sets: dict[str, NamedSet] = field(default_factory=dict)
    cell_sets: dict[str, NamedSet] = field(default_factory=dict)
    surfaces: dict[str, DeckSurface] = field(default_factory=dict)
    sections: list[DeckSection] = field(default_factory=list)
    releases: list[DeckRelease] = field(default_factory=list)
    system: Motion = field(default_factory=Motion)
    motion: Motion = field(default_factory=Motion)
    moved_nodes: int = 0

    def instance(self, name: str, motion: Motion) -> DeckPart:
        """Return the part once more; what the instance adds is not in the part.

        Parameters
        ----------
        name : str
        motion : Motion
            Where it takes the part, and what the instance adds.
        """
        copy = DeckPart(name, dict(self.points), dict(self.elements), motion=motion)
        copy.sections, copy.releases = list(self.sections), list(self.releases)
        copy.moved_nodes = self.moved_nodes
        for sets, own in ((self.node_sets, copy.node_sets), (self.cell_sets, copy.cell_sets)):
            own |= {key: NamedSet(s.name, list(s.members), s.unsorted) for key, s in sets.items()}
        copy.surfaces = {key: DeckSurface(s.name, list(s.patches)) for key, s in self.surfaces.items()}
        return copy

    def positions(self, numbers: Sequence[int]) -> Float[NDArray[np.float64], "N 3"]:
        """Return where nodes are before the part is moved."""
        return np.array([self.points[number] for number in numbers], dtype=np.float64).reshape(-1, 3)

    def add_points(self, numbers: Sequence[int], points: Float[NDArray[np.float64], "N 3"]) -> None:
        """Add nodes; of those that are given twice the last place counts.

        Parameters
        ----------
        numbers : sequence of int
        points : array, shape (N, 3)
        """
        added = dict(zip(numbers, points.tolist(), strict=True))
        if len(added) < len(numbers) or not self.points.keys().isdisjoint(added):
            before: dict[int, list[float]] = {}
            for number, point in zip(numbers, points.tolist(), strict=True):
                known = before.get(number, self.points.get(number, point))
                self.moved_nodes += known != point
                before[number] = point
        self.points |= added

    def extend_set(
        self, sets: dict[str, NamedSet], name: str, members: list[Members], unsorted: bool = False
    ) -> None:
        """Add to a set, or begin it.

        Parameters
        ----------
        sets : dict of NamedSet
            ``node_sets`` or ``cell_sets``.
        name : str
        members : list of Members
        unsorted : bool
        """
        found = sets.setdefault(name.upper(), NamedSet(name))
        found.members += members
        found.unsorted |= unsorted

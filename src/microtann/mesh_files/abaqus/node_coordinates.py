"""Coordinates of nodes: angles in cylindrical and spherical systems, local systems, and motions of instances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.errors import InputError
from microtann.mesh_files.abaqus.deck_lines import KeywordBlock, Line
from microtann.numbers.written_number import as_number

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Motion:
    """Rigid motion x → origin + turn · x.

    Parameters
    ----------
    origin : array, shape (3,)
    turn : array, shape (3, 3)
        Rotation.
    """

    origin: Float[Array, "3"] = field(default_factory=lambda: np.zeros(3))
    turn: Float[Array, "3 3"] = field(default_factory=lambda: np.eye(3))

    def moved(self, points: Float[Array, "N 3"]) -> Float[Array, "N 3"]:
        """Return points where the motion takes them, and their very numbers where it does not turn them."""
        if (self.turn == np.eye(3)).all():
            return points + self.origin
        return points @ self.turn.T + self.origin


def numbers_of(line: Line, at_most: int | None = None, first: int = 0) -> list[float]:
    """Return the numbers of a data line; an empty place is zero.

    Parameters
    ----------
    line : Line
    at_most : int, optional
        Words after so many are left unread.
    first : int
        Number of words before them.

    Raises
    ------
    InputError
        If a word is no finite number.
    """
    found = []
    for word in line.words[first:at_most]:
        try:
            value = as_number(word or "0")
        except ValueError:
            value = np.nan
        if not np.isfinite(value):
            raise InputError(f"{line.place}: {word!r} is no number")
        found.append(value)
    return found


def cartesian(points: Float[Array, "N 3"], system: str) -> Float[Array, "N 3"]:
    """Return points that are given in a system of coordinates.

    Parameters
    ----------
    points : array, shape (N, 3)
        With "C" radius, angle and height, with "S" radius, longitude and latitude; angles in degrees.
    system : str
        "R", "C" or "S".
    """
    if system == "R":
        return points
    radius, angle, third = points.T
    cosine, sine = _cosine(angle), _cosine(angle - 90.0)
    if system == "C":
        return np.column_stack([radius * cosine, radius * sine, third])
    flat = radius * _cosine(third)
    return np.column_stack([flat * cosine, flat * sine, radius * _cosine(third - 90.0)])


def local_system(block: KeywordBlock) -> Motion:
    """Return the motion that *SYSTEM describes: to an origin, with a first axis and a point of the first plane.

    Raises
    ------
    InputError
        If it has no axes.
    """
    rows = [numbers_of(line) for line in block.data]
    if not rows:
        return Motion()
    origin = _three(rows[0][:3])
    if len(rows[0]) <= 3:
        return Motion(origin)
    first = _three(rows[0][3:6]) - origin
    if len(rows) == 1:  # the third axis stays
        first[2] = 0.0
        second = np.cross([0.0, 0.0, 1.0], first)
    else:
        second = _three(rows[1][:3]) - origin
    normal = np.cross(first, second)
    if not np.linalg.norm(normal) > 1e-12 * np.linalg.norm(first) * np.linalg.norm(second):
        block.refuse("the points of *SYSTEM lie on one line, so that it has no axes")
    axes = [first, np.cross(normal, first), normal]
    return Motion(origin, np.column_stack([axis / np.linalg.norm(axis) for axis in axes]))


def placement(block: KeywordBlock) -> Motion:
    """Return a motion of a translation and, after it, a rotation about an axis through two points, in degrees.

    Raises
    ------
    InputError
        If the data are of another form.
    """
    rows = [numbers_of(line) for line in block.data]
    if len(rows) > 2 or (rows and len(rows[0]) > 3) or (len(rows) == 2 and len(rows[1]) != 7):
        block.refuse(
            f"{block.written} has a line of three numbers for a translation, and one of seven for a rotation"
        )
    shift = _three(rows[0]) if rows else np.zeros(3)
    if len(rows) < 2 or rows[1][6] == 0.0:
        return Motion(shift)
    start, end = _three(rows[1][:3]), _three(rows[1][3:6])
    length = np.linalg.norm(end - start)
    if length == 0.0:
        block.refuse("the two points of the axis of rotation are one")
    turn = _rotation((end - start) / length, rows[1][6])
    return Motion(start + turn @ (shift - start), turn)


def _rotation(axis: Float[Array, "3"], degrees: float) -> Float[Array, "3 3"]:
    """Return a rotation by the formula of Rodrigues."""
    cross = np.cross(axis, np.eye(3)).T  # times a vector, it is axis × vector
    cosine, sine = _cosine(np.array([degrees, degrees - 90.0]))
    return cosine * np.eye(3) + sine * cross + (1.0 - cosine) * np.outer(axis, axis)


def _cosine(degrees: Float[Array, "*n"]) -> Float[Array, "*n"]:
    """Return the cosine of angles in degrees, exact at multiples of 90°, so that planes stay flat."""
    quarter = np.asarray(degrees) / 90.0
    exact = np.choose(np.rint(quarter).astype(np.int64) % 4, [1.0, 0.0, -1.0, 0.0])
    return np.where(quarter == np.rint(quarter), exact, np.cos(np.deg2rad(degrees)))


def _three(values: Sequence[float]) -> Float[Array, "3"]:
    return np.array([*values, 0.0, 0.0, 0.0][:3])

"""Strains of the points of a beam: of its fibres at every section, in shear and in twist.

All are linear in the displacements and rotations of the two ends and in unknowns of the beam's own: the section
strains that equilibrium leaves open (`stations` beside this module), shear strains, and rotations of pinned ends.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import NDArray

from microtann.microstructure.frames.beam_axes import beam_axes
from microtann.microstructure.frames.cross_section import CrossSection
from microtann.microstructure.frames.stations import Stations

Array = NDArray[np.float64]
ROTATIONS = {2: 1, 3: 3}
"""Rotations of a node by the dimension of space."""


@dataclass(frozen=True, eq=False)
class BeamPoints:
    """The points of one beam: first its fibres, section by section, then those that are always elastic.

    Parameters
    ----------
    of_ends : array, shape (p, 2 (d + r))
        Strain due to displacements and rotations of the first and of the second end.
    of_own : array, shape (p, q)
        Strain due to the beam's own unknowns.
    volume : array, shape (p,)
        Volume that every point stands for.
    shear_part : array, shape (p − f,)
        Stiffness of the elastic points over the shear modulus.
    fibres : int
        Number of fibres in all sections, f.
    """

    of_ends: Float[Array, "p e"]
    of_own: Float[Array, "p q"]
    volume: Float[Array, "p"]
    shear_part: Float[Array, "_"]
    fibres: int


def beam_points(
    vector: Float[Array, "d"], section: CrossSection, along: Stations, pinned: Bool[NDArray[np.bool_], "2"]
) -> BeamPoints:
    """Return the points of a beam.

    Parameters
    ----------
    vector : array, shape (d,)
        From the first to the second end.
    section : CrossSection
    along : Stations
    pinned : array of bool, shape (2,)
        Whether the ends turn freely.
    """
    d, length = len(vector), float(np.linalg.norm(vector))
    r = ROTATIONS[d]
    axis = vector / length
    first, second = (
        np.hstack([np.eye(d + r), np.zeros((d + r, d + r))]),
        np.hstack([np.zeros((d + r, d + r)), np.eye(d + r)]),
    )
    moved = (second - first)[:d]  # of the relative displacement
    bending = bending_planes(axis)
    stretch = axis @ moved / length
    count, per_section = along.count, len(section.fibres)
    depth = np.abs(section.fibres[:, :2]).max()
    own: list[tuple[Array, Array]] = []  # strains of fibres and of elastic points due to unknowns of the beam
    strain = np.tile(stretch, (count, per_section, 1))
    elastic_rows: list[Array] = []
    shear_part: list[float] = []
    area = section.area
    planes = []
    for plane, (across, slope) in enumerate(bending):
        turned = [(slope @ end[d:]) - across @ moved / length for end in (first, second)]
        s = along.place[:, None]
        curvature = ((6.0 * s - 4.0) * turned[0] + (6.0 * s - 2.0) * turned[1]) / length
        strain -= section.fibres[None, :, plane, None] * curvature[:, None]
        planes.append((6.0 * along.place - 4.0) + (6.0 * along.place - 2.0))
        if math.isfinite(section.shear[plane]):
            elastic_rows.append(np.zeros(2 * (d + r)))
            shear_part.append(section.shear[plane] / area)
    if d == 3:
        elastic_rows.append(np.concatenate([np.zeros(d), -axis, np.zeros(d), axis]) / length)
        shear_part.append(section.torsion / area)
    elastic = np.array(elastic_rows).reshape(-1, 2 * (d + r))
    for mode in along.stretch.T:
        own.append((np.repeat(mode, per_section), np.zeros(len(elastic))))
    sheared = 0
    for plane in range(len(bending)):
        lever = section.fibres[:, plane]
        for mode in along.curvature.T:
            own.append((-np.outer(mode, lever).ravel() / depth, np.zeros(len(elastic))))
        if math.isfinite(section.shear[plane]):  # the chord turns by the shear strain without bending
            bent = -np.outer(planes[plane] / length, lever).ravel()
            own.append((bent, np.eye(len(elastic))[sheared]))
            sheared += 1
    of_ends = np.vstack([strain.reshape(-1, 2 * (d + r)), elastic])
    of_own = np.array([np.concatenate(parts) for parts in own]).T.reshape(len(of_ends), -1)
    for end in np.flatnonzero(pinned):
        columns = slice(end * (d + r) + d, (end + 1) * (d + r))
        of_own = np.hstack([of_own, of_ends[:, columns]])
        of_ends[:, columns] = 0.0
    volume = np.concatenate(
        [(length * along.weight[:, None] * section.fibres[:, 2]).ravel(), np.full(len(elastic), length * area)]
    )
    return BeamPoints(of_ends, of_own, volume, np.array(shear_part), count * per_section)


def bending_planes(axis: Float[Array, "d"]) -> list[tuple[Array, Array]]:
    """Return the directions y (and z) across a beam, each with what a rotation gives as slope of deflection."""
    across = beam_axes(axis[None])[0, 1:]
    if len(axis) == 2:
        return [(across[0], np.ones(1))]
    y, z = across
    return [(y, z), (z, -y)]

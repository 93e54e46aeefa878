"""Cross-sections of beams, as fibres along the beam: areas at distances from the centroid."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike, NDArray

from microtann.errors import CellError
from microtann.microstructure.bars.cells.cell import UnitCell

Array = NDArray[np.float64]
NO_BENDING = 1e-9
"""Second moment of area, over that of all fibres at the largest distance, which counts as none."""


@dataclass(frozen=True, eq=False)
class CrossSection:
    """A cross-section of longitudinal fibres, which alone yield; shear and torsion are elastic.

    Parameters
    ----------
    fibres : array, shape (f, 3)
        Distances y and z from the centroid, and area of every fibre. In the plane the beam bends along y, and z is
        left out of account.
    shear : (float, float)
        Areas that carry shear along y and z; infinite for beams without shear strain (Euler and Bernoulli).
    torsion : float
        Torsion constant J; only beams in space twist.

    Raises
    ------
    CellError
        If there are no fibres, an area is not positive, the fibres lie off their centroid or do not resist
        bending.

    Notes
    -----
    All lengths are in the unit of the cell. In the plane areas are per unit thickness.
    """

    fibres: Float[Array, "f 3"]
    shear: tuple[float, float]
    torsion: float

    def __init__(
        self, fibres: ArrayLike, shear: Sequence[float] = (math.inf, math.inf), torsion: float = 0.0
    ) -> None:
        fibres = np.array(fibres, dtype=np.float64)
        if fibres.ndim != 2 or fibres.shape[1] != 3 or not len(fibres):
            raise CellError(f"fibres of a section have y, z and an area each, got shape {fibres.shape}")
        if not np.isfinite(fibres).all() or not (fibres[:, 2] > 0).all():
            raise CellError("fibres of a section lie at finite places and have positive areas")
        size = np.abs(fibres[:, :2]).max()
        if size == 0.0:
            raise CellError("the fibres of a section all lie on its axis: it does not resist bending")
        if np.abs(fibres[:, 2] @ fibres[:, :2]).max() > 1e-9 * size * fibres[:, 2].sum():
            raise CellError("the distances of fibres are from the centroid of their areas, which is elsewhere")
        if not (min(shear) > 0 and torsion >= 0 and math.isfinite(torsion)):
            raise CellError(
                "shear areas of a section are positive (or infinite), its torsion constant is at least 0"
            )
        fibres.setflags(write=False)
        object.__setattr__(self, "fibres", fibres)
        object.__setattr__(self, "shear", (float(shear[0]), float(shear[1])))
        object.__setattr__(self, "torsion", float(torsion))

    @property
    def area(self) -> float:
        """Area of all fibres."""
        return float(self.fibres[:, 2].sum())

    @property
    def inertia(self) -> tuple[float, float]:
        """Second moments of area, Σ A y² and Σ A z²."""
        y, z, area = self.fibres.T
        return float(area @ y**2), float(area @ z**2)

    def bends(self, dimension: int) -> bool:
        """Return whether its fibres resist bending: along y in the plane, in all directions in space."""
        y, z, area = self.fibres.T
        least = NO_BENDING * np.abs(self.fibres[:, :2]).max() ** 2 * self.area
        if dimension == 2:
            return bool(area @ y**2 > least)
        second = [[area @ y**2, area @ (y * z)], [area @ (y * z), area @ z**2]]
        return bool(np.linalg.eigvalsh(second)[0] > least)

    def scaled(self, length: float, dimension: int, share: float = 1.0) -> CrossSection:
        """Return the section of a frame of another size, or a part of the section that resists as much less.

        Parameters
        ----------
        length : float
            Of the new frame over that of the old one. In the plane the width stays.
        dimension : int
            Of space.
        share : float
            Part of the section: all areas and the torsion constant scale with it, distances stay.
        """
        area = share * length ** (dimension - 1)
        fibres = self.fibres * np.array([length, length, area])
        shear = [area * one for one in self.shear]
        return CrossSection(fibres, shear, share * length**4 * self.torsion)

    def of_fibres(self, count: int) -> CrossSection:
        """Return the same section with so many fibres, of which some lie at one place and share its area.

        Raises
        ------
        CellError
            If it has more fibres already.
        """
        own = len(self.fibres)
        if count < own:
            raise CellError(f"a section of {own} fibres cannot have {count}")
        split = np.arange(count) % own
        fibres = self.fibres[split] / np.column_stack([np.ones((count, 2)), np.bincount(split)[split]])
        return CrossSection(fibres, self.shear, self.torsion)

    @classmethod
    def rectangle(
        cls, depth: float, width: float = 1.0, fibres: tuple[int, int] = (8, 1), shear: bool = False
    ) -> CrossSection:
        """Return a rectangle, ``depth`` along y and ``width`` along z (1 in the plane).

        Parameters
        ----------
        depth, width : float
        fibres : (int, int)
            Fibres along depth and width, 1 or an even number. Gauss points on each half keep area, second moment
            and plastic moment exact; with 2 fibres the plastic moment is 15 % too large.
        shear : bool
            Whether the beam shears; then 5/6 of the area carry it.
        """
        y, wy = _across(depth, fibres[0])
        z, wz = _across(width, fibres[1])
        places = np.stack(np.meshgrid(y, z, indexing="ij"), axis=-1).reshape(-1, 2)
        areas = depth * width * np.outer(wy, wz).reshape(-1, 1)
        carried = 5.0 / 6.0 * depth * width if shear else math.inf
        return cls(np.hstack([places, areas]), (carried, carried), torsion_of_rectangle(depth, width))

    @classmethod
    def of_area(cls, area: float, dimension: int, shear: bool = False) -> CrossSection:
        """Return a rectangle of unit width in the plane, and a circle in space.

        Parameters
        ----------
        area : float
        dimension : int
            Of space.
        shear : bool
            Whether the beam shears.
        """
        if dimension == 2:
            return cls.rectangle(area, shear=shear)
        return cls.circle(math.sqrt(area / math.pi), shear=shear)

    @classmethod
    def circle(cls, radius: float, fibres: tuple[int, int] = (2, 12), shear: bool = False) -> CrossSection:
        """Return a full circle.

        Parameters
        ----------
        radius : float
        fibres : (int, int)
            Rings, and fibres on each: Gauss points in r², which keep area and second moments exact.
        shear : bool
            Whether the beam shears; then 9/10 of the area carry it.
        """
        return cls._round(0.0, radius, fibres, 0.9 if shear else math.inf)

    @classmethod
    def tube(
        cls, radius: float, thickness: float, fibres: tuple[int, int] = (1, 16), shear: bool = False
    ) -> CrossSection:
        """Return a tube of outer radius and wall thickness.

        Parameters
        ----------
        radius, thickness : float
        fibres : (int, int)
            Rings, and fibres on each, with exact area and second moments.
        shear : bool
            Whether the beam shears; then half of the area carries it.
        """
        if not 0.0 < thickness < radius:
            raise CellError(f"a tube of radius {radius:g} has a wall thinner than that, got {thickness:g}")
        return cls._round(radius - thickness, radius, fibres, 0.5 if shear else math.inf)

    @classmethod
    def _round(cls, inner: float, outer: float, fibres: tuple[int, int], carrying: float) -> CrossSection:
        """Return a ring or, from the centre on, a circle."""
        rings, around = fibres
        if rings < 1 or around < 3:
            raise CellError(f"a round section has at least one ring of three fibres, got {fibres}")
        if not 0.0 < outer < math.inf:
            raise CellError(f"the radius of a section is positive, got {outer!r}")
        nodes, weights = np.polynomial.legendre.leggauss(rings)
        radius = np.sqrt(inner**2 + (outer**2 - inner**2) * (nodes + 1.0) / 2.0)
        angle = 2.0 * np.pi * (np.arange(around) + 0.25) / around
        area = np.pi * (outer**2 - inner**2)
        y, z = (np.outer(radius, turn(angle)).ravel() for turn in (np.cos, np.sin))
        areas = np.repeat(area * weights / 2.0 / around, around)
        return cls(np.column_stack([y, z, areas]), (carrying * area,) * 2, np.pi / 2.0 * (outer**4 - inner**4))

    @classmethod
    def i_section(
        cls,
        depth: float,
        width: float,
        flange: float,
        web: float,
        fibres: tuple[int, int] = (4, 4),
        shear: bool = False,
    ) -> CrossSection:
        """Return an I: two flanges across z, joined by a web along y.

        Parameters
        ----------
        depth, width : float
            Whole depth along y, width of the flanges along z.
        flange, web : float
            Their thicknesses.
        fibres : (int, int)
            Fibres along the web, and along each flange.
        shear : bool
            Whether the beam shears; then the web carries it along y, 5/6 of the flanges along z.
        """
        clear = depth - 2.0 * flange
        if not (clear > 0.0 and flange > 0.0 and 0.0 < web < width):
            raise CellError("an I has flanges and a web that are thinner than its depth and width")
        y, wy = _across(clear, fibres[0])
        z, wz = _across(width, fibres[1])
        parts = [np.column_stack([y, np.zeros_like(y), clear * web * wy])]
        for at in (-0.5, 0.5):
            layers, weight = np.polynomial.legendre.leggauss(2)
            for layer, part in zip(layers, weight / 2.0, strict=True):
                place = at * (depth - flange) + 0.5 * flange * layer
                parts.append(np.column_stack([np.full_like(z, place), z, part * flange * width * wz]))
        carried = (clear * web, 5.0 / 3.0 * flange * width) if shear else (math.inf, math.inf)
        constant = 2.0 * torsion_of_rectangle(width, flange) + clear * web**3 / 3.0
        return cls(np.vstack(parts), carried, constant)


def sections_of_areas(cell: UnitCell, shear: bool = False) -> list[CrossSection]:
    """Return the sections that the areas of a cell are: rectangles of unit width in the plane, circles in space.

    Parameters
    ----------
    cell : UnitCell
    shear : bool
        Whether the beams shear.
    """
    whole = cell.distinct_bars.area[cell.distinct_bars.of_bar].tolist()
    made = {area: CrossSection.of_area(area, cell.dimension, shear) for area in set(whole)}
    return [made[area] for area in whole]


def torsion_of_rectangle(depth: float, width: float) -> float:
    """Return the torsion constant of a rectangle (Timoshenko and Goodier, Theory of Elasticity, § 109)."""
    if not (0.0 < depth < math.inf and 0.0 < width < math.inf):
        raise CellError(f"edges of a section are positive, got {depth!r} and {width!r}")
    longer, shorter = max(depth, width), min(depth, width)
    odd = np.arange(1, 40, 2)
    series = (np.tanh(odd * np.pi * longer / (2.0 * shorter)) / odd**5).sum()
    return float(longer * shorter**3 / 3.0 * (1.0 - 192.0 / np.pi**5 * shorter / longer * series))


def _across(depth: float, count: int) -> tuple[Array, Array]:
    """Return places across a depth and weights of sum 1: Gauss points on each half, or one in the middle."""
    if not 0.0 < depth < math.inf:
        raise CellError(f"edges of a section are positive, got {depth!r}")
    if count == 1:
        return np.zeros(1), np.ones(1)
    if count < 2 or count % 2:
        raise CellError(f"fibres across a section are 1 or an even number, got {count}")
    if count == 2:
        return depth / math.sqrt(12.0) * np.array([-1.0, 1.0]), np.full(2, 0.5)
    nodes, weights = np.polynomial.legendre.leggauss(count // 2)
    half = 0.25 * depth * (nodes + 1.0)
    return np.concatenate([-half[::-1], half]), np.concatenate([weights[::-1], weights]) / 4.0

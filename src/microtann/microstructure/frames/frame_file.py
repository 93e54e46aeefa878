"""Frames and structures of beams from files: line meshes with radii, and Abaqus decks with sections of beams."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import ArrayLike, NDArray

from microtann.errors import CellError, InputError, ReadingNote
from microtann.mesh_files.beam_profiles import BeamProfile
from microtann.mesh_files.foreign_mesh import ForeignMesh
from microtann.mesh_files.reading import READERS, read_foreign_mesh
from microtann.microstructure.bars.cells.bar import ElastoplasticBar
from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.bars.cells.copies import lies_in_plane
from microtann.microstructure.frames.beam_axes import beam_axes
from microtann.microstructure.frames.cross_section import CrossSection
from microtann.microstructure.frames.frame import Frame
from microtann.microstructure.frames.full.frame_structure import FrameStructure

Array = NDArray[np.float64]
SLENDER = re.compile(r"B[23]3[H]*")
"""Beams of Euler and Bernoulli."""
STOUT = re.compile(r"(?:B|PIPE)[23][12]H?")
"""Beams that shear."""
BARS = re.compile(r"T[23]D2[HTE]*")
NEVER = 1e12
"""Yield strain of a material that a deck calls elastic."""
ROUND = ("CIRC", "PIPE", "THICKPIPE")


@dataclass(frozen=True, eq=False)
class ReadBeams:
    """What a file says of beams.

    Parameters
    ----------
    points : array, shape (N, d)
    ends : array, shape (M, 2)
    section : tuple of CrossSection
    kind : array, shape (M,)
        Section of every beam.
    up : array, shape (M, 3), or None
        Direction of y of the sections.
    oriented : array of bool, shape (M,)
        Whether the direction matters.
    bar : ElastoplasticBar
    poisson : float
    pinned : array of bool, shape (M, 2)
    """

    points: Float[Array, "N d"]
    ends: Int[NDArray[np.int64], "M 2"]
    section: tuple[CrossSection, ...]
    kind: Int[NDArray[np.int64], "M"]
    up: Float[Array, "M 3"] | None
    oriented: Bool[NDArray[np.bool_], "M"]
    bar: ElastoplasticBar
    poisson: float
    pinned: Bool[NDArray[np.bool_], "M 2"]


def read_frame(
    path: str | Path,
    section: CrossSection | None = None,
    bar: ElastoplasticBar | None = None,
    periods: ArrayLike | None = None,
    poisson: float = 0.3,
    sections: int = 6,
) -> Frame:
    """Read a periodic frame from a line mesh or an Abaqus deck.

    Parameters
    ----------
    path : str or Path
        A deck with ``B21``, ``B31`` (which shear), ``B22``, ``B32`` (likewise, two beams each), ``B23``, ``B33``
        (which do not) or bars ``T2D2`` and ``T3D2`` (pinned at both ends), *BEAM SECTION with RECT, CIRC, PIPE or
        I, *RELEASE with ALLM, and *MATERIAL with *ELASTIC and *PLASTIC; or any line mesh that `read_cell` reads,
        with cell data ``radius``, ``diameter`` (circles) or ``area``.
    section : CrossSection, optional
        Of beams of which the file says none.
    bar : ElastoplasticBar, optional
        Law where the file says none.
    periods : array, shape (d, d), optional
        Lattice vectors as rows; by default the edges of the bounding box.
    poisson : float
        Where the file says none.
    sections : int
        Along every beam.

    Warns
    -----
    ReadingNote
        If something is taken otherwise than the file says.

    Raises
    ------
    CellError
        If the file cannot be read, or says what beams here do not know: it names the line.
    """
    found = _read(Path(path), section, bar, poisson)
    with _told_of(path):
        cell = UnitCell.from_line_mesh(found.points, found.ends, 1.0, periods)
        if found.up is not None and found.oriented.any():
            axes = beam_axes(cell.bar_vectors)
            usual = np.abs(np.einsum("mi,mi->m", axes[:, 1], beam_axes(cell.bar_vectors, found.up)[:, 1]))
            if (found.oriented & (usual < 1.0 - 1e-6)).any():
                bad = int(np.flatnonzero(found.oriented & (usual < 1.0 - 1e-6))[0])
                raise CellError(
                    f"the section of beam {bad} is turned, and cells know round sections and those with y nearest "
                    "to the coordinate axis most nearly across: read it as a structure, or use round sections"
                )
        listed = [found.section[number] for number in found.kind]
        return Frame(cell, listed, found.bar, found.poisson, sections, pinned=found.pinned)


def read_frame_structure(
    path: str | Path,
    section: CrossSection | None = None,
    bar: ElastoplasticBar | None = None,
    poisson: float = 0.3,
    sections: int = 6,
) -> FrameStructure:
    """Read a structure of beams, without periods, from a line mesh or an Abaqus deck.

    Supports, loads and steps of a deck are not read.

    Parameters
    ----------
    path : str or Path
        As for `read_frame`.
    section : CrossSection, optional
        Of beams of which the file says none.
    bar : ElastoplasticBar, optional
        Law where the file says none.
    poisson : float
        Where the file says none.
    sections : int
        Along every beam.

    Raises
    ------
    CellError
        As for `read_frame`.
    """
    found = _read(Path(path), section, bar, poisson)
    with _told_of(path):
        return FrameStructure(
            found.points,
            found.ends,
            found.section,
            found.bar,
            found.poisson,
            sections,
            pinned=found.pinned,
            kind=found.kind,
            up=found.up,
        )


@contextmanager
def _told_of(path: str | Path) -> Iterator[None]:
    """Put the path before what is refused."""
    try:
        yield
    except CellError as error:
        raise CellError(f"{path}: {error}") from None


def _read(path: Path, section: CrossSection | None, bar: ElastoplasticBar | None, poisson: float) -> ReadBeams:
    if not path.exists():
        raise CellError(f"the mesh {path} does not exist")
    if path.suffix.lower() not in READERS:
        raise CellError(f"{path} is no mesh whose beams are read: use {', '.join(READERS)}")
    try:
        foreign = read_foreign_mesh(path)
    except InputError as error:
        raise CellError(str(error)) from None
    with _told_of(path):
        return _beams(foreign, section, bar, poisson)


def _beams(
    foreign: ForeignMesh, section: CrossSection | None, bar: ElastoplasticBar | None, poisson: float
) -> ReadBeams:
    """Return the beams of a mesh."""
    ends, chosen = _straight(foreign)
    used, compact = np.unique(ends, return_inverse=True)
    points, ends = foreign.points[used], compact.reshape(ends.shape).astype(np.int64)
    others = {kind: len(cells) for kind, cells in foreign.blocks if kind not in ("line", "line3")}
    if others or len(used) < len(foreign.points):
        nodes = len(foreign.points) - len(used)
        told = ", ".join([*(f"{count} {kind} cells" for kind, count in others.items()), f"{nodes} nodes"])
        warnings.warn(f"left out, for they are no beams: {told}", ReadingNote, stacklevel=4)
    shears, pinned = _types(foreign, chosen)
    if lies_in_plane(points) and not any(name[1:2] == "3" for name in foreign.types):
        points = points[:, :2]
    d = points.shape[1]
    pinned |= _released(foreign, chosen, d)
    profile_of = foreign.profile_of[chosen] if foreign.profile_of is not None else np.full(len(ends), -1)
    areas = np.full(len(ends), np.nan) if foreign.areas is None else foreign.areas[chosen]
    made: dict[tuple[int, float, bool], int] = {}
    listed: list[CrossSection] = []
    kind = np.empty(len(ends), dtype=np.int64)
    for beam, (number, area, shear) in enumerate(zip(profile_of.tolist(), areas.tolist(), shears, strict=True)):
        key = (number, 0.0 if np.isnan(area) else area, bool(shear))
        if key not in made:
            made[key] = len(listed)
            profile = foreign.profiles[number] if number >= 0 else None
            listed.append(_section(profile, area, section, d, bool(shear), beam))
        kind[beam] = made[key]
    most = max(len(one.fibres) for one in listed)
    law, ratio = _law(foreign, profile_of, bar, poisson)
    oriented = np.array([number >= 0 and foreign.profiles[number].shape not in ROUND for number in profile_of])
    up = _up(foreign, profile_of, points, ends) if d == 3 else None
    return ReadBeams(
        points,
        ends,
        tuple(one.of_fibres(most) for one in listed),
        kind,
        up,
        oriented & (d == 3),
        law,
        ratio,
        pinned,
    )


def _straight(foreign: ForeignMesh) -> tuple[Int[NDArray[np.int64], "M 2"], Int[NDArray[np.int64], "M"]]:
    """Return the ends of straight beams, two for a line of three nodes, and the cell of each."""
    ends, chosen, first = [], [], 0
    for kind, cells in foreign.blocks:
        own = np.arange(first, first + len(cells))
        if kind == "line":
            ends.append(cells)
            chosen.append(own)
        elif kind == "line3":
            ends.append(cells[:, [0, 2, 2, 1]].reshape(-1, 2))
            chosen.append(np.repeat(own, 2))
        first += len(cells)
    if not ends:
        raise CellError("the mesh has no line cells")
    return np.concatenate(ends), np.concatenate(chosen)


def _released(
    foreign: ForeignMesh, chosen: Int[NDArray[np.int64], "M"], dimension: int
) -> Bool[NDArray[np.bool_], "M 2"]:
    """Return which ends of the beams turn freely, as a deck says it of elements.

    Parameters
    ----------
    foreign : ForeignMesh
    chosen : array, shape (M,)
        Cell of every beam; where two are of one, the first half comes first.
    dimension : int
        Of space; in the plane the first moment is all there is.
    """
    free = np.zeros((len(chosen), 2), dtype=bool)
    at_ends = [np.diff(chosen, prepend=-1) != 0, np.diff(chosen, append=-1) != 0]
    for release in foreign.releases:
        if release.code != "ALLM" and not (dimension == 2 and release.code == "M1"):
            raise CellError(
                f"{release.place}: ends of beams turn freely about all axes or about none here, and *RELEASE says "
                f"{release.code}: use ALLM, or leave it out"
            )
        free[np.isin(chosen, release.cells) & at_ends[release.end], release.end] = True
    return free


def _types(
    foreign: ForeignMesh, chosen: Int[NDArray[np.int64], "M"]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which beams shear, and which ends are pinned."""
    shears, pinned = np.zeros(len(chosen), dtype=bool), np.zeros((len(chosen), 2), dtype=bool)
    for name, cells in foreign.types.items():
        inside = np.isin(chosen, cells)
        if not inside.any() or SLENDER.fullmatch(name):
            continue
        if BARS.fullmatch(name):
            pinned[inside] = True
        elif STOUT.fullmatch(name):
            shears |= inside
        else:
            raise CellError(
                f"elements {name} are not read as beams: use B21, B22, B23, B31, B32, B33, or T2D2 and T3D2"
            )
    return shears, pinned


def _section(
    profile: BeamProfile | None, area: float, usual: CrossSection | None, dimension: int, shear: bool, beam: int
) -> CrossSection:
    """Return the section of a beam: that of the deck, of its area, or the usual one."""
    if profile is None or not profile.shape:
        if np.isfinite(area):
            return CrossSection.of_area(area, dimension, shear)
        if usual is None:
            raise CellError(f"the file says no section of beam {beam}: give one with section=")
        return usual
    shape, numbers = profile.shape, profile.numbers
    space = dimension == 3
    try:
        if shape == "RECT":
            across, height = numbers
            return CrossSection.rectangle(height, across, (8, 8 if space else 1), shear)
        if shape == "CIRC":
            (radius,) = numbers
            return CrossSection.circle(radius, shear=shear)
        if shape in ("PIPE", "THICKPIPE"):
            radius, wall = numbers
            return CrossSection.tube(radius, wall, shear=shear)
        if shape == "I":
            offset, height, bottom, top, of_bottom, of_top, web = numbers
            if bottom == top and of_bottom == of_top and abs(offset - 0.5 * height) <= 1e-9 * height:
                return CrossSection.i_section(height, top, of_top, web, shear=shear)
            raise CellError("its flanges differ, or its centroid is not on the axis of the beam")
    except (TypeError, ValueError) as error:
        raise CellError(f"{profile.place}: {len(numbers)} numbers do not describe a section {shape}") from error
    except CellError as error:
        raise CellError(f"{profile.place}: the section {shape} is not read: {error}") from None
    raise CellError(
        f"{profile.place}: sections {shape} are not read: use RECT, CIRC, PIPE or I, or fibres of your own"
    )


def _up(
    foreign: ForeignMesh, profile_of: Int[NDArray[np.int64], "M"], points: Array, ends: NDArray[np.int64]
) -> Array:
    """Return the second axes of sections, n2 = t × n1, along which heights are; n1 is −z by default."""
    along = points[ends[:, 1]] - points[ends[:, 0]]
    along = along / np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-300)
    usual = beam_axes(np.where(along.any(axis=1, keepdims=True), along, [1.0, 0.0, 0.0]))[:, 1]
    for beam, number in enumerate(profile_of.tolist()):
        profile = foreign.profiles[number] if number >= 0 else None
        if profile is None or not profile.shape or profile.shape in ROUND:
            continue
        across = np.cross(along[beam], profile.direction or (0.0, 0.0, -1.0))
        if np.linalg.norm(across) < 1e-6:
            raise CellError(
                f"{profile.place}: the direction n1 of the section lies along beam {beam}: give another"
            )
        usual[beam] = across
    return usual


def _law(
    foreign: ForeignMesh, profile_of: Int[NDArray[np.int64], "M"], bar: ElastoplasticBar | None, poisson: float
) -> tuple[ElastoplasticBar, float]:
    """Return the law of the fibres and Poisson's ratio."""
    names = [foreign.profiles[number].material if number >= 0 else "" for number in profile_of.tolist()]
    used = dict.fromkeys(names)
    bar = ElastoplasticBar() if bar is None else bar
    if not foreign.materials or not any(used):
        return bar, poisson
    laws, ratios = {}, set()
    for name in used:
        if name in foreign.not_understood:
            raise CellError(foreign.not_understood[name])
        if not name:
            laws[name] = bar
            continue
        material = foreign.materials.get(name)
        if material is None:
            raise CellError(f"there is no *MATERIAL {name}, which a section names")
        if not np.isfinite(material.young):
            raise CellError(f"{material.place}: the material {material.name} is not elastic: give it *ELASTIC")
        limit = min(material.yield_stress, NEVER * material.young)
        laws[name] = ElastoplasticBar(material.young, limit, material.hardening)
        ratios.add(material.poisson)
    if len(ratios) > 1:
        raise CellError(f"materials have different Poisson's ratios, {sorted(ratios)}: beams share one here")
    ratio = ratios.pop()
    if len(laws) == 1:
        return next(iter(laws.values())), ratio
    return ElastoplasticBar.of_groups(names, laws), ratio

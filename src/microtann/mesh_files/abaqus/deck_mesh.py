"""The mesh that a deck describes: nodes, cells and names of all of its instances, counted from 0."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.errors import InputError
from microtann.mesh_files.abaqus.collapsed_elements import (
    COLLAPSED,
    collapsed_edges,
    face_without_edge,
    without_edge,
)
from microtann.mesh_files.abaqus.deck import Deck, within
from microtann.mesh_files.abaqus.deck_part import DeckPart, Members, NamedSet, NumberInPart, SurfacePatch
from microtann.mesh_files.abaqus.element_types import ElementType
from microtann.mesh_files.beam_profiles import BeamRelease
from microtann.mesh_files.foreign_mesh import CELL_ITSELF, ForeignMesh

IntArray = NDArray[np.int64]
FACE_COUNTS = {"triangle": 3, "quad": 4, "tetra": 4, "hexahedron": 6, "wedge": 5, "pyramid": 5}
"""Faces of the kinds that begin so, edges of those in the plane."""


@dataclass(eq=False)
class _Numbers:
    """Where the nodes and elements of a part are in the mesh, −1 if left out, and the edges of collapsed ones."""

    nodes: dict[int, int] = field(default_factory=dict)
    cells: dict[int, int] = field(default_factory=dict)
    collapsed: dict[int, int] = field(default_factory=dict)


def mesh_of(deck: Deck) -> ForeignMesh:
    """Return the mesh of a deck that has been read, with notes on what is otherwise than written.

    Raises
    ------
    InputError
        If an element or a name refers to what does not exist, or the area of a bar is not known.
    """
    parts = _placed(deck)
    deck.instances = {key: part for key, part in parts.items() if key is not None}
    numbers = {key: _Numbers() for key in parts}
    points: list[Float[NDArray[np.float64], "_ 3"]] = []
    for key, part in parts.items():
        start = sum(map(len, points))
        numbers[key].nodes = dict(zip(part.points, range(start, start + len(part.points)), strict=True))
        points.append(part.motion.moved(part.positions(list(part.points))))
    found = ForeignMesh(np.concatenate(points), [])
    types = _gather_cells(parts, numbers, found)
    _gather_names(parts, numbers, found)
    found.notes += [*_notes_on_types(types), *_gather_sections(deck, parts, numbers, types, found)]
    _gather_releases(deck, parts, numbers, types, found)
    moved = sum(part.moved_nodes for part in parts.values())
    if moved:
        are = "1 node is" if moved == 1 else f"{moved} nodes are"
        found.notes.append(f"{are} given twice at different places: the last place counts")
    return found


def _placed(deck: Deck) -> dict[str | None, DeckPart]:
    """Return the model and its instances, or its parts where none is placed."""
    placed: dict[str | None, DeckPart] = {None: deck.model}
    placed.update(deck.instances or deck.parts)
    return placed


def _gather_cells(
    parts: dict[str | None, DeckPart], numbers: dict[str | None, _Numbers], found: ForeignMesh
) -> list[ElementType]:
    """Set the cells of a mesh, kind by kind, and return the type of each.

    Parameters
    ----------
    parts : dict of DeckPart
    numbers : dict of _Numbers
        Gets the numbers of the cells.
    found : ForeignMesh
    """
    rows: dict[str, list[list[int]]] = defaultdict(list)
    owners: dict[str, list[tuple[str | None, int, ElementType]]] = defaultdict(list)
    left_out: Counter[str] = Counter()
    for key, part in parts.items():
        own = numbers[key].nodes
        for number, (kind, nodes) in part.elements.items():
            if not kind.kind:
                left_out[kind.name] += 1
                numbers[key].cells[number] = -1
                continue
            try:
                row = list(map(own.__getitem__, nodes))  # type: ignore[arg-type]
            except KeyError:
                row = [_node(node, key, numbers, number) for node in nodes]
            rows[kind.kind].append(row)
            owners[kind.kind].append((key, number, kind))
    cells = {kind: np.array(of_kind, dtype=np.int64) for kind, of_kind in rows.items()}
    _collapse(cells, owners, numbers, found)
    types: list[ElementType] = []
    for kind_name in sorted(cells):
        found.blocks.append((kind_name, cells[kind_name]))
        for key, number, kind in owners[kind_name]:
            numbers[key].cells[number] = len(types)
            types.append(kind)
    number_of: dict[ElementType, int] = {}
    of_cell = np.array([number_of.setdefault(kind, len(number_of)) for kind in types], dtype=np.int64)
    found.types = {kind.name: np.flatnonzero(of_cell == at) for kind, at in number_of.items()}
    found.left_out = dict(left_out)
    return types


def _collapse(
    cells: dict[str, Int[IntArray, "_ _"]],
    owners: dict[str, list[tuple[str | None, int, ElementType]]],
    numbers: dict[str | None, _Numbers],
    found: ForeignMesh,
) -> None:
    """Make triangles and wedges of cells that have an edge without length, with a note.

    Parameters
    ----------
    cells : dict of integer arrays
        Nodes of all cells, by kind.
    owners : dict of lists
        Part, number and type of each.
    numbers : dict of _Numbers
    found : ForeignMesh
        Gets the note.
    """
    for kind in [kind for kind in cells if kind in COLLAPSED]:
        edges = collapsed_edges(cells[kind])
        chosen, left = np.flatnonzero(edges >= 0), np.flatnonzero(edges < 0)
        if not len(chosen):
            continue
        other = COLLAPSED[kind]
        found.notes.append(f"{len(chosen)} {kind} cells with two nodes in one are read as {other} cells")
        rows = np.array([without_edge(cells[kind][at].tolist(), int(edges[at])) for at in chosen])
        cells[other] = np.concatenate([cells.get(other, rows[:0]), rows])
        for at in chosen:
            key, number, _ = owners[kind][at]
            numbers[key].collapsed[number] = int(edges[at])
            owners[other].append(owners[kind][at])
        cells[kind], owners[kind] = cells[kind][left], [owners[kind][at] for at in left]
        if not len(left):
            del cells[kind]


def _node(node: NumberInPart, key: str | None, numbers: dict[str | None, _Numbers], element: int) -> int:
    """Return where a node of an element is."""
    instance, number = (key, node) if isinstance(node, int) else node
    nodes = numbers[instance].nodes
    if number not in nodes:
        raise InputError(f"element {element} names node {number}, which does not exist")
    return nodes[number]


def _gather_names(
    parts: dict[str | None, DeckPart], numbers: dict[str | None, _Numbers], found: ForeignMesh
) -> None:
    """Set the names of a mesh."""
    for key, name, named in _named(parts, {key: part.node_sets for key, part in parts.items()}):
        found.node_sets[name] = _indices(named, key, numbers, "node")
    for key, name, named in _named(parts, {key: part.cell_sets for key, part in parts.items()}):
        cells = _indices(named, key, numbers, "element")
        kept = cells[cells >= 0]
        if len(kept) or not len(cells):  # what only names elements that are left out is left out
            found.cell_sets[name] = kept
    for key, name, surface in _named(parts, {key: part.surfaces for key, part in parts.items()}):
        faces = [pair for patch in surface.patches for pair in _faces(patch, key, parts, numbers)]
        found.surfaces[name] = list(dict.fromkeys(faces))


def _named(
    parts: dict[str | None, DeckPart], sets: dict[str | None, dict[str, Any]]
) -> Iterator[tuple[str | None, str, Any]]:
    """Yield what is named, with its part and a name that stands once: behind that of the instance if it must.

    Parameters
    ----------
    parts : dict of DeckPart
    sets : dict of dicts
        What is named, by part and by name in capitals.
    """
    times = Counter(name for own in sets.values() for name in own)
    for key, own in sets.items():
        for upper, named in own.items():
            alone = key is None or times[upper] == 1
            yield key, named.name if alone else f"{parts[key].name}.{named.name}", named


def _indices(
    named: NamedSet, key: str | None, numbers: dict[str | None, _Numbers], what: str
) -> Int[IntArray, "_"]:
    """Return members of a set by their numbers in the mesh."""
    found: list[int] = []
    for group in within(named.members, key):
        known = numbers[group.instance].nodes if what == "node" else numbers[group.instance].cells
        if group.listed:
            missing = [number for number in group.numbers if number not in known]
            if missing:
                raise InputError(
                    f"{group.place}: the set {named.name!r} names {what} {missing[0]}, which does not exist"
                )
            found += [known[number] for number in group.numbers]
        else:
            found += _in_range(group, known)
    return np.array(found, dtype=np.int64)


def _in_range(group: Members, known: dict[int, int]) -> Iterable[int]:
    """Return those of a range that exist."""
    if len(group.numbers) > len(known):
        return [at for number, at in known.items() if number in group.numbers]
    return [known[number] for number in group.numbers if number in known]


def _faces(
    patch: SurfacePatch,
    key: str | None,
    parts: dict[str | None, DeckPart],
    numbers: dict[str | None, _Numbers],
) -> Iterator[tuple[int, int]]:
    """Yield the faces of a part of a surface, by cell and number."""
    for group in within(patch.members, key):
        part, cells = parts[group.instance], numbers[group.instance].cells
        for number in group.numbers:
            if number not in part.elements:
                if group.listed:
                    raise InputError(f"{patch.place}: there is no element {number}")
                continue
            kind = part.elements[number].type
            count = next((count for name, count in FACE_COUNTS.items() if kind.kind.startswith(name)), 0)
            if not kind.is_face and patch.face >= count:
                raise InputError(f"{patch.place}: element {number} has no face S{patch.face + 1}")
            face = CELL_ITSELF if kind.is_face else patch.face
            edge = numbers[group.instance].collapsed.get(number)
            if edge is not None and face >= 0:
                face = face_without_edge(face, edge, kind.kind == "quad")
                if face < 0:  # it has no area
                    continue
            if cells[number] >= 0:
                yield cells[number], face


def _gather_sections(
    deck: Deck,
    parts: dict[str | None, DeckPart],
    numbers: dict[str | None, _Numbers],
    types: list[ElementType],
    found: ForeignMesh,
) -> Iterator[str]:
    """Set the areas of bars, and yield sentences on sections that are not read.

    Parameters
    ----------
    deck : Deck
    parts : dict of DeckPart
    numbers : dict of _Numbers
    types : list of ElementType
        Of every cell.
    found : ForeignMesh
    """
    lines = np.array([kind.is_line for kind in types], dtype=bool)
    flat = np.array([not kind.is_line and not kind.is_face and not kind.name.startswith("C3D") for kind in types])
    areas: Float[NDArray[np.float64], "_"] = np.full(len(types), np.nan)
    said = np.zeros(len(types), dtype=bool)
    profile_of = np.full(len(types), -1, dtype=np.int64)
    for key, part in reversed(parts.items()):  # what the assembly says comes last
        deck.current = part
        for section in part.sections:
            members = deck.members(section.elements, "elements", section.place)
            cells = _indices(NamedSet(section.elements, members), key, numbers, "element")
            cells = cells[cells >= 0]
            bars = cells[lines[cells]]
            if np.isnan(section.area) and len(bars) and lines.all():
                raise InputError(f"{section.place}: the area of {section.written} is not known")
            if (said[bars] & (areas[bars] != section.area)).any():
                raise InputError(
                    f"{section.place}: a bar of {section.elements!r} has another area by a section before"
                )
            areas[bars], said[bars] = section.area, True
            profile_of[bars] = len(found.profiles)
            found.profiles.append(section.profile)
            if section.thickness != 1.0 and flat[cells].any():
                yield (
                    f"the thickness {section.thickness:g} of {section.place} is not read: a body in the plane has "
                    "unit thickness"
                )
    found.areas, found.whole_bars = (areas, True) if lines.any() else (None, False)
    found.profile_of, found.materials, found.not_understood = profile_of, deck.materials, deck.not_understood


def _gather_releases(
    deck: Deck,
    parts: dict[str | None, DeckPart],
    numbers: dict[str | None, _Numbers],
    types: list[ElementType],
    found: ForeignMesh,
) -> None:
    """Set the ends of beams that turn freely.

    Parameters
    ----------
    deck : Deck
    parts : dict of DeckPart
    numbers : dict of _Numbers
    types : list of ElementType
        Of every cell.
    found : ForeignMesh
    """
    for key, part in parts.items():
        deck.current = part
        for release in part.releases:
            members = deck.members(release.elements, "elements", release.place)
            cells = _indices(NamedSet(release.elements, members), key, numbers, "element")
            if any(cell < 0 or not types[cell].bends for cell in cells):
                raise InputError(f"{release.place}: not all elements of {release.elements!r} are beams")
            found.releases.append(BeamRelease(cells, release.end, release.code, release.place))


def _notes_on_types(types: list[ElementType]) -> Iterator[str]:
    """Yield a sentence on elements that are integrated otherwise, or have more than displacements."""
    others = Counter(kind.name for kind in types if not kind.plain)
    if others:
        counts = ", ".join(f"{name} ({count})" for name, count in others.items())
        yield f"elements are read as those of their shape with displacements alone, integrated in full: {counts}"

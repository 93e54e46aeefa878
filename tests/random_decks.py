"""Random Abaqus decks: parts, instances, systems, included files, gaps, encodings; and the mesh of each.

What a deck means is taken from the manual of Abaqus, and not from the reader: rotations are SciPy's, faces are
listed here, and every name is followed by hand.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation
from tests.deck_bodies import RandomPart, boundary_of, random_body, rows_of
from tests.deck_spelling import RandomSpelling

import microtann as mt

TYPES = {
    "triangle": ("CPE3", "CPS3"),
    "triangle6": ("CPE6", "CPS6M"),
    "quad": ("CPE4", "CPS4R"),
    "quad8": ("CPE8", "CPE8R"),
    "tetra": ("C3D4", "C3D4H"),
    "tetra10": ("C3D10", "C3D10M"),
    "wedge": ("C3D6", "C3D6H"),
    "hexahedron": ("C3D8", "C3D8R", "C3D8I"),
    "hexahedron20": ("C3D20", "C3D20R"),
}
WHOLE = {"triangle": "quad", "wedge": "hexahedron"}
"""What may be written with two corners, or edges, in one."""
SKINS = {2: "T2D2", 3: "M3D3", 4: "M3D4"}
FAR = 100.0
"""Distance of instances, beyond the size of any."""


@dataclass(eq=False)
class RandomDeck:
    """A deck with the files that it includes, and the mesh that it describes."""

    files: dict[str, bytes]
    right: mt.fem.Mesh
    story: str

    def write(self, folder: Path) -> Path:
        """Write all files and return the deck."""
        for name, content in self.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        return folder / "deck.inp"


class DeckWriter:
    """Writes a random deck line by line, and keeps what it means.

    Parameters
    ----------
    random : Generator
    kind : str
        Kind of all cells, but for triangles and wedges among quadrilaterals and hexahedra.
    """

    def __init__(self, random: np.random.Generator, kind: str) -> None:
        self.random, self.kind, self.spelt = random, kind, RandomSpelling(random)
        self.plane = kind.startswith(("tri", "quad"))
        self.lines: list[str] = []
        self.flat = bool(random.random() < 0.3)
        count = 1 if self.flat else int(random.integers(1, 4))
        self.parts = [self._part(f"Part {i}" if random.random() < 0.5 else f"part-{i}") for i in range(count)]

    def deck(self) -> RandomDeck:
        """Return the deck and the right mesh."""
        if self.flat:
            (part,) = self.parts
            self.lines += part.lines
            placed = [("", part, np.zeros(3), Rotation.identity())]
        else:
            placed = self._assembly()
        right = self._joined(placed)
        story = f"{right.kind}, {len(self.parts)} parts, {len(placed)} instances, {len(self.lines)} lines"
        return RandomDeck(self.spelt.files(self.lines), right, story)

    # -- parts

    def _part(self, name: str) -> RandomPart:
        random, mesh = self.random, random_body(self.random, self.kind)
        numbers = [self._numbers(len(mesh.points)), self._numbers(mesh.cell_count)]
        height = 0.0 if self.flat or not self.plane else 5.0
        part = RandomPart(name, mesh, height, *numbers)
        self._write_nodes(part)
        self._write_cells(part)
        self._write_names(part)
        if random.random() < 0.4:
            self._write_skin(part)
        return part

    def _numbers(self, count: int) -> np.ndarray:
        """Return numbers with gaps, in any order or ascending."""
        numbers = self.random.choice(np.arange(1, 4 * count + 2), count, replace=False)
        return np.sort(numbers) if self.random.random() < 0.5 else numbers

    def _write_nodes(self, part: RandomPart) -> None:
        points = np.column_stack(
            [part.mesh.points, *[np.full(len(part.mesh.points), part.height)] * (3 - part.mesh.dimension)]
        )
        for chunk in np.array_split(self.random.permutation(len(points)), int(self.random.integers(1, 4))):
            if not len(chunk):
                continue
            frame = self.random.random() < 0.4
            local = self._local(part, points[chunk]) if frame else points[chunk]
            system = str(self.random.choice(["", "R", "C", "S"]))
            part.lines.append(self.spelt.keyword("NODE", **({"SYSTEM": system} if system else {})))
            for number, values in zip(part.nodes[chunk], _in_system(local, system), strict=True):
                part.lines.append(self.spelt.row(number, *map(self.spelt.number, values)))
            if frame:
                part.lines.append(self.spelt.keyword("SYSTEM"))

    def _local(self, part: RandomPart, points: np.ndarray) -> np.ndarray:
        """Begin a system of coordinates, and return points in it."""
        origin, turn = self.random.normal(0.0, 2.0, 3), Rotation.random(random_state=self.random)
        axes = turn.as_matrix().T
        kind = self.random.integers(3)
        part.lines.append(self.spelt.keyword("SYSTEM"))
        if kind == 0:
            part.lines.append(self.spelt.row(*map(self.spelt.number, origin)))
            return points - origin
        on_axis, in_plane = origin + 2.0 * axes[0], origin + 0.7 * axes[0] + 0.4 * axes[1]
        part.lines.append(self.spelt.row(*map(self.spelt.number, [*origin, *on_axis])))
        if kind == 1:  # the first axis is that in the plane of x and y, the third stays
            angle = np.arctan2(axes[0, 1], axes[0, 0])
            axes = Rotation.from_rotvec([0.0, 0.0, angle]).as_matrix().T
        else:
            part.lines.append(self.spelt.row(*map(self.spelt.number, in_plane)))
        return (points - origin) @ axes.T

    def _write_cells(self, part: RandomPart) -> None:
        kinds = np.array([kind for kind, _ in part.rows])
        chunks = [
            chunk
            for kind in np.unique(kinds)
            for chunk in np.array_split(np.flatnonzero(kinds == kind), int(self.random.integers(1, 3)))
            if len(chunk)
        ]
        for at, chunk in enumerate(chunks):
            name = f"block-{at}" if self.random.random() < 0.6 else ""
            of_mesh = part.rows[chunk[0]][0]
            kind, collapsed = str(self.random.choice(TYPES[of_mesh])), self.random.random() < 0.4
            if collapsed and of_mesh in WHOLE:
                kind = TYPES[WHOLE[of_mesh]][0]
                part.collapsed |= set(chunk.tolist())
            part.lines.append(self.spelt.keyword("ELEMENT", TYPE=kind, **({"ELSET": name} if name else {})))
            for cell in chunk:
                words = [part.cells[cell], *part.nodes[part.written(cell)]]
                cut = int(self.random.integers(2, len(words))) if self.random.random() < 0.3 else len(words)
                part.lines += [
                    self.spelt.row(*some) + ("," if more else "")
                    for some, more in ((words[:cut], cut < len(words)), (words[cut:], False))
                    if some
                ]
            if name:
                part.regions[name] = set(chunk.tolist())

    def _write_names(self, part: RandomPart) -> None:
        for number in range(int(self.random.integers(1, 4))):
            region, nodes = f"Region {number}", f"nodes-{number}"
            part.regions[region] = self._write_set(part.lines, "ELSET", region, part.cells)
            if self.random.random() < 0.3:
                part.lines.append(self.spelt.keyword("NSET", NSET=nodes, ELSET=region.upper()))
                part.sets[nodes] = {node for cell in part.regions[region] for node in part.rows[cell][1]}
            else:
                part.sets[nodes] = self._write_set(part.lines, "NSET", nodes, part.nodes)
            if self.random.random() < 0.5:
                part.lines += [
                    self.spelt.keyword("NSET", NSET=f"with {nodes}"),
                    self.spelt.row(nodes, part.nodes[0]),
                ]
                part.sets[f"with {nodes}"] = part.sets[nodes] | {0}
        for number in range(int(self.random.integers(0, 3))):
            name = f"side-{number}"
            chosen = self.spelt.some(len(part.boundary))
            part.sides[name] = set(chosen)
            faces = [part.face(face) for face in chosen]
            rows = []
            for label in sorted({label for _, label in faces}):
                cells = [cell for cell, own in faces if own == label]
                if self.random.random() < 0.5:
                    group = f"_{name}_S{label}"
                    part.lines += [self.spelt.keyword("ELSET", ELSET=group, INTERNAL=None)]
                    part.lines += [self.spelt.row(part.cells[cell]) for cell in cells]
                    part.regions[group] = set(cells)
                    rows.append(self.spelt.row(group, f"S{label}"))
                else:
                    rows += [self.spelt.row(part.cells[cell], f"s{label}") for cell in cells]
            kind = {"TYPE": "ELEMENT"} if self.random.random() < 0.5 else {}
            part.lines += [self.spelt.keyword("SURFACE", NAME=name, **kind), *rows]

    def _write_set(self, lines: list[str], keyword: str, name: str, numbers: np.ndarray, **more: str) -> set[int]:
        """Write a set of some numbers, as a list or as a range over gaps, and return which they are."""
        if self.random.random() < 0.4:
            low, high = np.sort(self.random.choice(numbers, 2))
            step = int(self.random.integers(1, 3))
            lines.append(self.spelt.keyword(keyword, **{keyword: name, "GENERATE": None, **more}))
            lines.append(
                self.spelt.row(low, high + 3 * step, *([step] if step > 1 or self.random.random() < 0.5 else []))
            )
            inside = range(low, high + 3 * step + 1, step)
            return {at for at, number in enumerate(numbers.tolist()) if number in inside}
        chosen = self.spelt.some(len(numbers))
        lines.append(self.spelt.keyword(keyword, **{keyword: name, **more}))
        for at in range(0, len(chosen), 16):
            lines.append(
                self.spelt.row(*numbers[chosen[at : at + 16]]) + ("," if self.random.random() < 0.3 else "")
            )
        return set(chosen)

    def _write_skin(self, part: RandomPart) -> None:
        """Write elements that carry nothing on faces of the boundary, and others that name nothing."""
        faces = self.spelt.some(len(part.boundary))
        count = len(part.boundary[faces[0]][0])
        first = int(part.cells.max()) + 1000  # beyond all ranges
        if self.kind == self.kind.rstrip("0123456789"):
            part.lines.append(self.spelt.keyword("ELEMENT", TYPE=SKINS[count], ELSET="skin"))
            faces = [face for face in faces if len(part.boundary[face][0]) == count]
            for at, face in enumerate(faces):
                part.lines.append(self.spelt.row(first + at, *part.nodes[part.boundary[face][1]]))
            part.sides["skin"] = set(faces)
        away = int(part.nodes.max()) + 7
        part.lines += [self.spelt.keyword("NODE", NSET="far away"), self.spelt.row(away, "1E3", "2D3")]
        part.lines += [self.spelt.keyword("ELEMENT", TYPE="SPRINGA", ELSET="springs")]
        part.lines += [self.spelt.row(first + 900, part.nodes[0], away)]

    # -- assembly

    def _assembly(self) -> list[tuple[str, RandomPart, np.ndarray, Rotation]]:
        independent = [part for part in self.parts if self.random.random() < 0.3]
        for part in self.parts:
            self.lines += [self.spelt.keyword("PART", NAME=part.name), self.spelt.keyword("END PART")]
            if part not in independent:
                self.lines[-1:-1] = part.lines
        self.lines.append(self.spelt.keyword("ASSEMBLY", NAME="Assembly"))
        placed = []
        for part in self.parts:
            for copy in range(int(self.random.integers(1, 3))):
                name = f"{part.name}-{copy}"
                shift = np.array([FAR * len(placed), 0.0, 0.0])
                shift[: 2 if self.plane else 3] += self.random.normal(0.0, 2.0, 2 if self.plane else 3)
                self.lines.append(self.spelt.keyword("INSTANCE", NAME=name, PART=part.name.upper()))
                turn, start = Rotation.identity(), np.zeros(3)
                if self.random.random() < 0.8:
                    self.lines.append(self.spelt.row(*map(self.spelt.number, shift)))
                    if self.random.random() < 0.6:
                        axis = self.random.normal(0.0, 1.0, 3) * ([0, 0, 1] if self.plane else [1, 1, 1])
                        degrees = float(self.random.choice([90.0, -180.0, self.random.uniform(-360, 360)]))
                        start = shift + self.random.normal(0.0, 1.0, 3)
                        turn = Rotation.from_rotvec(np.deg2rad(degrees) * axis / np.linalg.norm(axis))
                        self.lines.append(
                            self.spelt.row(*map(self.spelt.number, [*start, *(start + axis), degrees]))
                        )
                elif placed:
                    self.lines.append(self.spelt.row(*map(self.spelt.number, shift)))
                else:
                    shift = np.zeros(3)
                self.lines += part.lines if part in independent else []
                self.lines.append(self.spelt.keyword("END INSTANCE"))
                placed.append((name, part, start + turn.apply(shift - start), turn))
        return placed

    def _joined(self, placed: list[tuple[str, RandomPart, np.ndarray, Rotation]]) -> mt.fem.Mesh:
        """Return the mesh of all instances, with their names and those that the assembly adds."""
        starts = np.cumsum([0, *(len(part.mesh.points) for _, part, _, _ in placed)])
        d = 2 if self.plane else 3
        points = []
        cells: dict[str, list[list[int]]] = {}
        for (_, part, shift, turn), start in zip(placed, starts.tolist(), strict=False):
            flat = np.pad(part.mesh.points, ((0, 0), (0, 3 - d)), constant_values=part.height)
            points.append((turn.apply(flat) + shift)[:, :d])
            for kind, row in part.rows:
                cells.setdefault(kind, []).append([node + start for node in row])
        mesh = mt.fem.Mesh(np.concatenate(points), {kind: np.array(rows) for kind, rows in cells.items()})
        cell = {frozenset(row): at for at, (_, row) in enumerate(rows_of(mesh))}
        face = {frozenset(corners): at for at, (corners, _) in enumerate(boundary_of(mesh))}
        sets, regions, sides = {}, {}, {}
        added_sets, added_sides = self._assembly_names(placed, starts) if not self.flat else ({}, {})
        for attribute, found in (("sets", sets), ("regions", regions), ("sides", sides)):
            of_model = {"sets": added_sets, "sides": added_sides}.get(attribute, {})
            times = Counter(name.upper() for _, part, _, _ in placed for name in getattr(part, attribute))
            times += Counter(name.upper() for name in of_model)
            for at, (name, part, _, _) in enumerate(placed):
                for own, members in getattr(part, attribute).items():
                    key = own if self.flat or times[own.upper()] == 1 else f"{name}.{own}"
                    start = int(starts[at])
                    if attribute == "sides":
                        chosen = [part.boundary[member][0] for member in members]
                        found[key] = [face[frozenset(node + start for node in corners)] for corners in chosen]
                    elif attribute == "regions":
                        rows = [part.rows[member][1] for member in members]
                        found[key] = [cell[frozenset(node + start for node in row)] for row in rows]
                    else:
                        found[key] = [member + start for member in members]
        sets |= added_sets
        sides |= {name: [face[frozenset(corners)] for corners in chosen] for name, chosen in added_sides.items()}
        return mesh.named(regions=regions, sets=sets, sides=sides)

    def _assembly_names(
        self, placed: list[tuple[str, RandomPart, np.ndarray, Rotation]], starts: np.ndarray
    ) -> tuple[dict[str, list[int]], dict[str, list[list[int]]]]:
        """Write names of the assembly, and return the nodes and the faces that they mean."""
        sets: dict[str, list[int]] = {}
        sides: dict[str, list[list[int]]] = {}
        for at, (name, part, _, _) in enumerate(placed):
            if self.random.random() < 0.5:
                chosen = self._write_set(self.lines, "NSET", "of assembly", part.nodes, INSTANCE=name)
                sets.setdefault("of assembly", []).extend(node + starts[at] for node in chosen)
            if self.random.random() < 0.5:
                own = next(iter(part.sets))
                whole = f"{name}.{own}" if self.random.random() < 0.5 else f"Assembly.{name.upper()}.{own}"
                self.lines += [
                    self.spelt.keyword("NSET", NSET=own),
                    self.spelt.row(whole, f"{name}.{part.nodes[-1]}"),
                ]
                sets.setdefault(own, []).extend(node + starts[at] for node in part.sets[own])
                sets[own].append(starts[at] + len(part.nodes) - 1)
            if self.random.random() < 0.5:
                chosen_faces = self.spelt.some(len(part.boundary))
                self.lines.append(self.spelt.keyword("SURFACE", NAME="load", TYPE="ELEMENT"))
                for face in chosen_faces:
                    cell, label = part.face(face)
                    self.lines.append(self.spelt.row(f"{name}.{part.cells[cell]}", f"S{label}"))
                rows = [[node + int(starts[at]) for node in part.boundary[face][0]] for face in chosen_faces]
                sides.setdefault("load", []).extend(rows)
        if self.random.random() < 0.5:
            self.lines += [self.spelt.keyword("NODE", NSET="reference"), self.spelt.row(1, "1.", "2.", "3.")]
        self.lines.append(self.spelt.keyword("END ASSEMBLY"))
        return sets, sides


def _in_system(points: np.ndarray, system: str) -> np.ndarray:
    """Return coordinates of points in a system, angles in degrees."""
    if system in ("", "R"):
        return points
    x, y, z = points.T
    angle = np.rad2deg(np.arctan2(y, x))
    if system == "C":
        return np.column_stack([np.hypot(x, y), angle, z])
    radius = np.linalg.norm(points, axis=1)
    return np.column_stack([radius, angle, np.rad2deg(np.arcsin(z / radius))])


def random_deck(random: np.random.Generator) -> RandomDeck:
    """Return a random deck."""
    return DeckWriter(
        random, str(random.choice(["quad", "hexahedron", *(kind for kind in TYPES if kind != "wedge")]))
    ).deck()

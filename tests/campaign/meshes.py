"""Random meshes in files of gmsh and VTK of all formats: read as they were drawn, or refused where damaged."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from tests.campaign.damage import damage
from tests.campaign.trial import Trial, require
from tests.drawn_mesh import KINDS, differences, draw_mesh
from tests.gmsh_writer import VERSIONS, write_gmsh
from tests.vtk_writer import grid_of, write_vtk

import microtann as mt
from microtann.errors import InputError, ReadingNote

ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32")
MARKS = {"utf-16-le": b"\xff\xfe"}


class Meshes(Trial):
    """Files with overlapping groups and cells of both orientations, as text in any encoding or in binary."""

    name = "meshes"
    cases = 200
    seconds = 60

    def run(self, random: np.random.Generator, folder: Path) -> str:
        """Write a random mesh, read it, and read it once more with some of its bytes damaged."""
        drawn = draw_mesh(random, str(random.choice(KINDS)))
        right = drawn.right
        if random.random() < 0.5:
            version, binary = str(random.choice(VERSIONS)), bool(random.integers(2))
            order = str(random.choice(["<", ">"]))
            content, names = write_gmsh(drawn, random, version, binary, order)
            regions = {names[name]: cells for name, cells in right.regions.items()}
            sides = {names[name]: faces for name, faces in right.sides.items()}
            plain = mt.fem.Mesh(right.points, {block.kind: block.cells for block in right.blocks})
            right = plain.named(regions=regions, sides=sides)
            file, way = folder / "mesh.msh", f"gmsh {version}, {f'binary {order}' if binary else 'text'}"
            file.write_bytes(content)
            text = not binary
        else:
            file, way = write_vtk(grid_of(drawn, random), folder, random)
            text = "text" in way
        if text:
            encoding = str(random.choice(ENCODINGS))
            ends = str(random.choice(["\n", "\r\n"]))
            written = file.read_bytes().decode().replace("\n", ends).encode(encoding)
            file.write_bytes(MARKS.get(encoding, b"") + written)
            way += f", {encoding}, {ends!r}"
        story = f"{right.kind}, {way}"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ReadingNote)
            wrong = differences(mt.fem.read_mesh(file), right, all_names=file.suffix == ".msh")
            require(not wrong, f"{story}: {'; '.join(wrong)}")
            after, what = damage(file.read_bytes(), random)
            file.write_bytes(after)
            try:
                mt.fem.read_mesh(file)
            except InputError as error:
                require("\n" not in str(error), f"{story}, {what}: refused in several lines")
                return f"{story}; {what}: refused"
            except Exception as error:
                error.add_note(f"{story}, {what}")
                raise
        return f"{story}; {what}: accepted"

"""Random Abaqus decks: each is read as the mesh or the cell that it describes, or refused in a sentence."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree
from tests.campaign.damage import damage
from tests.campaign.trial import Trial, require
from tests.drawn_mesh import differences
from tests.random_cell_decks import random_cell_deck
from tests.random_decks import RandomDeck, random_deck

import microtann as mt
from microtann.errors import InputError, ReadingNote

NEAR = 1e-9
"""Distance of points, relative to the size of all, that the digits of a deck and its rotations may leave."""
READ = ("NODE", "ELEMENT", "NSET", "ELSET", "SURFACE", "SYSTEM", "PART", "INSTANCE", "ASSEMBLY")


class Decks(Trial):
    """Parts, instances, systems of coordinates, included files, gaps, encodings, unknown parameters, damage."""

    name = "decks"
    cases = 300
    seconds = 60

    def run(self, random: np.random.Generator, folder: Path) -> str:
        """Write a random deck, and hold what is read of it against what it means."""
        if random.random() < 0.2:
            return self._cell(random, folder)
        deck = random_deck(random)
        if random.random() < 0.2:
            return self._damaged(deck, random, folder)
        unknown = _with_unknown_parameter(deck, random) if random.random() < 0.2 else None
        file = deck.write(folder)
        with warnings.catch_warnings(record=True) as notes:
            warnings.simplefilter("always")
            try:
                read = mt.fem.read_mesh(file)
            except InputError as error:
                error.add_note(deck.story)
                if unknown is None or not re.search(unknown, str(error)):
                    raise
                return f"{deck.story}: refused"
        require(unknown is None, f"{deck.story}: a parameter that is not known is read over")
        require(all(note.category is ReadingNote for note in notes), f"{deck.story}: {[str(n) for n in notes]}")
        told = mesh_differences(read, deck.right)
        require(not told, f"{deck.story}: {'; '.join(told)}")
        return f"{deck.story}: right"

    def _damaged(self, deck: RandomDeck, random: np.random.Generator, folder: Path) -> str:
        """Read a deck one of whose files is damaged: it may mean something else, or is refused in a sentence."""
        name = str(random.choice([name for name, content in deck.files.items() if content]))
        deck.files[name], what = damage(deck.files[name], random)
        story = f"{deck.story}: {name}, {what}"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ReadingNote)
            try:
                mt.fem.read_mesh(deck.write(folder))
            except InputError as error:
                require("\n" not in str(error), f"{story}: {error}")
                return f"{story}: refused"
            except Exception as error:
                error.add_note(story)
                raise
        return f"{story}: read"

    def _cell(self, random: np.random.Generator, folder: Path) -> str:
        text, right = random_cell_deck(random)
        (folder / "cell.inp").write_text(text, encoding="utf-8")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ReadingNote)
            read = mt.read_cell(folder / "cell.inp", periods=right.periods)
        told = cell_differences(read, right)
        require(not told, f"{right}: {'; '.join(told)}")
        return f"{right}: right"


def mesh_differences(read: mt.fem.Mesh, right: mt.fem.Mesh) -> list[str]:
    """Return what is not as it should be, points to round-off."""
    far, place = cKDTree(right.points).query(read.points)
    if far.max() > NEAR * np.ptp(right.points):
        return [f"a point is off by {far.max():.1e}"]
    cells = {block.kind: block.cells for block in read.blocks}
    exact = mt.fem.Mesh(right.points[place], cells, regions=read.regions, sets=read.sets, sides=read.sides)
    return differences(exact, right)


def cell_differences(read: mt.UnitCell, right: mt.UnitCell) -> list[str]:
    """Return what is not as it should be, distinct bars in any order."""
    one, other = _bars(read), _bars(right)
    if len(one) != len(other):
        return [f"there are {len(one)} bars and not {len(other)}"]
    far, place = cKDTree(other).query(one)
    told = [f"a bar is off by {far.max():.1e}"] if far.max() > NEAR * np.abs(other).max() else []
    return told + (["a bar is read twice"] if len(set(place)) < len(other) else [])


def _bars(cell: mt.UnitCell) -> np.ndarray:
    """Return what tells distinct bars: direction and length, the middle modulo the periods, the area."""
    bars = cell.distinct_bars
    ends = cell.nodes[cell.bars[bars.representative]]
    vector = ends[:, 1] - ends[:, 0]
    angle = 2 * np.pi * ends.mean(axis=1) @ np.linalg.inv(cell.periods)
    tensor = np.einsum("mi,mj->mij", vector, vector).reshape(len(vector), -1)
    return np.column_stack([tensor, np.cos(angle), np.sin(angle), bars.area])


def _with_unknown_parameter(deck: RandomDeck, random: np.random.Generator) -> str | None:
    """Add a parameter to a keyword that is read, and return what the refusal must say."""
    name = str(random.choice(list(deck.files)))
    marks = {b"\xff\xfe": "utf-16", b"\xef\xbb\xbf": "utf-8-sig", b"": "latin-1"}
    encoding = next(encoding for mark, encoding in marks.items() if deck.files[name].startswith(mark))
    lines = deck.files[name].decode(encoding).split("\n")
    places = [at for at, line in enumerate(lines) if re.match(rf"\*({'|'.join(READ)})\b", line, re.IGNORECASE)]
    places = [at for at in places if not lines[at].upper().startswith("*SYSTEM") or "," not in lines[at]]
    if not places:
        return None
    at = int(random.choice(places))
    lines[at] = lines[at].rstrip("\r") + ", unheard of=1"
    deck.files[name] = "\n".join(lines).encode(encoding)
    where = "" if name == "deck.inp" else f" of {re.escape(Path(name).name)}"
    return rf"line {at + 1}{where}: the parameter UNHEARDOF of \*\w+ is not read"

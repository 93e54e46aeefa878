"""Random Abaqus decks of lattice cells in several parts, with sections; and the cell of each."""

from __future__ import annotations

import numpy as np

import microtann as mt


def random_cell_deck(random: np.random.Generator) -> tuple[str, mt.UnitCell]:
    """Return the text of a deck, and the cell that it describes."""
    plane = bool(random.random() < 0.5)
    make = mt.square_cell if plane else mt.octet_cell if random.random() < 0.5 else mt.cube_cell
    units = tuple(random.integers(1, 3, 2 if plane else 3).tolist())
    cell = make(units, float(random.uniform(0.1, 10.0)), float(random.choice([0.0, 0.2])), "all", "normal", 3)
    whole = cell.distinct_bars.area[cell.distinct_bars.of_bar]
    groups = np.unique(whole.round(12), return_inverse=True)[1].reshape(-1)
    points = np.pad(cell.nodes, ((0, 0), (0, 3 - cell.dimension)))
    lines: list[str] = []
    owner = random.integers(0, 3, len(cell.bars))
    owner = np.where(np.isin(owner, np.unique(owner)[:1]), 0, owner)
    placed: list[str] = []
    for part in np.unique(owner):
        shift = random.normal(0.0, 1.0, 3) * ([1, 1, 0] if plane else [1, 1, 1])
        bars = np.flatnonzero(owner == part)
        used = np.unique(cell.bars[bars])
        lines += [f"*PART, NAME=P{part}", "*NODE"]
        lines += [f"{n + 1}, " + ", ".join(map(repr, (points[n] - shift).tolist())) for n in used.tolist()]
        for group in np.unique(groups[bars]):
            area = float(whole[groups == group][0])
            lines += [f"*ELEMENT, TYPE={random.choice(['T3D2', 'B31'])}, ELSET=group-{group}"]
            lines += [f"{b + 1}, {i + 1}, {j + 1}" for b in bars[groups[bars] == group] for i, j in [cell.bars[b]]]
            sections = (
                ("BEAM SECTION, SECTION=CIRC", f"{float(np.sqrt(area / np.pi))!r}"),
                ("BEAM SECTION, SECTION=RECT", f"2., {area / 2!r}"),
                ("BEAM GENERAL SECTION", f"{area!r}, 1., 0., 1., 1."),
                ("SOLID SECTION", f"{area!r},"),
            )
            shape, numbers = sections[random.integers(len(sections))]
            lines += [f"*{shape}, ELSET=group-{group}, MATERIAL=m", numbers]
        lines += ["*END PART"]
        placed += [f"*INSTANCE, NAME=I{part}, PART=P{part}", ", ".join(map(repr, shift.tolist())), "*END INSTANCE"]
    lines += ["*ASSEMBLY", *placed, "*NODE", "1, 9., 9., 0.", "*END ASSEMBLY", ""]
    return "\n".join(lines), cell

"""Random cells, bars, units and cycles: every increment is solved, and its state fulfils the identities."""

from __future__ import annotations

import numpy as np
from tests.campaign.identities import check_identities
from tests.campaign.trial import Trial, require

import microtann as mt
from microtann.microstructure.bars.cells.families import FAMILIES

TURNS = (0.0, 0.5, 1.0, 1.0, 2.0, 4.2, 20.0)
"""Turning points in strains at first yield; the round ones make ties of regular cells."""


class Cells(Trial):
    """Cells of every family, regular and perturbed, with cycles that load, rest, unload and reverse."""

    name = "cells"
    cases = 60
    seconds = 120

    def run(self, random: np.random.Generator, folder: object) -> str:
        """Solve a random cell along a random path and check every identity."""
        cell, shape = random_cell(random)
        bar, material = random_bar(cell, random)
        path = random_path(random, cell.components, bar.strain_scale / 3)
        response = mt.solve_cell(cell, bar, path)
        check_identities(cell, bar, path, response)
        flowing = float((np.abs(response.plastic_strain).max(axis=0) > 0).mean())
        again = mt.solve_cell(cell, bar, path)
        require(np.array_equal(response.stress, again.stress), "the same cell gives other bits the second time")
        return f"{shape}, {material}, {len(path)} increments, {flowing:.0%} of the bars flow"


def random_cell(random: np.random.Generator) -> tuple[mt.UnitCell, str]:
    """Return a cell of some family in some unit of length, and what it is."""
    kind = str(random.choice(list(FAMILIES)))
    most = 5 if kind == "square" else 3 if kind == "cube" else 2
    units = tuple(int(n) for n in random.integers(1, most + 1, 2 if kind == "square" else 3))
    size = float(10.0 ** random.uniform(-6, 3))
    perturb = "all" if min(units) == 1 or random.random() < 0.5 else "interior"
    amount = float(random.choice([0.0, 0.0, 1e-9, 0.05, 0.2]))
    cell = FAMILIES[kind](units, size, amount, perturb, "normal", int(random.integers(1000)))
    return cell, f"{kind} {'x'.join(map(str, units))} of {size:.1e}, perturbation {amount:g} ({perturb})"


def random_bar(cell: mt.UnitCell, random: np.random.Generator) -> tuple[mt.ElastoplasticBar, str]:
    """Return bars in some unit of stress, uniform or not, with and without hardening, and what they are."""
    unit = float(10.0 ** random.uniform(-9, 12))
    yield_strain = float(10.0 ** random.uniform(-4, 0))
    hardening = float(random.choice([0.0, 0.01, 0.1, 1.0]))
    bars = cell.distinct_bars
    spread = random.uniform(0.5, 2.0, (3, bars.count)) if random.random() < 0.5 else np.ones((3, bars.count))
    young, limit, modulus = (unit * spread * [[1.0], [yield_strain], [hardening]])[:, bars.of_bar]
    kind = "equal bars" if (spread == 1.0).all() else "unequal bars"
    return mt.ElastoplasticBar(
        young, limit, modulus
    ), f"{kind}, E {unit:.1e}, k/E {yield_strain:.1e}, H/E {hardening:g}"


def random_path(random: np.random.Generator, components: int, scale: float) -> np.ndarray:
    """Return strains (T, v): straight from turning point to turning point, with rests and tiny increments."""
    place, rows = np.zeros(components), []
    for _ in range(int(random.integers(2, 6))):
        goal = np.zeros(components)
        if random.random() < 0.8:
            moved = random.random(components) < 0.5
            goal[moved] = random.choice([-1.0, 1.0], moved.sum()) * random.choice(TURNS, moved.sum())
        else:
            goal = random.normal(0.0, 2.0, components)
        increments = int(random.integers(1, 8))
        rows += list(np.linspace(place, scale * goal, increments + 1)[1:])
        place = scale * goal
        if random.random() < 0.5:
            rows.append(place + random.choice([0.0, 1e-10]) * scale)
    return np.array(rows)

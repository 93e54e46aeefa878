"""One lattice listed in many ways: pieces of bars, images, doubled nodes, turned, in digits of files."""

from __future__ import annotations

import warnings

import numpy as np
from tests.campaign.cells import random_cell, random_path
from tests.campaign.trial import Trial, require

import microtann as mt
from microtann.errors import ReadingNote


class Listings(Trial):
    """Random cells, listed once more in a random way: stress, energy and dissipation are the same."""

    name = "listings"
    cases = 60
    seconds = 120

    def run(self, random: np.random.Generator, folder: object) -> str:
        """Solve a cell and another listing of it along one path, and compare."""
        cell, shape = random_cell(random)
        listing, tolerance, told = random_listing(cell, random)
        bar = mt.ElastoplasticBar(1.0, 1.0, float(random.choice([0.01, 0.1, 1.0])))
        path = random_path(random, cell.components, 1.0)
        one = mt.solve_cell(cell, bar, path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ReadingNote)
            other = mt.solve_cell(listing, bar, path)
        for field in ("stress", "energy", "dissipation"):
            value = getattr(one, field)
            size = max(float(np.abs(one.stress).max()) * max(1.0, float(np.abs(path).max())), 1e-300)
            miss = float(np.abs(getattr(other, field) - value).max()) / size
            require(miss <= tolerance, f"{field} of another listing differs by {miss:.1e} ({told})")
        return f"{shape}, {told}, {len(path)} increments"


def random_listing(cell: mt.UnitCell, random: np.random.Generator) -> tuple[mt.UnitCell, float, str]:
    """Return the same lattice listed otherwise, by how much its response may differ, and what was done."""
    nodes, bars, images, areas = once(cell)
    told = ["listed once"]
    if random.random() < 0.7:
        pieces = random.integers(1, 4, len(bars))
        nodes, bars, images, areas = in_pieces(nodes, bars, images, areas, cell.periods, pieces, random)
        told.append(f"in {len(bars)} pieces")
    if random.random() < 0.5:
        shift = random.integers(-2, 3, nodes.shape)
        nodes = nodes + shift @ cell.periods
        images = images + shift[bars[:, 0]] - shift[bars[:, 1]]
        told.append("nodes anywhere")
    order = random.permutation(len(bars))
    bars, images, areas = bars[order], images[order], areas[order]
    tolerance = 1e-10
    if random.random() < 0.5:
        apart = float(random.choice([0.0, 1e-9, 1e-6]))
        nodes, bars = with_doubles(nodes, bars, apart * cell.size, random)
        tolerance = max(tolerance, 300 * apart)
        told.append(f"nodes doubled {apart:g} apart")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ReadingNote)
        if random.random() < 0.3:
            nodes = (nodes + random.uniform(0, 1, nodes.shape[1]) * cell.size).astype(np.float32)
            tolerance = max(tolerance, 1e-4)
            told.append("single precision")
        listing = mt.UnitCell.from_line_mesh(nodes, bars, areas, cell.periods, images)
    return listing, tolerance, ", ".join(told)


def once(cell: mt.UnitCell) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return distinct nodes, bars listed once, the translations of their second ends, and whole areas."""
    distinct, chosen = cell.distinct_nodes, cell.distinct_bars.representative
    ends = cell.bars[chosen]
    nodes = cell.nodes[distinct.first] - distinct.image[distinct.first] @ cell.periods
    images = distinct.image[ends[:, 1]] - distinct.image[ends[:, 0]]
    return nodes, distinct.of_node[ends], images, cell.distinct_bars.area


def in_pieces(
    nodes: np.ndarray,
    bars: np.ndarray,
    images: np.ndarray,
    areas: np.ndarray,
    periods: np.ndarray,
    pieces: np.ndarray,
    random: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return bars cut at random places."""
    points, ends, shifts, sections = list(nodes), [], [], []
    for (one, other), image, area, count in zip(bars, images, areas, pieces, strict=True):
        start, end = nodes[one], nodes[other] + image @ periods
        places = (np.arange(1, count) + random.uniform(-0.3, 0.3, count - 1)) / count
        chain = [one, *range(len(points), len(points) + count - 1), other]
        points += [start + (end - start) * place for place in places]
        ends += [[chain[k], chain[k + 1]] for k in range(count)]
        shifts += [np.zeros_like(image)] * (count - 1) + [image]
        sections += [area] * count
    return np.array(points), np.array(ends), np.array(shifts), np.array(sections)


def with_doubles(
    nodes: np.ndarray, bars: np.ndarray, apart: float, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return nodes of which some are listed twice, a little apart, and bars that end at one or the other."""
    twice = np.flatnonzero(random.random(len(nodes)) < 0.5)
    double = np.arange(len(nodes))
    double[twice] = len(nodes) + np.arange(len(twice))
    moved = nodes[twice] + apart * random.uniform(-1, 1, nodes[twice].shape)
    ends = np.where(random.random(bars.shape) < 0.5, bars, double[bars])
    return np.vstack([nodes, moved]), ends

"""An independent cell solver for the tests: plain Newton on the fluctuation, bar by listed bar."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

import microtann as mt
from microtann.microstructure.bars.condensed import cell_flow


@dataclass(frozen=True)
class Reference:
    """Fields along one path, named as in `microtann.CellResponse`."""

    stress: np.ndarray
    energy: np.ndarray
    dissipation: np.ndarray
    displacement: np.ndarray
    force: np.ndarray
    plastic_strain: np.ndarray


def advance_in(lanes, *arguments):
    """Advance points eight at a time, however few they are, or one at a time, however many."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cell_flow, "FEW_POINTS", 1 if lanes == 8 else 10**9)
        return cell_flow.advance(*arguments)


def tensor(strain):
    """Return the symmetric strain tensor of Voigt strains, written out."""
    if len(strain) == 3:
        e11, e22, g12 = strain
        return np.array([[e11, g12 / 2], [g12 / 2, e22]])
    e11, e22, e33, g23, g13, g12 = strain
    return np.array([[e11, g12 / 2, g13 / 2], [g12 / 2, e22, g23 / 2], [g13 / 2, g23 / 2, e33]])


def voigt_of(stress):
    """Return the Voigt components of a symmetric stress tensor."""
    if len(stress) == 2:
        return np.array([stress[0, 0], stress[1, 1], stress[0, 1]])
    return np.array([stress[0, 0], stress[1, 1], stress[2, 2], stress[1, 2], stress[0, 2], stress[0, 1]])


def partners(cell):
    """Return for every node the lowest-numbered node that equals it modulo the periods, by brute force."""
    inverse = np.linalg.inv(cell.periods)
    master = np.arange(len(cell.nodes))
    for i in range(len(cell.nodes)):
        for j in range(i):
            gap = (cell.nodes[i] - cell.nodes[j]) @ inverse
            if np.abs(gap - np.rint(gap)).max() < 1e-7:
                master[i] = master[j]
                break
    return master


def node_forces(cell, force):
    """Return the force of the bars on every listed node, shape (N, d)."""
    vector = cell.nodes[cell.bars[:, 1]] - cell.nodes[cell.bars[:, 0]]
    pull = force[:, None] * vector / np.linalg.norm(vector, axis=1)[:, None]
    total = np.zeros_like(cell.nodes)
    np.add.at(total, cell.bars[:, 0], pull)
    np.add.at(total, cell.bars[:, 1], -pull)
    return total


def solve(cell, bar, path):
    """Follow one strain path (T, v) from the virgin state; the material lists one value per listed bar."""
    count = len(cell.bars)
    young, limit, hardening = (
        np.broadcast_to(np.asarray(p, float), (count,)) for p in (bar.young, bar.yield_stress, bar.hardening)
    )
    d = cell.nodes.shape[1]
    _, unknown = np.unique(partners(cell), return_inverse=True)
    vector = cell.nodes[cell.bars[:, 1]] - cell.nodes[cell.bars[:, 0]]
    length = np.linalg.norm(vector, axis=1)
    normal = vector / length[:, None]
    volume = abs(np.linalg.det(cell.periods))
    weight = cell.areas * length / volume
    gradient = np.zeros((count, unknown.max() + 1, d))
    rows = np.arange(count)
    np.add.at(gradient, (rows, unknown[cell.bars[:, 1]]), normal / length[:, None])
    np.add.at(gradient, (rows, unknown[cell.bars[:, 0]]), -normal / length[:, None])
    gradient = gradient.reshape(count, -1)
    alpha, w = np.zeros(count), np.zeros(gradient.shape[1])
    fields = []
    for strain in path:
        affine = np.einsum("mi,ij,mj->m", normal, tensor(strain), normal)

        def bars(w, affine=affine, alpha=alpha):
            strain = affine + gradient @ w
            trial = young * (strain - alpha) - hardening * alpha
            over = np.maximum(np.abs(trial) - limit, 0.0)
            step = np.sign(trial) * over / (young + hardening)
            stress = young * (strain - alpha - step)
            energy = 0.5 * young * (strain - alpha - step) ** 2 + 0.5 * hardening * (alpha + step) ** 2
            modulus = np.where(over > 0, young * hardening / (young + hardening), young)
            return stress, alpha + step, modulus, weight @ (energy + limit * np.abs(step))

        for _ in range(200):
            stress, new, modulus, value = bars(w)
            residual = gradient.T @ (weight * stress)
            if np.abs(residual).max() <= 1e-14 * (weight * limit).max():
                break
            tangent = gradient.T @ ((weight * modulus)[:, None] * gradient)
            direction = np.linalg.lstsq(tangent, -residual, rcond=1e-12)[0]
            scale = 1.0
            while scale > 1e-6 and bars(w + scale * direction)[3] > value + 1e-16 * abs(value):
                scale /= 2
            w = w + scale * direction
        nodal = w.reshape(-1, d)
        w = (nodal - nodal.mean(axis=0)).reshape(-1)
        stress, new, _, _ = bars(w)
        average = voigt_of(np.einsum("m,mi,mj->ij", weight * stress, normal, normal))
        elastic = affine + gradient @ w - new
        fields.append(
            (
                average,
                weight @ (0.5 * young * elastic**2 + 0.5 * hardening * new**2),
                weight @ (limit * np.abs(new - alpha)),
                cell.nodes @ tensor(strain) + w.reshape(-1, d)[unknown],
                stress * cell.areas,
                new,
            )
        )
        alpha = new
    return Reference(*(np.array(column) for column in zip(*fields, strict=True)))


def random_bar(cell, rng, least_hardening=0.02):
    """Return a material with random properties, equal on the copies of a bar."""
    bars = cell.distinct_bars
    draw = [rng.uniform(low, high, bars.count)[bars.of_bar] for low, high in ((0.5, 2.0), (0.1, 0.5))]
    hardening = rng.uniform(least_hardening, 0.5, bars.count)[bars.of_bar]
    return mt.ElastoplasticBar(*draw, hardening)


def walk(rng, steps, components, std):
    """Return a random walk of strains (steps, components)."""
    return np.cumsum(rng.normal(0.0, std, (steps, components)), axis=0)

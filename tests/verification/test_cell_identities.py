"""Identities that every computed state of a cell fulfils, through the public interface only."""

import numpy as np
import pytest
from reference_cell import node_forces, partners, random_bar, tensor, voigt_of, walk

import microtann as mt

CELLS = {
    "square-1x1": mt.square_cell((1, 1)),
    "square-2x2": mt.square_cell((2, 2), size=3.0),
    "square-2x2-interior": mt.square_cell((2, 2), perturbation=0.2),
    "square-2x2-all": mt.square_cell((2, 2), perturbation=0.2, perturb="all", seed=3),
    "square-3x2-all": mt.square_cell((3, 2), size=0.7, perturbation=0.3, perturb="all", law="uniform", seed=1),
    "square-6x6-interior": mt.square_cell((6, 6), perturbation=0.2),
    "cube-1x1x1": mt.cube_cell(),
    "cube-2x2x2-interior": mt.cube_cell((2, 2, 2), perturbation=0.2),
    "cube-2x2x2-all": mt.cube_cell((2, 2, 2), size=10.0, perturbation=0.2, perturb="all", seed=5),
    "cube-1x1x1-all": mt.cube_cell(perturbation=0.2, perturb="all"),
    "octet": mt.octet_cell(),
    "octet-2x1x1-all": mt.octet_cell((2, 1, 1), perturbation=0.2, perturb="all"),
    "body-centred-2x2x2-all": mt.body_centred_cell((2, 2, 2), perturbation=0.2, perturb="all"),
    "cube-3x2x1-all": mt.cube_cell((3, 2, 1), perturbation=0.2, perturb="all", seed=2),
}


@pytest.fixture(params=["uniform", "random", "ideal"])
def loaded(request, name):
    """A cell, its bars and its response along a random walk through yield."""
    cell = CELLS[name]
    rng = np.random.default_rng(7)
    bar = {
        "uniform": mt.ElastoplasticBar(),
        "random": random_bar(cell, rng),
        "ideal": mt.ElastoplasticBar(hardening=0.0),
    }[request.param]
    path = walk(rng, 12, cell.components, 0.15)
    response = mt.solve_cell(cell, bar, path)
    assert (np.abs(response.plastic_strain).max(axis=0) > 0).mean() > 0.2, "the path must go through yield"
    return cell, bar, path, response


def properties(cell, bar):
    return [
        np.broadcast_to(np.asarray(p, float), (len(cell.bars),))
        for p in (bar.young, bar.yield_stress, bar.hardening)
    ]


@pytest.mark.parametrize("name", CELLS)
class TestIdentities:
    def test_boundary_sum_is_volume_sum_is_stress(self, loaded):
        cell, _, _, response = loaded
        volume = abs(np.linalg.det(cell.periods))
        vector = cell.nodes[cell.bars[:, 1]] - cell.nodes[cell.bars[:, 0]]
        length = np.linalg.norm(vector, axis=1)
        scale = np.abs(response.stress).max()
        for t in range(len(response.stress)):
            external = -node_forces(cell, response.force[t])
            boundary = external.T @ cell.nodes / volume  # paper, Eq. (14)
            inside = np.einsum("m,mi,mj->ij", response.force[t] / length, vector, vector) / volume
            np.testing.assert_allclose(boundary, inside, rtol=0, atol=1e-13 * scale)
            np.testing.assert_allclose(voigt_of(boundary), response.stress[t], rtol=0, atol=1e-13 * scale)

    def test_forces_on_the_images_of_a_node_sum_to_zero(self, loaded):
        cell, _, _, response = loaded
        master = partners(cell)
        for force in response.force:
            total = np.zeros_like(cell.nodes)
            np.add.at(total, master, node_forces(cell, force))
            assert np.abs(total).max() <= 1e-13 * np.abs(force).max()

    def test_hill_mandel(self, loaded):
        cell, _, path, response = loaded
        volume = abs(np.linalg.det(cell.periods))
        other = response.displacement[::-1]  # any admissible displacement field, here that of another instant
        vector = cell.nodes[cell.bars[:, 1]] - cell.nodes[cell.bars[:, 0]]
        unit = vector / np.linalg.norm(vector, axis=1)[:, None]
        gap = other[:, cell.bars[:, 1]] - other[:, cell.bars[:, 0]]
        micro = np.einsum("tm,tmd,md->t", response.force, gap, unit) / volume
        macro = np.einsum("tv,tv->t", response.stress, path[::-1])
        np.testing.assert_allclose(micro, macro, rtol=0, atol=1e-13 * np.abs(macro).max())

    def test_displacement_is_affine_plus_zero_mean_periodic(self, loaded):
        cell, _, path, response = loaded
        master = partners(cell)
        fluctuation = response.displacement - np.array([cell.nodes @ tensor(e) for e in path])
        scale = np.abs(path).max() * np.abs(cell.periods).max()
        np.testing.assert_allclose(fluctuation, fluctuation[:, master], rtol=0, atol=1e-13 * scale)
        distinct = np.unique(master)
        np.testing.assert_allclose(fluctuation[:, distinct].mean(axis=1), 0.0, rtol=0, atol=1e-13 * scale)

    def test_force_is_bar_stress_times_share_of_area(self, loaded):
        cell, bar, _, response = loaded
        young, _, _ = properties(cell, bar)
        vector = cell.nodes[cell.bars[:, 1]] - cell.nodes[cell.bars[:, 0]]
        length = np.linalg.norm(vector, axis=1)
        gap = response.displacement[:, cell.bars[:, 1]] - response.displacement[:, cell.bars[:, 0]]
        strain = np.einsum("tmd,md->tm", gap, vector) / length**2
        force = young * (strain - response.plastic_strain) * cell.areas
        np.testing.assert_allclose(response.force, force, rtol=0, atol=1e-13 * np.abs(force).max())

    def test_yield_is_respected_and_flow_follows_the_force(self, loaded):
        cell, bar, _, response = loaded
        _, limit, hardening = properties(cell, bar)
        driving = response.force / cell.areas - hardening * response.plastic_strain
        assert (np.abs(driving) <= limit * (1 + 1e-12)).all()
        step = np.diff(response.plastic_strain, axis=0, prepend=0.0)
        np.testing.assert_allclose(driving * step, limit * np.abs(step), rtol=0, atol=1e-13)

    def test_energy_balance_of_an_increment(self, loaded):
        cell, bar, path, response = loaded
        _, limit, hardening = properties(cell, bar)
        volume = abs(np.linalg.det(cell.periods))
        length = np.linalg.norm(cell.nodes[cell.bars[:, 1]] - cell.nodes[cell.bars[:, 0]], axis=1)
        fraction = cell.areas * length / volume
        before = lambda a: np.concatenate([np.zeros_like(a[:1]), a[:-1]])  # noqa: E731
        step = response.plastic_strain - before(response.plastic_strain)
        driving = response.force / cell.areas - hardening * response.plastic_strain
        work = np.einsum("tv,tv->t", 0.5 * (response.stress + before(response.stress)), path - before(path))
        second_order = ((before(driving) - driving) * step) @ fraction / 2
        balance = response.energy - before(response.energy) + response.dissipation + second_order
        np.testing.assert_allclose(work, balance, rtol=0, atol=1e-13 * np.abs(work).max())
        assert (second_order <= 1e-14).all()
        np.testing.assert_allclose(response.dissipation, (limit * np.abs(step)) @ fraction, rtol=0, atol=1e-14)
        assert (response.dissipation >= 0).all()

    def test_stress_is_the_derivative_of_the_energy_at_fixed_plastic_strain(self, loaded):
        cell, bar, path, response = loaded
        t = int(np.argmax(np.abs(response.plastic_strain).sum(axis=1)))
        difference = np.empty(cell.components)
        for c in range(cell.components):
            step = np.zeros(cell.components)
            step[c] = 0.5  # the energy is quadratic: central differences are exact at any step
            energies = [frozen_energy(cell, bar, path[t] + s * step, response.plastic_strain[t]) for s in (1, -1)]
            difference[c] = energies[0] - energies[1]
        np.testing.assert_allclose(
            difference, response.stress[t], rtol=0, atol=1e-13 * np.abs(response.stress).max()
        )


def frozen_energy(cell, bar, strain, plastic_strain):
    """Minimise the energy over the periodic fluctuation by least squares, the plastic strains held."""
    young, _, hardening = properties(cell, bar)
    vector = cell.nodes[cell.bars[:, 1]] - cell.nodes[cell.bars[:, 0]]
    length = np.linalg.norm(vector, axis=1)
    weight = cell.areas * length / abs(np.linalg.det(cell.periods))
    _, unknown = np.unique(partners(cell), return_inverse=True)
    rows = np.arange(len(cell.bars))
    gradient = np.zeros((len(cell.bars), unknown.max() + 1, cell.dimension))
    slope = vector / length[:, None] ** 2
    np.add.at(gradient, (rows, unknown[cell.bars[:, 1]]), slope)
    np.add.at(gradient, (rows, unknown[cell.bars[:, 0]]), -slope)
    elastic = np.einsum("mi,ij,mj->m", vector, tensor(strain), vector) / length**2 - plastic_strain
    scale = np.sqrt(weight * young)
    operator = scale[:, None] * gradient.reshape(len(cell.bars), -1)
    w = np.linalg.lstsq(operator, -scale * elastic, rcond=1e-12)[0]
    rest = scale * elastic + operator @ w
    return 0.5 * rest @ rest + 0.5 * weight @ (hardening * plastic_strain**2)

"""Groups of points: exact where each point is a group, and a lower bound of what is kept otherwise."""

import numpy as np
import pytest

from microtann.forms.variational.clusters.cluster_start import scaled_groups
from microtann.forms.variational.clusters.point_groups import condensed_groups, point_groups, principal_unknowns
from point_cell import PointCell


@pytest.fixture(scope="module")
def grouped():
    """Return a cell, its plastic strains in some states, and groups of one point each."""
    cell = PointCell.at_random(0)
    strain = np.cumsum(np.random.default_rng(1).normal(0.0, 0.3, (4, 20, 3)), axis=1)
    plastic = cell.solve(strain).coordinates["plastic_strain"].reshape(-1, 18)
    groups = point_groups(
        np.ascontiguousarray(plastic.T).reshape(6, 3, -1), cell.volume_fraction, cell.resistance, 6
    )
    return cell, plastic, groups


def energy(system, strain, unknowns):
    return (
        0.5 * strain @ system.elasticity @ strain
        - unknowns @ system.coupling @ strain
        + 0.5 * unknowns @ system.hessian @ unknowns
    )


def test_groups_of_one_point_store_and_dissipate_what_the_points_do(grouped):
    cell, _, groups = grouped
    system = condensed_groups(cell.plastic_points(), groups)
    draw = np.random.default_rng(2)
    strain, amplitudes = draw.standard_normal(3), draw.standard_normal(18)
    plastic = groups.modes.reshape(18, 18) @ amplitudes
    stored = 0.5 * strain @ cell.elasticity @ strain + plastic @ (
        0.5 * cell.hessian @ plastic - cell.coupling @ strain
    )
    assert energy(system, strain, amplitudes) == pytest.approx(stored)
    lost = (cell.volume_fraction * cell.resistance) @ np.linalg.norm(plastic.reshape(6, 3), axis=1)
    assert system.resistance @ system.norms(amplitudes) == pytest.approx(lost)


def test_the_motion_of_groups_gives_back_the_histories(grouped):
    _, plastic, groups = grouped
    assert np.allclose(groups.motion @ groups.modes.reshape(18, 18).T, plastic)


def test_fewer_unknowns_keep_elasticity_groups_and_convexity(grouped):
    cell, _, groups = grouped
    whole = condensed_groups(cell.plastic_points(), groups)
    all_of_them = principal_unknowns(whole, groups.motion, 18)
    draw = np.random.default_rng(3)
    flow, strain = draw.standard_normal(18), draw.standard_normal(3)
    assert energy(all_of_them, strain, all_of_them.directions @ flow) == pytest.approx(energy(whole, strain, flow))
    fewer = principal_unknowns(whole, groups.motion, 7)
    assert fewer.directions.shape == (7, 18)
    assert np.array_equal(fewer.elasticity, whole.elasticity)
    assert np.array_equal(fewer.resistance, whole.resistance)


def test_scaled_groups_are_the_same_in_other_units(grouped):
    cell, _, groups = grouped
    whole = principal_unknowns(condensed_groups(cell.plastic_points(), groups), groups.motion, 9)
    scale, unit = np.array([0.3, 0.5, 2.0]), 0.07
    scaled = scaled_groups(whole, scale, unit)
    strain, flow = np.random.default_rng(4).standard_normal(3), np.random.default_rng(5).standard_normal(18)
    reduced_flow = flow * np.repeat(whole.resistance, whole.sizes) / unit
    assert energy(scaled, strain / scale, scaled.directions @ reduced_flow) == pytest.approx(
        energy(whole, strain, whole.directions @ flow) / unit
    )
    assert scaled.norms(reduced_flow).sum() == pytest.approx(whole.resistance @ whole.norms(flow) / unit)

"""Bars that sit on the verge of yield: in regular cells many at once, after reversals and increments near zero."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import microtann as mt
from microtann.microstructure.bars.condensed.cell_flow import advance, follow_strains
from microtann.microstructure.bars.condensed.condensation import condense

STEEL = mt.ElastoplasticBar(210e9, 250e6, 2e9)
REFERENCE = mt.ElastoplasticBar()
ONE_SIXTH = np.concatenate([np.linspace(0, 1.4, 7)[1:], np.linspace(1.4, 0, 7)[1:]])
REGULAR, MOVED = mt.cube_cell((2, 2, 2)), mt.cube_cell((2, 2, 2), perturbation=0.2, perturb="all")
CASES = {
    "steel pulled and released": (REGULAR, STEEL, 0, [0.005, 0.0]),
    "six steps up and down": (REGULAR, REFERENCE, 1, ONE_SIXTH),
    "far beyond yield, then hardly on": (MOVED, REFERENCE, 0, [3.0, 3.0 + 1e-10]),
    "far beyond yield, then hardly back": (MOVED, REFERENCE, 0, [3.0, 3.0 - 1e-10, 3.0]),
    "almost regular, without hardening": (
        mt.cube_cell((2, 2, 2), perturbation=1e-9),
        mt.ElastoplasticBar(hardening=0.0),
        [0, 2, 5],
        [0.5, 1.0, 0.5, 0.0, 0.5, 1.0],
    ),
    "twice the yield strain and back": (REGULAR, REFERENCE, 0, [2 / 3, 0.0, 2 / 3, -2 / 3, 0.0]),
}


def violation(condensed, before, strain, after):
    """Return the largest violation of yield and sense of flow, relative to max(k, |trial force|)."""
    trial = strain @ condensed.coupling.T - before @ condensed.hessian
    step, limit = after - before, condensed.resistance
    force = trial - step @ condensed.hessian
    wrong = np.where(step == 0, np.maximum(np.abs(force) - limit, 0.0), np.abs(force - np.sign(step) * limit))
    return (wrong / np.maximum(limit, np.abs(trial))).max()


def check(condensed, path):
    """Follow a path as a path, as one point and as several, and hold each against the optimality conditions."""
    start = np.zeros((1, condensed.count))
    after = follow_strains(condensed, path[None], start)[0]
    assert violation(condensed, np.vstack([start, after[:-1]]), path, after) <= 1e-9
    for count in (1, 5):
        before = np.repeat(start, count, axis=0)
        for strain in path:
            found = advance(condensed, np.tile(strain, (count, 1)), before)
            assert violation(condensed, before, strain[None], found.plastic_strain) <= 1e-9
            scale = np.abs(condensed.elasticity).max()
            assert np.linalg.eigvalsh(found.tangent).min() >= -1e-9 * scale
            before = found.plastic_strain
        if condensed.hardening.min() > 0.0:  # else bars may share their flow in any proportion
            assert np.abs(before - after[-1]).max() <= 1e-7 * np.abs(after).max()


@pytest.mark.parametrize("name", CASES)
def test_known_cases(name):
    cell, bar, component, strains = CASES[name]
    path = np.zeros((len(strains), cell.components))
    path[:, np.atleast_1d(component)] = np.array(strains)[:, None]
    check(condense(cell, bar), path)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from([(2, 2, 2), (2, 2, 1), (3, 2, 1), (2, 2), (3, 3)]),
    st.sampled_from([2e9, 210e9, 21e6, 0.0]),
    st.lists(st.integers(-12, 12), min_size=2, max_size=6),
    st.sampled_from([0.25, 1 / 3, 0.5, 1.0]),
    st.integers(0, 5),
    st.booleans(),
)
def test_regular_cells_are_strained_by_round_multiples_of_the_yield_strain(
    units, hardening, multiples, unit, component, sheared
):
    cell = (mt.square_cell if len(units) == 2 else mt.cube_cell)(units)
    path = np.zeros((len(multiples), cell.components))
    path[:, component % cell.components] = np.array(multiples) * unit * 250e6 / 210e9
    if sheared:
        path[:, -1] = path[:, component % cell.components]
    check(condense(cell, mt.ElastoplasticBar(210e9, 250e6, hardening)), path)


@pytest.mark.parametrize("name", CASES)
def test_newton_settles_where_the_strain_returns_to_zero(name):
    """Residuals were measured by the strains of the bars, which vanish there, and not by their plastic strains."""
    cell, bar, component, strains = CASES[name]
    path = np.zeros((len(strains), cell.components))
    path[:, np.atleast_1d(component)] = np.array(strains)[:, None]
    condensed = condense(cell, bar)
    after = follow_strains(condensed, path[None], np.zeros((1, condensed.count)), "newton")[0]
    assert violation(condensed, np.vstack([np.zeros(condensed.count), after[:-1]]), path, after) <= 1e-9

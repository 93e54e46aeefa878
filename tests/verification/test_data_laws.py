"""What the check of data files relies on: the first law of generated increments and the bounds on its defect."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import microtann as mt
from microtann.data.consistency import energy_defect, stiffness_of
from microtann.data.generate import generate
from microtann.data.walks import WalkPlan
from microtann.microstructure.bars.condensed.condensation import condense

bars = st.builds(
    mt.ElastoplasticBar,
    young=st.floats(0.1, 100.0),
    yield_stress=st.floats(1e-3, 1.0),
    hardening=st.floats(0.01, 10.0),
)


@settings(max_examples=25, deadline=None)
@given(
    shape=st.sampled_from([(1, 1), (2, 2), (3, 3), (2, 2, 2)]),
    move=st.floats(0.01, 0.3),
    bar=bars,
    scale=st.floats(1e-3, 1.0),
    seed=st.integers(0, 99),
)
def test_the_defect_of_the_energy_balance_is_never_positive_and_bounded(shape, move, bar, scale, seed):
    make = mt.square_cell if len(shape) == 2 else mt.cube_cell
    cell = make(units=shape, perturbation=move, perturb="all", seed=seed)
    plan = WalkPlan(paths=4, steps=15, increment=scale, smallest_increment=scale / 10, limit=None, seed=seed)
    data = generate(mt.Lattice(cell, bar), plan)
    largest = np.linalg.eigvalsh(condense(cell, bar).elasticity)[-1]
    for part in (data.training, data.validation, data.test):
        defect, _ = energy_defect(part)
        round_off = 1e-13 * largest * (part.strain**2).sum(axis=1).max(initial=scale**2)
        assert (defect <= round_off).all()
        size = np.linalg.norm(part.strain_increment, axis=1)
        change = np.linalg.norm(part.stress_next - part.stress, axis=1)
        bound = 0.5 * size * (largest * size + change)
        assert (-defect <= bound + round_off).all()
        assert (
            change <= largest * size * (1 + 1e-9) + 1e-12 * largest
        ).all()  # so L is what `stiffness_of` estimates


def test_the_estimate_of_the_stiffness_is_reached_by_elastic_increments():
    cell, bar = mt.square_cell(units=(2, 2), perturbation=0.2), mt.ElastoplasticBar()
    data = generate(mt.Lattice(cell, bar), WalkPlan(paths=40, steps=50))
    largest = np.linalg.eigvalsh(condense(cell, bar).elasticity)[-1]
    assert stiffness_of({"training": data.training}) == pytest.approx(
        largest, rel=0.01
    )  # a sample of directions: its largest is near, not equal


def test_the_defect_is_of_second_order_in_the_increments():
    """A zigzag in ever finer increments: only those in which bars begin to flow have a defect, of order 1/n²."""
    cell, bar = mt.square_cell(units=(3, 3), perturbation=0.2), mt.ElastoplasticBar()
    sums, counts = [], [20, 40, 80, 160, 320]
    for n in counts:
        ramp = np.interp(np.arange(1, 4 * n + 1) / n, [0, 1, 3, 4], [0.0, 0.8, -0.8, 0.0])
        strain = ramp[:, None] * np.array([1.0, 0.2, 0.5])
        response = mt.solve_cell(cell, bar, strain)
        before = np.vstack([np.zeros(3), response.stress[:-1]])
        increment = np.diff(strain, axis=0, prepend=np.zeros((1, 3)))
        work = np.einsum("tv,tv->t", 0.5 * (before + response.stress), increment)
        stored = np.diff(response.energy, prepend=0.0)
        sums.append(-(work - stored - response.dissipation).sum())
    order = np.log(sums[0] / sums[-1]) / np.log(counts[-1] / counts[0])
    assert min(sums) > 0.0
    assert order == pytest.approx(2.0, abs=0.2)

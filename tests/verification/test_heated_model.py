"""The entropy of a heated cell is found by a model whose data hold none."""

import numpy as np
import pytest
from benchmarks.heated import heated_cell

import microtann as mt
from microtann.data.walks import split_paths

pytestmark = pytest.mark.verify


def test_the_entropy_of_a_heated_inclusion_is_found_and_no_law_is_broken() -> None:
    cell, plan = heated_cell(), mt.WalkPlan(paths=100, steps=40)
    data, exact = mt.generate_heated(cell, plan)
    tann = mt.train(data, mt.forms.Variational(states=12, group_size=3, groups=6, updates=800))
    held = split_paths(plan)[2]
    found = tann.recall(exact.strain[held], 1.0, extra=exact.temperature[held][..., None], outside_training="none")
    entropy, stress = exact.entropy[held], exact.stress[held]
    learnt = entropy - cell.capacity * exact.temperature[held]  # without the heat capacity
    assert np.linalg.norm(np.squeeze(found.conjugates["temperature"]) - entropy) < 0.06 * np.linalg.norm(learnt)
    assert np.linalg.norm(found.stress - stress) < 0.06 * np.linalg.norm(stress)
    assert found.dissipation.min() > -1e-12

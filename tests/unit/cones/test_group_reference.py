"""The compiled solver of groups finds the forces that plain loops find."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

from microtann.cones.cone_projection import nearest_and_flow
from microtann.cones.group_reference import descend_block, group_certificate, solve_groups


@pytest.mark.parametrize(("states", "sizes"), [(9, (3, 1, 5)), (4, (3, 3, 1)), (2, (2, 2, 1))])
def test_both_solvers_find_the_same_forces(states: int, sizes: tuple[int, ...]) -> None:
    draw = np.random.default_rng(sum(sizes))
    normals = draw.standard_normal((states, sum(sizes)))
    gram, first = normals.T @ normals, [0, *np.cumsum(sizes).tolist()]
    for size in (1e-3, 0.5, 3.0, 10.0):
        trial = size * draw.standard_normal(states)
        force, _ = nearest_and_flow(sizes, jnp.asarray(normals), jnp.asarray(trial))
        on_groups, ones = (trial @ normals).tolist(), [1.0] * len(sizes)
        accuracy = 1e-11 * max(1.0, float(np.abs(on_groups).max()))
        flow = solve_groups(gram.tolist(), first, ones, on_groups, accuracy)
        assert group_certificate(gram.tolist(), first, ones, on_groups, flow) <= accuracy
        assert np.abs(force - (trial - normals @ flow)).max() <= 1e-9 * max(1.0, np.abs(trial).max())


def test_a_group_alone_meets_its_resistance() -> None:
    gram, trial, flow = [[4.0, 1.0], [1.0, 9.0]], [3.0, -4.0], [0.0, 0.0]
    descend_block(gram, 0, 2, 0.5, trial, flow)
    assert group_certificate(gram, [0, 2], [0.5], trial, flow) <= 1e-14
    weaker = [0.0, 0.0]
    descend_block(gram, 0, 2, 5.1, trial, weaker)
    assert weaker == [0.0, 0.0]

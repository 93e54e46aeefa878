"""TANNs of groups of slips: the laws for any weights, the compiled update, and their files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

import microtann as mt
from microtann.evaluation.laws import examine_laws
from microtann.forms.variational.cone_flow import ConeFlow
from random_groups import MIXED, random_group_tann
from random_slips import random_slip_tann


@pytest.mark.parametrize(("seed", "states", "extra"), [(0, 9, 0), (1, 6, 1)])
def test_the_compiled_update_is_the_differentiated_one(seed: int, states: int, extra: int) -> None:
    tann, draw = random_group_tann(seed, states, extra=extra), np.random.default_rng(seed)
    state = tann.initial_state(8)
    for _ in range(3):
        increment = draw.standard_normal((8, 6)) * np.asarray(tann.point.scaling.driving)[:6]
        stress, tangent, after = tann.update(increment, state)
        expected, slope, other = tann.update_by_differentiation(increment, state, 1.0, True)
        assert np.abs(stress - expected).max() <= 1e-11 * np.abs(expected).max()
        assert np.abs(tangent - slope).max() <= 1e-10 * np.abs(slope).max()
        for name in ("isv", "energy", "dissipation"):
            assert np.abs(after[name] - other[name]).max() <= 1e-11 * np.abs(other[name]).max()
        state = after


def test_the_laws_hold_for_any_weights() -> None:
    report = examine_laws(random_group_tann(2, 8), increments=4000)
    assert (report.not_finite, report.negative_dissipation) == (0, 0)
    assert report.drift <= 1e-12
    assert report.energy_gain <= 1e-12
    assert report.certificate <= 1e-10 + 1e-12  # what is that close to its surface rests
    assert report.asymmetry <= 1e-12
    assert report.least_stiffness >= -1e-12
    assert report.tangent_error <= 1e-6


def test_groups_of_one_component_answer_as_slips() -> None:
    slips = random_slip_tann(3, 5, 5)
    alone = ConeFlow(slips.point.evolution.normals, (1,) * 5)
    groups = replace(slips, point=replace(slips.point, evolution=alone))
    increment = np.random.default_rng(4).standard_normal((20, 6)) * np.asarray(slips.point.scaling.driving)
    for one, other in zip(*(t.update(increment, t.initial_state(20))[:2] for t in (groups, slips)), strict=True):
        assert np.abs(one - other).max() <= 1e-11 * np.abs(other).max()


def test_a_file_keeps_the_groups(tmp_path: Path) -> None:
    tann = random_group_tann(5, 7)
    tann.save(tmp_path / "groups.safetensors")
    read = mt.load(tmp_path / "groups.safetensors")
    assert read.point.evolution.sizes == MIXED
    assert jnp.array_equal(read.point.evolution.normals, tann.point.evolution.normals)

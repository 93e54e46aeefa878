"""The walks of a seed: who gives the same plan gets the same walks, today and with the next version.

The numbers below were drawn once and hold on every processor: a generator of integers makes them, and each goes
through some additions and a multiplication. A change that fails here gives every user other data for the same
seed. If it is meant, say so in CHANGELOG.md and write the new numbers here.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from microtann.data.walks import WalkPlan, draw_walks, split_paths

PLAN = WalkPlan(paths=3, steps=8, restart=0.2, zero_fraction=0.25, limit=(0.2, 0.3), increment=0.15, seed=2024)
NORMAL = [
    [
        [-0.02421189116116408, -0.20012416833839614],
        [0.17027163590201397, 0.13340183941672265],
        [-0.04978772350864032, 0.13589970564485782],
        [0.1561742814584061, -0.15970405595025536],
        [0.0, 0.0],
        [0.02204225046481358, 0.24846704012840315],
        [0.0, 0.0],
        [-0.07088387421025417, -0.23797692434434023],
    ],
    [
        [0.15330793902874063, 0.01494430186351044],
        [-0.02644986923245388, 0.22580861885495468],
        [0.0, 0.0],
        [-0.06459730053072124, -0.06011610687434213],
        [-0.15802654847614758, -0.14443916938571644],
        [-0.01525106656249625, 0.06733665230247865],
        [0.02120387257583746, 0.18502729176238528],
        [0.0, 0.0],
    ],
    [
        [-0.02607735680900306, -0.02846701110479782],
        [0.03293801942126553, -0.0549789888554925],
        [0.0, 0.0],
        [-0.03538912519132117, 0.01427942797676909],
        [-0.02977652530273496, 0.03561555663883444],
        [0.0, 0.0],
        [-0.00761280221534275, -0.05303176452929751],
        [0.02972897598799549, 0.03619089999028795],
    ],
]
UNIFORM = [
    [-0.06638951232697636, -0.11893746222445684],
    [0.06737021523683862, -0.0470013794397087],
    [-0.09848198552006537, -0.01341199026494569],
    [-0.04387449285168946, 0.03335067083538981],
    [0.0, 0.0],
    [-0.02988163383435274, -0.1147913758347588],
    [0.0, 0.0],
    [0.0507398115520383, 0.10756758901765517],
]
FIRST = [0.009928370523494892, 0.019754542855899438, 0.11038337661959084]
"""The first increment of the first walk of the default plan."""
RESTARTS = [[1, 3], [6], [7]]


def test_a_seed_gives_the_walks_that_it_always_gave() -> None:
    walks = draw_walks(PLAN, 0, 3, 2)
    np.testing.assert_allclose(walks.strain_increment, NORMAL, rtol=1e-13, atol=1e-15)
    np.testing.assert_array_equal(walks.moving, np.any(np.array(NORMAL) != 0.0, axis=2))
    assert [np.flatnonzero(row).tolist() for row in walks.restarts] == RESTARTS
    uniform = draw_walks(replace(PLAN, law="uniform"), 0, 1, 2)
    np.testing.assert_allclose(uniform.strain_increment[0], UNIFORM, rtol=1e-13, atol=1e-15)


def test_a_seed_gives_the_sets_that_it_always_gave() -> None:
    training, validation, test = split_paths(WalkPlan(paths=20, seed=2024))
    assert validation.tolist() == [8, 12, 13]
    assert test.tolist() == [5, 15, 16]
    assert training.tolist() == [0, 1, 2, 3, 4, 6, 7, 9, 10, 11, 14, 17, 18, 19]


def test_who_gives_no_plan_gets_the_walks_of_the_documentation() -> None:
    plan = WalkPlan()
    assert (plan.paths, plan.steps, plan.increments) == (300, 100, 30_000)
    assert (plan.increment, plan.smallest_increment, plan.limit, plan.law) == (0.15, 0.02, 1.0, "normal")
    assert (plan.zero_steps, plan.restart, plan.dt, plan.seed) == (20, 0.0, 1.0, 0)
    assert [len(paths) for paths in split_paths(plan)] == [210, 45, 45]
    assert draw_walks(plan, 0, 1, 3).strain_increment[0, 0].tolist() == pytest.approx(FIRST, rel=1e-13)

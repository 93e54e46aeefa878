"""Groups of slips are checked where they are made."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from microtann.cones.group_system import GroupSystem
from microtann.errors import InputError


@pytest.fixture(scope="module")
def system() -> GroupSystem:
    generator = np.random.default_rng(3)
    root = generator.standard_normal((12, 10))
    both = root.T @ root
    return GroupSystem.of_unknowns(
        both[:4, :4], -both[4:, :4], both[4:, 4:], np.array([1, 3, 2]), np.array([1.0, 0.5, 2.0])
    )


def test_groups_know_their_columns_and_norms(system: GroupSystem) -> None:
    flow = np.array([[-2.0, 1.0, 2.0, 2.0, 3.0, 4.0]])
    assert system.count == 3
    assert system.first.tolist() == [0, 1, 4]
    assert np.allclose(system.norms(flow), [[2.0, 3.0, 5.0]], rtol=1e-15)


def test_a_singular_energy_is_lawful(system: GroupSystem) -> None:
    doubled = np.kron(np.ones((2, 2)), system.hessian)
    GroupSystem.of_unknowns(
        system.elasticity, np.tile(system.coupling, (2, 1)), doubled, np.array([6, 6]), np.ones(2)
    )


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"sizes": np.array([1, 3, 3])}, "add up to the 6 columns"),
        ({"sizes": np.array([0, 3, 3])}, "at least 1"),
        ({"resistance": np.array([1.0, 0.0, 1.0])}, "group 1 has the resistance 0"),
        ({"elasticity": np.full((4, 4), np.nan)}, "not finite"),
        ({"hessian": np.triu(np.ones((6, 6)))}, "not symmetric"),
        ({"elasticity": np.zeros((4, 4))}, "not convex"),
    ],
)
def test_what_is_no_system_is_refused(system: GroupSystem, changed: dict[str, np.ndarray], said: str) -> None:
    with pytest.raises(InputError, match=said):
        replace(system, **changed)

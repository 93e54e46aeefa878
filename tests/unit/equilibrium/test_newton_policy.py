"""The Newton policy: every choice finds the same equilibrium, and the configuration reaches all of them."""

from __future__ import annotations

import numpy as np
import pytest

import microtann as mt
from microtann.equilibrium import linear_model
from microtann.errors import ConfigurationError, ConvergenceError
from microtann.fem import Prescribed, SolverOptions, Step
from plain_materials import Elastic

MESH = mt.fem.box((1, 1, 2), (2, 2, 4))
STEPS = [
    Step(
        [
            *(Prescribed(lambda p: p[:, 2] == 0, axis) for axis in "xyz"),
            Prescribed(lambda p: p[:, 2] == 2, "x", 1.2),
            Prescribed(lambda p: p[:, 2] == 2, "z", 0.4),
        ]
    )
]


@pytest.mark.parametrize(
    "choice",
    [
        {"linear_solver": "gmres"},
        {"linear_solver": "direct"},
        {"linear_tolerance": 1e-8},
    ],
)
def test_every_policy_finds_the_same_equilibrium(choice: dict[str, object]) -> None:
    model = mt.fem.Model(MESH, mt.Lattice(mt.cube_cell()))
    found, known = model.solve(STEPS, SolverOptions(**choice)), model.solve(STEPS)
    assert known.dissipation[-1] > 0.01
    np.testing.assert_allclose(found.displacement, known.displacement, rtol=0, atol=1e-8)


def test_the_choices_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    model = mt.fem.Model(MESH, mt.Lattice(mt.cube_cell()))

    def cost(**choice: object) -> tuple[int, int]:
        statistics = model.solve(STEPS, SolverOptions(**choice)).statistics
        return statistics.newton_iterations, statistics.linear_iterations

    newton, linear = cost()
    direct = cost(linear_solver="direct")
    assert direct[0] == direct[1] < linear
    assert cost(linear_tolerance=1e-8)[0] <= newton
    monkeypatch.setattr(linear_model, "conjugate_gradients", None)
    assert cost(linear_solver="gmres")[1] > 0


def test_a_direct_solve_takes_an_unsymmetric_tangent() -> None:
    model = mt.fem.Model(MESH, Elastic(skew=0.3))
    direct, gmres = model.solve(STEPS, SolverOptions(linear_solver="direct")), model.solve(STEPS)
    np.testing.assert_allclose(direct.displacement, gmres.displacement, rtol=0, atol=1e-8)
    assert direct.statistics.linear_iterations < gmres.statistics.linear_iterations


def test_a_tangent_that_cannot_be_factorised_is_named() -> None:
    class Limp(Elastic):
        """Has a stress that grows with the cube of the strain, and no tangent once it is strained."""

        def update(self, strain_increment, state, dt=1.0, tangent=True):
            stress, moduli, new = super().update(strain_increment, state, dt, tangent)
            limp = strain_increment.any() and moduli is not None
            return stress + stress**3, 0.0 * moduli if limp else moduli, new

    model = mt.fem.Model(MESH, Limp())
    with pytest.raises(ConvergenceError, match="tangent cannot be factorised"):
        model.solve(STEPS, SolverOptions(linear_solver="direct", max_cuts=0))


def test_choices_that_do_not_exist_are_named() -> None:
    with pytest.raises(ConfigurationError, match="linear_solver must be one of 'automatic', 'gmres', 'direct'"):
        SolverOptions(linear_solver="lu")
    with pytest.raises(ConfigurationError, match="unknown key 'tolerence' of SolverOptions: did you mean"):
        SolverOptions(tolerence=1e-8)

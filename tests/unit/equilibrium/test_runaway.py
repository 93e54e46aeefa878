"""A displacement that runs away in search of equilibrium does not excuse the forces that are left over."""

from __future__ import annotations

import numpy as np
import pytest

import microtann as mt
from microtann.equilibrium import newton
from microtann.errors import ConvergenceError
from microtann.fem import Prescribed, SolverOptions, Step
from plain_materials import Elastic

MESH = mt.fem.box((1, 1, 1), (1, 1, 1))
HELD = [Prescribed(lambda p: p[:, 2] >= 0, axis) for axis in "xy"] + [Prescribed(lambda p: p[:, 2] == 0, "z")]


class Exhausted(Elastic):
    """Elastic up to a stress of 1 along z, where it stays; the tangent then is next to nothing."""

    def update(self, strain_increment, state, dt=1.0, tangent=True):
        stress, moduli, new = super().update(strain_increment, state, dt, tangent)
        share = 1.0 / np.maximum(1.0, np.abs(stress[:, 2]))
        if tangent:
            moduli = moduli * np.where(share < 1.0, 1e-17, 1.0)[:, None, None]
        return stress * share[:, None], moduli, new


def full_step(evaluate, response, moved, direction, *_):
    """Take the whole Newton step, whatever it leads to."""
    return moved + direction, evaluate(moved + direction, True), True


def pulled(stress):
    load = mt.fem.NodalForce(MESH.points[:, 2] == 1, "z", stress / 4)
    return mt.fem.Model(MESH, Exhausted()).solve([Step(HELD, [load])], SolverOptions(max_cuts=0))


@pytest.mark.parametrize("excess", [1e-5, 1e-3])
@pytest.mark.parametrize("search", [True, False])
def test_a_little_more_than_a_material_bears_finds_no_equilibrium(excess, search, monkeypatch):
    """The first step leads to displacements of 1e11 and more, whose round-off is as large as all forces."""
    if not search:
        monkeypatch.setattr(newton, "line_search", full_step)
    with pytest.raises(ConvergenceError, match="found no equilibrium"):
        pulled(1.0 + excess)


def test_a_little_less_does():
    result = pulled(1.0 - 1e-5)
    np.testing.assert_allclose(result.stress[..., 2], 1.0 - 1e-5, rtol=1e-9)


@pytest.mark.parametrize(("force", "component"), [(1.0, "x"), (5.0, "x")])
@pytest.mark.parametrize("search", [True, False])
def test_a_displacement_that_runs_away_is_no_equilibrium(force, component, search, monkeypatch):
    """Beyond the limit load of bars without hardening; displacements of 1e15 used to excuse any residual."""
    model = mt.fem.Model(MESH, mt.Lattice(mt.cube_cell(), mt.ElastoplasticBar(hardening=0.0)))
    bottom = [Prescribed(lambda p: p[:, 2] == 0, axis) for axis in "xyz"]
    load = mt.fem.NodalForce(MESH.points[:, 2] == 1, component, force / 4)
    if not search:
        monkeypatch.setattr(newton, "line_search", full_step)
    with pytest.raises(ConvergenceError, match="found no equilibrium"):
        model.solve([Step(bottom, [load])])

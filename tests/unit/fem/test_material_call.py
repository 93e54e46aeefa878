"""Materials that break their protocol are refused in a sentence; those that return nonsense cut the increment."""

from __future__ import annotations

import numpy as np
import pytest

from microtann import fem
from microtann.errors import ConvergenceError, InputError
from plain_materials import Elastic


class Wrong(Elastic):
    """Elasticity whose answer is changed by a function of (stress, tangent, state)."""

    def __init__(self, change):
        super().__init__()
        self.change = change

    def update(self, strain_increment, state, dt=1.0, tangent=True):
        return self.change(*super().update(strain_increment, state, dt, tangent))


class Careless(Elastic):
    """Changes its input."""

    def __init__(self, what):
        super().__init__()
        self.what = what

    def update(self, strain_increment, state, dt=1.0, tangent=True):
        answer = super().update(strain_increment, state, dt, tangent)
        if self.what == "strain":
            strain_increment += 1.0
        else:
            state["elapsed"] += 1.0
        return answer


def stretch(material):
    mesh = fem.box((1, 1, 1), (2, 1, 1))
    held = [fem.Prescribed(lambda x: x[:, 0] == 0, axis) for axis in range(3)]
    pull = fem.Prescribed(lambda x: x[:, 0] == 1, "x", 0.1)
    options = fem.SolverOptions(max_cuts=1)
    return fem.Model(mesh, material).solve([fem.Step([*held, pull])], options)


def with_value(name, value):
    def change(stress, tangent, state):
        return stress, tangent, state | {name: np.where(np.arange(len(stress)) == 9, value, state[name])}

    return change


def nan_tangent(stress, tangent, state):
    if tangent is not None:
        tangent[9, 2, 2] = np.nan
    return stress, tangent, state


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s, t, z: (s, t), "three values"),
        (lambda s, t, z: [s, t, z], "three values"),
        (lambda s, t, z: (s.astype(str), "t", z), "arrays of numbers"),
        (lambda s, t, z: (s[:, :5], t, z), r"shape \(16, 6\)"),
        (lambda s, t, z: (s, None, z), "tangent must have shape"),
        (lambda s, t, z: (s, t, [z]), "dict of arrays"),
        (lambda s, t, z: (s, t, {"energy": z["energy"]}), "'dissipation'"),
    ],
)
def test_answers_of_another_kind_are_refused(change, message):
    with pytest.raises(InputError, match=message):
        stretch(Wrong(change))


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (with_value("energy", np.nan), "energy"),
        (with_value("dissipation", np.inf), "dissipation"),
        (lambda s, t, z: (np.where(np.arange(len(s))[:, None] == 9, np.nan, s), t, z), "stress"),
        (nan_tangent, "tangent"),
    ],
)
def test_answers_that_are_not_finite_name_the_element(change, what):
    with pytest.raises(ConvergenceError, match=f"{what} that the material returned is not finite in element 1"):
        stretch(Wrong(change))


@pytest.mark.parametrize(("what", "message"), [("strain", "strain increment"), ("state", "of the state")])
def test_a_material_that_changes_its_input_is_refused(what, message):
    with pytest.raises(InputError, match=f"changed .*{message}"):
        stretch(Careless(what))


def test_a_list_of_numbers_serves_as_stress():
    plain, listed = stretch(Elastic()), stretch(Wrong(lambda s, t, z: (s.tolist(), t, z)))
    np.testing.assert_array_equal(plain.stress, listed.stress)

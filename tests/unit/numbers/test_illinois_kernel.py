import numpy as np
import pytest
from numba import njit

from microtann.numbers.illinois_kernel import Bracket, estimate, narrow

FUNCTIONS = {
    "cubic": lambda x: x**3 - 0.2,
    "kink": lambda x: -1.0 + 0.01 * x if x < 0.9 else 50.0 * (x - 0.9) - 0.991,
    "steep": lambda x: np.expm1(20 * x) - 3.0,
}


def find(function, margin, rounds=60):
    bracket = Bracket(0.0, 1.0, function(0.0), function(1.0), 0)
    for _ in range(rounds):
        place = estimate(bracket, margin)
        assert bracket.low <= place <= bracket.high
        value = function(place)
        if abs(value) < 1e-12:
            return place
        bracket = narrow(bracket, place, value)
    return np.nan


@pytest.mark.parametrize("margin", [0.0, 0.05])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_zero_is_found(name, margin):
    assert abs(FUNCTIONS[name](find(FUNCTIONS[name], margin))) < 1e-12


def test_an_end_that_stays_twice_is_halved():
    bracket = narrow(narrow(Bracket(0.0, 1.0, -1.0, 4.0, 0), 0.5, 2.0), 0.3, 1.0)
    assert bracket == Bracket(0.0, 0.3, -0.5, 1.0, 1)
    assert narrow(bracket, 0.1, -0.2) == Bracket(0.1, 0.3, -0.2, 1.0, -1)


def test_compiled_code_may_call_it():
    @njit
    def third():
        bracket, place = Bracket(0.0, 1.0, -1.0, 2.0, 0), 0.0
        for _ in range(10):
            place = estimate(bracket)
            bracket = narrow(bracket, place, 3.0 * place - 1.0)
        return place

    assert third() == pytest.approx(1 / 3)

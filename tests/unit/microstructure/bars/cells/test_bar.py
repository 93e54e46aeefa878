import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import microtann as mt
from microtann.errors import CellError, InputError
from microtann.microstructure.bars.cells.bar import return_mapping

moderate = st.floats(-10, 10)
positive = st.floats(0.01, 10)


@settings(deadline=None)  # the first call compiles
@given(moderate, moderate, positive, positive, st.floats(0, 10))
def test_return_mapping_minimises_the_incremental_energy(strain, alpha, young, limit, hardening):
    result = return_mapping(strain, alpha, young, limit, hardening)
    new = float(result.plastic_strain)
    driving = float(result.stress) - hardening * new
    assert abs(driving) <= limit * (1 + 1e-9) + 1e-12 * (young + hardening) * (abs(strain) + abs(alpha))
    assert float(result.dissipation) == pytest.approx(limit * abs(new - alpha), rel=1e-12, abs=1e-15)
    scale = (young + hardening) * (1 + abs(strain) + abs(alpha)) ** 2 + limit

    def objective(x):
        return 0.5 * young * (strain - x) ** 2 + 0.5 * hardening * x**2 + limit * abs(x - alpha)

    for other in (alpha, new + 1e-3, new - 1e-3, new + 0.5, new - 0.5):
        assert objective(new) <= objective(other) + 1e-14 * scale


@settings(deadline=None)  # the first call compiles
@given(moderate, moderate, positive, positive, st.floats(0, 10))
def test_tangent_is_the_derivative_of_the_stress(strain, alpha, young, limit, hardening):
    step = 1e-6
    sides = [return_mapping(strain + s * step, alpha, young, limit, hardening) for s in (-1, 1)]
    if bool(sides[0].flowing) != bool(sides[1].flowing):
        return  # the strain sits on the kink
    slope = (float(sides[1].stress) - float(sides[0].stress)) / (2 * step)
    tangent = float(return_mapping(strain, alpha, young, limit, hardening).tangent)
    assert slope == pytest.approx(tangent, abs=1e-6 * (young + hardening) * (1 + abs(alpha) + abs(strain)))


def test_a_second_increment_of_zero_does_not_flow():
    first = return_mapping(np.linspace(-5, 5, 1001), 0.0, 1.0, 1 / 3, 0.1)
    second = return_mapping(np.linspace(-5, 5, 1001), first.plastic_strain, 1.0, 1 / 3, 0.1)
    assert not second.flowing.any()
    np.testing.assert_array_equal(second.plastic_strain, first.plastic_strain)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"young": -1.0}, "young must be finite and > 0"),
        ({"young": 0.0}, "young must be finite and > 0"),
        ({"yield_stress": 0.0}, "yield_stress must be finite and > 0"),
        ({"hardening": -0.1}, "hardening must be finite and >= 0"),
        ({"young": np.nan}, "young must be finite"),
        ({"young": [1.0, -2.0]}, r"got -2.0 \(bar 1\)"),
        ({"young": [[1.0]]}, "one number per bar"),
        ({"young": "steel"}, "must be a number"),
    ],
)
def test_bad_properties_are_named(arguments, message):
    with pytest.raises(CellError, match=message):
        mt.ElastoplasticBar(**arguments)


def test_wrong_number_of_bars_is_named():
    with pytest.raises(CellError, match="young lists 3 bars but the lattice has 6"):
        mt.solve_cell(mt.square_cell((1, 1)), mt.ElastoplasticBar(young=[1.0, 1.0, 1.0]), np.zeros((1, 3)))


def test_strain_of_a_bar_must_be_finite():
    with pytest.raises(InputError, match="not finite"):
        return_mapping(np.nan, 0.0, 1.0, 1.0, 0.1)


def test_bars_compare_by_value():
    assert mt.ElastoplasticBar() == mt.ElastoplasticBar(1.0, 1 / 3, 0.1)
    assert mt.ElastoplasticBar() != mt.ElastoplasticBar(2.0)
    assert mt.ElastoplasticBar() != "bar"

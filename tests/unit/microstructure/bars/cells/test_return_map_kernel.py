import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from microtann.microstructure.bars.cells.bar import return_mapping
from microtann.microstructure.bars.full.bar_kernels import update_bars
from microtann.slips.return_map_kernel import YIELD_TOLERANCE, plastic_increment, tangent_modulus, yields

moderate = st.floats(-10, 10)
positive = st.floats(0.01, 10)


def test_yield_begins_outside_the_tolerance():
    force = 2.0 * np.array([1.0, 1.0 + 0.5 * YIELD_TOLERANCE, 1.0 + 2 * YIELD_TOLERANCE])
    assert [yields(f, 2.0) for f in force] == [0, 0, 1]
    assert [yields(-f, 2.0) for f in force] == [0, 0, -1]


@settings(deadline=None)  # the first call compiles
@given(moderate, moderate, positive, positive, st.floats(0, 10))
def test_one_bar_arrays_of_bars_and_the_bars_of_a_structure_agree(strain, plastic, young, limit, hardening):
    """Flow satisfies χ = ±k, in the scalar, the array and the structure's form of the return map alike."""
    step = plastic_increment(strain, plastic, young, limit, hardening)
    driving = young * (strain - plastic - step) - hardening * (plastic + step)
    size = limit + (young + hardening) * (abs(strain) + abs(plastic))
    assert abs(driving) <= limit * (1 + YIELD_TOLERANCE) + 1e-13 * size
    if step != 0.0:
        assert abs(driving - np.sign(step) * limit) <= 1e-13 * size
    several = return_mapping(np.full((2, 3), strain), [[plastic]], young, np.full(3, limit), hardening)
    np.testing.assert_array_equal(several.plastic_strain, np.full((2, 3), plastic + step))
    stress, after, modulus = np.empty(1), np.empty(1), np.empty(1)
    values = (np.array([a]) for a in (strain, plastic, young, limit, hardening, 1.0))
    _, dissipation = update_bars(*values, stress, after, modulus)
    assert after[0] == plastic + step
    assert stress[0] == several.stress[0, 0]
    assert dissipation == several.dissipation[0, 0]
    assert tangent_modulus(young, hardening) <= young

import numpy as np
from numba import njit

from microtann.slips.lanes_kernel import WIDTH, any_true, read, root, select, splat, store


@njit
def compute(x, y, out):
    a, b = read(x, 0), read(y, 1)
    values = (
        a + b,
        a - 2.0,
        3.0 * a * b,
        a / b,
        -a,
        abs(a),
        max(a, b),
        root(abs(a)),
        a > b,
        a < 0.0,
        select(a > b, a, b),
        select(a > b, a, 0.0),
        splat(7.0),
    )
    for place in range(len(values)):
        store(out, place, values[place])


def test_operations_are_those_of_numpy_lane_by_lane():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=WIDTH), rng.normal(size=2 * WIDTH)
    a, b = x, y[WIDTH:]
    out = np.empty(13 * WIDTH)
    compute(x, y, out)
    expected = (
        a + b,
        a - 2,
        3 * a * b,
        a / b,
        -a,
        abs(a),
        np.maximum(a, b),
        np.sqrt(abs(a)),
        a > b,
        a < 0,
        np.maximum(a, b),
        np.where(a > b, a, 0),
        np.full(WIDTH, 7.0),
    )
    np.testing.assert_allclose(out.reshape(-1, WIDTH), np.array(expected, dtype=float), rtol=1e-15)


def test_a_lane_that_is_not_a_number_stays_alone():
    x, y, out = np.ones(WIDTH), np.full(2 * WIDTH, 2.0), np.empty(13 * WIDTH)
    x[3] = np.nan
    compute(x, y, out)
    assert np.isnan(out.reshape(-1, WIDTH)[:6, 3]).all()
    assert np.isfinite(np.delete(out.reshape(-1, WIDTH), 3, axis=1)).all()


def test_one_true_lane_is_enough():
    @njit
    def some(x):
        return any_true(read(x, 0) > 0.0)

    x = -np.ones(WIDTH)
    assert not some(x)
    for lane in range(WIDTH):
        x[:] = -1.0
        x[lane] = 1.0
        assert some(x)


def test_numbers_are_selected_too():
    assert njit(lambda: select(2 > 1, 3.0, 4.0))() == 3.0
    assert select(False, 3.0, 4.0) == 4.0

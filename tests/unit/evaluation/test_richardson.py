"""Limits from three sizes: exact for power laws, refused or nan where there is no order."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microtann.errors import InputError
from microtann.evaluation.richardson import richardson


@given(
    limit=st.floats(-100.0, 100.0),
    factor=st.floats(0.1, 10.0),
    order=st.floats(0.5, 4.0),
    ratio=st.floats(1.5, 3.0),
    sign=st.sampled_from([-1.0, 1.0]),
)
def test_power_laws_give_their_limit_and_order(
    limit: float, factor: float, order: float, ratio: float, sign: float
) -> None:
    sizes = [1.0, ratio, ratio**2, ratio**3]  # the coarsest is not used
    values = [limit + sign * factor * size**order for size in sizes[:3]] + [1e6]
    found = richardson(sizes, values)
    assert found.limit == pytest.approx(limit, abs=1e-9 * (abs(limit) + factor * sizes[2] ** order))
    assert found.order == pytest.approx(order, rel=1e-6)


def test_where_there_is_no_order_there_is_no_limit() -> None:
    assert math.isnan(richardson([1, 2, 4], [1.0, 0.0, 1.0]).limit)  # to and fro
    assert math.isnan(richardson([1, 2, 4], [3.0, 1.0, 0.0]).order)  # differences grow
    assert richardson([1, 2, 4], [5.0, 5.0, 5.0]).limit == 5.0


def test_sizes_without_one_ratio_are_refused() -> None:
    with pytest.raises(InputError, match="needs three sizes, got 2"):
        richardson([1.0, 2.0], [0.0, 1.0])
    with pytest.raises(InputError, match="sizes of one ratio, got 3, 2, 1"):
        richardson([1.0, 2.0, 3.0], [0.0, 1.0, 2.0])

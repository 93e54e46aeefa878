"""Comparison of data sets."""

from dataclasses import fields

import numpy as np

from microtann.data.increments import Dataset, Increments

NAMES = [f.name for f in fields(Increments)]
SETS = ("training", "validation", "test")


def assert_same(one: Dataset, other: Dataset) -> None:
    """Bit for bit, with everything around the increments."""
    for name in SETS:
        first, second = getattr(one, name), getattr(other, name)
        for field in NAMES:
            np.testing.assert_array_equal(getattr(first, field), getattr(second, field), err_msg=f"{name}/{field}")
            assert getattr(first, field).dtype == getattr(second, field).dtype
    assert dict(one.coordinate_shapes) == dict(other.coordinate_shapes)
    assert (one.extra_names, dict(one.units)) == (other.extra_names, dict(other.units))
    assert dict(one.provenance) == dict(other.provenance)
    assert (one.cell is None, one.bar is None) == (other.cell is None, other.bar is None)
    if one.cell is not None and other.cell is not None:
        for field in ("nodes", "bars", "areas", "periods"):
            np.testing.assert_array_equal(getattr(one.cell, field), getattr(other.cell, field))
    assert one.bar == other.bar

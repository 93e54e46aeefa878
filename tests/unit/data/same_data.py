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
    assert (one.microstructure is None) == (other.microstructure is None)
    if one.microstructure is not None and other.microstructure is not None:
        first, second = one.microstructure.groups(), other.microstructure.groups()
        assert first.keys() == second.keys()
        for group, arrays in first.items():
            assert arrays.keys() == second[group].keys()
            for name, values in arrays.items():
                np.testing.assert_array_equal(values, second[group][name], err_msg=f"{group}/{name}")
